"""The settings: what the page may change of them, and where each comes from."""

import asyncio
import hashlib
from typing import Any, Final

from fastapi import APIRouter
from fastapi.responses import Response
from phonenumbers import SUPPORTED_REGIONS

from callfilter import overlay
from callfilter.config import Config, ConfigError, Layers, read_layers
from callfilter.config_faults import Place, Source, expected
from callfilter.marked import N_
from callfilter.web.languages import LANGUAGES
from callfilter.web.settings_form import SettingsForm, flat
from callfilter.web.visit import Admin, Viewer, Visit
from filters.verdict import Action, Signal

router = APIRouter()

SIGNALS: Final = {
    Signal.DECLINE: N_("declined: the usual answer; most carriers tell the caller that you do not take the call"),
    Signal.UNWANTED: N_("unwanted: tells the carrier that this caller is a nuisance; some carriers count these"),
    Signal.BUSY: N_("busy: the caller hears the busy tone and may try again"),
    Signal.NOT_FOUND: N_("no such number: call centres often take it off their lists"),
    Signal.UNAVAILABLE: N_("not available: the caller may be told to try later, or go to the carrier's voicemail"),
}
ACTIONS: Final = (Action.ALLOW, Action.SCREEN, Action.VOICEMAIL, Action.REJECT)
MACHINE: Final = ("database", "fastagi", "web", "ami", "voicemail_spool", "listen_anywhere")
"""What only the admin of the machine sets."""
IN_DIGITS: Final = N_("Each must be a number in digits.")
NO_MAILBOX: Final = N_("There is no mailbox to send them to: name one below.")
MUST_BE: Final = N_("This must be: %(wanted)s")
NOT_SAVED: Final = N_("Nothing was saved: something below is not right yet.")
MOVED_ON: Final = N_("Somebody else changed the settings meanwhile, so nothing was saved. Look, and try again.")
UNWRITABLE: Final = N_("The settings cannot be written, so nothing was saved (%(why)s).")


class FaultyError(Exception):
    """Settings are wrong, so nothing was saved; the sentences are for the visitor, translated."""

    def __init__(self, faults: dict[str, str], strangers: list[str]) -> None:
        """`faults` by the field of the form, `strangers` belong to none."""
        self.faults = faults
        self.strangers = strangers
        super().__init__(*faults.values(), *strangers)


class UnwritableError(Exception):
    """The settings cannot be written, so nothing was saved; the message is for the visitor, translated."""


@router.get("/settings")
async def show(visit: Viewer) -> Response:
    """The form with the settings in use."""
    return _page(visit, SettingsForm.of(visit.site.config), told=visit.site.settings.faults)


@router.post("/settings")
async def change(visit: Admin) -> Response:
    """All of them or, where one is wrong, none."""
    sent = await visit.form()
    form = SettingsForm.sent(sent)
    before = visit.site.config
    if sent.get("seen") != mark_of(before):
        return _page(visit, SettingsForm.of(before), fault=visit.say(MOVED_ON), status=409)
    settings = visit.site.settings
    try:
        layers = await asyncio.to_thread(read_layers, settings.path, settings.environ)
    except ConfigError as error:
        return _page(visit, form, told=error.faults, status=409)
    try:
        await save(visit, layers, read_form(visit, form, layers))
    except FaultyError as error:
        return _page(visit, form, fault=visit.say(NOT_SAVED), faults=error.faults, told=error.strangers, status=422)
    except UnwritableError as error:
        return _page(visit, form, fault=str(error), status=422)
    return visit.go("/settings", visit.say("Saved. Calls are judged by it within a second."))


def read_form(visit: Visit, form: SettingsForm, layers: Layers) -> Config:
    """All settings, with those of the form.

    Raises:
        FaultyError: some are wrong.
    """
    number = visit.language.number
    faults = {name: visit.say(text, most=number(most)) for name, (text, most) in form.faults().items()}
    wanted = {name: value for name, value in form.table().items() if name not in layers.environment}
    try:
        config = layers.with_page(wanted).config()
    except ConfigError as error:
        strangers = _at_fields(visit, form, error, faults)
        raise FaultyError(faults, strangers) from None
    if faults:
        raise FaultyError(faults, [])
    return config


async def save(visit: Visit, layers: Layers, config: Config) -> None:
    """Writes what differs from the admin's file into that of the page.

    Raises:
        UnwritableError: it cannot be written.
    """
    before, after = flat(table_of(visit.site.config)), flat(table_of(config))
    table = overlay.difference(table_of(config), table_of(layers.below()))
    for name in layers.environment:
        # What a variable fixes at the moment is none of the form's business.
        table.pop(name, None)
        if name in overlay.EDITABLE and name in layers.of_page:
            table[name] = layers.of_page[name]
    if layers.page is None:
        raise UnwritableError(visit.say(UNWRITABLE, why="database"))
    try:
        await asyncio.to_thread(overlay.save, layers.page, table)
    except OSError as error:
        raise UnwritableError(visit.say(UNWRITABLE, why=error.strerror or error)) from None
    await visit.site.take_settings()
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    if names:
        await visit.note(
            "settings-saved",
            changed={name: after.get(name, "-") for name in names},
            before={name: before.get(name, "-") for name in names},
        )


def mark_of(config: Config) -> str:
    """Tells one state of the settings from another."""
    return hashlib.sha256(repr(table_of(config)).encode("utf-8", "backslashreplace")).hexdigest()[:16]


def table_of(config: Config) -> dict[str, Any]:
    """The settings that the page may change."""
    return SettingsForm.of(config).table()


def _at_fields(visit: Visit, form: SettingsForm, error: ConfigError, faults: dict[str, str]) -> list[str]:
    """Puts each fault to its field; returns those that belong to none."""
    strangers = []
    for place, sentence in zip(error.places, error.faults, strict=True):
        name = form.field_of(place)
        if name:
            faults.setdefault(name, _message(visit, place))
        elif place[0] not in ("dids", "trunks"):  # those are told at the form's own faults
            strangers.append(sentence)
    return strangers


def _message(visit: Visit, place: Place) -> str:
    setting = next(str(step) for step in reversed(place) if isinstance(step, str))
    if setting in ("extensions", "protected"):
        return visit.say(IN_DIGITS)
    if setting in ("anonymous", "invalid"):
        return visit.say(NO_MAILBOX)
    if setting == "strip":
        return visit.say("Only digits, +, * and #, with spaces between several.")
    return visit.say(MUST_BE, wanted=visit.say(expected(setting)))


def _page(
    visit: Visit,
    form: SettingsForm,
    *,
    fault: str = "",
    faults: dict[str, str] | None = None,
    told: Any = (),
    status: int = 200,
) -> Response:
    settings = visit.site.settings
    try:
        layers: Layers | None = read_layers(settings.path, settings.environ)
    except ConfigError:
        layers = None
    source = layers.source if layers else Source("", {})
    return visit.page(
        "settings.html",
        status=status,
        form=form,
        fault=fault,
        faults=faults or {},
        told=told,
        seen=mark_of(settings.config),
        fixed=source.variables,
        of_page=source.of_page,
        of_file=frozenset(overlay.places_of(layers.of_file)) if layers else frozenset(),
        page_file=layers.page if layers else None,
        admin_file=layers.file if layers else None,
        machine={name: _machine(visit, name) for name in MACHINE},
        signals=SIGNALS,
        actions=ACTIONS,
        languages=LANGUAGES,
        countries=sorted(SUPPORTED_REGIONS),
    )


def _machine(visit: Visit, name: str) -> str:
    value = getattr(visit.site.config, name)
    if name == "ami":
        return visit.say("set") if value else visit.say("not set")
    if isinstance(value, bool):
        return visit.say("yes") if value else visit.say("no")
    return "off" if value is None else str(value)
