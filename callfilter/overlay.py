"""Settings made on the page: a file of its own beside the database, because the admin's file belongs to root.

It lies over the admin's file and under the variables of the environment, and holds only what differs from the former:
what nobody changed on the page goes on following the admin's file. Standard library only; the classic script looks
here on each call.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from callfilter.config_faults import Place

EDITABLE: Final = (
    "country",
    "area",
    "extensions",
    "mask_numbers",
    "language",
    "keep_days",
    "policy",
    "dids",
    "trunks",
)
"""What the page may set. Where things lie, who listens and every secret stay with the admin of the machine."""
POLICY: Final = "policy"
"""The table whose settings count one by one; of all others the page's takes the place of the file's."""
MODE: Final = 0o640
HEADER: Final = """\
# Settings made on callfilter's page. They lie over those of callfilter.toml; take this file away to be rid of them.
"""


def overlay_path(database: Path) -> Path:
    """Where the page keeps its settings: `callfilter.settings.toml` beside `callfilter.db`."""
    return database.with_name(f"{database.stem}.settings.toml")


def laid_over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Both sets of settings as one."""
    merged = {**below, **above}
    if isinstance(below.get(POLICY), dict) and isinstance(above.get(POLICY), dict):
        merged[POLICY] = {**below[POLICY], **above[POLICY]}
    return merged


def places_of(above: Mapping[str, Any]) -> frozenset[Place]:
    """What is set by these settings: `("dids",)`, `("policy", "signal")`."""
    found: set[Place] = set()
    for name, value in above.items():
        found |= {(name, inner) for inner in value} if name == POLICY and isinstance(value, dict) else {(name,)}
    return frozenset(found)


def difference(wanted: Mapping[str, Any], below: Mapping[str, Any]) -> dict[str, Any]:
    """What must lie over `below` so that it says what is wanted. Both have all settings, in the same spelling."""
    found = {name: value for name, value in wanted.items() if name != POLICY and value != below[name]}
    policy = {name: value for name, value in wanted[POLICY].items() if value != below[POLICY][name]}
    return {**found, **({POLICY: policy} if policy else {})}


def save(path: Path, table: Mapping[str, Any]) -> None:
    """Writes the page's settings, whole or not at all.

    Raises:
        OSError: the folder cannot be written.
    """
    import tempfile  # noqa: PLC0415 - 2 ms, which those who only read need not wait for

    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, prefix=path.name, delete=False) as file:
        try:
            os.fchmod(file.fileno(), MODE)
            file.write("\n".join(_lines(table)))
            file.flush()
            os.fsync(file.fileno())
            os.replace(file.name, path)  # noqa: PTH105 - the name is a text here
        except BaseException:
            with suppress(OSError):
                os.unlink(file.name)  # noqa: PTH108 - the same
            raise


def _lines(table: Mapping[str, Any]) -> Iterator[str]:
    from callfilter.policy_toml import key_of, value_of  # noqa: PLC0415 - who only reads need not wait for it

    yield HEADER
    tables = [name for name, value in table.items() if isinstance(value, Mapping)]
    for name, value in table.items():
        if name not in tables:
            yield f"{name} = {value_of(value)}"
    if POLICY in tables:
        yield f"\n[{POLICY}]"
        for name, value in table[POLICY].items():
            yield f"{name} = {value_of(value)}"
    for name in tables:
        if name == POLICY:
            continue
        yield f"\n[{name}]"
        for key, value in table[name].items():
            yield f"{key_of(key)} = {value_of(value)}"
    yield ""
