"""The policy as the page shows and changes it: read once for each version, and what the linter says of that."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Final

from callfilter.changes import text_of
from callfilter.config import Config
from callfilter.policy import PolicyError, PolicyText, read_leniently, zone_of
from callfilter.policy_lint import findings_of, own_entries
from callfilter.store import policies
from callfilter.store.database import Database
from callfilter.store.file import StoreError
from callfilter.store.policies import PolicyVersion
from filters.lint.finding import Finding

FRESH: Final = timedelta(minutes=5)
"""For how long findings are taken to hold: they depend on the date and on own numbers too."""

Faults = tuple[tuple[int | None, str], ...]
"""Line and sentence of each."""


@dataclass(frozen=True, slots=True)
class Edition:
    """A version of the policy, read."""

    version: PolicyVersion | None
    """None for the policy that is built in."""
    policy: PolicyText
    """What can be used of it."""
    faults: Faults = ()
    """What of the text cannot be read, and would be lost if `policy` were written."""

    @property
    def id(self) -> int:
        """Number of the version, 0 for the built-in policy: what a change names as the one that it was made from."""
        return self.version.id if self.version else 0

    @property
    def text(self) -> str:
        """The whole text."""
        return text_of(self.version)

    @property
    def zone(self) -> tzinfo:
        """The shop's time zone."""
        return zone_of(self.policy.time_zone)


class Book:
    """The newest edition, kept until there is a newer one, and findings about it."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._edition: Edition | None = None
        self._found: tuple[int, datetime, tuple[Finding, ...]] | None = None
        self._linting = asyncio.Lock()

    async def newest(self, database: Database) -> Edition:
        """The edition in force.

        Raises:
            StoreError: the database can't be read.
        """
        version = await policies.newest(database)
        if self._edition is None or self._edition.version != version:
            self._edition = await asyncio.to_thread(self.edition_of, version)
        return self._edition

    def edition_of(self, version: PolicyVersion | None) -> Edition:
        """A version, read; takes about a second for thousands of rules."""
        try:
            policy, faults = read_leniently(text_of(version), self._config)
        except PolicyError as error:
            return Edition(version, PolicyText(), error.faults)
        return Edition(version, policy, tuple(faults))

    def found(self, edition: Edition, now: datetime) -> tuple[Finding, ...] | None:
        """What the linter says of an edition, if that is known already."""
        if self._found and self._found[0] == edition.id and now - self._found[1] < FRESH:
            return self._found[2]
        return None

    async def lint(self, edition: Edition, now: datetime) -> tuple[Finding, ...]:
        """What the linter says of an edition; takes seconds for a thousand rules, in a thread."""
        async with self._linting:
            found = self.found(edition, now)
            if found is None:
                found = await asyncio.to_thread(self.findings, edition.policy, now)
                self._found = (edition.id, now, found)
            return found

    def findings(self, policy: PolicyText, now: datetime) -> tuple[Finding, ...]:
        """What the linter says of a policy, here and now."""
        try:
            own = own_entries(self._config.database)
        except StoreError:
            own = []
        return findings_of(policy.policy(self._config), self._config, now, own)
