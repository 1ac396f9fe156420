"""Examines the live Asterisk through its console: what is loaded, not what files say."""

import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from callfilter.config import DEFAULT_FASTAGI, Config
from callfilter.doctor.finding import Finding, fault, ok, warning

Console = Callable[[str], str]
"""Runs one console command and returns what it printed; raises `Unreachable`."""

PATIENCE: Final = 10.0
OLDEST: Final = 16
"""The oldest major version that was tried."""
CONTEXT: Final = "callfilter"
NEEDED: Final = (
    "res_agi.so",
    "app_stack.so",
    "app_exec.so",
    "app_verbose.so",
    "func_callerid.so",
    "func_channel.so",
    "func_global.so",
    "func_logic.so",
    "func_strings.so",
    "func_timeout.so",
    "func_uri.so",
)
"""Modules that the shipped dialplan uses for every call."""
VOICEMAIL: Final = ("app_voicemail.so", "app_userevent.so")
"""Those that it uses for voicemail."""
OTHER_ACTIONS: Final = (
    "app_playback.so",
    "app_playtones.so",
    "app_userevent.so",
    "func_cut.so",
    "func_dialplan.so",
    "func_groupcount.so",
    "func_rand.so",
    "res_musiconhold.so",
)
"""Those that it uses to screen, to divert and for the tarpit."""

_CONTEXT: Final = re.compile(r"\[ (?:Included )?[Cc]ontext '([^']*)'")
_ENTERS: Final = re.compile(rf"Gosub\({CONTEXT},", re.IGNORECASE)


class Unreachable(Exception):  # noqa: N818 - it says what Asterisk is
    """Asterisk's console cannot be used; the message says why."""


def console_of(command: Iterable[str]) -> Console:
    """A console behind a command such as `asterisk`, or `asterisk -C /path/asterisk.conf`."""
    words = tuple(command)

    def run(line: str) -> str:
        program = shutil.which(words[0])
        if program is None:
            raise Unreachable(f"there is no {words[0]} command here")
        try:
            done = subprocess.run(  # noqa: S603 - the admin's own command, and our fixed words
                [program, *words[1:], "-rx", line], capture_output=True, timeout=PATIENCE, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Unreachable(f"{words[0]} -rx does not end") from error
        if done.returncode:
            said = " ".join((done.stderr + done.stdout).decode(errors="replace").split())
            raise Unreachable(said or f"{words[0]} -rx ended with status {done.returncode}")
        return done.stdout.decode(errors="replace")

    return run


def examine_asterisk(config: Config, console: Console) -> Iterator[Finding]:
    """What is to be said of the Asterisk behind `console`."""
    try:
        yield _version(console("core show version"))
        yield from _modules(config, console("module show"))
        yield from _dialplan(console)
        yield from _daemon(config, console("dialplan show globals"))
        yield _pjsip_hangup(console("core show application PJSIPHangup"))
        yield from _mailboxes(config, console)
        yield from _manager_user(config, console)
    except Unreachable as error:
        yield warning(
            "asterisk", f"cannot look into Asterisk ({error}); run this where Asterisk runs, as root or as its user"
        )


def _version(said: str) -> Finding:
    match = re.search(r"Asterisk\s+\S*?(\d+)\.\S*", said)
    version = match[0] if match else "an unknown version"
    if match and int(match[1]) < OLDEST:
        return warning(
            "asterisk", f"{version} is older than anything that was tried; Asterisk {OLDEST} or newer is better"
        )
    return ok("asterisk", version)


def _modules(config: Config, said: str) -> Iterator[Finding]:
    loaded = {line.split()[0] for line in said.splitlines() if line.split() and "Not Running" not in line}
    if any(name.startswith("app_voicemail") for name in loaded):
        loaded.add(VOICEMAIL[0])  # the same application, with its messages in IMAP or a database
    for names, needed in ((NEEDED, True), (VOICEMAIL, config.has_mailbox)):
        missing = [name for name in names if name not in loaded]
        if missing and needed:
            yield fault(
                "modules",
                f"not loaded, but needed: {', '.join(missing)}; run asterisk -rx 'module load NAME', and take any "
                "noload of them out of modules.conf",
            )
        elif needed:
            yield ok("modules", f"{', '.join(name.removesuffix('.so') for name in names)} are loaded")
    if missing := [name for name in OTHER_ACTIONS if name not in loaded]:
        yield warning(
            "modules",
            f"not loaded, but needed to screen, divert or hold calls, else they may be lost: {', '.join(missing)}; run "
            "asterisk -rx 'module load NAME', and take any noload of them out of modules.conf",
        )


def _dialplan(console: Console) -> Iterator[Finding]:
    if "Context 'callfilter'" not in console(f"dialplan show {CONTEXT}"):
        yield fault(
            "dialplan",
            "the context callfilter is not loaded; include callfilter.conf in extensions.conf (callfilter setup does) "
            "and run: asterisk -rx 'dialplan reload'",
        )
        return
    yield ok("dialplan", "the context callfilter is loaded")
    entering = contexts_entering(console("dialplan show"))
    if entering:
        yield ok("dialplan", f"the filter is entered from {', '.join(entering)}")
    else:
        yield fault(
            "dialplan",
            "no context enters the filter; put exten => _X.,1,Gosub(callfilter,s,1) into the context that your trunk's "
            "calls come in by",
        )


def _daemon(config: Config, said: str) -> Iterator[Finding]:
    """Asterisk asks where the service listens; hosts may differ, where it listens at all of them."""
    match = re.search(r"^\s*CALLFILTER_FASTAGI=(\S+)", said, re.MULTILINE)
    asked = match[1] if match else str(DEFAULT_FASTAGI)
    if asked.rpartition(":")[2] != str(config.fastagi.port):
        yield fault(
            "dialplan",
            f"Asterisk asks {asked}, and the settings say {config.fastagi}; put CALLFILTER_FASTAGI={config.fastagi} "
            "into [globals] of extensions.conf, or change fastagi",
        )


def contexts_entering(dialplan: str) -> list[str]:
    """The contexts in what `dialplan show` printed that hold a `Gosub(callfilter,…)`."""
    context, found = "", []
    for line in dialplan.splitlines():
        if match := _CONTEXT.search(line):
            context = match[1]
        elif _ENTERS.search(line) and context not in found:
            found.append(context)
    return found


def _pjsip_hangup(said: str) -> Finding:
    if "not registered" in said:
        return warning(
            "dialplan",
            "this Asterisk has no PJSIPHangup, so 607 reaches callers as 603; Asterisk 18.21, 20.6, 21.1 have it",
        )
    return ok("dialplan", "PJSIPHangup is there: rejected callers get the very answer that is set")


def _mailboxes(config: Config, console: Console) -> Iterator[Finding]:
    wanted = {config.policy_settings.mailbox, *(did.mailbox for did in config.dids.values())} - {""}
    if not wanted:
        return
    words = (line.split() for line in console("voicemail show users").splitlines())
    there = {f"{line[1]}@{line[0]}" for line in words if len(line) > 1}
    if missing := sorted(wanted - there):
        yield fault(
            "voicemail",
            f"no such mailbox: {', '.join(missing)}; add it to voicemail.conf or change the settings, for until then "
            "these calls ring",
        )
    else:
        yield ok("voicemail", f"every mailbox is there: {', '.join(sorted(wanted))}")


def _manager_user(config: Config, console: Console) -> Iterator[Finding]:
    if config.ami is None:
        return
    said = console(f"manager show user {config.ami.user}")
    if f"username: {config.ami.user}" not in said:
        yield fault(
            "manager",
            f"Asterisk knows no manager user {config.ami.user}; include callfilter-manager.conf in manager.conf "
            "(callfilter setup does) and run: asterisk -rx 'manager reload'",
        )
    else:
        yield ok("manager", f"Asterisk knows the manager user {config.ami.user}")
