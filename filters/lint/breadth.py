"""Rules that turn away more callers than anybody can mean, and those that name numbers which ring all the same.

Found out by asking the rules' own matchers about numbers, in the order in which calls ask them.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from filters import directory
from filters.facts import OwnEntry
from filters.lint.compare import question
from filters.lint.finding import Known, Said, Severity
from filters.lint.reading import DIGITS, OF_NUMBER, Asked, Reading, number_hints
from filters.lint.samples import PROTECTED, listed, of_key, ordinary, protected
from filters.lint.shapes import Shape
from filters.number import Number
from filters.policy import Policy
from filters.rule import Mode
from filters.rule_index import RuleIndex
from filters.verdict import Action

SHARE = 0.5
"""Of ordinary callers: a rule that turns away as many is absurdly broad."""
MOST_ASKED = 400_000
"""Questions to rules that are not found by a number; where there are more such rules, fewer callers ask them."""

_TURNS_AWAY = {
    Action.REJECT: "turns away",
    Action.VOICEMAIL: "sends to voicemail",
    Action.SCREEN: "asks for a key from",
    Action.DIVERT: "diverts",
    Action.TARPIT: "keeps busy",
}
# A rule that asks for more is about what callers do, say or bring along, not about a share of all numbers.
_OF_SCOPE = frozenset({*OF_NUMBER, "window", "did", "trunk", "attestation"})
_EVERY_CALL = 'add a condition, such as when = {{ class = "call-centre" }}{unless}'
_UNLESS = "unless = { listed = true }"


@dataclass(slots=True)
class _Met:
    """Whom a rule was the first to decide."""

    listed: list[Number] = field(default_factory=list)
    ordinary: int = 0


class Breadth:
    """How many callers each rule meets."""

    def __init__(self, readings: Sequence[Reading], policy: Policy, known: Known) -> None:
        """Take the rules in the order in which they are tried, whoever they are for."""
        self._policy = policy
        self._known = known
        self._readings = [one for one in readings if one.rule.mode is Mode.ENFORCE and _of_number(one.asked)]
        self._index = RuleIndex([number_hints(one.asked) for one in self._readings])
        self._met: dict[str, _Met] = {}
        self._own = frozenset(entry.key for entry in known.own if not entry.is_prefix and entry.action is Action.ALLOW)
        country = policy.shop.country
        self._always = policy.protected | policy.own_lines | self._own
        self._everybody = ordinary(country)
        slow = sum(not number_hints(one.asked) for one in self._readings)
        self._step = 1 + slow * len(self._everybody) // MOST_ASKED
        self._asked = 0
        for number in listed(country):
            if number.key not in self._always:
                for one in self._deciding(number):
                    self._of(one).listed.append(number)
        for number in self._everybody[:: self._step]:
            self._asked += 1
            for one in self._deciding(number):
                self._of(one).ordinary += 1

    def too_broad(self, one: Reading) -> Said:
        """Rules that turn away everybody, half of all callers, or numbers of the directory."""
        rule = one.rule
        does = _TURNS_AWAY.get(rule.action)
        if does is None or rule.mode is not Mode.ENFORCE:
            return
        worst = Severity.ERROR if rule.action in (Action.REJECT, Action.TARPIT) else Severity.WARNING
        if not one.asked:
            yield worst, (), f"{does} every caller: {_EVERY_CALL.format(unless=f' and {_UNLESS}')}"
            return
        met = self._met.get(rule.name)
        if met is None or _names_whom(one):
            return
        first = next(each for each in one.asked if each.kind in OF_NUMBER)
        if met.listed:
            yield worst, first.place, f"{does} {self._listed_words(met.listed)}: add {_UNLESS}, or a narrower condition"
        share = met.ordinary / self._asked if self._asked else 0
        if share >= SHARE and not {"window", "did", "trunk"} & {each.kind for each in one.asked}:
            yield (
                Severity.WARNING,
                first.place,
                f'{does} about {share:.0%} of ordinary callers: add a condition, or try it with mode = "observe" first',
            )

    def without_effect(self, one: Reading, shapes: Sequence[Shape]) -> Said:
        """Rules that name numbers which ring whatever rules say, or that your own numbers decide before."""
        rule = one.rule
        named = next((each for each in one.asked if not each.negated and each.kind in OF_NUMBER), None)
        if named is None or one.is_preset or rule.action not in _TURNS_AWAY or rule.mode is not Mode.ENFORCE:
            return
        covering = next((entry for entry in self._known.own if _covers(entry, shapes)), None)
        if covering is not None:
            word = "allowed" if covering.action is Action.ALLOW else "blocked"
            text = (
                f"has no effect, since you {word} {covering.text} and own numbers come first: remove the rule, or"
                f" callfilter forget {covering.text}"
            )
            yield Severity.WARNING, named.place, text
            return
        ringing = self._ringing(one)
        if ringing:
            several = f" and {len(ringing) - 1} more" if len(ringing) > 1 else ""
            number, why = ringing[0]
            text = (
                f"has no effect on {number.display} ({why}){several}, as such numbers ring whatever rules say: take"
                " them out of the rule"
            )
            yield Severity.WARNING, named.place, text

    def _ringing(self, one: Reading) -> list[tuple[Number, str]]:
        """Numbers that a rule names and that ring all the same, and why."""
        found = [] if not _names_digits(one) else [(each, _class_words(each)) for each in protected(self._country)]
        for keys, why in (
            (self._policy.protected, "a number you protect"),
            (self._policy.own_lines, "your own line"),
            (self._own, "a number you allowed"),
        ):
            numbers = (of_key(key, self._country) for key in sorted(keys))
            found += [(number, why) for number in numbers if number is not None]
        return [(number, why) for number, why in found if _meets(one, number)]

    @property
    def _country(self) -> str:
        return self._policy.shop.country

    def _of(self, one: Reading) -> _Met:
        return self._met.setdefault(one.rule.name, _Met())

    def _deciding(self, number: Number) -> Iterator[Reading]:
        """The rules that may decide a call by this number, down to the first that decides every such call."""
        asked = question(number)
        for position in self._index.candidates(asked):
            one = self._readings[position]
            if all(each.matches(asked) for each in one.asked if each.kind in OF_NUMBER):
                yield one
                if one.rule.expires_at is None and all(each.kind in OF_NUMBER for each in one.asked):
                    return

    def _listed_words(self, numbers: Sequence[Number]) -> str:
        found = [directory.find(self._country, number.key) for number in numbers]
        kinds = Counter(str(listing.kind) for listing in found if listing)
        most = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common(3))
        commonest = [listing for listing in found if listing and listing.kind == kinds.most_common(1)[0][0]]
        first = min(commonest, key=lambda listing: len(listing.key))
        number = next(number for number in numbers if number.key == first.key)
        if len(numbers) == 1:
            return f"{number.display} ({first.english}), which is in the directory"
        return f"{len(numbers)} numbers of the directory ({most}), such as {number.display} ({first.english})"


def _of_number(asked: Iterable[Asked]) -> bool:
    return any(each.kind in OF_NUMBER for each in asked)


def _names_digits(one: Reading) -> bool:
    named = one.by_kind.get("class")
    return bool(one.by_kind.keys() & set(DIGITS)) or bool(named and PROTECTED.intersection(named.values))


def _names_whom(one: Reading) -> bool:
    """Whether a rule is about callers whom it names, or about what they do."""
    kinds = one.by_kind.keys()
    if "number" in kinds or not kinds <= _OF_SCOPE:
        return True
    if "attestation" in kinds and "none" not in one.by_kind["attestation"].values:
        return True
    return "listed" in kinds and not {True, False}.intersection(one.by_kind["listed"].values)


def _meets(one: Reading, number: Number) -> bool:
    asked = question(number)
    return all(each.matches(asked) for each in one.asked if each.kind in OF_NUMBER)


def _covers(entry: OwnEntry, shapes: Sequence[Shape]) -> bool:
    """Whether an own entry without an end decides every number of these shapes."""
    if entry.expires_at is not None or not shapes:
        return False
    if not entry.is_prefix:
        return all(shape.first == shape.last == entry.key for shape in shapes)
    return all(
        (shape.first or shape.begin).startswith(entry.key) and (shape.last or shape.begin).startswith(entry.key)
        for shape in shapes
    )


def _class_words(number: Number) -> str:
    return "an emergency number" if "emergency" in number.classes else "a public service"
