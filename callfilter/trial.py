"""What would become of a call, by the very code that decides about live ones. Changes nothing."""

from datetime import datetime
from typing import Final

from callfilter.config import Config
from callfilter.explanation import Explanation, explain
from callfilter.screen import Screen, number_of, with_past
from callfilter.store.lookup import NOTHING, Lookup
from callfilter.store.record import CallRecord
from filters.call import Call
from filters.facts import Facts, History, Surroundings

DRAFT: Final = 2**31
"""Stands for the version of a policy that is not in force."""


class Trial:
    """Judges as the service would, and hands out the record instead of keeping it. For the thread that makes it."""

    def __init__(self, config: Config, draft: str | None = None) -> None:
        """Opens the database if there is one.

        Args:
            config: The settings.
            draft: Text of a policy without faults that judges instead of the one in force.

        Raises:
            LookupFailed: there is a database, and it cannot be read.
        """
        self._config = config
        self._draft = draft
        self._records: list[CallRecord] = []
        self._lookup = self._opened(config)
        self._screen = Screen(config, self, self._records.append, source="check")

    def __call__(self, call: Call) -> CallRecord:
        """The record of a verdict about `call`."""
        self._screen(call)
        return self._records.pop()

    def explain(self, call: Call, *, rules: bool = True) -> Explanation:
        """What to tell of `call` beside the verdict, with or without what each rule says.

        Raises:
            LookupFailed: the database cannot be read.
        """
        number, current = number_of(call, self._config), self._screen.current
        if not rules:
            return Explanation(number.reading, rules=None)
        facts = with_past(self.facts_for(number.key, call.at), number, call.at, current.policy, self)
        return explain(call, number, facts, current)

    def facts_for(self, key: str, at: datetime) -> Facts:
        """What the database knows, or nothing where there is none yet."""
        return self._lookup.facts_for(key, at) if self._lookup else NOTHING

    @property
    def policy_version(self) -> int:
        """The policy's newest version, or `DRAFT`; 0 where there is none."""
        if self._draft is not None:
            return DRAFT
        return self._lookup.policy_version if self._lookup else 0

    def history_of(self, key: str) -> History:
        """The caller's earlier calls, or none where there is no database."""
        return self._lookup.history_of(key) if self._lookup else History()

    def surroundings_of(self, key: str, at: datetime) -> Surroundings:
        """What went on around the caller, or nothing where there is no database."""
        return self._lookup.surroundings_of(key, at) if self._lookup else Surroundings()

    def policy_text(self, version: int) -> tuple[int, str] | None:
        """The newest version that is not above `version`, with its text."""
        if self._draft is not None:
            return (DRAFT, self._draft) if version >= DRAFT else None
        return self._lookup.policy_text(version) if self._lookup else None

    def close(self) -> None:
        """Lets go of the database."""
        if self._lookup:
            self._lookup.close()

    @staticmethod
    def _opened(config: Config) -> Lookup | None:
        if not config.database.exists():
            return None
        lookup = Lookup(config.database)
        lookup.check()
        return lookup
