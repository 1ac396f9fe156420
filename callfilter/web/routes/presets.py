"""What comes ready-made: presets, steps of suspicion with their settings, and for how long somebody is known."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, HTTPException
from fastapi.responses import Response

from callfilter.marked import N_
from callfilter.presets import READY, names_on, switched
from callfilter.store import hits, reviews
from callfilter.web.revising import RefusedError, newest, revise, to_change
from callfilter.web.saying.vocabulary import PRESETS as NAMES_OF_PRESETS
from callfilter.web.saying.vocabulary import WATCHES
from callfilter.web.visit import Admin, Viewer, Visit
from filters.presets import PRESETS, Preset
from filters.rule import Mode
from filters.suspicion.settings import STEPS, keys_of, read_suspicion
from filters.suspicion.watches import ACTIONS, Watch
from filters.trust import KEYS as TRUST_KEYS
from filters.trust import TRUST, faults_of, read_trust

router = APIRouter()

MAPPINGS: Final = ("weights", "caps")
"""Settings that are tables: those are left to the policy as a text."""
LABELS: Final[Mapping[str, str]] = {
    "block": N_("Numbers of a block"),
    "reported": N_("Reported numbers in it"),
    "dids": N_("Numbers of yours that are tried"),
    "minutes": N_("Within so many minutes"),
    "numbers": N_("Numbers of the block that call"),
    "strangers": N_("Strangers who call"),
    "seconds": N_("Within so many seconds"),
    "hold": N_("Minutes for which it lasts"),
    "label_from": N_("Points for a label (0 for never)"),
    "screen_from": N_("Points for a key (0 for never)"),
    "voicemail_from": N_("Points for voicemail (0 for never)"),
    "action": N_("What happens"),
    "label": N_("Label before the caller's name on the telephone"),
    "mode": N_("Does it decide?"),
    "days": N_("Days after you dialled them or talked with them (0 for never)"),
    "talked_seconds": N_("Seconds from which a talk counts"),
    "proved_days": N_("Days after they pressed the right key (0 for that call only)"),
}
"""Setting -> what the form calls it."""

Version = Annotated[int, Form(ge=0)]


@dataclass(frozen=True, slots=True)
class StepForm:
    """A step of suspicion with its settings."""

    kind: type[Watch]
    watch: Watch
    """As it is, or as it would be if it were switched on."""
    is_on: bool
    typed: Mapping[str, str] = field(default_factory=dict)
    """What was sent and could not be read, by setting."""

    @property
    def name(self) -> str:
        """As in a policy."""
        return self.kind.name

    @property
    def fields(self) -> list[tuple[str, Any, tuple[Any, ...], bool]]:
        """Setting, its value, what there is to choose from, and whether it is a text; no choice means any is taken."""
        choices: dict[str, tuple[Any, ...]] = {"action": ACTIONS, "mode": tuple(Mode)}
        choices |= {key: allowed for key, allowed in self.kind.allowed.items() if isinstance(allowed, tuple)}
        values = {key: getattr(self.watch, key) for key in keys_of(self.kind) if key not in MAPPINGS}
        return [
            (key, self.typed.get(key, value), choices.get(key, ()), isinstance(value, str))
            for key, value in values.items()
        ]

    @property
    def has_more(self) -> bool:
        """There are settings that only the text has."""
        return any(key in MAPPINGS for key in keys_of(self.kind))


@router.get("/rules/presets")
async def show(visit: Viewer) -> Response:
    """All of them."""
    return await _page(visit)


@router.post("/rules/presets/switch")
async def switch(
    visit: Admin,
    version: Version,
    name: Annotated[str, Form(max_length=100)],
    do: Annotated[str, Form(pattern="^(on|off)$")],
    back: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    """One tap: a preset or a step on or off."""
    if name not in READY:
        raise HTTPException(404)
    to = "/rules" if back == "/rules" else f"/rules/presets#{name}"
    is_on = do == "on"
    shown = _shown(visit, name)
    try:
        edition = await to_change(visit, version)
        policy = switched(edition.policy, frozenset({name}), on=is_on)
        note = visit.say(N_("“%(name)s” on") if is_on else N_("“%(name)s” off"), name=shown)
        await revise(visit, edition, policy, note, f"preset-{do}", preset=name)
    except RefusedError as refusal:
        return visit.go(to, visit.say(str(refusal)))
    return visit.go(to, visit.say(N_("“%(name)s” is on.") if is_on else N_("“%(name)s” is off."), name=shown))


@router.post("/rules/presets/step")
async def change_step(visit: Admin, version: Version, name: Annotated[str, Form(max_length=100)]) -> Response:
    """The settings of a step that is on."""
    kind = STEPS.get(name)
    if kind is None:
        raise HTTPException(404)
    form = await visit.form()
    edition = await newest(visit)
    watch = next((one for one in edition.policy.suspicion if one.name == name), kind())
    typed = {key: str(form[key])[:200] for key in keys_of(kind) if key in form}
    table: dict[str, object] = {key: _typed(text, getattr(watch, key)) for key, text in typed.items()}
    (read, *_), faults = read_suspicion({name: table})
    if faults:
        told = {f"{name}.{place[1]}": text for place, text in faults}
        return await _page(visit, faults=told, typed={name: typed}, status=422)
    kept = {key: getattr(watch, key) for key in MAPPINGS if hasattr(watch, key)}
    changed = tuple(replace(read, **kept) if one.name == name else one for one in edition.policy.suspicion)
    shown = _shown(visit, name)
    note = visit.say("settings of “%(name)s”", name=shown)
    try:
        policy = replace((await to_change(visit, version)).policy, suspicion=changed)
        await revise(visit, edition, policy, note, "policy-saved", step=name)
    except RefusedError as refusal:
        return visit.go(f"/rules/presets#{name}", visit.say(str(refusal)))
    return visit.go(f"/rules/presets#{name}", visit.say("The settings of “%(name)s” are saved.", name=shown))


@router.post("/rules/presets/trust")
async def change_trust(visit: Admin, version: Version) -> Response:
    """For how long somebody is known."""
    form = await visit.form()
    typed = {key: str(form.get(key, ""))[:20] for key in TRUST_KEYS}
    table = {key: _typed(text, getattr(TRUST, key)) for key, text in typed.items()}
    if faults := dict(faults_of(table)):
        told = {f"trust.{key}": text for key, text in faults.items()}
        return await _page(visit, faults=told, typed={"trust": typed}, status=422)
    try:
        edition = await to_change(visit, version)
        policy = replace(edition.policy, trust=read_trust(table))
        await revise(visit, edition, policy, visit.say("who is known, and for how long"), "policy-saved")
    except RefusedError as refusal:
        return visit.go("/rules/presets#trust", visit.say(str(refusal)))
    return visit.go("/rules/presets#trust", visit.say("This is saved; it holds for whom you get to know from now on."))


def _shown(visit: Visit, name: str) -> str:
    """What a preset or a step is called."""
    return visit.say((WATCHES if name in STEPS else NAMES_OF_PRESETS)[name])


def _typed(text: str, example: object) -> object:
    """What somebody typed, as TOML would have it; a text where it is no number."""
    text = text.strip()
    if isinstance(example, str):
        return text
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if number.is_integer() else number


async def _page(
    visit: Visit,
    *,
    faults: Mapping[str, str] | None = None,
    typed: Mapping[str, Mapping[str, str]] | None = None,
    status: int = 200,
) -> Response:
    edition = await newest(visit)
    on = names_on(edition.policy)
    watches = {watch.name: watch for watch in edition.policy.suspicion}
    sent = typed or {}
    presets: list[tuple[Preset, bool]] = [(preset, preset.rule.name in on) for preset in PRESETS]
    return visit.page(
        "presets.html",
        status=status,
        edition=edition,
        presets=presets,
        steps=[
            StepForm(kind, watches.get(name) or kind(), name in watches, sent.get(name, {}))
            for name, kind in STEPS.items()
        ],
        trust=[(key, sent.get("trust", {}).get(key, getattr(edition.policy.trust, key))) for key in TRUST_KEYS],
        labels=LABELS,
        faults=faults or {},
        open={key.partition(".")[0] for key in faults or ()},
        counted=await hits.of_rules(visit.site.database, list(READY)),
        released=await reviews.releases_by_rule(visit.site.database),
    )
