"""What monitoring asks."""

import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from prometheus_client.parser import text_string_to_metric_families

from callfilter.store import users
from callfilter.store.database import open_database
from callfilter.store.users import Role
from callfilter.web.visit import digest_of
from tests.web.callers import turned_away
from tests.web.conftest import Line, Shop

if TYPE_CHECKING:
    from tests.asterisk.conftest import Caller

pytestmark = pytest.mark.asyncio(loop_scope="session")


def read(text: str) -> dict[str, float]:
    """Figures by name and labels."""
    return {
        " ".join((one.name, *one.labels.values())): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


async def test_without_the_service_it_is_not_well(shop: Shop) -> None:
    async with shop.client() as client:
        answer = await client.get("/healthz")
    assert (answer.status_code, answer.text) == (503, "service\n")


async def test_figures_want_a_token_and_tell_of_calls(shop: Shop) -> None:
    turned_away(shop.database)
    turned_away(shop.database)
    secret = secrets.token_urlsafe(32)
    async with await open_database(shop.database) as database:
        await users.add_token(
            database,
            digest=digest_of(secret),
            name="prometheus",
            role=Role.VIEWER,
            author="admin",
            at=datetime.now(UTC),
        )
    async with shop.client() as client:
        assert (await client.get("/metrics")).status_code == 401
        answer = await client.get("/metrics", headers={"authorization": f"Bearer {secret}"})
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    figures = read(answer.text)
    assert figures["callfilter_calls_total reject rule"] == 2
    assert figures["callfilter_page_up"] == 1
    assert figures["callfilter_service_up"] == 0


@pytest.mark.asterisk
async def test_with_the_service_all_is_well_and_its_figures_are_there(line: Line, call: "Caller") -> None:
    await call(caller="13800138000")
    await line.service.rows_when(1)
    async with line.client(Role.VIEWER) as client:
        answer = await client.get("/healthz")
        assert (answer.status_code, answer.text) == (200, "ok\n")
        figures = read((await client.get("/metrics")).text)
    assert figures["callfilter_calls_total allow default"] == 1
    assert figures["callfilter_service_up"] == 1
    assert figures["callfilter_database_up"] == 1
    assert figures["callfilter_service_calls_total"] == 1
    assert 0 < figures["callfilter_verdict_seconds 0.5"] < 1
