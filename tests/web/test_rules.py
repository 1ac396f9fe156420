"""The rules: shown in order, changed, tried before they are in force, and brought back."""

import asyncio
import html
import re
from datetime import UTC, date, datetime, timedelta
from time import perf_counter
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from playwright.async_api import Browser, Page, Route, expect

from callfilter.changes import BUILT_IN, put_in_force
from callfilter.config import load_config
from callfilter.policy import PolicyText, read, write
from callfilter.store import audit, policies
from callfilter.store.database import open_database
from callfilter.store.policies import PolicyVersion
from callfilter.store.users import Role
from callfilter.web import languages
from callfilter.web.rule_form import Row
from filters.conditions.registry import KINDS
from filters.decide import CHAPTERS
from filters.presets import PRESETS
from filters.rule import Condition, Mode, Rule, Scalar, Who
from filters.suspicion.settings import STEPS
from filters.verdict import Action, Reason
from tests.web.callers import turned_away
from tests.web.conftest import LANGUAGES, Client, Line, Shop, opened

if TYPE_CHECKING:
    from tests.asterisk.conftest import Caller

MOBILES = Rule("mobiles", (Condition("prefix", ("138*",)),), Action.REJECT)
LOANS = Rule("loans", (Condition("name", ("loan",)),), Action.VOICEMAIL, target="100@default")
CLOSED = Rule("closed", (Condition("window", ("22:00-06:00",)),), Action.REJECT, who=Who.EVERYONE)
OURS = PolicyText(rules=(MOBILES, CLOSED, LOANS), time_zone="Asia/Shanghai")


async def in_force(shop: Shop, policy: PolicyText | str = OURS, author: str = "somebody") -> PolicyVersion:
    text = policy if isinstance(policy, str) else write(policy)
    async with await open_database(shop.database) as database:
        since = await policies.newest(database)
        return await put_in_force(database, text, at=datetime.now(UTC), author=author, note="", since=since)


async def newest(shop: Shop) -> PolicyVersion:
    async with await open_database(shop.database) as database:
        found = await policies.newest(database)
    assert found is not None
    return found


async def policy_of(shop: Shop) -> PolicyText:
    return read((await newest(shop)).text, load_config(shop.settings, {}))


async def rules_of(shop: Shop) -> list[str]:
    return [rule.name for rule in (await policy_of(shop)).rules]


def text_of(answer: httpx.Response) -> str:
    """What a page says, without its tags."""
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.text)))


def notice_of(answer: httpx.Response) -> str:
    return httpx.URL(f"/?q={answer.cookies.get('callfilter_notice', '')}").params["q"]


async def change(client: Client, do: str, name: str = "mobiles", version: int = 1, **more: str) -> httpx.Response:
    """A button beside a rule, pressed."""
    return await client.change("/rules/change", version=str(version), name=name, do=do, **more)


A_RULE = {
    "version": "1",
    "name": "nightly",
    "row": "a1",
    "kind-a1": "prefix",
    "sense-a1": "when",
    "value-a1": "139*\n137*",
    "action": "reject",
    "who": "strangers",
    "mode": "enforce",
    "enabled": "on",
}


async def save(client: Client, **changed: str) -> httpx.Response:
    return await client.change("/rules/save", **(A_RULE | changed))


# The list.


async def test_the_chapters_stand_in_the_order_of_decision(shop: Shop) -> None:
    await in_force(shop)
    async with shop.client(Role.VIEWER) as client:
        page = (await client.get("/rules")).text
    places = [page.index(f"<h2>{chapter.name.capitalize()}</h2>") for chapter in CHAPTERS]
    assert places == sorted(places)


async def test_each_rule_stands_in_its_chapter_in_plain_words(shop: Shop) -> None:
    await in_force(shop)
    async with shop.client(Role.VIEWER) as client:
        said = text_of(await client.get("/rules"))
    everyone, strangers = said.index("closed Reject"), said.index("mobiles Reject")
    begin, end = said.index("Rules for everyone"), said.index("Expecting", everyone)
    assert begin < everyone < end < strangers < said.index("loans Send")


async def test_hits_last_hit_and_false_positives_stand_beside_the_rule(shop: Shop) -> None:
    await in_force(shop)
    for minutes in (9, 5):
        turned_away(shop.database, rule="mobiles", ago=timedelta(minutes=minutes))
    last = turned_away(shop.database, "13900139000", rule="mobiles", ago=timedelta(minutes=1))
    async with shop.client(Role.ADMIN) as client:
        await client.change("/review", key="+8613900139000", last_id=str(last), deed="allow")
        said = text_of(await client.get("/rules"))
    assert "3 calls , last" in said
    assert "wrong about one caller" in said


async def test_what_the_linter_says_comes_after_the_page_and_then_stands_beside_the_rule(shop: Shop) -> None:
    never = Rule("never", (Condition("digits", ("5",)), Condition("prefix", ("138123*",))), Action.REJECT)
    await in_force(shop, PolicyText(rules=(never,)))
    async with shop.client(Role.VIEWER) as client:
        assert "meets no number" not in text_of(await client.get("/rules"))
        part = await client.get("/rules/findings", headers={"hx-request": "true"})
        assert "Odd: meets no number" in text_of(part)
        assert "Odd: meets no number" in text_of(await client.get("/rules"))


@pytest.mark.parametrize(
    ("do", "wanted"), [("up", ["loans", "closed", "mobiles"]), ("down", ["mobiles", "closed", "loans"])]
)
async def test_a_rule_moves_among_those_of_its_chapter(shop: Shop, do: str, wanted: list[str]) -> None:
    await in_force(shop)
    async with shop.client(Role.ADMIN) as client:
        await change(client, do, "loans")
    assert await rules_of(shop) == wanted


async def test_a_dragged_rule_goes_where_it_is_dropped(shop: Shop) -> None:
    more = tuple(
        Rule(f"rule {place}", (Condition("number", (str(13900000000 + place),)),), Action.REJECT) for place in range(5)
    )
    await in_force(shop, PolicyText(rules=more))
    async with shop.client(Role.ADMIN) as client:
        await change(client, "place", "rule 0", place="3")
    assert await rules_of(shop) == ["rule 1", "rule 2", "rule 3", "rule 0", "rule 4"]


@pytest.mark.parametrize(
    ("do", "wanted"),
    [("off", {"enabled": False}), ("observe", {"mode": Mode.OBSERVE})],
)
async def test_a_rule_is_switched_by_one_tap_and_back(shop: Shop, do: str, wanted: dict[str, Any]) -> None:
    await in_force(shop)
    async with shop.client(Role.ADMIN) as client:
        await change(client, do)
        rule = (await policy_of(shop)).rules[0]
        assert {key: getattr(rule, key) for key in wanted} == wanted
        await change(client, {"off": "on", "observe": "enforce"}[do], version=2)
    assert (await policy_of(shop)).rules[0] == MOBILES


def many(count: int) -> PolicyText:
    return PolicyText(
        rules=tuple(
            Rule(f"rule {at:04}", (Condition("number", (str(13900000000 + at),)),), Action.REJECT, note="n" * 40)
            for at in range(count)
        )
    )


async def test_the_linters_word_comes_for_the_part_of_the_list_that_is_shown(shop: Shop) -> None:
    await in_force(shop, many(60))
    async with shop.client(Role.ADMIN) as client:
        page = (await client.get("/rules?chapter=rules+for+strangers&from=40")).text
        path = html.unescape(re.findall(r'hx-get="(/rules/findings[^"]*)"', page)[0])
        part = (await client.get(path, headers={"hx-request": "true"})).text
        moved = await client.post(
            "/rules/change",
            data={"version": "1", "name": "rule 0044", "do": "down"},
            headers={"hx-request": "true", "x-csrf-token": client.csrf},
        )
        again = html.unescape(re.findall(r'hx-get="(/rules/findings[^"]*)"', moved.text)[0])
    assert "rule 0044" in part
    assert "rule 0000" not in part
    assert again == path


async def test_every_change_is_a_version_with_its_author_and_an_audit_note(shop: Shop) -> None:
    await in_force(shop)
    async with shop.client(Role.ADMIN) as client:
        await change(client, "off")
    version = await newest(shop)
    assert (version.id, version.author, version.note) == (2, "admin", "rule “mobiles” off")
    async with await open_database(shop.database) as database:
        (deed, *_) = await audit.every(database)
    assert (deed.author, deed.deed, deed.detail) == ("admin", "rule-saved", {"version": 2, "rule": "mobiles"})


async def test_a_change_from_an_older_page_changes_nothing_and_says_so(shop: Shop) -> None:
    await in_force(shop)
    await in_force(shop, PolicyText(rules=(LOANS, MOBILES)))
    async with shop.client(Role.ADMIN) as client:
        answer = await change(client, "remove", version=1)
        assert "Somebody else changed the rules meanwhile" in text_of(await client.get(answer.headers["location"]))
    assert await rules_of(shop) == ["loans", "mobiles"]


CHANGES = (
    *("/rules/change", "/rules/save", "/rules/text", "/rules/history/0/restore", "/rules/backtest"),
    *("/rules/presets/switch", "/rules/presets/step", "/rules/presets/trust"),
    *("/rules/hours/window", "/rules/hours/calendar", "/rules/hours/zone"),
)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.CLERK])
async def test_only_an_admin_changes_rules(shop: Shop, role: Role) -> None:
    await in_force(shop)
    form = A_RULE | {"do": "off", "name": "mobiles", "text": BUILT_IN}
    async with shop.client(role) as client:
        answers = {path: (await client.change(path, **form)).status_code for path in CHANGES}
    assert answers == dict.fromkeys(CHANGES, 403)
    assert (await newest(shop)).id == 1


@pytest.mark.parametrize("role", [Role.VIEWER, Role.CLERK])
async def test_who_may_not_change_rules_sees_no_button_for_it(shop: Shop, role: Role) -> None:
    await in_force(shop)
    async with shop.client(role) as client:
        for path in (
            "/rules",
            "/rules/presets",
            "/rules/history",
            "/rules/text",
            "/rules/hours",
            "/rules/edit?name=mobiles",
        ):
            page = (await client.get(path)).text
            assert not re.search(r'action="/rules/(?!test|save|presets/step|presets/trust|text|hours)', page), path
            assert "Save</button>" not in page, path


async def test_a_policy_with_faults_can_only_be_mended_as_a_whole(shop: Shop) -> None:
    await in_force(shop, '[[rule]]\nname = "a"\naction = "reject"\n\n[[rule]]\nname = "b"\naction = "fly"\n')
    async with shop.client(Role.ADMIN) as client:
        assert "Parts of the policy cannot be read" in text_of(await client.get("/rules"))
        await change(client, "off", "a")
        await save(client)
    assert (await newest(shop)).id == 1


# The editor.


async def test_a_rule_written_in_the_editor_is_in_force_before_all_others(shop: Shop) -> None:
    await in_force(shop)
    async with shop.client(Role.ADMIN) as client:
        answer = await save(client, signal="607", label="x", note="why", expires_at="2030-01-01T18:00")
    assert answer.status_code == 303
    rule = (await policy_of(shop)).rules[0]
    assert rule.conditions == (Condition("prefix", ("139*", "137*")),)
    assert (rule.name, rule.action, rule.signal, rule.label, rule.author) == ("nightly", "reject", 607, "x", "admin")
    assert rule.expires_at is not None
    assert rule.expires_at.isoformat() == "2030-01-01T18:00:00+08:00"


async def test_all_faults_are_told_at_once_each_at_its_field_and_nothing_typed_is_lost(shop: Shop) -> None:
    await in_force(shop)
    async with shop.client(Role.ADMIN) as client:
        answer = await save(
            client, **{"name": "", "value-a1": "13x*", "label": "a,b", "expires_at": "soon", "note": "kept"}
        )
    assert answer.status_code == 422
    for field in ("name", "a1", "label", "expires_at"):
        assert re.search(rf'id="fault-{field}">[^<]', answer.text), field
    assert 'value="kept"' in answer.text
    assert ">13x*</textarea>" in answer.text
    assert (await newest(shop)).id == 1


async def test_a_rule_edited_stays_where_it_is_and_keeps_its_author(shop: Shop) -> None:
    await in_force(shop, PolicyText(rules=(LOANS, Rule("b", (), Action.REJECT, mode=Mode.OBSERVE, author="me"))))
    async with shop.client(Role.ADMIN) as client:
        await save(client, original="b", name="c")
    rules = (await policy_of(shop)).rules
    assert [rule.name for rule in rules] == ["loans", "c"]
    assert rules[1].author == "me"


async def test_an_editor_of_an_older_version_comes_back_as_it_was_left_and_saves_the_second_time(shop: Shop) -> None:
    await in_force(shop)
    await in_force(shop, PolicyText(rules=(LOANS,)))
    async with shop.client(Role.ADMIN) as client:
        answer = await save(client, note="precious")
        assert answer.status_code == 409
        assert "Somebody else changed the rules meanwhile" in text_of(answer)
        assert 'value="precious"' in answer.text
        assert 'name="version" value="2"' in answer.text
        await save(client, note="precious", version="2")
    assert await rules_of(shop) == ["nightly", "loans"]


async def test_each_kind_of_condition_goes_through_the_editor_unchanged(shop: Shop) -> None:
    async with shop.client(Role.ADMIN) as client:
        for kind in KINDS.values():
            for negated in (False, True):
                asked = Condition(kind.name, (kind.samples[0],), negated=negated)
                await in_force(shop, PolicyText(rules=(Rule("one", (asked,), Action.SCREEN, mode=Mode.OBSERVE),)))
                page = (await client.get("/rules/edit?name=one")).text
                answer = await client.change("/rules/save", **(form_in(page) | {"note": "seen", "anyway": "yes"}))
                assert answer.status_code == 303, text_of(answer)
                (saved,) = (await policy_of(shop)).rules
                assert saved.note == "seen"
                (condition,) = saved.conditions
                assert (condition.kind, condition.negated) == (kind.name, negated)
                assert list(map(str, condition.values)) == [str(kind.samples[0])]


def form_in(page: str) -> dict[str, str]:
    """What a browser would send of the editor's form."""
    form = page[page.index('action="/rules/save"') : page.index('class="tries"')]
    sent = {}
    for tag in re.findall(r"<input [^>]*>", form):
        given = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if given.get("type") not in ("radio", "checkbox") or re.search(r"\bchecked\b", tag):
            sent[given["name"]] = html.unescape(given.get("value", ""))
    for name, options in re.findall(r'<select [^>]*name="([^"]*)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.findall(r'value="([^"]*)" selected', options)
        first = re.findall(r'value="([^"]*)"', options)
        sent[name] = html.unescape(chosen[0] if chosen else first[0])
    for name, text in re.findall(r'<textarea name="([^"]*)"[^>]*>(.*?)</textarea>', form, re.DOTALL):
        sent[name] = html.unescape(text)
    return sent


async def test_while_somebody_types_the_rule_is_told_in_words_and_its_faults_at_their_fields(shop: Shop) -> None:
    await in_force(shop)
    async with shop.client(Role.ADMIN) as client:
        sound = await client.change("/rules/check", **A_RULE)
        faulty = await client.change("/rules/check", **(A_RULE | {"value-a1": "x"}))
    assert "Reject" in text_of(sound)
    assert re.search(r'id="fault-a1" hx-swap-oob="true">[^<]', faulty.text)
    assert not re.search(r'id="fault-a1" hx-swap-oob="true">[^<]', sound.text)


async def test_a_rule_with_an_error_is_saved_only_if_that_is_meant(shop: Shop) -> None:
    await in_force(shop)
    async with shop.client(Role.ADMIN) as client:
        answer = await save(client, **{"value-a1": "95*"})
        assert answer.status_code == 422
        assert "I mean it" in text_of(answer)
        assert (await save(client, **{"value-a1": "95*", "anyway": "yes"})).status_code == 303


async def test_the_same_question_twice_is_refused_in_words(shop: Shop) -> None:
    await in_force(shop)
    second = {"kind-b2": "prefix", "sense-b2": "when", "value-b2": "138*"}
    async with shop.client(Role.ADMIN) as client:
        answer = await client.post("/rules/save", data={**A_RULE, **second, "row": ["a1", "b2"], "csrf": client.csrf})
    assert "This is asked twice" in text_of(answer)


SPELT = (
    ("class", ("Mobile", "mvno"), ("mobile", "mvno")),
    ("listed", ("Bank",), ("bank",)),
    ("listed", (False, "Bank"), (False, "bank")),
    ("attestation", ("a", "Failed"), ("A", "failed")),
    ("redirecting", (True, "0216*"), (True, "0216*")),
    ("name", ("false",), ("false",)),
)


@pytest.mark.parametrize(("kind", "written", "wanted"), SPELT, ids=[f"{kind} {of[0]}" for kind, of, _ in SPELT])
async def test_however_a_policy_spells_a_value_the_editor_shows_and_keeps_it(
    shop: Shop, kind: str, written: tuple[Scalar, ...], wanted: tuple[Scalar, ...]
) -> None:
    asked = Condition(kind, written)
    await in_force(shop, PolicyText(rules=(Rule("one", (asked,), Action.SCREEN, mode=Mode.OBSERVE),)))
    async with shop.client(Role.ADMIN) as client:
        page = (await client.get("/rules/edit?name=one")).text
        form = {**form_in(page), **{name: values for name, values in chosen_in(page).items() if values}}
        answer = await client.post("/rules/save", data={**form, "note": "seen", "anyway": "yes", "csrf": client.csrf})
        assert answer.status_code == 303, text_of(answer)
    (saved,) = (await policy_of(shop)).rules
    assert saved.note == "seen"
    assert sorted(map(str, saved.conditions[0].values)) == sorted(map(str, wanted))


def chosen_in(page: str) -> dict[str, list[str]]:
    """What is selected in lists that take several."""
    lists = re.findall(r'<select name="([^"]*)" multiple[^>]*>(.*?)</select>', page, re.DOTALL)
    return {name: re.findall(r'value="([^"]*)" selected', options) for name, options in lists}


def test_a_value_that_is_none_of_the_choices_is_shown_and_kept() -> None:
    row = Row("class", ("mobile", "lunar"))
    assert dict(row.choices(languages.load()["en"]))["lunar"] == "lunar"
    assert row.scalars() == ["mobile", "lunar"]


async def test_an_answer_of_thousands_of_digits_is_a_fault_at_its_field(shop: Shop) -> None:
    await in_force(shop)
    async with shop.client(Role.ADMIN) as client:
        answer = await save(client, signal="9" * 5000)
    assert answer.status_code == 422
    assert re.search(r'id="fault-signal">[^<]', answer.text)


# Trying.


NOON = "2026-11-24T12:00"
"""When the shop is open, whatever time it is where the tests run."""


async def test_the_test_box_says_what_check_says(shop: Shop) -> None:
    await in_force(shop)
    async with shop.client(Role.VIEWER) as client:
        said = text_of(await client.change("/rules/test", number="013800138000", at=NOON))
        assert "It would be rejected. one of your rules · mobiles" in said
        assert "decides" in said
        assert "Not reached:" in said
        ringing = text_of(await client.get("/rules/test?number=110"))
    assert "It would ring." in ringing


async def test_the_test_box_minds_name_number_called_and_time(shop: Shop) -> None:
    await in_force(shop)
    async with shop.client(Role.CLERK) as client:
        named = text_of(await client.change("/rules/test", number="13900139000", caller="Cheap loan", at=NOON))
        night = text_of(await client.change("/rules/test", number="13900139000", at="2026-11-24T23:00"))
        day = text_of(await client.change("/rules/test", number="13900139000", at=NOON))
    assert "It would go to voicemail." in named
    assert "It would be rejected." in night
    assert "It would ring." in day


async def test_the_test_box_of_the_editor_tries_the_rule_as_it_is_typed(shop: Shop) -> None:
    await in_force(shop)
    async with shop.client(Role.ADMIN) as client:
        said = text_of(
            await client.post("/rules/test", data={**A_RULE, "number": "13900139000", "at": NOON, "csrf": client.csrf})
        )
        faulty = text_of(await client.change("/rules/test", **(A_RULE | {"action": "fly", "number": "139"})))
    assert "It would be rejected. one of your rules · nightly" in said
    assert "The rule is not complete yet" in faulty
    assert (await newest(shop)).id == 1


async def test_a_hostile_number_and_name_are_shown_as_text(shop: Shop) -> None:
    async with shop.client(Role.VIEWER) as client:
        answer = await client.change("/rules/test", number="<script>alert(1)</script>", caller="\u202e<b>")
    assert "<script>alert" not in answer.text
    assert "\u202e" not in answer.text


TALKED = {"answered": 1, "talk_seconds": 90.0, "hangup_cause": 16}


def past_calls(shop: Shop) -> None:
    """Three calls of mobiles that rang, one of which was talked on for long, and one of a landline."""
    for days, caller, outcome in (
        (3, "13800138000", None),
        (2, "13900139000", None),
        (1, "13900139001", TALKED),
        (1, "02161234567", TALKED),
    ):
        ago = timedelta(days=days)
        turned_away(
            shop.database, caller, ago=ago, action=Action.ALLOW, reason=Reason.DEFAULT, rule="", outcome=outcome
        )


async def backtest(client: Client, **form: str) -> str:
    """A back-test from the editor, until it is done: what it says."""
    begun = await client.change("/rules/backtest", **form)
    assert begun.status_code == 303, text_of(begun)
    for _ in range(200):
        answer = await client.get(begun.headers["location"])
        if "refresh" not in answer.headers:
            return text_of(answer)
        await asyncio.sleep(0.05)
    raise TimeoutError


async def test_a_back_test_says_whom_the_rule_would_have_turned_away_and_who_would_be_missed(shop: Shop) -> None:
    past_calls(shop)
    await in_force(shop, PolicyText(rules=(LOANS,)))
    async with shop.client(Role.ADMIN) as client:
        said = await backtest(client, **A_RULE, days="30")
    assert "It would have turned away 2 calls in 30 days." in said
    assert "one that you talked to for over a minute" in said
    assert (await newest(shop)).id == 1


async def test_a_back_test_of_a_rule_that_only_watches_says_what_it_would_have_done(shop: Shop) -> None:
    past_calls(shop)
    async with shop.client(Role.ADMIN) as client:
        said = await backtest(client, **(A_RULE | {"mode": "observe", "version": "0"}), days="30")
    assert "It would have turned away 2 calls in 30 days." in said
    assert "this is what would have happened if it did" in said


async def test_something_ready_made_is_tried_on_past_calls_before_it_is_switched_on(shop: Shop) -> None:
    turned_away(shop.database, "95029267", action=Action.ALLOW, reason=Reason.DEFAULT, rule="")
    async with shop.client(Role.ADMIN) as client:
        said = await backtest(client, ready="call-centre-access", days="7")
    assert "It would have turned away one call in 7 days." in said


async def test_there_is_one_back_test_at_a_time_and_it_can_be_stopped(shop: Shop) -> None:
    past_calls(shop)
    async with shop.client(Role.ADMIN) as client:
        begun = await client.change("/rules/backtest", **A_RULE, days="30")
        second = await client.change("/rules/backtest", **A_RULE, days="30")
        assert second.status_code == 409
        assert "admin is trying something on past calls just now" in text_of(second)
        stopped = await client.change(f"{begun.headers['location']}/stop")
        assert "Stopped. Nothing was changed." in text_of(stopped)


# Presets, trust, hours.


async def test_every_preset_and_step_is_shown_with_what_it_does(shop: Shop) -> None:
    async with shop.client(Role.VIEWER) as client:
        page = (await client.get("/rules/presets")).text
    said = html.unescape(page)
    assert all(f'id="{name}"' in page for name in (*STEPS, *(preset.rule.name for preset in PRESETS)))
    assert all(preset.about in said for preset in PRESETS)
    assert all(sample in said for preset in PRESETS for sample in (*preset.samples, *preset.counter_samples))


@pytest.mark.parametrize("name", ["no-caller-id", "flood"])
async def test_one_tap_switches_something_ready_made_on_and_off(shop: Shop, name: str) -> None:
    def on(policy: PolicyText) -> set[str]:
        return {*policy.presets, *(watch.name for watch in policy.suspicion)}

    async with shop.client(Role.ADMIN) as client:
        await client.change("/rules/presets/switch", version="0", name=name, do="on")
        assert on(await policy_of(shop)) == {name}
        await client.change("/rules/presets/switch", version="1", name=name, do="off")
        assert on(await policy_of(shop)) == set()


async def test_settings_of_a_step_are_saved_and_what_only_the_text_has_is_kept(shop: Shop) -> None:
    await in_force(shop, "[suspicion.score]\nweights = { night = 2 }\n")
    async with shop.client(Role.ADMIN) as client:
        form = {"label_from": "2", "screen_from": "4.5", "voicemail_from": "0", "label": "?!", "mode": "observe"}
        await client.change("/rules/presets/step", version="1", name="score", **form)
    (score,) = (await policy_of(shop)).suspicion
    wanted = {"label_from": 2, "screen_from": 4.5, "voicemail_from": 0, "label": "?!", "mode": "observe"}
    assert {key: getattr(score, key) for key in wanted} == wanted
    assert score.weights == {"night": 2}  # type: ignore[attr-defined]


async def test_a_setting_out_of_bounds_is_refused_at_its_field(shop: Shop) -> None:
    await in_force(shop, "[suspicion.flood]\n")
    async with shop.client(Role.ADMIN) as client:
        answer = await client.change("/rules/presets/step", version="1", name="flood", strangers="1000")
        trust = await client.change("/rules/presets/trust", version="1", days="x", talked_seconds="1", proved_days="1")
    assert re.search(r'id="fault-flood-strangers">[^<]', answer.text)
    assert re.search(r'id="fault-trust-days">[^<]', trust.text)
    assert re.search(r'id="flood-strangers"[^>]* value="1000"', answer.text)
    assert re.search(r'id="trust-days"[^>]* value="x"', trust.text)
    assert re.search(r'id="trust-talked_seconds"[^>]* value="1"', trust.text)
    assert (await newest(shop)).id == 1


async def test_for_how_long_somebody_is_known_can_be_set(shop: Shop) -> None:
    async with shop.client(Role.ADMIN) as client:
        await client.change("/rules/presets/trust", version="0", days="7", talked_seconds="10", proved_days="3")
    trust = (await policy_of(shop)).trust
    assert (trust.days, trust.talked_seconds, trust.proved_days) == (7, 10, 3)


async def test_hours_and_holidays_get_names_that_rules_ask_for(shop: Shop) -> None:
    async with shop.client(Role.ADMIN) as client:
        await client.change("/rules/hours/calendar", version="0", name="holidays", dates="2026-10-01\n2026-10-02")
        form = {"version": "1", "name": "open", "day": ["mon", "sat"], "start": "09:00", "end": "18:00"}
        answer = await client.post("/rules/hours/window", data={**form, "never": "holidays", "csrf": client.csrf})
        assert answer.status_code == 303
    policy = await policy_of(shop)
    assert policy.calendars == {"holidays": (date(2026, 10, 1), date(2026, 10, 2))}
    assert policy.windows == {"open": {"days": "mon, sat", "hours": "09:00-18:00", "never": "holidays"}}


async def test_what_was_typed_of_hours_stays_in_the_form_with_the_fault(shop: Shop) -> None:
    async with shop.client(Role.ADMIN) as client:
        await client.change("/rules/hours/calendar", version="0", name="holidays", dates="2026-10-01")
        form = {"version": "1", "original": "holidays", "name": "feasts", "dates": "2026-10-01\n2027-13-01"}
        days = await client.change("/rules/hours/calendar", **form)
        new = await client.change("/rules/hours/calendar", version="1", name="new", dates="soon")
        gone = await client.change("/rules/hours/calendar", version="1", original="gone", name="gone", dates="soon")
        hours = await client.change("/rules/hours/window", version="1", name="late", start="07:07", also="soon")
        zone = await client.change("/rules/hours/zone", version="1", time_zone="Mars/Base")
    assert [answer.status_code for answer in (days, new, gone, hours, zone)] == [422] * 5
    assert "2027-13-01</textarea>" in days.text
    assert 'value="feasts"' in days.text
    assert 'name="original" value="holidays"' in days.text
    assert "soon</textarea>" in new.text
    assert "soon</textarea>" in gone.text
    for value in ("late", "07:07", "soon"):
        assert f'value="{value}"' in hours.text
    assert 'value="Mars/Base"' in zone.text
    assert (await newest(shop)).id == 1


async def test_hours_that_a_rule_asks_for_are_not_taken_away(shop: Shop) -> None:
    rule = '[windows.open]\ndays = "mon-fri"\n[[rule]]\nname = "a"\nwhen = { window = "open" }\naction = "reject"\n'
    await in_force(shop, write(read(rule, load_config(shop.settings, {}))))
    async with shop.client(Role.ADMIN) as client:
        answer = await client.change("/rules/hours/window", version="1", original="open", do="remove")
    assert "cannot be read without “open”" in text_of(answer)
    assert (await newest(shop)).id == 1


# The text and the history.


async def test_a_text_with_faults_is_told_line_by_line_and_comes_back(shop: Shop) -> None:
    text = '[[rule]]\nname = "a"\naction = "fly"\n[[rule]]\nname = "b"\nsay = 1\naction = "reject"\n'
    async with shop.client(Role.ADMIN) as client:
        answer = await client.change("/rules/text", version="0", text=text, do="apply")
    assert answer.status_code == 422
    assert "2 things are wrong" in text_of(answer)
    assert "line 3" in text_of(answer)
    assert "line 6" in text_of(answer)
    assert html.escape('name = "a"', quote=False).replace('"', "&#34;") in answer.text


async def test_a_text_is_checked_with_its_difference_and_then_put_in_force(shop: Shop) -> None:
    await in_force(shop)
    text = (await newest(shop)).text.replace("138*", "139*")
    async with shop.client(Role.ADMIN) as client:
        checked = text_of(await client.change("/rules/text", version="1", text=text, do="check"))
        assert '- when = { prefix = "138*" }' in checked
        assert '+ when = { prefix = "139*" }' in checked
        assert (await newest(shop)).id == 1
        await client.change("/rules/text", version="1", text=text.replace("\n", "\r\n"), do="apply")
    assert (await newest(shop)).text == text


async def test_a_text_is_taken_up_to_the_size_that_is_promised(shop: Shop) -> None:
    text = "# Ünter uns\n" * 150_000
    async with shop.client(Role.ADMIN) as client:
        checked = await client.change("/rules/text", version="0", text=text, do="check")
        assert checked.status_code == 200
        assert (await client.change("/rules/text", version="0", text=text, do="apply")).status_code == 303
        assert (await client.change("/rules/text", version="0", text="#" * 4_000_001, do="check")).status_code == 400


async def test_a_version_of_twenty_digits_is_one_that_there_is_not(shop: Shop) -> None:
    await in_force(shop)
    async with shop.client(Role.ADMIN) as client:
        for number in (2**63 - 1, 2**63, 10**20):
            assert (await client.get(f"/rules/history/{number}")).status_code == 404
            assert (await client.change(f"/rules/history/{number}/restore", version="1")).status_code == 404
        assert (await client.get(f"/rules/history?before={10**20}")).status_code == 400


async def test_the_history_tells_who_changed_what_and_goes_back_as_a_new_version(shop: Shop) -> None:
    await in_force(shop, author="小王")
    async with shop.client(Role.ADMIN) as client:
        await change(client, "remove")
        assert "小王" in text_of(await client.get("/rules/history"))
        shown = text_of(await client.get("/rules/history/2"))
        assert '- name = "mobiles"' in shown
        await client.change("/rules/history/1/restore", version="2")
        version = await newest(shop)
        assert (version.id, version.author) == (3, "admin")
        assert await rules_of(shop) == ["mobiles", "closed", "loans"]
        await client.change("/rules/history/0/restore", version="3")
    assert (await newest(shop)).text == BUILT_IN


async def test_long_histories_come_in_parts(shop: Shop) -> None:
    for place in range(25):
        await in_force(shop, PolicyText(rules=(Rule(f"rule {place}", (), Action.REJECT, mode=Mode.OBSERVE),)))
    async with shop.client(Role.VIEWER) as client:
        first = await client.get("/rules/history")
        assert "Version 6" in text_of(first)
        assert "Version 5 " not in text_of(first)
        assert "Version 5 " in text_of(await client.get("/rules/history?before=6"))


# How large, how fast.


async def test_a_thousand_rules_are_shown_in_parts_fast_and_small(shop: Shop) -> None:
    await in_force(shop, many(1000))
    async with shop.client(Role.ADMIN) as client:
        await client.get("/rules")  # the first one reads the policy
        begun = perf_counter()
        page = await client.get("/rules")
        took = perf_counter() - begun
        assert "rule 0000" in page.text
        assert "rule 0999" not in page.text
        assert "rule 0999" in (await client.get("/rules?chapter=rules+for+strangers&from=960")).text
        assets = [await client.get(path) for path in re.findall(r'(?:src|href)="(/static/[^"]*)"', page.text)]
    assert took < 0.3
    assert len(page.content) + sum(len(asset.content) for asset in assets) < 300_000


# People.


async def tried(page: Page, number: str) -> str:
    await page.fill("input[name=number]", number)
    await page.click("button:has-text('Try it'), button:has-text('试一试')")
    await page.wait_for_selector("#tried .verdict")
    return await page.inner_text("#tried .verdict")


@pytest.mark.asyncio(loop_scope="session")
async def test_a_rule_is_moved_by_the_keyboard_alone(shop: Shop, chromium: Browser) -> None:
    await in_force(shop)
    page = await opened(chromium, shop, role=Role.ADMIN)
    await page.goto("/rules")
    button = page.get_by_role("button", name="Move “loans” up")
    await button.focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#said")).to_have_text("“loans” is now number 1 of 2.")
    await expect(page.get_by_role("button", name="Move “loans” up")).to_be_focused()
    assert await rules_of(shop) == ["loans", "closed", "mobiles"]
    await page.keyboard.press("Alt+ArrowDown")
    await expect(page.locator("#said")).to_have_text("“loans” is now number 2 of 2.")
    await expect(page.get_by_role("button", name="Move “loans” down")).to_be_focused()
    await page.context.close()
    assert await rules_of(shop) == ["mobiles", "closed", "loans"]


@pytest.mark.asyncio(loop_scope="session")
async def test_a_rule_far_down_is_moved_and_stays_in_sight_with_what_was_said(shop: Shop, chromium: Browser) -> None:
    await in_force(shop, many(60))
    page = await opened(chromium, shop, role=Role.ADMIN)
    await page.goto("/rules?chapter=rules+for+strangers&from=40")
    await expect(page.locator("#rules[hx-get]")).to_have_count(0)
    button = page.get_by_role("button", name="Move “rule 0044” up")
    async with page.expect_response("**/rules/findings?*") as linted:
        await button.focus()
        await page.keyboard.press("Enter")
    await (await linted.value).finished()
    await expect(page.locator("#rules[hx-get]")).to_have_count(0)
    await expect(page.locator("#said")).to_have_text("“rule 0044” is now number 44 of 60.")
    await expect(button).to_be_focused()
    await page.context.close()


@pytest.mark.asyncio(loop_scope="session")
async def test_a_rule_moved_while_the_linter_looks_says_so_all_the_same(shop: Shop, chromium: Browser) -> None:
    await in_force(shop)
    page = await opened(chromium, shop, role=Role.ADMIN)
    asked, sent, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def linted(route: Route) -> None:
        asked.set()
        await sent.wait()
        await route.continue_()

    async def moved(route: Route) -> None:
        answer = await route.fetch()
        sent.set()
        await ended.wait()
        await route.fulfill(response=answer)

    for event in ("requestfinished", "requestfailed"):
        page.on(event, lambda request: ended.set() if "/rules/findings" in request.url else None)
    await page.route("**/rules/findings*", linted)
    await page.route("**/rules/change", moved)
    await page.goto("/rules")
    await asked.wait()
    await page.get_by_role("button", name="Move “loans” up").click()
    await expect(page.locator("#said")).to_have_text("“loans” is now number 1 of 2.")
    await expect(page.locator("#rules[hx-get]")).to_have_count(0)
    await expect(page.locator("#said")).to_have_text("“loans” is now number 1 of 2.")
    await page.context.close()


@pytest.mark.asyncio(loop_scope="session")
async def test_a_rule_is_dragged_to_another_place(shop: Shop, chromium: Browser) -> None:
    await in_force(shop)
    page = await opened(chromium, shop, role=Role.ADMIN)
    await page.goto("/rules")
    await page.locator(".line h3", has_text="loans").drag_to(page.locator(".line h3", has_text="mobiles"))
    await expect(page.locator("#said")).to_have_text("“loans” is now number 1 of 2.")
    await page.context.close()


WORDS = {
    "en": {"new": "New rule here", "save": "Save", "past": "Try it on past calls", "away": "turned away one call"},
    "zh-Hans": {"new": "在此新建规则", "save": "保存", "past": "用以往来电试一试", "away": "会拦下 1 通来电"},
}


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.asterisk
@pytest.mark.parametrize("small", [True, False], ids=["phone", "desk"])
@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_rule_is_written_tried_on_past_calls_saved_felt_by_a_real_call_and_undone(
    line: Line, call: "Caller", chromium: Browser, language: str, small: bool
) -> None:
    words = WORDS[language]
    assert (await call(caller="13900139009")).answered
    assert (await call(caller="13800138000")).answered
    await line.service.rows_when(2)
    page = await opened(chromium, line, role=Role.ADMIN, language=language, phone=small)
    await page.goto("/rules")
    await page.get_by_role("button", name=words["new"]).last.click()
    await page.fill("#name", "no 139")
    await page.fill(".condition textarea", "139*")
    await page.check("input[name=action][value=reject]")
    await expect(page.locator("#in-words .words")).to_contain_text("139")
    assert ("It would be rejected." if language == "en" else "将被拒接") in await tried(page, "13900139009")
    await page.get_by_role("button", name=words["past"]).click()
    await expect(page.locator("#backtest .words")).to_contain_text(words["away"], timeout=20_000)
    await expect(page.locator("#backtest .calls li")).to_have_count(1)
    assert await page.evaluate("document.documentElement.scrollWidth") <= (360 if small else 1280)
    assert (await call(caller="13900139009")).answered
    await page.get_by_role("button", name=words["save"], exact=True).click()
    await page.wait_for_url("**/rules#*")
    assert (await call(caller="13900139009")).final_code == 603
    await page.goto("/rules/history")
    await (
        page.locator(".versions li", has_text="At first" if language == "en" else "最初").get_by_role("button").click()
    )
    await page.wait_for_url("**/rules/history")
    assert (await call(caller="13900139009")).answered
    await page.context.close()
