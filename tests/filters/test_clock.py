"""What a clock that was set wrong, or is set right again, does to decisions: as docs/rules.md says."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from filters.facts import Bond, Expecting, Facts, History, OwnEntry, Trusted
from filters.policy import Policy
from filters.shop import Shop
from filters.verdict import Action, Reason
from tests.filters.rules import NOW, judged, rule

MOBILE = "13800138000"
KEY = "+8613800138000"
MINUTE, HOUR, YEAR = timedelta(minutes=1), timedelta(hours=1), timedelta(days=365)
NIGHT = rule("night", window="22:00-06:00")


@pytest.mark.parametrize(("opened", "reason"), [(-MINUTE, Reason.EXPECTING), (HOUR, Reason.DEFAULT)])
def test_a_window_that_was_opened_in_the_future_is_not_open_yet(opened: timedelta, reason: Reason) -> None:
    window = Expecting(NOW + opened + HOUR, NOW + opened)
    assert judged(MOBILE, facts=Facts(expecting=(window,))).reason is reason


def test_a_bond_from_the_future_counts_until_its_end() -> None:
    trusted = Facts(trusted=Trusted(Bond.DIALLED, NOW + YEAR, NOW + YEAR + HOUR))
    assert judged(MOBILE, facts=trusted).reason is Reason.TRUSTED
    assert judged(MOBILE, facts=trusted, at=NOW + YEAR + HOUR).reason is Reason.DEFAULT


def test_an_entry_that_has_expired_holds_again_while_the_clock_is_behind() -> None:
    own = Facts(own=(OwnEntry(KEY, is_prefix=False, action=Action.REJECT, expires_at=NOW),))
    assert judged(MOBILE, facts=own).reason is Reason.DEFAULT
    assert judged(MOBILE, facts=own, at=NOW - MINUTE).reason is Reason.BLOCKED


def test_a_rule_that_has_expired_holds_again_while_the_clock_is_behind() -> None:
    ending = rule("ending", expires_at=NOW)
    assert judged(MOBILE, ending).rule == ""
    assert judged(MOBILE, ending, at=NOW - MINUTE).rule == "ending"


def test_calls_from_the_future_are_not_counted_but_the_caller_is_known() -> None:
    history = Facts(history=History(NOW + HOUR, (NOW + HOUR, NOW + YEAR)))
    assert judged(MOBILE, rule("pest", calls="2 in 10 minutes"), facts=history).rule == ""
    assert judged(MOBILE, rule("new", first_call=True), facts=history).rule == ""


@pytest.mark.parametrize("year", [1, 1970, 9999])
@pytest.mark.parametrize("zone", [UTC, ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York")])
def test_no_year_keeps_a_call_from_being_judged(year: int, zone: ZoneInfo) -> None:
    at = datetime(year, 1, 1, tzinfo=UTC) if year == 1 else datetime(year, 12, 31, 23, 59, tzinfo=UTC)
    policy = Policy(rules=(NIGHT, rule("pest", calls="2 in 10 minutes"), rule("last")), shop=Shop(zone=zone))
    verdict = judged(MOBILE, policy=policy, facts=Facts(history=History()), at=at)
    assert verdict.reason is Reason.RULE


@pytest.mark.parametrize(("hour", "rule_name"), [(14, "night"), (22, "")])
def test_windows_follow_the_zone_of_the_shop_whatever_zone_a_call_is_told_in(hour: int, rule_name: str) -> None:
    at = datetime(2026, 6, 1, hour, 30, tzinfo=UTC)
    policy = Policy(rules=(NIGHT,), shop=Shop(zone=ZoneInfo("Asia/Shanghai")))
    for told in (at, at.astimezone(ZoneInfo("America/New_York"))):
        assert judged(MOBILE, policy=policy, at=told).rule == rule_name


@pytest.mark.parametrize(
    ("at", "rule_name"),
    [
        ("2026-03-29T00:59:00+00:00", "early"),  # 01:59 in Berlin, an hour before 03:00 is shown
        ("2026-03-29T01:00:00+00:00", ""),  # 03:00: the hour from 02:00 did not take place
        ("2026-10-25T00:30:00+00:00", "early"),  # 02:30 the first time
        ("2026-10-25T01:30:00+00:00", "early"),  # 02:30 once more
        ("2026-10-25T02:00:00+00:00", ""),
    ],
)
def test_when_clocks_change_the_clock_on_the_shops_wall_decides(at: str, rule_name: str) -> None:
    early = Policy(rules=(rule("early", window="01:00-03:00"),), shop=Shop(zone=ZoneInfo("Europe/Berlin")))
    assert judged(MOBILE, policy=early, at=datetime.fromisoformat(at)).rule == rule_name
