"""What monitoring asks: whether all is well, and figures for Prometheus."""

from collections.abc import Iterator
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from callfilter import __version__
from callfilter.store import tallies
from callfilter.store.file import StoreError
from callfilter.web.service import DownError, ServiceHealth
from callfilter.web.site import site_of
from callfilter.web.visit import Viewer

router = APIRouter()

CONNECTED: Final = "connected"


@router.get("/healthz")
async def healthz(request: Request) -> Response:
    """`ok`, or with status 503 what is not: `database` or `service`. No login, so no more than that."""
    site = site_of(request)
    try:
        async with site.database.begin() as connection:
            await connection.exec_driver_sql("SELECT 1 FROM tallies LIMIT 1")
    except StoreError:
        return PlainTextResponse("database\n", 503)
    try:
        well = (await site.service.health()).writes
    except DownError:
        return PlainTextResponse("service\n", 503)
    return PlainTextResponse("ok\n") if well else PlainTextResponse("database\n", 503)


@router.get("/metrics")
async def metrics(visit: Viewer) -> Response:
    """Figures as Prometheus reads them; with a token of any role."""
    calls = await tallies.totals(visit.site.database)
    try:
        health: ServiceHealth | None = await visit.site.service.health()
    except DownError:
        health = None
    registry = CollectorRegistry()
    registry.register(_Figures(calls, health))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_PLAIN_0_0_4)


class _Figures(Collector):
    """What is known at one moment."""

    def __init__(self, calls: dict[tuple[str, str], int], health: ServiceHealth | None) -> None:
        self._calls = calls
        self._health = health

    def collect(self) -> Iterator[Metric]:
        """All figures; those of the service are missing while it is down."""
        counted = CounterMetricFamily(
            "callfilter_calls", "Calls in the log, by what became of them and why.", labels=("action", "reason")
        )
        for kind, calls in sorted(self._calls.items()):
            counted.add_metric(kind, calls)
        yield counted
        yield GaugeMetricFamily("callfilter_page_up", "The page works.", 1)
        yield GaugeMetricFamily("callfilter_service_up", "The service answers.", self._health is not None)
        if self._health:
            yield from _of_service(self._health)


def _of_service(health: ServiceHealth) -> Iterator[Metric]:
    info = GaugeMetricFamily(
        "callfilter_versions", "Versions that run; always 1.", labels=("service", "page", "policy", "judges")
    )
    info.add_metric((health.version, __version__, str(health.policy), str(health.judges)), 1)
    yield info
    times = GaugeMetricFamily("callfilter_verdict_seconds", "Time of the last thousand verdicts.", labels=("quantile",))
    times.add_metric(("0.5",), health.median_ms / 1000)
    times.add_metric(("0.99",), health.p99_ms / 1000)
    yield times
    yield CounterMetricFamily("callfilter_service_calls", "Calls judged since the service started.", health.calls)
    yield CounterMetricFamily("callfilter_service_failed", "Calls that rang as the filter failed.", health.failed)
    yield CounterMetricFamily("callfilter_service_lost", "Calls that could not be logged.", health.lost)
    yield GaugeMetricFamily("callfilter_service_behind", "Calls that wait to be logged.", health.behind)
    yield GaugeMetricFamily("callfilter_database_up", "The service can write the database.", health.writes)
    yield GaugeMetricFamily("callfilter_ami_up", "The service is logged in to Asterisk.", health.ami == CONNECTED)
