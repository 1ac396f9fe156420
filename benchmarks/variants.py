"""What is compared: each variant is one extension of the same Asterisk. Holds the dialplan and no measuring."""

from dataclasses import dataclass
from enum import StrEnum, auto

from benchmarks.listed import FAMILY, Codes
from benchmarks.rules import RULES


class Server(StrEnum):
    """Who answers a variant's FastAGI requests."""

    NOBODY = auto()
    FLOOR = auto()
    FLOOR_WAITS = auto()
    FLOOR_PYTHON = auto()
    DAEMON = auto()
    DAEMON_ALONE = auto()
    """The daemon without its AMI connection."""
    DAEMON_WITH_RULES = auto()
    DAEMON_FEW = auto()
    """The daemon with the shortest list, where the others have a longer one."""


class Lists(StrEnum):
    """The lengths of the list with which a variant is measured."""

    ALL = auto()
    ENDS = auto()
    """The shortest and the longest."""
    SHORTEST = auto()
    """A side remark: its highest rate is not looked for either."""
    LONGEST = auto()


USUAL = Codes(listed=603, unlisted=486)


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to reject a listed caller."""

    name: str
    """Its extension."""
    title: str
    server: Server = Server.NOBODY
    codes: Codes = USUAL
    fast: bool = True
    """False where a process is forked for each call."""
    lists: Lists = Lists.ALL
    close: bool = False
    """Small differences are looked for: measured longer, and its highest rate more closely."""


HANGUP = Variant("bench-hangup", "bare `Hangup`", codes=Codes(603, 603))
ASTDB = Variant("bench-astdb", "AstDB, `DB_EXISTS()`")
BLACKLIST = Variant("bench-blacklist", "AstDB, `BLACKLIST()`")
FLOOR = Variant("bench-floor", "do-nothing FastAGI server in C", Server.FLOOR, close=True)
FLOOR_WAITS = Variant("bench-floor-waits", "the same, waiting for `200`", Server.FLOOR_WAITS, lists=Lists.SHORTEST)
FLOOR_PYTHON = Variant(
    "bench-floor-python", "do-nothing FastAGI server in Python", Server.FLOOR_PYTHON, lists=Lists.ENDS
)
CALLFILTER = Variant("bench-callfilter", "**callfilter**, FastAGI", Server.DAEMON, close=True)
FEW = Variant("bench-few", "the same, with the shortest list", Server.DAEMON_FEW, lists=Lists.LONGEST, close=True)
ALONE = Variant("bench-alone", "the same, without AMI", Server.DAEMON_ALONE, lists=Lists.SHORTEST)
WITH_RULES = Variant(
    "bench-rules",
    f"callfilter with {RULES:,} rules",
    Server.DAEMON_WITH_RULES,
    Codes(603, 486, strangers=True),
    lists=Lists.ENDS,
    close=True,
)
CLASSIC = Variant("bench-classic", "callfilter, classic script", fast=False)

VARIANTS = (HANGUP, ASTDB, BLACKLIST, FLOOR, FLOOR_WAITS, FLOOR_PYTHON, CALLFILTER, FEW, ALONE, WITH_RULES, CLASSIC)

NATIVE = f"""
[from-trunk]
exten => {HANGUP.name},1,Hangup(16)

exten => {ASTDB.name},1,GotoIf(${{DB_EXISTS({FAMILY}/${{CALLERID(num)}})}}?bench-listed,1)
 same => n,Hangup(17)

exten => {BLACKLIST.name},1,GotoIf(${{BLACKLIST()}}?bench-listed,1)
 same => n,Hangup(17)

exten => bench-listed,1,Hangup(16)
"""

# All of them go through the dialplan that is shipped, so that they differ in who answers and in nothing else.
ASKING = """
exten => {name},1,Set(CALLFILTER_FASTAGI=127.0.0.1:{port})
 same => n,Gosub(callfilter,s,1)
 same => n,Hangup(17)
"""
SCRIPT = """
exten => {name},1,MSet(CALLFILTER_FASTAGI=127.0.0.1:{port},CALLFILTER_FALLBACK=callfilter-agi)
 same => n,Gosub(callfilter,s,1)
 same => n,Hangup(17)
"""


def dialplan(ports: dict[Server, int]) -> str:
    """The extensions of all variants; `Server.NOBODY` is a port at which nobody listens."""
    asking = (
        (ASKING if variant.fast else SCRIPT).format(name=variant.name, port=ports[variant.server])
        for variant in VARIANTS
        if variant.server in ports and variant not in {HANGUP, ASTDB, BLACKLIST}
    )
    return NATIVE + "".join(asking)
