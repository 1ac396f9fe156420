"""The service: one process that answers Asterisk, follows calls by AMI, writes the call log. Starts and stops all."""

import asyncio
import gc
import logging
import os
import signal
from collections.abc import Mapping
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import sdnotify
import uvloop

from agi.ami import AmiClient, AmiState, Event, Resynced
from agi.reply import variables_for
from agi.request import call_from
from agi.server import FastAGIServer
from agi.wire import Environment
from callfilter import __version__
from callfilter.config import Config
from callfilter.config_values import Ami
from callfilter.current import Current, load_newest
from callfilter.feature_codes import expect
from callfilter.health import Health
from callfilter.live_settings import LiveSettings
from callfilter.outcomes import FOLLOW_FOR, MOST_FOLLOWED, Outcomes
from callfilter.page_process import PageProcess
from callfilter.screen import Screen, log_line
from callfilter.store.database import open_database
from callfilter.store.file import StoreError
from callfilter.store.lookup import Lookup
from callfilter.store.open_calls import open_calls
from callfilter.store.record import CallRecord
from callfilter.store.retention import Retention
from callfilter.store.spool import Spool, spool_path
from callfilter.store.writer import Writer

log = logging.getLogger(__name__)

GRACE = 1.0
"""Seconds that calls in flight have when the service stops."""
LOOK_EVERY = 0.25
"""Seconds between two looks whether the policy or the settings were changed."""
FLUSH = 3.0
"""Seconds that the writer has to empty its spool when the service stops; what is left waits for the next start."""


class AddressTakenError(Exception):
    """The FastAGI address cannot be had; the message is one sentence for the admin."""


def run(config: Config, path: Path | None = None) -> int:
    """Serve until SIGTERM or SIGINT; returns the exit status.

    `path` is the file named with `--config`, which is looked at for changes; the page is started with it too.

    Raises:
        StoreError: the database cannot be used. Calls ring meanwhile, because nobody answers Asterisk.
        AddressTakenError: somebody else listens where we should.
    """
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    # Each call has a line: nothing is looked up that the format above does not show.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    for ours in ("agi", "callfilter"):
        logging.getLogger(ours).setLevel(logging.INFO)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(Service(config, path).run())


class Service:
    """All parts of the running service, and how they hang together."""

    def __init__(self, config: Config, path: Path | None = None) -> None:
        """Starts nothing yet. `path` as for `run`."""
        self._settings = LiveSettings(path, os.environ, config)
        arguments = ("--config", str(path)) if path else ()
        self._page = PageProcess(arguments, config.web) if config.web else None
        self._health = Health()
        self._lookup = Lookup(config.database)
        self._spool = Spool(spool_path(config.database))
        self._writer = Writer(config.database, self._spool)
        self._outcomes = Outcomes(config, self._writer.update, lambda: self._screen.current.policy.trust)
        self._screen = Screen(config, self._lookup, self._record, source="fastagi", is_helped=True)
        self._server = FastAGIServer({"screen": self._answer, "health": self._report, "expect": self._expect})
        self._retention = Retention(config.database, lambda: self._config.keep_days)
        self._ami_state = "off"
        self._resyncing: asyncio.Task[None] | None = None
        self._policy_told = 0

    @property
    def _config(self) -> Config:
        """The settings in use."""
        return self._settings.config

    async def run(self) -> int:
        """Serve until asked to stop."""
        stop = asyncio.Event()
        for each in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(each, stop.set)
        notifier = sdnotify.SystemdNotifier()
        async with AsyncExitStack() as stack:
            await self._start(stack)
            notifier.notify("READY=1")
            stack.callback(notifier.notify, "STOPPING=1")
            await self._watched(stop, notifier)
        return 0

    async def _start(self, stack: AsyncExitStack) -> None:
        """Start every part; what is started is stopped in turn when the stack ends."""
        await (await open_database(self._config.database)).close()
        await self._writer.start()
        stack.push_async_callback(self._writer.stop, FLUSH)
        stack.callback(self._lookup.close)
        # What reads rules takes 40 ms to import: here, and not while the first call after the first rule waits.
        await asyncio.to_thread(import_module, "callfilter.policy")
        await self._take_new_policy()
        stack.push_async_callback(_end, asyncio.create_task(self._watch_changes(), name="changes"))
        stack.push_async_callback(_end, asyncio.create_task(self._retention.run(), name="retention"))
        await self._listen()
        stack.push_async_callback(self._server.close, GRACE)
        if self._config.ami:
            await self._follow(self._config.ami, stack)
        if self._page:
            await self._page.start()
            stack.push_async_callback(self._page.stop)
        # What start-up made is here to stay; going through it again and again would cost calls milliseconds.
        gc.collect()
        gc.freeze()
        address, database = self._config.fastagi, self._config.database
        log.info("callfilter %s answers Asterisk at %s, database %s", __version__, address, database)

    async def _follow(self, ami: Ami, stack: AsyncExitStack) -> None:
        """Follow calls by AMI, those too that an earlier process began to follow. Asterisk is answered meanwhile."""
        await self._writer.flush(FLUSH)  # the ends of some may wait in the spool
        since = datetime.now(UTC) - FOLLOW_FOR
        try:
            self._outcomes.resume(await asyncio.to_thread(open_calls, self._config.database, since, MOST_FOLLOWED))
        except StoreError as error:
            log.error("the calls before the start are not followed: %s", error)  # noqa: TRY400 - one sentence
        client = AmiClient(
            ami.address.host,
            ami.address.port,
            ami.user,
            ami.secret.get_secret_value(),
            self._on_event,
            self._on_ami,
        )
        await client.start()
        stack.push_async_callback(client.stop)

    async def _listen(self) -> None:
        address = self._config.fastagi
        try:
            await self._server.start(address.host, address.port)
        except OSError as error:
            raise AddressTakenError(
                f"cannot listen at fastagi = {address} ({error.strerror or error}); end what listens there, such as a "
                "callfilter that runs already, or set fastagi to another address"
            ) from None

    async def _watched(self, stop: asyncio.Event, notifier: sdnotify.SystemdNotifier) -> None:
        """Wait for `stop`, and tell systemd meanwhile, from this very loop, that it still turns."""
        interval = float(os.environ.get("WATCHDOG_USEC", "0")) / 1e6 / 2
        while not stop.is_set():
            try:
                await asyncio.wait_for(stop.wait(), interval or None)
            except TimeoutError:
                notifier.notify("WATCHDOG=1")

    async def _watch_changes(self) -> None:
        """Makes changed settings and a changed policy ready beside the calls.

        A call that comes before a changed policy is ready reads it itself if it is small.
        """
        while True:
            await asyncio.sleep(LOOK_EVERY)
            if self._settings.are_new:
                await self._take_new_settings()
            await self._take_new_policy()

    async def _take_new_settings(self) -> None:
        settings = self._settings
        told = settings.faults, settings.waiting
        if await asyncio.to_thread(settings.read):
            self._outcomes.configure(settings.config)
            try:
                current = await asyncio.to_thread(_load, settings.config)
            except StoreError:
                # The next call tells what is wrong with the database; the first that can reads the policy.
                current = Current(0, settings.config.policy())
            self._screen.configure(settings.config, current)
            log.info("changed settings are in use")
        if settings.faults and settings.faults != told[0]:
            log.error("the changed settings can't be used, so those before go on: %s", " ".join(settings.faults))
        if settings.waiting and settings.waiting != told[1]:
            log.warning("%s changed in the settings: restart callfilter to use it", ", ".join(settings.waiting))

    async def _take_new_policy(self) -> None:
        with suppress(StoreError):  # the next call tells what is wrong with the database
            before = self._screen.current
            self._lookup.check()  # as it must once a second: here no call waits for it
            if self._lookup.newest_policy() != before.version:
                loaded = await asyncio.to_thread(_load, self._config)
                if self._screen.current is before:  # else a call came first, and may have read a newer one
                    self._screen.prepare(loaded)
        current = self._screen.current
        if current.version != self._policy_told:
            self._policy_told = current.version
            log.info("policy version %d judges, rules and presets: %d", current.judges or 0, len(current.policy.rules))
            for fault in (current.warning, *current.faults):
                if fault:
                    log.error("%s", fault)

    async def _answer(self, environment: Environment) -> Mapping[str, str]:
        return variables_for(self._screen(call_from(environment, datetime.now(UTC))))

    async def _expect(self, environment: Environment) -> Mapping[str, str]:
        return await expect(environment, self._config.database)

    async def _report(self, _: Environment) -> Mapping[str, str]:
        """What `callfilter doctor` asks for: words and numbers only, as they have to pass for channel variables."""
        state, health, counters = self._writer.state, self._health, self._server.counters
        facts = {
            "VERSION": __version__,
            "PID": os.getpid(),
            "CALLS": health.calls,
            "FAILED": health.failed + counters.failed,
            "UNKNOWN_ROUTES": counters.unknown_routes,
            "STRANGERS": counters.bad_headers + counters.timeouts + counters.oversized + counters.crowded_out,
            "MEDIAN_MS": f"{health.median_ms:.2f}",
            "P99_MS": f"{health.p99_ms:.2f}",
            "BEHIND": state.behind,
            "IN_MEMORY": state.only_in_memory,
            "LOST": state.lost,
            "SET_ASIDE": state.set_aside,
            "DATABASE": "failing" if state.fault else "ok",
            "AMI": self._ami_state,
            "POLICY": self._screen.current.version,
            "POLICY_JUDGES": self._screen.current.judges or 0,
            "RESTART": " ".join(self._settings.waiting) or "none",
        }
        return {f"CALLFILTER_HEALTH_{name}": str(value) for name, value in facts.items()}

    def _record(self, record: CallRecord) -> None:
        self._writer.record(record)
        self._health.judged(record)
        if self._config.ami:
            self._outcomes.began(record)
        # After the answer is on its way: nobody waits for a line in a log.
        asyncio.get_running_loop().call_soon(log.info, log_line(record, mask=self._config.mask_numbers))

    def _on_event(self, event: Event) -> None:
        if isinstance(event, Resynced):
            self._resyncing = asyncio.create_task(self._end_missed(event.live), name="resync")
        else:
            self._outcomes.on_event(event)

    async def _end_missed(self, live: frozenset[str]) -> None:
        """End what ended unseen, and let calls go first between one and the next."""
        for _ in self._outcomes.end_missed(live):
            await asyncio.sleep(0)

    def _on_ami(self, state: AmiState) -> None:
        self._ami_state = state.status.value


def _load(config: Config) -> Current:
    """The policy in force. Nothing is collected meanwhile, and what is made is here to stay, as at start-up.

    Going through thousands of rules, half made and again when they are in force, would cost some call 80 ms.
    """
    gc.disable()
    try:
        return load_newest(config)
    finally:
        gc.freeze()
        gc.enable()


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
