"""The condition about the score, which `filters/suspicion/` adds up."""

import re

from filters.conditions.kind import Kind, Question, Test, shown, text_of
from filters.rule import Scalar
from filters.shop import Shop

_SCORE = "points, such as 5- for 5 and more, or 3-5"
_POINTS = re.compile(r"([0-9]{1,2}(?:\.[0-9]{1,2})?) *- *([0-9]{1,2}(?:\.[0-9]{1,2})?)?")


def _score(value: Scalar, _shop: Shop) -> Test:
    written = _POINTS.fullmatch(text_of(value, _SCORE))
    if written is None:
        raise ValueError(f"{shown(value)} are no points: write {_SCORE}")
    least, most = float(written[1]), float(written[2] or "inf")
    if most < least:
        raise ValueError(f"{shown(value)} begins above its end: write {_SCORE}")

    def matches(asked: Question) -> bool:
        return least <= asked.score <= most

    return Test(matches)


KINDS = (
    Kind(
        "score",
        _SCORE,
        "Callers of whom suspicion counts so many points, whether its steps are on or off; see Suspicion below.",
        ("5-", "2.5-5"),
        "score {}",
        _score,
        needs_surroundings=True,
    ),
)
