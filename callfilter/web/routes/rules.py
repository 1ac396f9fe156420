"""The rules in the order in which they are tried, and the editor of one."""

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Form, HTTPException, Query
from fastapi.responses import Response

from callfilter import changes
from callfilter.marked import N_
from callfilter.policy import PolicyText
from callfilter.presets import READY, names_on
from callfilter.store import hits, reviews
from callfilter.store.hits import Hits
from callfilter.web.book import Edition
from callfilter.web.revising import MOVED_ON, RefusedError, newest, revise, to_change
from callfilter.web.rule_form import NAMES, ReadForm, Row, RuleForm, signals
from callfilter.web.visit import Admin, Viewer, Visit
from filters.decide import CHAPTERS
from filters.lint.finding import Finding, Severity
from filters.presets import PRESETS
from filters.rule import EVERYONE, STRANGERS, Mode, Rule, Who
from filters.verdict import Action

router = APIRouter()

SHOWN: Final = 40
"""Rules of a chapter that are shown at once."""
FEW: Final = 100
"""Rules that are linted whole while somebody types; with more, the draft is looked at alone."""

Name = Annotated[str, Form(max_length=400)]
Version = Annotated[int, Form(ge=0)]
Chapter = Annotated[str, Query(max_length=40)]
From = Annotated[int, Query(alias="from", ge=0, le=1_000_000)]


@dataclass(frozen=True, slots=True)
class Line:
    """One rule on the page."""

    rule: Rule
    place: int
    """In its chapter, counted from 1."""
    is_preset: bool
    hits: Hits | None
    releases: int
    """Callers whom it turned away wrongly, as somebody said."""
    findings: tuple[Finding, ...]

    @property
    def mark(self) -> str:
        """Its id on the page, which goes with it when it is moved."""
        return mark_of(self.rule.name)


@dataclass(frozen=True, slots=True)
class Part:
    """The rules of a chapter, as far as they are shown."""

    lines: tuple[Line, ...]
    count: int
    """Of all rules of the chapter."""
    begin: int
    """Those that stand before the ones that are shown."""

    @property
    def end(self) -> int:
        """Place of the last one shown."""
        return self.begin + len(self.lines)


def mark_of(name: str) -> str:
    """What stands for a rule's name in ids of HTML."""
    return f"r{hashlib.sha256(name.encode()).hexdigest()[:10]}"


@router.get("/rules")
async def show(visit: Viewer, chapter: Chapter = "", begin: From = 0) -> Response:
    """All chapters in their order, and what is in them."""
    return visit.page("rules.html", **await _overview(visit, chapter, begin))


@router.get("/rules/findings")
async def show_findings(visit: Viewer, chapter: Chapter = "", begin: From = 0) -> Response:
    """The rules once more, with what the linter says of them: asked for where that was not known at once."""
    edition = await newest(visit)
    await visit.site.book.lint(edition, visit.now)
    if not visit.by_htmx:
        return visit.go("/rules")
    # What the last change said stays on the page.
    return visit.page("parts/rules_list.html", keeps_said=True, **await _overview(visit, chapter, begin))


@router.post("/rules/change")
async def change(
    visit: Admin,
    version: Version,
    name: Name,
    do: Annotated[str, Form(max_length=20)],
    place: Annotated[int, Form(ge=0, le=1_000_000)] = 0,
) -> Response:
    """Moves a rule, switches it on or off, lets it decide or only watch, or takes it away."""
    try:
        edition = await to_change(visit, version)
        said = await _changed(visit, edition, name, do, place)
    except LookupError:
        said = visit.say(MOVED_ON)
    except RefusedError as refusal:
        said = visit.say(str(refusal))
    if not visit.by_htmx:
        return visit.go(f"/rules#{mark_of(name)}", said)
    overview = await _overview(visit)
    begin = _page_of(overview["edition"].policy, name)
    if begin:
        overview = await _overview(visit, *begin)
    return visit.page("parts/rules_list.html", said=said, **overview)


@router.get("/rules/new")
async def show_new(visit: Viewer, who: Annotated[str, Query(max_length=20)] = Who.STRANGERS.value) -> Response:
    """An empty editor."""
    edition = await newest(visit)
    form = RuleForm(who=who if who in set(Who) else Who.STRANGERS.value, rows=(Row("prefix"),))
    return _editor(visit, edition, form)


@router.get("/rules/edit")
async def show_rule(visit: Viewer, name: Annotated[str, Query(max_length=400)]) -> Response:
    """The editor with a rule in it."""
    edition = await newest(visit)
    try:
        rule = changes.named(edition.policy, name)
    except LookupError:
        raise HTTPException(404, N_("There is no rule of this name any more.")) from None
    form = RuleForm.of(rule, edition.zone)
    read = form.read(edition.policy.shop(visit.site.config), ())
    return _editor(visit, edition, form, read)


@router.get("/rules/condition")
async def show_condition(
    visit: Viewer, row: Annotated[str, Query(max_length=20, pattern=r"^[0-9a-f]*$")] = ""
) -> Response:
    """One more condition for the editor, or one of another kind: in the query, as the form names its fields."""
    kind = str(visit.request.query_params.get(f"kind-{row}", "prefix"))
    sense = visit.request.query_params.get(f"sense-{row}", "")
    made = Row(kind, negated=sense == "unless")
    made = replace(made, id=row) if row else made
    return visit.page("parts/rule_condition.html", row=made, faults={}, **_lists(visit, await newest(visit)))


@router.post("/rules/check")
async def check(visit: Viewer) -> Response:
    """What is wrong or odd with the rule in the editor, and the rule in plain words, while somebody types."""
    edition = await newest(visit)
    form, read = await read_sent(visit, edition)
    found: tuple[Finding, ...] = ()
    if read.sound:
        draft = changes.with_rule(edition.policy, read.sound, form.original)
        if len(draft.rules) > FEW:
            draft = replace(draft, rules=(read.sound,), presets=frozenset())
        found = await findings_about(visit, draft, read.sound)
    return visit.page("parts/rule_checked.html", form=form, read=read, found=found, edition=edition, by_itself=True)


@router.post("/rules/save")
async def save(
    visit: Admin,
    version: Version,
    do: Annotated[str, Form(max_length=20)] = "save",
    anyway: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """The rule in the editor, put in force; with faults the editor comes back, as it was left."""
    edition = await newest(visit)
    form, read = await read_sent(visit, edition)
    if do == "add":
        return _editor(visit, edition, replace(form, rows=(*form.rows, Row(""))))
    if read.sound is None:
        return _editor(visit, edition, form, read, status=422)
    was = next((one for one in edition.policy.rules if one.name == form.original), None)
    rule = replace(read.sound, author=was.author if was else visit.author)
    draft = changes.with_rule(edition.policy, rule, form.original)
    found = await findings_about(visit, draft, rule)
    if any(one.severity is Severity.ERROR for one in found) and not anyway:
        return _editor(visit, edition, form, read, found=found, status=422)
    note = visit.say(N_("rule “%(name)s” changed") if was else N_("rule “%(name)s” added"), name=rule.name)
    if form.original and was is None:
        fault = N_("Somebody else removed or renamed this rule meanwhile. Save again to add it anew.")
        return _editor(visit, edition, replace(form, original=""), read, found=found, fault=fault, status=409)
    try:
        await revise(visit, await to_change(visit, version), draft, note, "rule-saved", rule=rule.name)
    except RefusedError as refusal:
        return _editor(visit, await newest(visit), form, read, found=found, fault=str(refusal), status=409)
    said = visit.say("Rule “%(name)s” is saved; the next call is judged by it.", name=rule.name)
    return visit.go(f"/rules#{mark_of(rule.name)}", said)


async def read_sent(visit: Visit, edition: Edition) -> tuple[RuleForm, ReadForm]:
    """The editor as it was sent, and the rule in it."""
    form = RuleForm.sent(await visit.form())
    was = next((one for one in edition.policy.rules if one.name == form.original), None)
    form = replace(form, author=was.author if was else visit.author)
    names = (one.name for one in edition.policy.rules)
    return form, form.read(edition.policy.shop(visit.site.config), names)


async def findings_about(visit: Visit, policy: PolicyText, rule: Rule) -> tuple[Finding, ...]:
    """What the linter says of one rule of a policy."""
    found = await asyncio.to_thread(visit.site.book.findings, policy, visit.now)
    return tuple(one for one in found if one.rule == rule.name)


async def _changed(visit: Visit, edition: Edition, name: str, do: str, place: int) -> str:
    """Does what a button of the list says; returns what to tell.

    Raises:
        LookupError: no rule has that name.
        RefusedError: somebody else was faster.
    """
    policy = edition.policy
    rule = changes.named(policy, name)
    peers = [one.name for one in policy.rules if one.who is rule.who]
    at = peers.index(name)
    match do:
        case "up" | "down" | "place":
            at = {"up": at - 1, "down": at + 1}.get(do, place)
            at = max(0, min(at, len(peers) - 1))
            note = visit.say(N_("rule “%(name)s” moved"), name=name)
            await revise(visit, edition, changes.moved(policy, name, at), note, "rules-moved", rule=name)
            words = visit.say(
                N_("“%(name)s” is now number %(place)s of %(count)s."), **_counted(visit, name, at, peers)
            )
        case "on" | "off":
            changed = replace(rule, enabled=do == "on")
            note = visit.say(N_("rule “%(name)s” on") if changed.enabled else N_("rule “%(name)s” off"), name=name)
            await revise(visit, edition, changes.with_rule(policy, changed, name), note, "rule-saved", rule=name)
            words = visit.say(N_("“%(name)s” is on.") if changed.enabled else N_("“%(name)s” is off."), name=name)
        case "enforce" | "observe":
            changed = replace(rule, mode=Mode(do))
            note = visit.say(
                N_("rule “%(name)s” decides") if do == "enforce" else N_("rule “%(name)s” only watches"), name=name
            )
            await revise(visit, edition, changes.with_rule(policy, changed, name), note, "rule-saved", rule=name)
            words = visit.say(
                N_("“%(name)s” decides from now on.")
                if do == "enforce"
                else N_("“%(name)s” only watches from now on."),
                name=name,
            )
        case "remove":
            note = visit.say(N_("rule “%(name)s” removed"), name=name)
            await revise(visit, edition, changes.without_rule(policy, name), note, "rule-removed", rule=name)
            words = visit.say(N_("“%(name)s” is removed. The history can bring it back."), name=name)
        case _:
            raise HTTPException(400)
    return words


def _counted(visit: Visit, name: str, at: int, peers: list[str]) -> dict[str, str]:
    return {"name": name, "place": visit.language.number(at + 1), "count": visit.language.number(len(peers))}


def _page_of(policy: PolicyText, name: str) -> tuple[str, int] | None:
    """Chapter and first place of the part of the list in which a rule stands; None for the first part."""
    rule = next((one for one in policy.rules if one.name == name), None)
    if rule is None:
        return None
    at = [one.name for one in policy.rules if one.who is rule.who].index(name)
    begin = at // SHOWN * SHOWN
    return (_chapter_of(rule), begin) if begin else None


def _chapter_of(rule: Rule) -> str:
    return EVERYONE if rule.who is Who.EVERYONE else STRANGERS


async def _overview(visit: Visit, chapter: str = "", begin: int = 0) -> dict[str, Any]:
    """Everything that the list shows; of one chapter from a place on."""
    edition = await newest(visit)
    policy = edition.policy
    on = [preset.rule for preset in PRESETS if preset.rule.name in policy.presets]
    of_chapter: dict[str, list[tuple[Rule, bool]]] = {EVERYONE: [], STRANGERS: []}
    for rule in policy.rules:
        of_chapter[_chapter_of(rule)].append((rule, False))
    of_chapter[STRANGERS] += [(replace(rule, enabled=True), True) for rule in on]
    begins = {name: begin // SHOWN * SHOWN if name == chapter else 0 for name in of_chapter}
    begins = {name: at if at < len(of_chapter[name]) else 0 for name, at in begins.items()}
    shown = [rule.name for name, rules in of_chapter.items() for rule, _ in rules[begins[name] : begins[name] + SHOWN]]
    watches = [watch.name for watch in policy.suspicion]
    counted = await hits.of_rules(visit.site.database, [*shown, *watches])
    released = await reviews.releases_by_rule(visit.site.database)
    found = visit.site.book.found(edition, visit.now)
    by_rule: dict[str, list[Finding]] = {}
    for one in found or ():
        by_rule.setdefault(one.rule, []).append(one)
    parts = {
        name: Part(
            tuple(
                Line(
                    rule,
                    place,
                    is_preset,
                    counted.get(rule.name),
                    released.get(rule.name, 0),
                    tuple(by_rule.get(rule.name, ())),
                )
                for place, (rule, is_preset) in enumerate(rules[begins[name] : begins[name] + SHOWN], begins[name] + 1)
            ),
            len(rules),
            begins[name],
        )
        for name, rules in of_chapter.items()
    }
    return {
        "edition": edition,
        "chapters": CHAPTERS,
        "paged": {"chapter": chapter, "from": begins[chapter]} if begins.get(chapter) else {},
        "parts": parts,
        "watches": policy.suspicion,
        "counted": counted,
        "released": released,
        "is_linted": found is not None,
        "odd": found or (),
        "marks": {one.rule: mark_of(one.rule) for one in found or ()},
        "config": visit.site.config,
        "defaults": visit.site.config.policy(),
        "on": names_on(policy),
        "ready": READY,
        "now": visit.now,
        "dids": visit.site.config.dids,
        "trunks": visit.site.config.trunks,
    }


def _lists(visit: Visit, edition: Edition) -> Mapping[str, Any]:
    """What the editor offers to choose from."""
    return {
        "edition": edition,
        "names": NAMES,
        "dids": visit.site.config.dids,
        "trunks": visit.site.config.trunks,
        "windows": edition.policy.windows,
    }


def _editor(
    visit: Visit,
    edition: Edition,
    form: RuleForm,
    read: ReadForm | None = None,
    *,
    found: tuple[Finding, ...] = (),
    fault: str = "",
    status: int = 200,
) -> Response:
    return visit.page(
        "rules_edit.html",
        status=status,
        form=form,
        read=read,
        faults=read.faults if read else {},
        found=found,
        fault=fault,
        actions=list(Action),
        signals=list(signals()),
        defaults=visit.site.config.policy(),
        back=f"/rules#{mark_of(form.original)}" if form.original else "/rules",
        quoted=quote(form.original),
        by_itself=False,
        **_lists(visit, edition),
    )
