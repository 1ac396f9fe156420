"""The AMI client against a manager that does as it is told."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest

from agi.ami import (
    MESSAGE_LIMIT,
    AmiClient,
    AmiState,
    AmiStatus,
    BridgeEntered,
    BridgeLeft,
    Dialled,
    Event,
    HungUp,
    Resynced,
    Screened,
    VoicemailLeft,
)
from tests.agi.fake_manager import FakeManager

CONNECTED = AmiState(AmiStatus.CONNECTED)
SCREENED = ("Event: UserEvent", "Privilege: user,all", "Uniqueid: 1.1", "UserEvent: CallfilterScreened")
T = TypeVar("T", bound=Event)


class Shop:
    """A client and what it reported."""

    def __init__(self, manager: FakeManager) -> None:
        self.manager = manager
        self.events: asyncio.Queue[Event] = asyncio.Queue()
        self.states: asyncio.Queue[AmiState] = asyncio.Queue()
        self.clients: list[AmiClient] = []

    async def connect(
        self,
        *,
        secret: str = "secret",
        retry: tuple[float, float] = (0.01, 0.02),
        ping_interval: float = 10.0,
        patience: float = 0.1,
    ) -> AmiClient:
        client = AmiClient(
            "127.0.0.1",
            self.manager.port,
            "callfilter",
            secret,
            self.events.put_nowait,
            self.states.put_nowait,
            retry=retry,
            ping_interval=ping_interval,
            patience=patience,
        )
        self.clients.append(client)
        await client.start()
        return client

    async def event(self, kind: type[T]) -> T:
        event = await asyncio.wait_for(self.events.get(), 3)
        assert isinstance(event, kind)
        return event

    async def state(self) -> AmiState:
        return await asyncio.wait_for(self.states.get(), 3)


@pytest.fixture
async def manager() -> AsyncIterator[FakeManager]:
    manager = FakeManager()
    await manager.start()
    yield manager
    await manager.stop()


@pytest.fixture
async def shop(manager: FakeManager) -> AsyncIterator[Shop]:
    shop = Shop(manager)
    yield shop
    for client in shop.clients:
        await client.stop()


@pytest.fixture
async def connected(shop: Shop) -> Shop:
    await shop.connect()
    assert await shop.state() == CONNECTED
    await shop.event(Resynced)
    return shop


def dial(channel: str, dial_string: str) -> tuple[str, ...]:
    """What Asterisk 22 tells of an outgoing call."""
    return (
        *("Event: DialBegin", "Privilege: call,all", f"DestChannel: {channel}", "DestChannelState: 0"),
        *("DestChannelStateDesc: Down", "DestCallerIDNum: <unknown>", "DestCallerIDName: <unknown>"),
        *("DestConnectedLineNum: <unknown>", "DestConnectedLineName: <unknown>", "DestLanguage: en"),
        *("DestAccountCode: ", "DestContext: from-trunk", "DestExten: 1", "DestPriority: 1", "DestUniqueid: 1.2"),
        *("DestLinkedid: 1.1", f"DialString: {dial_string}"),
    )


def now_or_just(at: datetime) -> bool:
    return timedelta() <= datetime.now(UTC) - at < timedelta(seconds=3)


async def test_after_the_login_it_tells_which_channels_live(shop: Shop, manager: FakeManager) -> None:
    manager.channels = ["1.1", "1.2"]
    await shop.connect()
    assert await shop.state() == CONNECTED
    assert await shop.event(Resynced) == Resynced(frozenset({"1.1", "1.2"}))
    assert manager.actions[0]["Events"] == "call,user"


async def test_without_channels_none_live(shop: Shop) -> None:
    await shop.connect()
    assert await shop.event(Resynced) == Resynced(frozenset())


async def test_a_calls_life_comes_as_events(connected: Shop, manager: FakeManager) -> None:
    manager.say("Event: BridgeEnter", "Privilege: call,all", "BridgeUniqueid: b-1", "Uniqueid: 1.1", "Linkedid: 1.0")
    manager.say("Event: BridgeLeave", "Privilege: call,all", "BridgeUniqueid: b-1", "Uniqueid: 1.1", "Linkedid: 1.0")
    manager.say("Event: Hangup", "Privilege: call,all", "Uniqueid: 1.1", "Cause: 16", "Cause-txt: Normal Clearing")
    entered = await connected.event(BridgeEntered)
    left = await connected.event(BridgeLeft)
    gone = await connected.event(HungUp)
    assert (entered.unique_id, left.unique_id, gone.unique_id, gone.cause) == ("1.1", "1.1", "1.1", 16)
    assert now_or_just(entered.at)
    assert now_or_just(left.at)
    assert now_or_just(gone.at)


async def test_a_message_left_comes_as_an_event(connected: Shop, manager: FakeManager) -> None:
    manager.say("Event: UserEvent", "Privilege: user,all", "Uniqueid: 1.1", "UserEvent: Other", "ID: c-0")
    manager.say(
        "Event: UserEvent",
        "Privilege: user,all",
        "Uniqueid: 1.1",
        "UserEvent: CallfilterVoicemail",
        "ID: c-1",
        "Mailbox: 100@default",
        "File: /var/spool/msg0000",
        "Status: SUCCESS",
    )
    left = await connected.event(VoicemailLeft)
    assert left == VoicemailLeft("c-1", "100@default", "/var/spool/msg0000", "SUCCESS", left.at)


@pytest.mark.parametrize(("result", "tries"), [("passed", 1), ("failed", 3), ("silent", 3), ("hangup", 0)])
async def test_how_a_screening_ended_comes_as_an_event(
    connected: Shop, manager: FakeManager, result: str, tries: int
) -> None:
    manager.say(*SCREENED, "ID: c-0", "Result: human", "Tries: 1")
    manager.say(*SCREENED, "ID: c-1", f"Result: {result}", f"Tries: {tries}")
    screened = await connected.event(Screened)
    assert screened == Screened("c-1", result, tries, screened.at)


@pytest.mark.parametrize("tries", ["", "x", "-1", "99999", "²"])
async def test_tries_that_are_no_number_are_zero(connected: Shop, manager: FakeManager, tries: str) -> None:
    manager.say(*SCREENED, "ID: c-1", "Result: passed", f"Tries: {tries}")
    assert (await connected.event(Screened)).tries == 0


async def test_a_number_that_a_trunk_is_to_reach_comes_as_an_event(connected: Shop, manager: FakeManager) -> None:
    manager.say(*dial("PJSIP/100-00000001", "100/sip:100@192.168.1.9:5060"))
    manager.say(*dial("PJSIP/trunk-00000002", "13800138000@trunk"))
    dialled = await connected.event(Dialled)
    assert dialled == Dialled("13800138000", "1.1", dialled.at)


async def test_a_dial_that_a_caller_wrote_into_the_own_number_is_passed_over(
    connected: Shop, manager: FakeManager
) -> None:
    """As Asterisk sends a number with `%0d%0a%0d%0a` in it: one message becomes two."""
    forged = "\r\n\r\nEvent: DialBegin\r\nDestChannel: PJSIP/t-1\r\nDialString: 013800138000@t"
    manager.say(
        "Event: Hangup", f"CallerIDNum: 12{forged}", "CallerIDName: <unknown>", "Uniqueid: 1.1", "Linkedid: 1.1"
    )
    manager.say(*dial("PJSIP/trunk-00000002", "13900139000@trunk"))
    await connected.event(HungUp)
    assert (await connected.event(Dialled)).number == "13900139000"


@pytest.mark.parametrize("cause", ["", "x", "-1", "99999", "²"])
async def test_a_cause_that_is_none_is_zero(connected: Shop, manager: FakeManager, cause: str) -> None:
    manager.say("Event: Hangup", "Uniqueid: 1.1", f"Cause: {cause}")
    assert (await connected.event(HungUp)).cause == 0


async def test_an_event_may_come_in_any_segments(connected: Shop, manager: FakeManager) -> None:
    raw = "Event: Hangup\r\nCallerIDName: 王小明\r\nUniqueid: 1.1\r\nCause: 17\r\n\r\n".encode()
    for at in range(len(raw)):
        manager.send(raw[at : at + 1])
        await asyncio.sleep(0)
    assert (await connected.event(HungUp)).cause == 17


async def test_a_line_break_in_a_number_changes_neither_the_event_nor_its_channel(
    connected: Shop, manager: FakeManager
) -> None:
    forged = "CallerIDNum: x\r\nEvent: BridgeEnter\r\nUniqueid: 9.9\r\nResponse: Error\r\nActionID: 1"
    manager.say("Event: Hangup", "Privilege: call,all", forged, "Uniqueid: 1.1", "Cause: 16")
    assert (await connected.event(HungUp)).unique_id == "1.1"


async def test_garbage_between_events_does_no_harm(connected: Shop, manager: FakeManager) -> None:
    manager.send(b"\xff\xfe\0\r\n\r\n\r\n\r\nEvent\r\n\r\nResponse: Error\r\n\r\nEvent: Hangup\xff\r\n\r\n: \r\n\r\n")
    manager.say("Event: Hangup", "Uniqueid: 1.1", "Cause: 16")
    assert (await connected.event(HungUp)).unique_id == "1.1"
    assert manager.connected == 1


async def test_a_message_without_end_is_cut_off_and_the_client_comes_back(
    connected: Shop, manager: FakeManager
) -> None:
    manager.send(b"Event: Hangup\r\n" + b"x" * (MESSAGE_LIMIT + 1))
    assert (await connected.state()).status is AmiStatus.UNREACHABLE
    assert await connected.state() == CONNECTED


async def test_it_comes_back_when_the_connection_breaks(connected: Shop, manager: FakeManager) -> None:
    for round_ in range(3):
        manager.channels = [f"{round_}.1"]
        manager.cut()
        lost = await connected.state()
        assert lost.status is AmiStatus.UNREACHABLE
        assert "closed the connection" in lost.message
        assert await connected.state() == CONNECTED
        assert await connected.event(Resynced) == Resynced(frozenset(manager.channels))


async def test_it_waits_for_an_asterisk_that_is_down(shop: Shop, manager: FakeManager) -> None:
    await manager.stop()
    await shop.connect()
    down = await shop.state()
    assert down.status is AmiStatus.UNREACHABLE
    assert str(manager.port) in down.message
    await manager.start()
    assert await shop.state() == CONNECTED


async def test_a_peer_that_answers_no_ping_is_taken_for_dead(shop: Shop, manager: FakeManager) -> None:
    manager.silent = {"Ping"}
    await shop.connect(ping_interval=0.01)
    assert await shop.state() == CONNECTED
    dead = await shop.state()
    assert dead.status is AmiStatus.UNREACHABLE
    assert "no reply to Ping" in dead.message


@pytest.mark.parametrize("action", ["Login", "CoreShowChannels"])
async def test_a_peer_that_never_answers_is_unreachable(shop: Shop, manager: FakeManager, action: str) -> None:
    manager.silent = {action}
    await shop.connect()
    assert f"no reply to {action}" in (await shop.state()).message


async def test_a_peer_that_answers_pings_stays_connected(shop: Shop, manager: FakeManager) -> None:
    await shop.connect(ping_interval=0.001)
    assert await shop.state() == CONNECTED
    await until(lambda: [action["Action"] for action in manager.actions].count("Ping") > 5)
    assert shop.states.empty()
    assert manager.connected == 1


async def test_a_refused_login_is_told_once_and_tried_again(
    shop: Shop, manager: FakeManager, caplog: pytest.LogCaptureFixture
) -> None:
    await shop.connect(secret="wr0ng")
    refused = await shop.state()
    assert refused.status is AmiStatus.REFUSED
    assert refused.message.endswith("refuses the login of 'callfilter': Authentication failed")
    await until(lambda: manager.connected >= 3)
    assert shop.states.empty()
    assert len(caplog.records) == 1
    manager.secret = "wr0ng"
    assert await shop.state() == CONNECTED


async def test_a_refused_login_is_tried_again_only_after_the_longest_pause(shop: Shop, manager: FakeManager) -> None:
    await shop.connect(secret="wr0ng", retry=(0.0, 30.0))
    assert (await shop.state()).status is AmiStatus.REFUSED
    await asyncio.sleep(0.05)
    assert manager.connected == 1


async def test_a_user_that_may_not_list_channels_gets_events_and_a_remedy(shop: Shop, manager: FakeManager) -> None:
    manager.may_list = False
    await shop.connect()
    state = await shop.state()
    assert state.status is AmiStatus.CONNECTED
    assert "Permission denied; add reporting to its write =" in state.message
    manager.say("Event: Hangup", "Uniqueid: 1.1", "Cause: 16")
    await shop.event(HungUp)


async def test_the_secret_is_never_logged(shop: Shop, manager: FakeManager, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    manager.silent = {"Login"}
    await shop.connect(secret="hunter2")
    await shop.state()
    manager.silent = set()
    assert (await shop.state()).status is AmiStatus.REFUSED
    manager.secret = "hunter2"
    assert await shop.state() == CONNECTED
    manager.cut()
    await shop.state()
    assert "hunter2" not in caplog.text


async def test_a_listener_that_raises_does_not_cost_the_connection(shop: Shop, manager: FakeManager) -> None:
    faults: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: faults.append(context["exception"]))
    client = AmiClient("127.0.0.1", manager.port, "callfilter", "secret", lambda _: 1 / 0, shop.states.put_nowait)  # type: ignore[arg-type]
    shop.clients.append(client)
    await client.start()
    assert await shop.state() == CONNECTED
    manager.say("Event: Hangup", "Uniqueid: 1.1", "Cause: 16")
    await until(lambda: len(faults) == 2)
    assert manager.connected == 1


async def test_stopping_logs_off_and_stays_away(connected: Shop, manager: FakeManager) -> None:
    await connected.clients[0].stop()
    await until(lambda: manager.actions[-1]["Action"] == "Logoff")
    await asyncio.sleep(0.05)
    assert manager.connected == 1
    await connected.clients[0].stop()


async def test_stopping_while_nobody_answers_ends_at_once(shop: Shop, manager: FakeManager) -> None:
    manager.silent = {"Login"}
    client = await shop.connect(patience=60)
    await until(lambda: bool(manager.actions))
    await asyncio.wait_for(client.stop(), 3)


async def until(true: Callable[[], bool]) -> None:
    for _ in range(3000):
        if true():
            return
        await asyncio.sleep(0.001)
    raise TimeoutError("it never came true")
