"""The score: points of all symbols added up, and what becomes of a caller who has so many."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from filters.suspicion.case import Case, Finding
from filters.suspicion.symbols import CAPS, SYMBOLS
from filters.suspicion.watches import Allowed, Watch
from filters.verdict import Action

MOST = 100.0
"""Points that a setting may name."""
_GROUPS = {symbol.name: symbol.group for symbol in SYMBOLS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Score(Watch):
    """Evidence that is too weak by itself adds up."""

    name = "score"
    about = (
        "Points for all evidence are added up: from 3 on the caller rings with a label, from 5 on must press a key, and"
        " from 8 on goes to voicemail."
    )
    allowed: ClassVar[Mapping[str, Allowed]] = {}

    label_from: float = 3
    """Points from which on the caller rings with the label; 0 for never."""
    screen_from: float = 5
    voicemail_from: float = 8
    label: str = "?"
    weights: Mapping[str, float] = field(default_factory=dict)
    """Name of a symbol -> its points here; 0 switches it off."""
    caps: Mapping[str, float] = field(default_factory=dict)
    """Name of a group -> the most points that count of it here."""

    def finding(self, case: Case) -> Finding:
        """The score with every point of it, and what it leads to."""
        points = [
            (symbol.name, weight, evidence)
            for symbol in SYMBOLS
            if (weight := self.weights.get(symbol.name, symbol.weight)) and (evidence := symbol.evidence(case))
        ]
        sums: dict[str, float] = {}
        for name, weight, _ in points:
            sums[_GROUPS[name]] = sums.get(_GROUPS[name], 0) + weight
        told = [f"{name} {weight:g} ({evidence})" for name, weight, evidence in points]
        for group, total in sums.items():
            cap = self.caps.get(group, CAPS[group])
            if abs(total) > cap:
                sums[group] = cap if total > 0 else -cap
                told.append(f"all of group {group} together {sums[group]:g}")
        score = round(sum(sums.values()), 2)
        words = f"score {score:g}: {', '.join(told) or 'nothing speaks for or against the caller'}"
        action = self._action(score)
        return Finding(words, action, self.label if action else "", score)

    def _action(self, score: float) -> Action | None:
        for action, least in (
            (Action.VOICEMAIL, self.voicemail_from),
            (Action.SCREEN, self.screen_from),
            (Action.ALLOW, self.label_from),
        ):
            if least and score >= least:
                return action
        return None
