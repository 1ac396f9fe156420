import random
import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.schedule import DAYS, Dates, Window

modest = settings(max_examples=40, deadline=None)

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
HOLIDAYS = frozenset({date(2026, 10, 1), date(2026, 10, 2)})
MAKE_UP = frozenset({date(2026, 10, 10)})
CALENDARS = {"public holidays": HOLIDAYS, "make-up days": MAKE_UP}


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def covered(window: Window, zone: ZoneInfo, first: datetime, minutes: int) -> list[str]:
    """The spans of UTC that a window covers from a moment on, minute by minute, as `HH:MM-HH:MM`."""
    spans: list[str] = []
    before = False
    for minute in range(minutes):
        moment = first + timedelta(minutes=minute)
        now = window.covers(moment, zone)
        if now and not before:
            spans.append(f"{moment:%H:%M}-")
        elif before and not now:
            spans[-1] += f"{moment:%H:%M}"
        before = now
    return spans


def test_window_begins_with_its_first_minute_and_ends_before_its_last() -> None:
    window = Window.parse({"days": "mon-fri", "hours": "09:00-18:30"})
    assert window == Window(frozenset(range(5)), time(9), time(18, 30))
    inside = ["2026-06-01T09:00:00", "2026-06-05T18:29:59.999999"]
    outside = ["2026-06-01T08:59:59.999999", "2026-06-01T18:30:00", "2026-06-06T12:00:00"]
    assert [text for text in inside if not window.covers(at(text), SHANGHAI)] == []
    assert [text for text in outside if window.covers(at(text), SHANGHAI)] == []


def test_window_over_midnight_belongs_to_the_day_on_which_it_begins() -> None:
    window = Window.parse({"days": "fri", "hours": "22:00-06:00"})
    inside = ["2026-06-05T22:00:00", "2026-06-06T00:00:00", "2026-06-06T05:59:59"]
    outside = ["2026-06-05T05:00:00", "2026-06-05T21:59:59", "2026-06-06T06:00:00", "2026-06-06T22:00:00"]
    assert [text for text in inside if not window.covers(at(text), SHANGHAI)] == []
    assert [text for text in outside if window.covers(at(text), SHANGHAI)] == []


def test_shops_zone_decides_whatever_zone_the_moment_is_told_in() -> None:
    window = Window.parse({"days": "mon", "hours": "00:00-01:00"})
    moment = datetime(2026, 5, 31, 16, 30, tzinfo=UTC)
    assert window.covers(moment, SHANGHAI)
    assert window.covers(moment.astimezone(NEW_YORK), SHANGHAI)
    assert not window.covers(moment, BERLIN)
    assert window.covers(moment, timezone(timedelta(hours=8)))


def test_window_until_midnight_ends_with_the_day() -> None:
    window = Window.parse({"days": "mon", "hours": "18:00-24:00"})
    assert window.covers(at("2026-06-01T23:59:59"), SHANGHAI)
    assert not window.covers(at("2026-06-02T00:00:00"), SHANGHAI)
    assert window == Window.parse({"days": "mon", "hours": "18:00-00:00"})


def test_window_without_hours_is_the_whole_day() -> None:
    window = Window.parse({"days": "sat, sun"})
    assert window.covers(at("2026-06-06T00:00:00"), SHANGHAI)
    assert window.covers(at("2026-06-07T23:59:59"), SHANGHAI)
    assert not window.covers(at("2026-06-08T00:00:00"), SHANGHAI)


def test_window_does_not_begin_on_a_holiday_but_runs_into_one() -> None:
    window = Window.parse({"hours": "22:00-06:00", "never": "public holidays"}, CALENDARS)
    assert window.covers(at("2026-10-01T05:00:00"), SHANGHAI)
    assert not window.covers(at("2026-10-01T22:00:00"), SHANGHAI)
    assert not window.covers(at("2026-10-03T05:00:00"), SHANGHAI)
    assert window.covers(at("2026-10-03T22:00:00"), SHANGHAI)


def test_window_begins_on_further_dates_whatever_the_day_and_holidays_are_stronger() -> None:
    table = {"days": "mon-fri", "hours": "09:00-18:00", "also": "make-up days", "never": "public holidays"}
    window = Window.parse(table, CALENDARS)
    assert window.covers(at("2026-10-10T09:00:00"), SHANGHAI)
    assert not window.covers(at("2026-10-17T09:00:00"), SHANGHAI)
    assert not window.covers(at("2026-10-01T09:00:00"), SHANGHAI)
    both = Window(frozenset(), also=Dates("a", MAKE_UP), never=Dates("b", MAKE_UP))
    assert not both.covers(at("2026-10-10T09:00:00"), SHANGHAI)


def test_window_of_dates_alone_has_no_days_of_the_week() -> None:
    window = Window.parse({"also": [date(2026, 10, 1), "2026-10-02"], "hours": "00:00-24:00"})
    assert (window.days, window.also.days) == (frozenset(), HOLIDAYS)
    assert window.covers(at("2026-10-02T12:00:00"), SHANGHAI)
    assert not window.covers(at("2026-10-09T12:00:00"), SHANGHAI)


@pytest.mark.parametrize(
    ("hours", "spans"),
    [
        ("02:00-03:00", []),
        ("02:30-04:00", ["01:00-02:00"]),
        ("01:00-02:30", ["00:00-01:00"]),
        ("22:00-06:00", ["00:00-04:00"]),
        ("00:00-24:00", ["00:00-"]),
    ],
)
def test_hour_that_the_clock_skips_lies_in_no_window(hours: str, spans: list[str]) -> None:
    # Berlin, 29 March 2026: 02:00 becomes 03:00 at 01:00 UTC.
    window = Window.parse({"hours": hours})
    assert covered(window, BERLIN, datetime(2026, 3, 29, 0, 0, tzinfo=UTC), 360) == spans


@pytest.mark.parametrize(
    ("hours", "spans"),
    [
        ("02:00-03:00", ["00:00-02:00"]),
        ("02:30-03:00", ["00:30-01:00", "01:30-02:00"]),
        ("01:00-02:30", ["23:00-00:30", "01:00-01:30"]),
        ("22:00-06:00", ["23:00-05:00"]),
    ],
)
def test_hour_that_the_clock_repeats_lies_in_a_window_both_times(hours: str, spans: list[str]) -> None:
    # Berlin, 25 October 2026: 03:00 becomes 02:00 at 01:00 UTC.
    window = Window.parse({"hours": hours})
    assert covered(window, BERLIN, datetime(2026, 10, 24, 23, 0, tzinfo=UTC), 420) == spans


def test_clock_that_jumps_leaves_nothing_behind() -> None:
    window = Window.parse({"days": "mon-fri", "hours": "22:00-06:00"})
    moments = [datetime(2026, 6, 1, tzinfo=UTC) + timedelta(minutes=37 * step) for step in range(400)]
    in_order = {moment: window.covers(moment, SHANGHAI) for moment in moments}
    shuffled = random.Random(1).sample(moments, len(moments))
    assert {moment: window.covers(moment, SHANGHAI) for moment in shuffled} == in_order


@modest
@given(st.integers(0, 6), st.integers(0, 1439), st.integers(1, 1440), st.integers(0, 8 * 1440))
def test_window_covers_exactly_its_minutes_of_the_week(day: int, start: int, length: int, asked: int) -> None:
    end = (start + length) % 1440
    window = Window(frozenset({day}), time(*divmod(start, 60)), time(*divmod(end, 60)))
    monday = datetime(2026, 6, 1, tzinfo=SHANGHAI)
    begins = day * 1440 + start
    inside = any(begins + week <= asked < begins + week + length for week in (-10_080, 0, 10_080))
    assert window.covers(monday + timedelta(minutes=asked), SHANGHAI) is inside


@pytest.mark.parametrize(
    ("table", "text"),
    [
        ({"days": "mon-fri", "hours": "09:00-18:30"}, "mon-fri 09:00-18:30"),
        ({"days": ["Sat", "sun"], "hours": "9:00-12:00"}, "sat, sun 09:00-12:00"),
        ({"days": "fri-mon", "hours": "18:00-24:00"}, "mon, fri-sun 18:00-24:00"),
        ({"hours": "22:00-06:00"}, "every day 22:00-06:00 of the next day"),
        ({"days": "mon, wed"}, "mon, wed all day"),
        ({"never": "public holidays"}, "every day all day, but not on public holidays"),
        ({"days": "mon-fri", "also": "make-up days"}, "mon-fri and make-up days all day"),
        ({"also": ["2026-10-01"]}, "2026-10-01 all day"),
        ({"also": ["2026-10-03", "2026-10-01"]}, "2026-10-01 and 1 more all day"),
    ],
)
def test_window_is_shown_in_plain_words(table: dict[str, object], text: str) -> None:
    assert Window.parse(table, CALENDARS).text == text


@pytest.mark.parametrize(
    ("table", "remedy"),
    [
        ({}, "write one or more of days, hours"),
        ({"day": "mon"}, "'day' is not known in a time window: write days"),
        ({"days": "monday"}, "days: 'monday' is no day of the week: write days such as mon-fri"),
        ({"days": "mon-"}, "write days such as mon-fri"),
        ({"days": 5}, "write days such as mon-fri"),
        ({"days": "周一"}, "write days such as mon-fri"),
        ({"days": []}, "write days, such as mon-fri"),
        ({"hours": "9-18"}, "hours: '9-18' is no span of hours: write one such as 09:00-18:30"),
        ({"hours": "24:00-06:00"}, "write one such as 09:00-18:30"),
        ({"hours": "09:00-24:30"}, "write one such as 09:00-18:30"),
        ({"hours": "09:00-18:60"}, "write one such as 09:00-18:30"),
        ({"hours": ["09:00-12:00"]}, "write one such as 09:00-18:30"),
        ({"hours": "09:00-09:00"}, "ends when it begins: write 00:00-24:00"),
        ({"never": "holidays"}, "no calendar is called 'holidays': write one of make-up days, public holidays"),
        ({"also": ["1 October"]}, "also: '1 October' is no date: write year, month and day like 2026-10-01"),
        ({"never": [datetime(2026, 10, 1, 12, tzinfo=UTC)]}, "is no date: write year"),
        ({"hours": "x" * 10_000}, "is no span of hours"),
        ({"also": "x" * 10_000}, "no calendar is called"),
    ],
)
def test_window_that_is_none_is_refused_with_a_remedy(table: dict[str, object], remedy: str) -> None:
    with pytest.raises(ValueError, match=re.escape(remedy)) as refusal:
        Window.parse(table, CALENDARS)
    assert len(str(refusal.value)) < 200


def test_calendar_is_asked_for_where_there_is_none() -> None:
    with pytest.raises(ValueError, match=r"write dates such as"):
        Window.parse({"never": "public holidays"})


def test_calendar_without_dates_opens_no_window_on_every_day() -> None:
    with pytest.raises(ValueError, match="never opens"):
        Window.parse({"also": "next year"}, {"next year": frozenset()})


def test_window_made_by_hand_is_checked_too() -> None:
    with pytest.raises(ValueError, match="Monday is 0"):
        Window(frozenset({len(DAYS)}))
    with pytest.raises(ValueError, match="time zone of their own"):
        Window(start=time(9, tzinfo=UTC))
