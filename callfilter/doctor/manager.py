"""Examines the login to Asterisk's manager interface, by logging in."""

from collections.abc import Iterator
from typing import Final

from callfilter.config_values import Ami
from callfilter.doctor.finding import Finding, fault, ok, warning
from callfilter.doctor.peer import exchange

PATIENCE: Final = 2.0
ANSWER_LIMIT: Final = 65536


def examine_manager(ami: Ami | None, *, patience: float = PATIENCE) -> Iterator[Finding]:
    """What is to be said of the manager login; `patience` in seconds."""
    if ami is None:
        yield warning(
            "manager",
            "ami is off in the settings, so the log cannot tell what became of calls, and nobody whom you dial or talk "
            "with becomes known; callfilter setup sets it up",
        )
        return
    try:
        answer = _log_in(ami, patience)
    except TimeoutError:
        yield fault("manager", f"{ami.address} takes connections and does not answer; restart Asterisk or look at ami")
    except OSError as error:
        yield fault(
            "manager",
            f"{ami.address} cannot be reached ({error.strerror or error}); set enabled = yes in [general] of "
            "manager.conf",
        )
    else:
        yield _finding(ami, answer)


def _finding(ami: Ami, answer: str) -> Finding:
    if "Response: Success" in answer:
        return ok("manager", f"logged in to {ami.address} as {ami.user}")
    if "Response: Error" in answer:
        return fault(
            "manager",
            f"{ami.address} refuses the user {ami.user}; make the secret in the settings the one in Asterisk's manager "
            "file, and run: asterisk -rx 'manager reload'",
        )
    return fault("manager", f"what listens at {ami.address} is no manager interface; look at ami in the settings")


def _log_in(ami: Ami, patience: float) -> str:
    login = (
        f"Action: Login\r\nUsername: {ami.user}\r\nSecret: {ami.secret.get_secret_value()}\r\nEvents: off\r\n\r\n"
        "Action: Logoff\r\n\r\n"
    )
    received = exchange(ami.address, login.encode(), b"\r\n\r\n", limit=ANSWER_LIMIT, patience=patience)
    return received.decode(errors="replace")
