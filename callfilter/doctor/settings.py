"""Examines the settings: can they be used, and where does each come from."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from callfilter.config import ENVIRONMENT, ConfigError, read_layers
from callfilter.config_faults import path_of
from callfilter.doctor.finding import Finding, fault, ok
from callfilter.overlay import places_of


def examine_settings(path: Path | None, environ: Mapping[str, str]) -> Iterator[Finding]:
    """What is to be said of the settings in the file at `path`, or in the usual places."""
    try:
        layers = read_layers(path, environ)
        layers.config()
    except ConfigError as error:
        yield from (fault("settings", each) for each in error.faults)
        return
    if layers.file:
        yield ok("settings", f"{layers.file} can be used")
    else:
        yield ok("settings", "there is no settings file, so what is built in holds")
    if layers.of_page:
        names = ", ".join(sorted(path_of(place) for place in places_of(layers.of_page)))
        yield ok("settings", f"set on the page, in {layers.page}: {names}")
    if layers.environment:
        names = ", ".join(name for name, setting in ENVIRONMENT.items() if setting in layers.environment)
        yield ok("settings", f"set by variables of the environment: {names}")
