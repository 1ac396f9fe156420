"""Blocks of numbers, as carriers sell them: all that differ in the last digits only."""

from filters.number import ANONYMOUS, INVALID

SIZES = (100, 1000)
"""Numbers in a block."""
_FEWEST = 7
"""Digits of the shortest number that belongs to a block: a short one is a service of its own."""


def block_of(key: str, size: int = SIZES[-1]) -> str:
    """What the keys of a caller's block have in common, all but the last two or three digits.

    Args:
        key: From `read_number`.
        size: One of `SIZES`.

    Returns:
        An empty text for short numbers, and where there is no number.
    """
    digits = key[1:] if key.startswith("+") else key.partition(":")[2]
    if key in (ANONYMOUS, INVALID) or len(digits) < _FEWEST:
        return ""
    return key[: 1 - len(str(size))]
