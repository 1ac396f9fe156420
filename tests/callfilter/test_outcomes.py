"""What AMI tells of calls becomes news for the store."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agi.ami import BridgeEntered, BridgeLeft, Dialled, Event, HungUp, Resynced, Screened
from callfilter.config import Config, load_config
from callfilter.outcomes import Outcomes
from callfilter.store.open_calls import OpenCall
from callfilter.store.outcome import Answered, CallerKnown, Ended, NumberKnown, ScreenEnded, Update
from callfilter.store.record import format_id
from filters.facts import Bond
from filters.trust import Trust
from tests.callfilter.store.records import RECORD

NOW = datetime.now(UTC)
CALL, CHANNEL = RECORD.id, RECORD.unique_id
SHOWN = format_id(CALL)
DAY = timedelta(days=1)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return load_config(None, {"CALLFILTER_DATABASE": str(tmp_path / "x.db"), "CALLFILTER_AREA": "021"})


def news_of(config: Config, *events: Event, trust: Trust | None = None, resumed: bool = False) -> list[Update]:
    """What becomes of events after the verdict of a call."""
    news: list[Update] = []
    outcomes = Outcomes(config, news.append, lambda: trust or Trust())
    if resumed:
        outcomes.resume([OpenCall(CALL, RECORD.at, CHANNEL, NOW - timedelta(seconds=40))])
    else:
        outcomes.began(RECORD)
    for event in events:
        outcomes.on_event(event)
    return news


def talk(seconds: float) -> tuple[Event, ...]:
    end = NOW + timedelta(seconds=seconds)
    return BridgeEntered(CHANNEL, NOW), BridgeLeft(CHANNEL, end), HungUp(CHANNEL, 16, end)


def known(news: list[Update]) -> list[Update]:
    return [each for each in news if isinstance(each, CallerKnown | NumberKnown)]


def test_who_was_talked_with_long_enough_is_known_from_the_end_of_the_call_on(config: Config) -> None:
    end = NOW + timedelta(seconds=30)
    assert news_of(config, *talk(30)) == [
        Answered(CALL, NOW),
        Ended(CALL, end, 16, 30.0),
        CallerKnown(CALL, Bond.TALKED, end, end + 90 * DAY),
    ]


def test_a_short_talk_makes_nobody_known(config: Config) -> None:
    assert known(news_of(config, *talk(29.9))) == []


def test_how_long_and_for_how_long_is_as_the_policy_in_force_says(config: Config) -> None:
    end = NOW + timedelta(seconds=2)
    assert known(news_of(config, *talk(2), trust=Trust(days=7, talked_seconds=2))) == [
        CallerKnown(CALL, Bond.TALKED, end, end + 7 * DAY)
    ]
    assert known(news_of(config, *talk(100), trust=Trust(days=0))) == []


def test_a_call_that_nobody_answered_makes_nobody_known(config: Config) -> None:
    assert known(news_of(config, HungUp(CHANNEL, 21, NOW), trust=Trust(talked_seconds=0))) == []


def test_a_talk_of_which_nobody_told_the_end_makes_nobody_known(config: Config) -> None:
    assert known(news_of(config, Resynced(frozenset()), resumed=True)) == []


def test_how_long_somebody_talked_is_unknown_where_nobody_told_the_end(config: Config) -> None:
    (ended,) = news_of(config, Resynced(frozenset()), resumed=True)
    assert isinstance(ended, Ended)
    assert (ended.cause, ended.talk_seconds) == (None, None)


def test_a_talk_that_goes_on_over_a_restart_counts_whole(config: Config) -> None:
    assert len(known(news_of(config, HungUp(CHANNEL, 16, NOW), resumed=True))) == 1


def test_who_passed_a_screening_is_known(config: Config) -> None:
    assert news_of(config, Screened(SHOWN, "passed", 2, NOW)) == [
        ScreenEnded(CALL, "passed", 2),
        CallerKnown(CALL, Bond.PROVED, NOW, NOW + 30 * DAY),
    ]


def test_who_passed_a_screening_is_not_known_where_the_policy_says_so(config: Config) -> None:
    assert news_of(config, Screened(SHOWN, "passed", 2, NOW), trust=Trust(proved_days=0)) == [
        ScreenEnded(CALL, "passed", 2)
    ]


@pytest.mark.parametrize("result", ["failed", "silent", "hangup"])
def test_who_failed_a_screening_is_not_known(config: Config, result: str) -> None:
    assert news_of(config, Screened(SHOWN, result, 3, NOW)) == [ScreenEnded(CALL, result, 3)]


@pytest.mark.parametrize("call_id", ["", "x", "\x1b[2J", "0" * 4000])
def test_a_screening_of_a_call_that_is_not_ours_is_passed_over(config: Config, call_id: str) -> None:
    assert news_of(config, Screened(call_id, "passed", 1, NOW)) == []


@pytest.mark.parametrize("number", ["13800138000", "013800138000", "+8613800138000", "138-0013-8000"])
def test_a_dialled_number_is_known_in_every_spelling(config: Config, number: str) -> None:
    assert news_of(config, Dialled(number, "1.1", NOW)) == [
        NumberKnown("+8613800138000", Bond.DIALLED, NOW, NOW + 90 * DAY)
    ]


def test_a_dialled_number_without_an_area_code_is_one_of_the_shops_area(config: Config) -> None:
    (news,) = known(news_of(config, Dialled("62345678", "1.1", NOW)))
    assert news == NumberKnown("+862162345678", Bond.DIALLED, NOW, NOW + 90 * DAY)


@pytest.mark.parametrize("number", ["anonymous", "*97", "phone", "\x1b[2J", "1" * 4000, "\ud800", "sip:"])
def test_what_is_dialled_and_is_no_number_makes_nobody_known(config: Config, number: str) -> None:
    assert news_of(config, Dialled(number, "1.1", NOW)) == []


def test_a_number_that_an_incoming_call_is_sent_on_to_is_not_known(config: Config) -> None:
    assert news_of(config, Dialled("13800138000", CHANNEL, NOW)) == []


def test_dialled_numbers_are_not_known_where_the_policy_says_so(config: Config) -> None:
    assert news_of(config, Dialled("13800138000", "1.1", NOW), trust=Trust(days=0)) == []
