"""Examines the running service from outside, as Asterisk sees it: does it answer in time, and how has it been doing."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from callfilter import __version__
from callfilter.config_values import Address
from callfilter.doctor.finding import Finding, Mark, fault, ok, warning
from callfilter.doctor.peer import exchange

PATIENCE: Final = 1.0
"""Seconds for an answer; Asterisk's own guard waits 0.3."""
ANSWER_LIMIT: Final = 4096

PREFIX: Final = "CALLFILTER_HEALTH_"
TROUBLES: Final = (
    ("FAILED", Mark.WARNING, "service", "{count} calls rang because the filter failed; the log has them as error"),
    (
        "UNKNOWN_ROUTES",
        Mark.WARNING,
        "service",
        "{count} calls asked for something else than agi://…/screen; mend the AGI() in your dialplan",
    ),
    (
        "STRANGERS",
        Mark.WARNING,
        "service",
        "{count} connections did not speak AGI; look at who else reaches {address}, such as a scan",
    ),
    ("LOST", Mark.FAULT, "call log", "{count} calls could not be logged and are lost to it; look at the disk"),
    (
        "BEHIND",
        Mark.WARNING,
        "call log",
        "{count} calls still wait to be written; if that stays so, look at the database",
    ),
    (
        "IN_MEMORY",
        Mark.FAULT,
        "call log",
        "{count} of them are in memory only, because the disk takes no spool; look at that disk",
    ),
    (
        "SET_ASIDE",
        Mark.WARNING,
        "call log",
        "{count} lines of the spool could not be read and were set aside next to the database",
    ),
)
"""What is counted by the service and should be zero: its name there, and what to say where it is not."""
_ANSWER: Final = re.compile(r'EXEC MSet "(.*)"')
_HEADER: Final = (
    "".join(
        f"agi_{name}: {value}\n"
        for name, value in {
            "network": "yes",
            "network_script": "health",
            "request": "agi://127.0.0.1/health",
            "channel": "callfilter/doctor",
            "language": "en",
            "type": "callfilter",
            "uniqueid": "0",
            "version": __version__,
            "callerid": "unknown",
            "calleridname": "unknown",
            "callingpres": "0",
            "callingani2": "0",
            "callington": "0",
            "callingtns": "0",
            "dnid": "unknown",
            "rdnis": "unknown",
            "context": "callfilter",
            "extension": "s",
            "priority": "1",
            "enhanced": "0.0",
            "accountcode": "",
            "threadid": "0",
        }.items()
    ).encode()
    + b"\n"
)


def examine_service(address: Address, *, patience: float = PATIENCE) -> Iterator[Finding]:
    """What is to be said of the service at `address`; `patience` in seconds."""
    try:
        line = ask(address, patience)
    except ConnectionRefusedError:
        yield fault(
            "service",
            f"nobody answers at {address}, so every call rings unfiltered; start it: systemctl start callfilter, "
            "or callfilter serve",
        )
        return
    except TimeoutError:
        yield fault(
            "service",
            f"the service at {address} takes connections and does not answer within {patience:g} s: it is frozen, so "
            "end and restart it: systemctl restart callfilter",
        )
        return
    except OSError as error:
        yield fault(
            "service", f"{address} cannot be reached ({error.strerror or error}); look at fastagi in the settings"
        )
        return
    facts = read_answer(line)
    if facts is None:
        yield fault(
            "service",
            f"what listens at {address} is not callfilter, or not this version; end it, or set fastagi to a free port",
        )
        return
    yield from _findings(facts, address)


def ask(address: Address, patience: float) -> str:
    """The line that the service answers; empty where it closed without one.

    Raises:
        OSError: it cannot be reached, or TimeoutError where it does not answer in time.
    """
    received = exchange(address, _HEADER, b"\n", limit=ANSWER_LIMIT, patience=patience)
    return received.decode(errors="replace").partition("\n")[0]


def read_answer(line: str) -> Mapping[str, str] | None:
    """`VERSION`, `PID` and so on, out of the command that would set them; None where it is no such command."""
    match = _ANSWER.fullmatch(line)
    if not match:
        return None
    pairs = (pair.partition("=") for pair in match[1].split(","))
    facts = {name.removeprefix(PREFIX): value for name, _, value in pairs if name.startswith(PREFIX)}
    return facts if "VERSION" in facts else None


def _findings(facts: Mapping[str, str], address: Address) -> Iterator[Finding]:
    yield ok(
        "service",
        f"callfilter {facts['VERSION']} (process {facts.get('PID', '?')}) answers at {address}: "
        f"{facts.get('CALLS', '?')} calls since its start, median {facts.get('MEDIAN_MS', '?')} ms, "
        f"99th percentile {facts.get('P99_MS', '?')} ms",
    )
    if facts["VERSION"] != __version__:
        yield warning("service", f"it is version {facts['VERSION']}, and {__version__} is installed; restart it")
    if _count(facts, "POLICY") != _count(facts, "POLICY_JUDGES"):
        yield fault(
            "service",
            f"version {facts['POLICY']} of the policy cannot be used by it, so "
            f"{f'version {judges}' if (judges := _count(facts, 'POLICY_JUDGES')) else 'the built-in policy'} judges",
        )
    if (waiting := facts.get("RESTART", "none")) != "none":
        yield warning("service", f"changed in the settings since its start: {waiting}; restart it to use that")
    for name, mark, subject, text in TROUBLES:
        if count := _count(facts, name):
            yield Finding(mark, subject, text.format(count=count, address=address))
    if facts.get("AMI") in {"refused", "unreachable"}:
        yield warning("service", "it is not logged in to the manager, so the log does not tell what becomes of calls")
    if facts.get("DATABASE", "ok") != "ok":
        yield fault("call log", "the service cannot write the database; its log says why: journalctl -u callfilter")


def _count(facts: Mapping[str, str], name: str) -> int:
    value = facts.get(name, "0")
    return int(value) if value.isdecimal() else 0
