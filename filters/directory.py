"""Who a service number belongs to, by name. Must not decide anything, and knows keys only: `filters.number` reads.

A caller number is no proof of who calls; what is *like* a listed number is a hint to be weighed, never a listing.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from filters.directories import DIRECTORIES
from filters.directories.listing import Group, Kind, Listing
from filters.number import read_number

__all__ = ["Kind", "Listing", "find", "keys", "like", "table"]

_SHORTEST = 5
"""Digits of a number that others can be like. Whole ranges of other services begin with three: 12012 has nothing to
do with an ambulance."""


@dataclass(frozen=True, slots=True)
class _Directory:
    """One country's listings, as dictionaries."""

    listed: dict[str, Listing]
    """Key -> listing."""
    beginnings: dict[str, Listing]
    """Beginning of longer keys -> the listing that they are like."""
    heads: frozenset[str]
    """First `shortest` characters of the beginnings: most callers share them with none, and need no further look."""
    shortest: int
    longest: int
    """Characters of the beginnings."""


def _listings(country: str, groups: tuple[Group, ...]) -> Iterator[tuple[str, Listing]]:
    """Each number as written, and its listing."""
    for group in groups:
        for number, organisation, english in group.rows:
            key = read_number(number, country=country).key
            yield number, Listing(key, organisation, english, group.kind, group.source)


def _directory(country: str, groups: tuple[Group, ...]) -> _Directory:
    listed: dict[str, Listing] = {}
    beginnings: dict[str, Listing] = {}
    for number, listing in _listings(country, groups):
        listed[listing.key] = listing
        if len(number) >= _SHORTEST:
            # A full number with digits behind it fits no plan, and its key is then written as inside the country.
            beginnings[listing.key] = beginnings[f"{country}:{number}"] = listing
    shortest, longest = min(map(len, beginnings)), max(map(len, beginnings))
    heads = frozenset(beginning[:shortest] for beginning in beginnings)
    return _Directory(listed, beginnings, heads, shortest, longest)


_DIRECTORIES = {country: _directory(country, groups) for country, groups in DIRECTORIES.items()}


def find(country: str, key: str) -> Listing | None:
    """Who has this number.

    Args:
        country: ISO 3166 code of the directory, that of the trunk.
        key: From `read_number`.

    Returns:
        None where the number is not listed, or the country has no directory.
    """
    directory = _DIRECTORIES.get(country)
    return directory.listed.get(key) if directory else None


def keys(country: str) -> tuple[str, ...]:
    """Keys of all numbers in a country's directory; none where it has no directory."""
    directory = _DIRECTORIES.get(country)
    return tuple(directory.listed) if directory else ()


def like(country: str, key: str) -> Listing | None:
    """The listing whose number, of five digits or more, this longer one begins with; the longest of several.

    `955881101` is like 95588, and branch lines and impostors look so alike. A number that is listed itself is like
    no other. Arguments as for `find`.
    """
    directory = _DIRECTORIES.get(country)
    if directory is None or key[: directory.shortest] not in directory.heads or key in directory.listed:
        return None
    beginnings = directory.beginnings
    for size in range(min(len(key) - 1, directory.longest), directory.shortest - 1, -1):
        found = beginnings.get(key[:size])
        if found is not None:
            return found
    return None


def table(country: str) -> str:
    """A country's directory in Markdown, a heading for each kind, as `docs/directory.md` shows it.

    Raises:
        KeyError: The country has no directory.
    """
    listings = list(_listings(country, DIRECTORIES[country]))
    return "\n".join(_section(country, kind, listings) for kind in Kind)


def _section(country: str, kind: Kind, listings: list[tuple[str, Listing]]) -> str:
    rows = "".join(
        f"| {read_number(number, country=country).display} | {listing.organisation} | {listing.english}"
        f" | {listing.source} |\n"
        for number, listing in listings
        if listing.kind is kind
    )
    return f"### {kind}\n\n| Number | Organisation | In English | Known by |\n|---|---|---|---|\n{rows}"
