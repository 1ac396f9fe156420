"""The service brings its page along."""

from typing import TYPE_CHECKING

import pytest

from callfilter.store.users import Role
from tests.web.conftest import Line

if TYPE_CHECKING:
    from tests.asterisk.conftest import Caller

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="session")]


async def test_the_page_and_the_calls_share_one_service(line: Line, call: "Caller") -> None:
    async with line.client(Role.VIEWER) as client:
        assert (await client.get("/")).status_code == 200
    assert (await call(caller="13800138000")).answered
    assert (await line.service.rows_when(1))[0]["action"] == "allow"
