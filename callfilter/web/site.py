"""What all requests share: settings, database, languages, templates, and how to render with them."""

import asyncio
import hashlib
import os
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request

from callfilter import __version__
from callfilter.config import Config
from callfilter.current import Current, load_newest
from callfilter.live_settings import LiveSettings
from callfilter.policy import zone_of
from callfilter.store.database import Database
from callfilter.web import languages
from callfilter.web.backtests import Backtests
from callfilter.web.book import Book
from callfilter.web.languages import Language
from callfilter.web.live import Live
from callfilter.web.passwords import Passwords
from callfilter.web.service import Service
from callfilter.web.throttle import Throttle
from callfilter.web.uploads import Uploads
from callfilter.web.words import FILTERS

HERE: Final = Path(__file__).parent
STATIC: Final = HERE / "static"
TEMPLATES: Final = HERE / "templates"
LOOK_EVERY: Final = 0.25
"""Seconds between two looks whether the settings were changed."""


class Site:
    """One running page."""

    def __init__(self, config: Config, *, code: str = "", path: Path | None = None) -> None:
        """Opens nothing yet.

        Args:
            config: the settings, as they were read at the start.
            code: what the first visitor must know to make the first login; empty where that is not to be.
            path: the settings file named on the command line, which is looked at for changes.
        """
        self.settings = LiveSettings(path, os.environ, config)
        self.code = code
        self.languages = languages.load()
        self.passwords = Passwords()
        self.service = Service(config.fastagi)
        self.live = Live()
        self.throttle = Throttle()
        self.uploads = Uploads()
        self.book = Book(config)
        self.backtests = Backtests()
        self.pages: frozenset[str] = frozenset()
        """Paths that can be asked for, those without a value in them."""
        self._database: Database | None = None
        self._current: Current | None = None
        self._environments = {tag: self._environment(language) for tag, language in self.languages.items()}
        self._marks: dict[str, str] = {}

    @property
    def config(self) -> Config:
        """The settings in use."""
        return self.settings.config

    async def take_settings(self) -> None:
        """Takes up the settings as they are in the files now."""
        if await asyncio.to_thread(self.settings.read):
            self.book = Book(self.config)
            self._current = None

    async def watch_settings(self) -> None:
        """Takes up changed settings, until it is cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            if self.settings.are_new:
                await self.take_settings()

    @property
    def database(self) -> Database:
        """The open database.

        Raises:
            RuntimeError: the page has not started, or has stopped.
        """
        if self._database is None:
            raise RuntimeError("the page has no open database")
        return self._database

    def opened(self, database: Database | None) -> None:
        """Takes the database to use, or lets go of it."""
        self._database = database

    @staticmethod
    def now() -> datetime:
        """The present moment."""
        return datetime.now(UTC)

    def current(self) -> Current:
        """The policy in force; made ready once for each version.

        Raises:
            StoreError: the database can't be read.
        """
        self._current = load_newest(self.config, self._current)
        return self._current

    def zone(self) -> tzinfo:
        """The shop's time zone: that of the policy, else the machine's."""
        current = self.current()
        return zone_of("") if current.judges is None else current.policy.shop.zone

    def render(self, template: str, language: Language, **values: Any) -> str:
        """A template in a language."""
        return self._environments[language.tag].get_template(template).render(language=language, **values)

    def _environment(self, language: Language) -> Environment:
        environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            extensions=["jinja2.ext.i18n"],
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.install_gettext_translations(language.words, newstyle=True)  # type: ignore[attr-defined]
        environment.globals |= {"asset": self._asset, "version": __version__, "all_languages": self.languages}
        for name, make in FILTERS.items():
            environment.filters[name] = make(language)
        return environment

    def _asset(self, name: str) -> str:
        """The address of a file of ours, which changes with its content: browsers keep the old one for a day."""
        if name not in self._marks:
            self._marks[name] = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:8]
        return f"/static/{quote(name)}?{self._marks[name]}"


def site_of(request: Request) -> Site:
    """The site that a request came to."""
    site: Site = request.app.state.site
    return site


Values = Mapping[str, Any]
