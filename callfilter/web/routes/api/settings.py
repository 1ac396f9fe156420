"""The settings: what the page may change of them, and where each comes from. Tells no secret."""

import asyncio
from typing import Annotated, Any, Final

from fastapi import APIRouter, HTTPException
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt

from callfilter.config import Config, ConfigError, Layers, read_layers
from callfilter.config_faults import Place, path_of
from callfilter.overlay import EDITABLE, POLICY, places_of
from callfilter.web.routes.api.policy import refused
from callfilter.web.routes.settings import (
    MACHINE,
    MOVED_ON,
    NOT_SAVED,
    FaultyError,
    UnwritableError,
    mark_of,
    read_form,
    save,
    table_of,
)
from callfilter.web.settings_form import LONGEST, MOST_ROWS, DidRow, SettingsForm, TrunkRow
from callfilter.web.visit import Admin, Viewer, Visit

router = APIRouter(tags=["settings"])

MOST: Final = 15_000
"""Numbers of a list."""
LARGEST: Final = 1_000_000

Text = Annotated[str, Field(max_length=LONGEST)]
Name = Annotated[str, Field(min_length=1, max_length=LONGEST)]
Texts = Annotated[list[Name], Field(max_length=MOST)]
Whole = Annotated[StrictInt, Field(ge=0, le=LARGEST)]


class _Table(BaseModel):
    """A table of settings, and nothing that is none."""

    model_config = ConfigDict(extra="forbid")


class DidTable(_Table):
    """One of the shop's own numbers."""

    name: Text = ""
    mailbox: Text = ""


class TrunkTable(_Table):
    """How a trunk writes numbers; what is not set is as for the whole shop."""

    country: Text = ""
    area: Text = ""
    strip: Annotated[list[Name], Field(max_length=100)] = []


class PolicyTable(_Table):
    """What becomes of filtered calls."""

    anonymous: Text
    invalid: Text
    signal: Whole
    mailbox: Text
    protected: Texts


class Table(_Table):
    """All settings that the page may change."""

    country: Text
    area: Text
    extensions: Texts
    mask_numbers: StrictBool
    language: Text
    keep_days: Whole
    policy: PolicyTable
    dids: Annotated[dict[Name, DidTable], Field(max_length=MOST_ROWS)]
    trunks: Annotated[dict[Name, TrunkTable], Field(max_length=MOST_ROWS)]


class Change(BaseModel):
    """All settings, as they shall be."""

    seen: str = Field(max_length=100, description="`seen` of the settings that they were made from.")
    settings: Table


@router.get("/settings")
async def settings(visit: Viewer) -> dict[str, Any]:
    """The settings in use, and where each comes from: `environment`, `page`, `file` or `default`.

    Those of the `machine` are set in its file alone; of `ami` is told only whether it is set.
    """
    return await _as_json(visit)


@router.put("/settings")
async def change_settings(visit: Admin, change: Change) -> Response:
    """Saves settings: all of them or, where one is wrong, none. What is as in the file goes on following that."""
    site = visit.site
    if change.seen != mark_of(site.config):
        raise HTTPException(409, visit.say(MOVED_ON))
    form = _form(change.settings)
    try:
        layers = await asyncio.to_thread(read_layers, site.settings.path, site.settings.environ)
        await save(visit, layers, read_form(visit, form, layers))
    except ConfigError as error:
        return refused(409, visit.say(NOT_SAVED), [{"place": None, "text": text} for text in error.faults])
    except FaultyError as error:
        faults: list[dict[str, Any]] = [
            {"place": _place(form, name), "text": text} for name, text in error.faults.items()
        ]
        faults += [{"place": None, "text": text} for text in error.strangers]
        return refused(400, visit.say(NOT_SAVED), faults)
    except UnwritableError as error:
        raise HTTPException(503, str(error)) from None
    return JSONResponse(await _as_json(visit))


def _form(table: Table) -> SettingsForm:
    policy = table.policy
    return SettingsForm(
        country=table.country.strip(),
        area=table.area.strip(),
        extensions="\n".join(table.extensions),
        protected="\n".join(policy.protected),
        signal=str(policy.signal),
        anonymous=policy.anonymous,
        invalid=policy.invalid,
        mailbox=policy.mailbox.strip(),
        language=table.language,
        keep_days=str(table.keep_days),
        mask_numbers=table.mask_numbers,
        dids=[DidRow(number, did.name.strip(), did.mailbox.strip()) for number, did in table.dids.items()],
        trunks=[
            TrunkRow(name, of.country.strip(), of.area.strip(), " ".join(of.strip)) for name, of in table.trunks.items()
        ],
    )


def _place(form: SettingsForm, field: str) -> str:
    """The setting that a field of the form is about."""
    kind, _, rest = field.partition("-")
    if not rest:
        return f"{POLICY}.{field}" if field in PolicyTable.model_fields else field
    column, _, index = rest.rpartition("-")
    if kind == "did":
        number = form.dids[int(index)].number
        return path_of(("dids", number, *([] if column == "number" else [column])))
    name = form.trunks[int(index)].name
    return path_of(("trunks", name, *([] if column == "name" else [column])))


async def _as_json(visit: Visit) -> dict[str, Any]:
    held = visit.site.settings
    try:
        layers = await asyncio.to_thread(read_layers, held.path, held.environ)
    except ConfigError:
        layers = None
    config = held.config
    return {
        "seen": mark_of(config),
        "settings": table_of(config),
        "machine": {name: _machine(config, name) for name in MACHINE},
        "sources": _sources(layers) if layers else None,
        "faults": held.faults,
        "after_restart": held.waiting,
    }


def _machine(config: Config, name: str) -> object:
    value = getattr(config, name)
    if name == "ami":
        return value is not None
    return value if value is None or isinstance(value, bool) else str(value)


def _sources(layers: Layers) -> dict[str, str]:
    """Setting -> where it comes from."""
    of_page, of_file = places_of(layers.of_page), places_of(layers.of_file)
    places: list[Place] = [(name,) for name in (*EDITABLE, *MACHINE) if name != POLICY]
    places += [(POLICY, name) for name in PolicyTable.model_fields]

    def source(place: Place) -> str:
        if place[0] in layers.environment:
            return "environment"
        return "page" if place in of_page else "file" if place in of_file else "default"

    return {path_of(place): source(place) for place in places}
