"""The steps of suspicion and the score: what they find, what they never do, and how they are written."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from filters.call import Call
from filters.decide import decide
from filters.directories import DIRECTORIES
from filters.facts import Bond, Facts, OwnEntry, PastCall, Surroundings, Trusted
from filters.number import read_number
from filters.policy import Policy
from filters.presets import PRESETS
from filters.rule import Condition, Mode, Rule
from filters.shop import Shop
from filters.suspicion.likeness import Likenesses
from filters.suspicion.score import Score
from filters.suspicion.settings import STEPS, keys_of, read_suspicion, tables_of
from filters.suspicion.suspicions import WATCHES
from filters.suspicion.symbols import CAPS, SYMBOLS
from filters.suspicion.watches import BlockInTurn, Flood, LookAlike, Neighbour, Redial, Sweep, Watch
from filters.verdict import Action, Reason, Verdict

NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
SHANGHAI = Shop("CN", "021")
MOBILE = "+8613812345678"
ALL = tuple(kind() for kind in WATCHES)
REPORTED = Surroundings(reported=tuple(f"+86138123456{last}" for last in (10, 20, 30)))


def ago(seconds: float, key: str = MOBILE, **told: Any) -> PastCall:
    return PastCall(NOW - timedelta(seconds=seconds), key, **told)


def crowd(count: int, every: float, until: float = 0) -> Surroundings:
    """So many strangers, each so many seconds before the next."""
    return Surroundings(strangers=tuple(ago(until + n * every, f"+861390000{n:04}") for n in range(1, count + 1)))


def judged(
    caller: str,
    *watches: Watch,
    around: Surroundings | None = None,
    policy: Policy | None = None,
    facts: Facts | None = None,
    **call: Any,
) -> Verdict:
    policy = policy or Policy(suspicion=watches, shop=SHANGHAI, mailbox="1@box")
    number = read_number(caller, area="021", withheld=call.get("withheld", False))
    facts = facts or Facts(surroundings=around or Surroundings())
    return decide(Call(caller, call.pop("at", NOW), **call), number, facts, policy)


def checks(verdict: Verdict) -> list[str]:
    return [step.check for step in verdict.trace if step.chapter == "suspicion"]


def test_where_nothing_is_switched_on_there_is_no_step_and_nothing_is_looked_up() -> None:
    policy = Policy(shop=SHANGHAI)
    assert policy.suspicions is None
    assert not policy.needs_surroundings
    assert checks(judged("955880", policy=policy)) == []


def test_only_steps_that_look_around_ask_for_it() -> None:
    assert not Policy(suspicion=(LookAlike(),)).needs_surroundings
    for kind in set(WATCHES) - {LookAlike}:
        assert Policy(suspicion=(kind(),)).needs_surroundings
    rule = Rule("points", (Condition("score", ("5-",)),), Action.SCREEN)
    assert Policy(rules=(rule,)).needs_surroundings
    assert not Policy(rules=(Rule("points", rule.conditions, Action.SCREEN, enabled=False),)).needs_surroundings


def test_where_nobody_looked_around_the_number_alone_is_looked_at_and_the_trace_says_so() -> None:
    verdict = judged("955880", *ALL, facts=Facts())
    assert (verdict.rule, verdict.score) == ("look-alike", None)
    assert "was not looked up" in checks(verdict)[0]
    assert judged("4001234567", *ALL, facts=Facts()).reason is Reason.DEFAULT


@pytest.mark.parametrize("watch", ALL, ids=lambda watch: watch.name)
@pytest.mark.parametrize("facts", ["own", "trusted", "rule"])
def test_callers_whom_an_earlier_chapter_knows_are_not_suspected(watch: Watch, facts: str) -> None:
    own = (OwnEntry(MOBILE, is_prefix=False, action=Action.ALLOW),) if facts == "own" else ()
    rules = (Rule("ring", (), Action.ALLOW),) if facts == "rule" else ()
    known = Facts(
        own, trusted=Trusted(Bond.DIALLED, NOW) if facts == "trusted" else None, surroundings=crowd(50, every=1)
    )
    verdict = judged(MOBILE, policy=Policy(rules=rules, suspicion=(watch,), shop=SHANGHAI), facts=known)
    assert verdict.action is Action.ALLOW
    assert verdict.reason is not Reason.SUSPICION


def test_with_everything_on_every_number_in_the_directory_rings_without_a_label() -> None:
    presets = tuple(replace(preset.rule, enabled=True) for preset in PRESETS)
    own, protected = frozenset({"+862160001000"}), frozenset({"+8613900000001"})
    policy = Policy(own, protected, rules=presets, suspicion=ALL, shop=SHANGHAI, mailbox="1@box")
    calls = tuple(ago(n, "CN:1", did=str(n), action=Action.VOICEMAIL, reason=Reason.SUSPICION) for n in range(1, 9))
    around = Surroundings(own=calls, strangers=crowd(20, every=1).strangers)
    for group in DIRECTORIES["CN"]:
        for caller, _, _ in group.rows:
            for seen in (Surroundings(), around):
                verdict = judged(caller, policy=policy, facts=Facts(surroundings=seen), at=NOW + timedelta(hours=10))
                assert (verdict.action, verdict.label) == (Action.ALLOW, ""), caller
                assert (verdict.score or 0) < Score().label_from, caller


def test_no_group_of_symbols_screens_anybody_by_itself() -> None:
    assert {symbol.group for symbol in SYMBOLS} == set(CAPS)
    assert max(CAPS.values()) < Score().screen_from
    assert max(abs(symbol.weight) for symbol in SYMBOLS) < Score().screen_from


def test_symbols_and_steps_have_names_of_their_own_and_a_sentence() -> None:
    assert len({symbol.name for symbol in SYMBOLS}) == len(SYMBOLS)
    assert len(STEPS) == len(WATCHES)
    sentences = [*(symbol.about for symbol in SYMBOLS), *(kind.about for kind in WATCHES)]
    assert all(sentence.endswith(".") for sentence in sentences)
    assert all(kind.looks_around or kind is LookAlike for kind in WATCHES)


@pytest.mark.parametrize(("block", "caller", "found"), [(100, "13812345699", True), (100, "13812345799", False)])
def test_neighbours_are_of_one_block(block: int, caller: str, *, found: bool) -> None:
    verdict = judged(caller, Neighbour(block=block), around=REPORTED)
    assert (verdict.rule == "neighbour") is found
    assert judged(caller, Neighbour(block=1000), around=REPORTED).rule == "neighbour"
    assert judged(caller, Neighbour(block=1000, reported=4), around=REPORTED).rule == ""


def test_a_step_that_only_observes_says_what_it_would_have_done() -> None:
    verdict = judged("13812345699", Neighbour(mode=Mode.OBSERVE), around=REPORTED)
    assert verdict.reason is Reason.DEFAULT
    step = next(step for step in verdict.trace if step.would)
    assert (step.would, step.matched) == (Action.SCREEN, False)
    assert step.check.endswith("has 3 that were reported; it only observes, and would have said screen")


def test_the_gravest_action_is_taken_and_the_label_of_another_step_is_kept() -> None:
    watches = (Neighbour(action=Action.ALLOW, label="block"), Flood(action=Action.VOICEMAIL))
    around = Surroundings(reported=REPORTED.reported, strangers=crowd(20, every=1).strangers)
    verdict = judged("13812345699", *watches, around=around)
    assert (verdict.action, verdict.rule, verdict.label, verdict.target) == (
        Action.VOICEMAIL,
        "flood",
        "block",
        "1@box",
    )
    assert [step.matched for step in verdict.trace if step.chapter == "suspicion"] == [False, True]


def test_where_there_is_no_mailbox_who_should_go_there_is_screened() -> None:
    policy = Policy(suspicion=(Neighbour(action=Action.VOICEMAIL),), shop=SHANGHAI)
    verdict = judged("13812345699", policy=policy, around=REPORTED)
    assert verdict.action is Action.SCREEN
    assert "no mailbox is configured" in checks(verdict)[-1]


@pytest.mark.parametrize(("caller", "withheld"), [("", False), (MOBILE, True)])
def test_suspicion_never_softens_the_setting_for_callers_without_a_number(caller: str, *, withheld: bool) -> None:
    flood = Flood(strangers=3)
    for setting, action in ((Action.REJECT, Action.REJECT), (Action.ALLOW, Action.SCREEN)):
        policy = Policy(anonymous=setting, invalid=setting, suspicion=(flood,), shop=SHANGHAI)
        verdict = judged(caller, policy=policy, around=crowd(9, every=1), withheld=withheld)
        assert verdict.action is action
    assert judged("abc", policy=Policy(invalid=Action.REJECT, suspicion=(flood,))).action is Action.REJECT


def test_calls_without_a_number_count_one_by_one_in_a_flood_and_those_of_one_caller_once() -> None:
    flood = Flood(strangers=5)
    for key, rule in (("anonymous", "flood"), ("+8613900000000", "")):
        calls = tuple(ago(n, key) for n in range(1, 9))
        assert judged(MOBILE, flood, around=Surroundings(strangers=calls)).rule == rule


@pytest.mark.parametrize(
    ("around", "rule"),
    [
        (crowd(9, every=6), "flood"),  # the present call is the tenth, 54 s after the first
        (crowd(9, every=6.7), ""),
        (crowd(10, every=6, until=14 * 60), "flood"),
        (crowd(10, every=6, until=15 * 60), ""),
        (crowd(9, every=6, until=5 * 60), ""),
        (crowd(200, every=4.4), "flood"),
    ],
)
def test_a_flood_holds_for_a_while_after_its_last_moment(around: Surroundings, rule: str) -> None:
    assert judged(MOBILE, Flood(), around=around).rule == rule


def test_calls_from_the_future_of_a_clock_that_jumped_count_nowhere() -> None:
    ahead = Surroundings(
        own=tuple(ago(-n, did=str(n), action=Action.SCREEN, screened="failed") for n in range(1, 9)),
        block=tuple(ago(-n, f"+86138123450{n:02}") for n in range(1, 99)),
        strangers=tuple(ago(-n, f"+861390000{n:04}") for n in range(1, 99)),
    )
    assert judged(MOBILE, Sweep(), BlockInTurn(), Flood(), Redial(), around=ahead).reason is Reason.DEFAULT


def test_numbers_of_a_block_in_turn_are_found_among_the_latest_strangers_too() -> None:
    keys = [f"+86138123450{n:02}" for n in range(4)]
    block, strangers = tuple(ago(9, key) for key in keys[:2]), tuple(ago(60, key) for key in keys)
    others = (ago(5, "+8613812346000"), ago(5, "+86138123450001"), ago(5))
    assert judged(MOBILE, BlockInTurn(), around=Surroundings(block=block)).rule == ""
    assert judged(MOBILE, BlockInTurn(), around=Surroundings(block=block, strangers=others)).rule == ""
    around = Surroundings(block=block, strangers=(*others, *strangers))
    assert judged(MOBILE, BlockInTurn(), around=around).rule == "block-in-turn"
    assert judged("13812346678", BlockInTurn(), around=Surroundings(strangers=strangers)).rule == ""


def test_who_calls_one_line_often_sweeps_nothing() -> None:
    calls = tuple(ago(n, did="600") for n in range(1, 50))
    assert judged(MOBILE, Sweep(), around=Surroundings(own=calls), did="600").rule == ""
    assert judged(MOBILE, Sweep(dids=2), around=Surroundings(own=calls), did="601").rule == "sweep"


@pytest.mark.parametrize(
    ("screened", "ended", "action"),
    [
        ("failed", 10, Action.VOICEMAIL),
        ("silent", 30, Action.VOICEMAIL),
        ("failed", 31, Action.SCREEN),
        ("hangup", 10, Action.SCREEN),
        ("passed", 10, Action.SCREEN),
    ],
)
@pytest.mark.parametrize("who", ["own", "rule"])
def test_who_failed_a_moment_ago_gets_no_other_digit_whoever_asks_for_one(
    who: str, screened: str, ended: float, action: Action
) -> None:
    last = ago(60, action=Action.SCREEN, screened=screened, ended_at=NOW - timedelta(seconds=ended))
    own = (OwnEntry(MOBILE, is_prefix=False, action=Action.SCREEN),) if who == "own" else ()
    rules = (Rule("all", (), Action.SCREEN, target="7@box"),) if who == "rule" else ()
    policy = Policy(rules=rules, suspicion=(Redial(),), shop=SHANGHAI, mailbox="1@box")
    verdict = judged(MOBILE, policy=policy, facts=Facts(own, surroundings=Surroundings(own=(last,))))
    assert (verdict.action, verdict.rule) == (action, "all" if who == "rule" else MOBILE)
    assert verdict.target == ("7@box" if who == "rule" else "1@box")


@pytest.mark.parametrize(
    ("calls", "action"),
    [
        ([("voicemail", 20, 10), ("failed", 60, 45)], Action.VOICEMAIL),
        ([("voicemail", 20, 10), ("voicemail", 50, 40), ("silent", 90, 70)], Action.VOICEMAIL),
        ([("voicemail", 20, -1), ("failed", 60, 15)], Action.VOICEMAIL),
        ([("voicemail", 20, 10), ("failed", 60, 51)], Action.SCREEN),
        ([("voicemail", 60, 31), ("failed", 70, 65)], Action.SCREEN),
        ([("voicemail", 20, 10), ("passed", 60, 45), ("failed", 90, 70)], Action.SCREEN),
        ([("rang", 20, 10), ("failed", 60, 45)], Action.SCREEN),
        ([("voicemail", 20, 10)], Action.SCREEN),
    ],
)
def test_who_failed_gets_no_other_digit_on_the_call_after_the_voicemail_either(
    calls: list[tuple[str, float, float]], action: Action
) -> None:
    actions = {"voicemail": Action.VOICEMAIL, "rang": Action.ALLOW}
    own = tuple(
        ago(
            began,
            action=actions.get(what, Action.SCREEN),
            reason=Reason.RULE,
            screened="" if what in actions else what,
            ended_at=NOW - timedelta(seconds=ended),
        )
        for what, began, ended in calls
    )
    rules = (Rule("all", (), Action.SCREEN),)
    policy = Policy(rules=rules, suspicion=(Redial(),), shop=SHANGHAI, mailbox="1@box")
    assert judged(MOBILE, policy=policy, around=Surroundings(own=own)).action is action


def test_redial_changes_nothing_where_it_only_observes_or_is_off_or_there_is_no_mailbox() -> None:
    last = ago(20, action=Action.SCREEN, screened="failed")
    rules = (Rule("all", (), Action.SCREEN),)
    for suspicion, mailbox in (((Redial(mode=Mode.OBSERVE),), "1@box"), ((), "1@box"), ((Redial(),), "")):
        policy = Policy(rules=rules, suspicion=suspicion, shop=SHANGHAI, mailbox=mailbox)
        verdict = judged(MOBILE, policy=policy, around=Surroundings(own=(last,)))
        assert verdict.action is Action.SCREEN
        assert (Action.VOICEMAIL in [step.would for step in verdict.trace]) == (bool(suspicion) and bool(mailbox))


def test_score_shows_every_point_and_what_a_cap_leaves() -> None:
    last = ago(3600, action=Action.SCREEN, screened="failed")
    calls = (last, *(ago(n) for n in range(4000, 4010)))
    verdict = judged(MOBILE, Score(), around=Surroundings(own=calls))
    assert (verdict.score, verdict.rule) == (4, "score")
    (told,) = checks(verdict)
    assert told.startswith("score 4: many-calls 1.5 (12 calls in a day), failed-screening 3 (on 2026-06-01), ")
    assert told.endswith("all of group history together 4")


@pytest.mark.parametrize(
    ("settings", "score", "action"),
    [
        ({}, 3, Action.ALLOW),
        ({"screen_from": 3}, 3, Action.SCREEN),
        ({"voicemail_from": 2.5}, 3, Action.VOICEMAIL),
        ({"weights": {"call-centre": 5}}, 4, Action.ALLOW),
        ({"weights": {"call-centre": 5}, "caps": {"number": 5}}, 6, Action.SCREEN),
        ({"weights": {"call-centre": 0}}, 1, Action.ALLOW),
    ],
)
def test_thresholds_weights_and_caps_may_be_set(settings: Mapping[str, Any], score: float, action: Action) -> None:
    verdict = judged("95029267", Score(**settings))
    assert (verdict.score, verdict.action) == (score, action)


def test_score_below_its_thresholds_is_told_and_passes_on() -> None:
    verdict = judged("4001234567", Score(label_from=0, screen_from=0, voicemail_from=0))
    assert (verdict.reason, verdict.score) == (Reason.DEFAULT, 2.5)
    assert checks(verdict) == [
        "score 2.5: unlisted-400 1.5 (not in the directory), first-call 1 (no call in the last 30 days)"
    ]


def test_likeness_needs_no_country_with_a_plan_or_a_directory() -> None:
    likenesses = Likenesses("US", {"+12015550100"}, {"+12015550199"})
    for caller, weak in (("+12015550101", True), ("+12015550191", False), ("+12015551100", False)):
        found = likenesses.of(read_number(caller, country="US"))
        assert found is not None
        assert found.weak is weak, caller
    for caller in ("+12015550100", "+12015550199", "+12015557777", "911", ""):
        assert likenesses.of(read_number(caller, country="US")) is None


def test_nothing_that_is_listed_protected_or_own_is_like_another() -> None:
    likenesses = Likenesses("CN", {"+862160001000", "+862160001001"}, {"+8613900000001", "+8613900000002", "CN:955880"})
    for caller in ("95588", "02160001000", "13900000002", "955880", "110", "12345", "12346", "", "abc"):
        assert likenesses.of(read_number(caller, area="021")) is None, caller


def test_what_is_written_reads_as_it_was() -> None:
    watches, faults = read_suspicion(tables_of(ALL))
    assert (watches, faults) == (ALL, ())
    assert tables_of(ALL) == {name: {} for name in STEPS}
    table = {"voicemail_from": 9.5, "label": "可疑", "weights": {"listed": -2, "night": 0.25}, "mode": "observe"}
    (score,), faults = read_suspicion({"score": table})
    assert not faults
    assert tables_of([score])["score"] == table


@pytest.mark.parametrize(
    ("name", "table", "place", "remedy"),
    [
        ("neighbor", {}, (), "there are neighbour, look-alike"),
        ("neighbour", 5, (), "write [suspicion.neighbour]"),
        ("neighbour", {"action": "reject"}, ("action",), "never a permanent block, and refuses nobody: write allow,"),
        ("neighbour", {"action": "divert"}, ("action",), "write allow, screen or voicemail"),
        ("neighbour", {"action": "explode"}, ("action",), "write allow, screen or voicemail"),
        ("neighbour", {"action": "allow"}, ("action",), 'write label = "…" too'),
        ("neighbour", {"mode": True}, ("mode",), "write enforce or observe"),
        ("neighbour", {"block": 10}, ("block",), "write 100 or 1000"),
        ("neighbour", {"reported": 0}, ("reported",), "write a whole number from 1 to 100"),
        ("flood", {"seconds": 60.0}, ("seconds",), "write a whole number from 5 to 600"),
        ("flood", {"second": 60}, ("second",), "write seconds"),
        ("redial", {"action": "screen"}, ("action",), "write seconds or mode"),
        ("sweep", {"label": "a,b"}, ("label",), "cannot be shown on a phone"),
        ("sweep", {"label": 5}, ("label",), "write a text in quotes"),
        ("score", {"screen_from": float("nan")}, ("screen_from",), "write a number from 0 to 100"),
        ("score", {"screen_from": "5"}, ("screen_from",), "write a number from 0 to 100"),
        ("score", {"weights": 5}, ("weights",), "write [suspicion.score.weights]"),
        ("score", {"weights": {"nigth": 1}}, ("weights", "nigth"), "write night"),
        ("score", {"weights": {"night": 99}}, ("weights", "night"), "write a number from -20 to 20"),
        ("score", {"caps": {"hours": -1}}, ("caps", "hours"), "write a number from 0 to 20"),
    ],
)
def test_fault_is_told_with_its_place_and_a_remedy(
    name: str, table: object, place: tuple[str, ...], remedy: str
) -> None:
    read, faults = read_suspicion({name: table})
    assert [where for where, _ in faults] == [(name, *place)]
    assert remedy in faults[0][1]
    assert all(set(tables_of([watch])[watch.name]) <= set(keys_of(type(watch))) for watch in read)
