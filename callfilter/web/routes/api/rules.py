"""The admin's rules and the presets that are on, one by one."""

import json
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, HTTPException, Query
from fastapi.responses import JSONResponse, Response
from pydantic import AfterValidator, BaseModel, Field, StrictBool, StrictInt

from callfilter import changes
from callfilter.config_faults import path_of
from callfilter.marked import N_
from callfilter.policy import PolicyText
from callfilter.store import hits, reviews
from callfilter.store.hits import Hits
from callfilter.web.book import Edition
from callfilter.web.revising import RefusedError, newest, revise, to_change
from callfilter.web.routes.api.policy import LARGEST, LINTED, Version, refused
from callfilter.web.routes.rules import findings_about
from callfilter.web.rule_form import taken
from callfilter.web.saying.rules import rule_words
from callfilter.web.visit import Admin, Viewer, Visit
from filters.lint.finding import Severity
from filters.policy_text import RULE, rules_from, tables_of
from filters.rule import Mode, Rule, Who
from filters.shop import Shop

router = APIRouter(tags=["rules"])

PAGE: Final = 100
MOST: Final = 1_000_000
NO_RULE = N_("There is no rule of this name any more.")
FAULTY = N_("This is no rule, so nothing was changed.")


class Change(BaseModel):
    """What changes of a rule; all else stays."""

    version: Version = Field(description="The version that was seen; another one in force refuses it.")
    enabled: StrictBool | None = None
    mode: Mode | None = None
    place: StrictInt | None = Field(
        None, ge=1, le=MOST, description="Among the rules that are for the same callers, counted from 1."
    )


def _writable(table: dict[str, Any]) -> dict[str, Any]:
    try:
        json.dumps(table, ensure_ascii=False, allow_nan=False).encode()
    except ValueError:
        raise ValueError("there is half a character in it, or what is no number") from None
    return table


class Draft(BaseModel):
    """A rule that shall be in force."""

    version: Version = Field(description="The version that was seen; another one in force refuses it.")
    rule: Annotated[dict[str, Any], AfterValidator(_writable)] = Field(
        description="With the keys of a policy's [[rule]]; `expires_at` as ISO 8601 has it."
    )
    anyway: StrictBool = Field(False, description="Also where the linter finds errors.")
    dry_run: StrictBool = Field(False, description="Only tells what the linter finds, and changes nothing.")


class _FaultyError(Exception):
    """The table is no rule: place within it and sentence of each fault."""

    def __init__(self, faults: list[tuple[str, str]]) -> None:
        super().__init__()
        self.faults = faults


@router.get("/rules")
async def rules(visit: Viewer, begin: Annotated[int, Query(ge=0, le=MOST)] = 0) -> dict[str, Any]:
    """Rules in the order of trial, presets that are on after them, a hundred at a time.

    `rule` is what saving one takes, with the keys of a policy's [[rule]]. `next` is the `begin` of the next page; null
    where there is none. `words` are in the language that is asked for.
    """
    edition = await newest(visit)
    # Those for everyone are tried first, wherever they stand.
    every = sorted(edition.policy.every_rule(), key=lambda rule: rule.who is not Who.EVERYONE)
    shown, end = every[begin : begin + PAGE], begin + PAGE
    return {
        "version": edition.id,
        "rules": await _as_json(visit, edition, shown),
        "next": end if end < len(every) else None,
        "faults": [{"line": line, "text": text} for line, text in edition.faults],
    }


@router.post("/rules")
async def add_rule(visit: Admin, draft: Draft) -> Response:
    """Puts a new rule in force, before all others of the same callers."""
    return await _saved(visit, draft)


@router.put("/rules/{name:path}")
async def save_rule(visit: Admin, name: str, draft: Draft) -> Response:
    """Puts another rule in the place of the one of that name, whose author it keeps."""
    return await _saved(visit, draft, name)


@router.patch("/rules/{name:path}")
async def change_rule(visit: Admin, name: str, change: Change) -> dict[str, Any]:
    """Switches a rule on or off, lets it decide or only watch, moves it. Presets are switched as such."""
    edition, rule = await _to_change(visit, name, change.version)
    changed = replace(
        rule,
        enabled=rule.enabled if change.enabled is None else change.enabled,
        mode=change.mode or rule.mode,
    )
    draft = changes.with_rule(edition.policy, changed, name)
    if change.place is not None:
        draft = changes.moved(draft, name, change.place - 1)
    is_moved = changed == rule
    note = visit.say(N_("rule “%(name)s” moved") if is_moved else N_("rule “%(name)s” changed"), name=name)
    edition = await _revised(visit, edition, draft, note, "rules-moved" if is_moved else "rule-saved", name)
    [told] = await _as_json(visit, edition, [changed])
    return {"version": edition.id, "rule": told}


@router.delete("/rules/{name:path}")
async def remove_rule(visit: Admin, name: str, version: Annotated[int, Query(ge=0, le=LARGEST)]) -> dict[str, Any]:
    """Takes a rule away, if `version` of the policy is in force; going back to that brings the rule back."""
    edition, _ = await _to_change(visit, name, version)
    draft = changes.without_rule(edition.policy, name)
    edition = await _revised(
        visit, edition, draft, visit.say("rule “%(name)s” removed", name=name), "rule-removed", name
    )
    return {"version": edition.id, "removed": name}


async def _saved(visit: Visit, draft: Draft, name: str | None = None) -> Response:
    edition = await _newest(visit, draft.version)
    was = None if name is None else _named(visit, edition, name)
    others = {one.name for one in edition.policy.rules} - {name}
    try:
        rule = _read(draft.rule, edition.policy.shop(visit.site.config), others)
    except _FaultyError as error:
        return refused(400, visit.say(FAULTY), [{"place": place, "text": text} for place, text in error.faults])
    rule = replace(rule, author=was.author if was else visit.author)
    policy = changes.with_rule(edition.policy, rule, name or "")
    found = await findings_about(visit, policy, rule)
    findings = [{"severity": one.severity, "text": one.text} for one in found]
    if not draft.dry_run:
        if any(one.severity is Severity.ERROR for one in found) and not draft.anyway:
            return refused(400, visit.say(LINTED), findings)
        note = visit.say(N_("rule “%(name)s” changed") if was else N_("rule “%(name)s” added"), name=rule.name)
        edition = await _revised(visit, edition, policy, note, "rule-saved", rule.name)
    [told] = await _as_json(visit, edition, [rule])
    return JSONResponse({"version": edition.id, "rule": told, "findings": findings})


def _read(table: Mapping[str, Any], shop: Shop, others: Collection[str]) -> Rule:
    """The rule in a table.

    Raises:
        _FaultyError: something is wrong with it.
    """
    if isinstance(expires_at := table.get("expires_at"), str):
        with suppress(ValueError):
            table = {**table, "expires_at": datetime.fromisoformat(expires_at)}
    rules, found = rules_from({RULE: [table]}, shop)
    # Places begin with the list of rules and the place in it.
    faults = [(path_of(fault.place[2:]), fault.text) for fault in found]
    faults += [("name", fault) for rule in rules if (fault := taken(rule.name, others))]
    if faults:
        raise _FaultyError(faults)
    return rules[0]


async def _to_change(visit: Visit, name: str, version: int) -> tuple[Edition, Rule]:
    edition = await _newest(visit, version)
    return edition, _named(visit, edition, name)


async def _newest(visit: Visit, version: int) -> Edition:
    try:
        return await to_change(visit, version)
    except RefusedError as refusal:
        raise HTTPException(409, visit.say(str(refusal))) from None


def _named(visit: Visit, edition: Edition, name: str) -> Rule:
    try:
        return changes.named(edition.policy, name)
    except LookupError:
        raise HTTPException(404, visit.say(NO_RULE)) from None


async def _revised(  # noqa: PLR0917 - as `revise` takes it
    visit: Visit, edition: Edition, draft: PolicyText, note: str, deed: str, name: str
) -> Edition:
    try:
        await revise(visit, edition, draft, note, deed, rule=name)
    except RefusedError as refusal:
        raise HTTPException(409, visit.say(str(refusal))) from None
    return await newest(visit)


async def _as_json(visit: Visit, edition: Edition, shown: Sequence[Rule]) -> list[dict[str, Any]]:
    counted = await hits.of_rules(visit.site.database, [rule.name for rule in shown])
    released = await reviews.releases_by_rule(visit.site.database)
    return [_one(visit, edition, rule, counted.get(rule.name), released.get(rule.name, 0)) for rule in shown]


def _one(visit: Visit, edition: Edition, rule: Rule, counted: Hits | None, releases: int) -> dict[str, Any]:
    last_at = counted.last_at if counted else None
    return {
        "name": rule.name,
        "preset": rule.name in edition.policy.presets,
        "who": rule.who,
        "mode": rule.mode,
        "enabled": rule.enabled,
        "action": rule.action,
        "words": rule_words(visit.language, rule, edition.zone, visit.now),
        "note": rule.note,
        "author": rule.author,
        "expires_at": rule.expires_at.isoformat() if rule.expires_at else None,
        "hits": counted.calls if counted else 0,
        "last_hit_at": last_at.isoformat() if last_at else None,
        "releases": releases,
        "rule": _table_of(rule),
    }


def _table_of(rule: Rule) -> dict[str, Any]:
    [table] = tables_of([rule])
    return {key: value.isoformat() if isinstance(value, datetime) else value for key, value in table.items()}
