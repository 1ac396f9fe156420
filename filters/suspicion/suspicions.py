"""The steps of suspicion that a policy has on, made ready once, and asked about a call."""

from collections.abc import Iterable
from dataclasses import replace

from filters.call import Call
from filters.directory import find
from filters.facts import Facts, Surroundings
from filters.number import Number
from filters.shop import Shop
from filters.suspicion.case import Case
from filters.suspicion.likeness import Likenesses
from filters.suspicion.score import Score
from filters.suspicion.watches import BlockInTurn, Flood, LookAlike, Neighbour, Redial, Sweep, Watch

WATCHES: tuple[type[Watch], ...] = (Neighbour, LookAlike, Sweep, BlockInTurn, Flood, Redial, Score)
"""All steps, in the order of docs and traces."""


class Suspicions:
    """What a shop suspects."""

    def __init__(
        self, watches: Iterable[Watch], shop: Shop, own_lines: Iterable[str], protected: Iterable[str]
    ) -> None:
        """`watches` are the steps that are on, each at most once; the score is added up by its defaults otherwise."""
        on = {watch.name: watch for watch in watches}
        self.watches = tuple(on[kind.name] for kind in WATCHES if kind.name in on)
        """The steps that are on, in their order."""
        self.needs_surroundings = any(watch.looks_around for watch in self.watches)
        self.redial = next((watch for watch in self.watches if isinstance(watch, Redial)), None)
        self._scores = Score.name in on
        self._score = next((watch for watch in self.watches if isinstance(watch, Score)), Score())
        self._evidence = tuple(on.get(kind.name, kind()) for kind in WATCHES if kind is not Score)
        self._shop = shop
        self._likenesses = Likenesses(shop.country, own_lines, protected)

    def case(self, call: Call, number: Number, around: Surroundings) -> Case:
        """A call with what the steps find, those that are off by their defaults: the score counts them too."""
        shop = self._shop
        case = Case(call, number, around, shop, self._likenesses.of(number), find(shop.country, number.key))
        found = {watch.name: finding for watch in self._evidence if (finding := watch.finding(case))}
        case = replace(case, found=found)
        return replace(case, found={**found, Score.name: self._score.finding(case)}) if self._scores else case

    def score_of(self, call: Call, number: Number, facts: Facts) -> tuple[float, str]:
        """How suspicious a caller is, with every point of it in plain words.

        Raises:
            LookupError: nobody looked what went on around the caller.
        """
        if facts.surroundings is None:
            raise LookupError("what went on around the caller was not looked up")
        finding = self._score.finding(self.case(call, number, facts.surroundings))
        return finding.score or 0, finding.evidence
