import os
import signal
import subprocess
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from callfilter.replay.report import FURTHER, Regret, RuleCount
from callfilter.replay.run import replay
from callfilter.replay.task import Against, Stopped, Task
from callfilter.store.codec import to_microseconds
from callfilter.store.file import StoreError
from filters.verdict import Action
from tests.callfilter.replay.past import BEGINNING, START, Shop, callers

REJECT_SHANGHAI = '[[rule]]\nname = "no Shanghai"\nwhen.region = "Shanghai"\naction = "reject"\n'
SHANGHAI, BEIJING, MOBILE = "02161234567", "01061234567", "13800138000"
SHANGHAI_KEY, BEIJING_KEY, MOBILE_KEY = "+862161234567", "+861061234567", "+8613800138000"
DAY = timedelta(days=1)


def noting(told: list[tuple[int, int]]) -> Callable[[int, int], None]:
    return lambda done, calls: told.append((done, calls))


def test_a_call_that_the_draft_would_reject_is_newly_rejected(shop: Shop) -> None:
    shop.call(SHANGHAI)
    shop.call(BEIJING)
    report = shop.replay(REJECT_SHANGHAI)
    assert (report.calls, report.changed, report.newly(Action.REJECT), report.newly(Action.ALLOW)) == (2, 1, 1, 0)
    assert report.actions == {(Action.ALLOW, Action.REJECT): 1}
    [change] = report.changes
    assert (change.key, change.region, change.after.rule) == (SHANGHAI_KEY, "Shanghai", "no Shanghai")
    assert (report.first_at, report.last_at) == (START + timedelta(minutes=1), START + timedelta(minutes=2))
    assert report.rules == {"no Shanghai": RuleCount(calls=1, changed=1)}


def test_a_call_that_the_draft_would_let_ring_is_newly_let_through(shop: Shop) -> None:
    shop.policy(REJECT_SHANGHAI)
    shop.call(SHANGHAI)
    report = shop.replay("")
    assert report.actions == {(Action.REJECT, Action.ALLOW): 1}
    assert report.newly(Action.ALLOW) == 1
    assert not report.regrets


@pytest.mark.parametrize("action", ["voicemail", "screen", "divert"])
def test_every_action_is_told_apart(shop: Shop, action: str) -> None:
    shop.call(SHANGHAI)
    target = 'target = "600@internal"\n' if action == "divert" else ""
    report = shop.replay(REJECT_SHANGHAI.replace("reject", action) + target)
    assert report.actions == {(Action.ALLOW, Action(action)): 1}


def test_another_label_mailbox_or_answer_is_a_change_too(shop: Shop) -> None:
    shop.policy(REJECT_SHANGHAI)
    shop.call(SHANGHAI)
    report = shop.replay(REJECT_SHANGHAI + "signal = 486")
    assert (report.changed, report.otherwise, report.actions) == (1, 1, {})


def test_another_reason_alone_is_no_change(shop: Shop) -> None:
    shop.policy(REJECT_SHANGHAI)
    shop.call(SHANGHAI)
    assert shop.replay(REJECT_SHANGHAI.replace("no Shanghai", "another name")).changed == 0


def test_the_draft_is_compared_with_the_policy_in_force_not_with_what_was_decided_then(shop: Shop) -> None:
    shop.call(SHANGHAI)
    shop.policy(REJECT_SHANGHAI)
    assert shop.replay(REJECT_SHANGHAI).changed == 0
    assert shop.replay(REJECT_SHANGHAI, against=Against.LOG).changed == 1
    assert shop.replay().actions == {(Action.ALLOW, Action.REJECT): 1}, "the policy in force against the log"


def test_the_fewer_decisions_for_a_few_rules_more_find_the_same(shop: Shop) -> None:
    """Where the draft has the rules in force and others, most calls are decided once: see `difference.py`."""
    force = "".join(
        f'[[rule]]\nname = "{name}"\nwhen.class = "{name}"\naction = "screen"\n'
        for name in ("mobile", "service", "mvno")
    )
    shop.policy(force)
    for caller in (SHANGHAI, BEIJING, MOBILE, "95588", "17012345678"):
        shop.call(caller)
    for more in (REJECT_SHANGHAI, REJECT_SHANGHAI.replace("reject", 'reject"\nmode = "observe')):
        quick = shop.replay(more + force)
        # Another zone makes the two policies differ in more than rules.
        thorough = shop.replay('time_zone = "Asia/Tokyo"\n' + more + force)
        assert quick == thorough
    assert shop.replay(force.replace('name = "mobile"', 'enabled = false\nname = "mobile"')).newly(Action.ALLOW) == 1
    reordered = force.replace('"service"', '"x"').replace('"mobile"', '"service"').replace('"x"', '"mobile"')
    assert shop.replay(reordered.replace("screen", "reject", 1)).newly(Action.REJECT) == 1


def test_calls_talked_longer_are_regretted_the_longest_first(shop: Shop) -> None:
    for place, seconds in enumerate((100, 300, 61, 60, 5)):
        # So long after each other that nobody is trusted any more.
        shop.talked(shop.call(SHANGHAI, at=START + place * 100 * DAY), seconds)
    shop.call(SHANGHAI, at=START + 900 * DAY)
    draft = "[trust]\ndays = 0\n" + REJECT_SHANGHAI
    report = shop.replay(draft)
    assert (report.changed, report.regrets) == (6, 3)
    assert [change.talk_seconds for change in report.regretted] == [300, 100, 61]
    assert {change.regrets for change in report.regretted} == {(Regret.TALKED,)}
    assert shop.replay(draft, talked=200).regrets == 1
    assert report.rules["no Shanghai"] == RuleCount(calls=6, changed=6, regrets=3)


def test_trusted_callers_and_those_of_the_directory_are_regretted(shop: Shop) -> None:
    shop.bond(SHANGHAI_KEY, "dialled", START - DAY, START - DAY, START + DAY)
    shop.call(SHANGHAI)
    shop.call("95588")
    shop.call(MOBILE)
    report = shop.replay('[[rule]]\nname = "closed"\nwho = "everyone"\naction = "voicemail"')
    regrets = {change.key: change.regrets for change in report.regretted}
    assert regrets == {SHANGHAI_KEY: (Regret.TRUSTED,), "CN:95588": (Regret.LISTED,)}
    assert report.changed == 3
    assert "工商银行" in next(change.organisation for change in report.regretted if change.key == "CN:95588")


def test_a_call_that_comes_nearer_to_the_telephone_is_no_regret(shop: Shop) -> None:
    shop.policy(REJECT_SHANGHAI)
    shop.talked(shop.call(SHANGHAI), 500)
    assert shop.replay(REJECT_SHANGHAI.replace("reject", "screen")).regrets == 0
    shop.policy(REJECT_SHANGHAI.replace("reject", "screen"))
    assert shop.replay(REJECT_SHANGHAI).regrets == 1


def test_every_action_has_its_distance_from_the_telephone() -> None:
    assert set(FURTHER) == set(Action)
    assert min(FURTHER, key=FURTHER.__getitem__) is Action.ALLOW
    assert max(FURTHER, key=FURTHER.__getitem__) is Action.REJECT


def test_rules_that_observe_are_counted_with_what_they_would_have_done(shop: Shop) -> None:
    shop.talked(shop.call(SHANGHAI), 100)
    shop.call(SHANGHAI, at=START + 200 * DAY)
    shop.call(BEIJING)
    report = shop.replay(REJECT_SHANGHAI + 'mode = "observe"')
    assert report.changed == 0
    assert report.observers == {"no Shanghai": RuleCount(calls=2, changed=2, regrets=1)}


def test_a_rule_that_observes_what_happens_anyway_changes_nothing(shop: Shop) -> None:
    shop.talked(shop.call(SHANGHAI), 100)
    watching = REJECT_SHANGHAI.replace("no Shanghai", "watches") + 'mode = "observe"\n'
    report = shop.replay(watching + REJECT_SHANGHAI + "signal = 486\n")
    assert report.observers == {"watches": RuleCount(calls=1)}
    assert report.rules == {"no Shanghai": RuleCount(calls=1, changed=1, regrets=1)}


def test_protected_and_own_numbers_stay_whatever_the_draft_says(shop: Shop) -> None:
    shop.own(MOBILE_KEY, "allow", START + 300 * DAY)
    for caller in ("110", "12345", MOBILE):
        shop.talked(shop.call(caller), 100)
    assert shop.replay('[[rule]]\nname = "all"\nwho = "everyone"\naction = "reject"').changed == 0


def test_own_numbers_count_as_they_are_now_until_they_end(shop: Shop) -> None:
    shop.own(SHANGHAI_KEY, "allow", START + 300 * DAY, until=START + DAY)
    shop.own("+8610", "allow", START + 300 * DAY, is_prefix=True)
    for day in range(3):
        shop.call(SHANGHAI, at=START + day * DAY)
        shop.call(BEIJING, at=START + day * DAY)
    report = shop.replay('[[rule]]\nname = "landlines"\nwhen.class = "landline"\naction = "reject"')
    assert [(change.key, (change.at - START).days) for change in report.changes] == [
        (SHANGHAI_KEY, 2), (SHANGHAI_KEY, 1),
    ]  # fmt: skip


def test_who_was_talked_with_is_trusted_from_then_on_for_as_long_as_the_draft_says(shop: Shop) -> None:
    shop.talked(shop.call(SHANGHAI, at=START), 30)
    shop.call(SHANGHAI, at=START + 5 * DAY)
    shop.call(SHANGHAI, at=START + 20 * DAY)
    rejected = {days: shop.replay(f"[trust]\ndays = {days}\n{REJECT_SHANGHAI}").changed for days in (0, 4, 10, 30)}
    assert rejected == {0: 3, 4: 3, 10: 2, 30: 1}
    assert shop.replay("[trust]\ndays = 30\ntalked_seconds = 31\n" + REJECT_SHANGHAI).changed == 3


def test_trust_ends_when_the_caller_is_reported(shop: Shop) -> None:
    shop.talked(shop.call(SHANGHAI, at=START), 30)
    shop.call(SHANGHAI, at=START + DAY)
    shop.call(SHANGHAI, at=START + 3 * DAY)
    shop.report(SHANGHAI_KEY, START + 2 * DAY)
    assert [change.at for change in shop.replay(REJECT_SHANGHAI).changes] == [START + 3 * DAY, START]


def test_a_bond_counts_from_its_first_day_to_its_last(shop: Shop) -> None:
    shop.bond(SHANGHAI_KEY, "dialled", START + DAY, START + DAY, START + 3 * DAY)
    for day in range(5):
        shop.call(SHANGHAI, at=START + day * DAY + timedelta(hours=1))
    days = [(change.at - START).days for change in shop.replay(REJECT_SHANGHAI).changes]
    assert days == [4, 3, 0]


@pytest.mark.parametrize("bond", ["talked", "proved"])
def test_a_talk_or_screening_that_lies_ahead_makes_nobody_trusted(shop: Shop, bond: str) -> None:
    shop.bond(SHANGHAI_KEY, bond, START, START + 2 * DAY, START + 30 * DAY)
    for day in range(4):
        shop.call(SHANGHAI, at=START + day * DAY + timedelta(hours=1))
    days = [(change.at - START).days for change in shop.replay(REJECT_SHANGHAI).changes]
    assert days == [1, 0]


def test_windows_were_open_when_they_were(shop: Shop) -> None:
    shop.window(START + DAY, START + 2 * DAY)
    shop.window(START + DAY, START + 3 * DAY, "mobile")
    for day in range(4):
        shop.call(SHANGHAI, at=START + day * DAY + timedelta(hours=1))
    days = [(change.at - START).days for change in shop.replay(REJECT_SHANGHAI).changes]
    assert days == [3, 2, 0]


def test_earlier_calls_count_even_if_they_are_not_judged_again(shop: Shop) -> None:
    for hour in range(4):
        shop.call(MOBILE, at=START + timedelta(hours=hour))
    draft = '[[rule]]\nname = "often"\nwhen.calls = "3 in 1 day"\naction = "screen"'
    assert (shop.replay(draft).calls, shop.replay(draft).changed) == (4, 2)
    later = shop.replay(draft, since=START + timedelta(hours=2))
    assert (later.calls, later.changed) == (2, 2)
    first = '[[rule]]\nname = "first"\nwhen.first_call = true\naction = "screen"'
    assert shop.replay(first, since=START + timedelta(hours=2)).changed == 0
    assert shop.replay(first).changed == 1


def test_steps_of_suspicion_see_what_went_on_then(shop: Shop) -> None:
    for last in range(5):
        shop.call(f"1380013800{last}")
    report = shop.replay("[suspicion.block-in-turn]\nnumbers = 5\n")
    assert report.actions == {(Action.ALLOW, Action.SCREEN): 1}
    assert report.rules == {"block-in-turn": RuleCount(calls=1, changed=1)}
    observed = shop.replay('[suspicion.block-in-turn]\nnumbers = 5\nmode = "observe"')
    assert observed.observers == {"block-in-turn": RuleCount(calls=1, changed=1)}


def test_numbers_are_read_by_the_settings_of_today(shop: Shop) -> None:
    shop.call("61234567")
    other = Shop(shop.path, area="010")
    report = other.replay('[[rule]]\nname = "Beijing"\nwhen.region = "Beijing"\naction = "reject"')
    assert (callers(report.changes), report.read_anew) == ([BEIJING_KEY], 1)
    other.close()


def test_a_withheld_number_is_withheld_again(shop: Shop) -> None:
    shop.call(MOBILE, withheld=True)
    shop.call(MOBILE)
    shop.call("")
    report = shop.replay('[[rule]]\nname = "nobody"\nwhen.anonymous = true\naction = "screen"')
    assert callers(report.changes) == ["anonymous", MOBILE_KEY]


def test_an_empty_log_has_nothing_to_say(shop: Shop) -> None:
    report = shop.replay(REJECT_SHANGHAI)
    assert (report.calls, report.changed, report.first_at) == (0, 0, None)
    assert report.as_json()["first_at"] is None


def test_calls_before_since_are_not_judged(shop: Shop) -> None:
    shop.call(SHANGHAI, at=START)
    shop.call(SHANGHAI, at=START + DAY)
    assert shop.replay(REJECT_SHANGHAI, since=START + DAY).calls == 1
    assert shop.replay(REJECT_SHANGHAI, since=START + DAY + timedelta(microseconds=1)).calls == 0


@pytest.mark.parametrize(
    "damage", ["name = x'ff00'", "talk_seconds = 'long'", "at = 'yesterday'", "ended_at = 9e99", "key = x'00'"]
)
def test_rows_that_cannot_be_read_are_counted_and_left_out(shop: Shop, damage: str) -> None:
    shop.call(SHANGHAI)
    shop.sql(f"UPDATE calls SET {damage}")
    shop.call(SHANGHAI)
    for processes in (0, 2):
        report = shop.replay(REJECT_SHANGHAI, processes=processes)
        assert (report.calls, report.unreadable) == (1, 1)


def test_words_of_another_callfilter_matter_only_where_they_are_compared(shop: Shop) -> None:
    shop.call(SHANGHAI)
    shop.sql("UPDATE calls SET action = 'hypnotise', reason = 'mood', classes = 'no json'")
    assert shop.replay(REJECT_SHANGHAI).changed == 1
    against_log = shop.replay(REJECT_SHANGHAI, against=Against.LOG)
    assert (against_log.calls, against_log.unreadable) == (0, 1)


def test_a_broken_version_in_force_is_passed_over_as_it_is_for_calls(shop: Shop) -> None:
    shop.policy(REJECT_SHANGHAI)
    shop.sql("INSERT INTO policy_versions VALUES (2, 0, '', '', 'not = = toml')")
    shop.call(SHANGHAI)
    assert shop.replay().changed == 0
    assert shop.replay("").newly(Action.ALLOW) == 1


def test_progress_is_told_up_to_the_end(shop: Shop) -> None:
    for _ in range(5):
        shop.call(SHANGHAI)
    for processes in (0, 2):
        told: list[tuple[int, int]] = []
        replay(Task(shop.config, BEGINNING), noting(told), processes=processes)
        assert told[-1] == (5, 5)
        assert all(before[0] <= after[0] for before, after in pairwise(told))


def test_whoever_asked_can_stop_it(shop: Shop) -> None:
    shop.call(SHANGHAI)
    for processes in (0, 2):
        with pytest.raises(Stopped):
            replay(Task(shop.config, BEGINNING), stopped=lambda: True, processes=processes)


def test_a_process_that_is_killed_is_one_sentence(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.call(SHANGHAI)
    started = subprocess.Popen

    def killed(*given: object, **options: object) -> "subprocess.Popen[bytes]":
        process = started(*given, **options)  # type: ignore[call-overload]
        os.kill(process.pid, signal.SIGKILL)
        return process  # type: ignore[no-any-return]

    monkeypatch.setattr(subprocess, "Popen", killed)
    with pytest.raises(StoreError, match=r"ended .status -9.; see if there is enough memory"):
        shop.replay(REJECT_SHANGHAI, processes=2)


def test_a_database_that_is_not_there_is_one_sentence(shop: Shop, tmp_path: Path) -> None:
    config = shop.config.model_copy(update={"database": tmp_path / "none.db"})
    with pytest.raises(StoreError, match=r"none.db doesn't exist"):
        replay(Task(config, BEGINNING))


def test_calls_that_come_meanwhile_are_not_waited_for(shop: Shop) -> None:
    """The log is read page by page, so that writers and their journal go on."""
    for _ in range(3):
        shop.call(SHANGHAI)

    def told(_done: int, _calls: int) -> None:
        shop.call(SHANGHAI)
        assert shop.sql("PRAGMA wal_checkpoint(TRUNCATE)") == [(0, 0, 0)], "nobody pins the journal"

    report = replay(Task(shop.config, BEGINNING, REJECT_SHANGHAI, Against.POLICY), told, processes=0)
    assert report.calls == 3


def test_the_json_has_every_value_by_its_name(shop: Shop) -> None:
    shop.talked(shop.call(SHANGHAI, name="王小明", did="02160001000"), 100)
    told = shop.replay(REJECT_SHANGHAI).as_json()
    [change] = told["regretted"]
    assert told["changes"] == [change]
    assert change["before"]["action"] == "allow"
    assert change["after"] == {
        "action": "reject", "reason": "rule", "rule": "no Shanghai", "signal": 603, "target": "", "label": "",
    }  # fmt: skip
    assert (change["name"], change["did"], change["talk_seconds"]) == ("王小明", "02160001000", 100)
    assert change["regrets"] == ["talked"]
    assert told["actions"] == [{"before": "allow", "after": "reject", "calls": 1}]
    assert told["rules"] == [{"rule": "no Shanghai", "calls": 1, "changed": 1, "regrets": 1}]
    assert to_microseconds(START) < to_microseconds(shop.replay().first_at or START)
