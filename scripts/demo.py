"""`make run`: a private Asterisk, the filter, and sample calls filtered before your eyes. Everything on loopback."""

import argparse
import asyncio
import math
import secrets
import shlex
import shutil
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.cells import set_cell_size
from rich.console import Console
from rich.markup import escape

from lab import fetch
from lab.pbx import Pbx, PbxError, Ports
from lab.service import Service, ServiceError
from lab.sipp import CallResult, Phone, SippError, place_call

VAR = fetch.CHECKOUT / "var"
WEB = 8480
SETTINGS = """\
# Written by `make run`, anew each time.
database = "{database}"
country = "CN"
area = "021"
fastagi = "127.0.0.1:{ports.fastagi}"
web = "127.0.0.1:{web}"
ami = "{user}:{secret}@127.0.0.1:{ports.ami}"
voicemail_spool = "{spool}/voicemail"
mask_numbers = false

[policy]
anonymous = "voicemail"
mailbox = "100@default"

[dids."02161234567"]
name = "Noodle bar"
mailbox = "101@default"
"""
SALESMAN = "13800138000"
OWN_NUMBERS = (
    ("allow", "13912345678", "--note", "regular customer", "--label", "VIP"),
    ("block", SALESMAN, "--note", "card terminals, again"),
    ("block", "0755888*", "--note", "call centre in Shenzhen", "--for", "30d"),
)
RINGS, TURNED_AWAY, ANSWERED = "allow", "reject", 200
DECLINED = 603


@dataclass(frozen=True, slots=True)
class Sample:
    """A call that a shop would know, and how it should end."""

    who: str
    caller: str
    action: str
    reason: str
    name: str = ""
    talk_seconds: float = 0.3
    keys: str = ""

    @property
    def final_code(self) -> int:
        """What the caller's phone company should get as the answer."""
        return DECLINED if self.action == TURNED_AWAY else ANSWERED


SAMPLES = (
    Sample("regular customer", "13912345678", RINGS, "allowed", name="王小明"),
    Sample("salesman, blocked", f"+86{SALESMAN}", TURNED_AWAY, "blocked"),
    Sample("the same, spelled 86…", f"86{SALESMAN}", TURNED_AWAY, "blocked"),
    Sample("the same, spelled 0…", f"0{SALESMAN}", TURNED_AWAY, "blocked"),
    Sample("the same, bare", SALESMAN, TURNED_AWAY, "blocked"),
    Sample("blocked prefix 0755888*", "075588812345", TURNED_AWAY, "blocked"),
    Sample(
        "no number, leaves a message",
        "anonymous",
        "voicemail",
        "anonymous",
        name="Anonymous",
        keys="#",
        talk_seconds=2.5,
    ),
    Sample("a bank", "95588", RINGS, "default"),
    Sample("the police", "110", RINGS, "protected"),
    Sample("8-digit 95xxxxxx", "95029267", RINGS, "default"),
    Sample("a pharmacy, name in Chinese", "02162345678", RINGS, "default", name="李医生的药店"),
    Sample("a hostile name", "13700137000", RINGS, "default", name="${SHELL(touch /tmp/owned)},;'`|&<b>"),
)


def main() -> int:
    """Run the demo; 0 if every sample call ended as it should."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--once", action="store_true", help="stop after the sample calls")
    arguments = parser.parse_args()
    try:
        return asyncio.run(demo(once=arguments.once))
    except (ServiceError, PbxError, SippError, fetch.FetchError) as error:
        print(f"make run: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0


async def demo(*, once: bool) -> int:
    """Start everything, place the sample calls, and stay until Ctrl-C unless `once`."""
    console = Console(width=None if sys.stdout.isatty() else 132, highlight=False)
    asterisk, sipp = fetch.asterisk("22"), fetch.sipp()
    shutil.rmtree(VAR / "demo", ignore_errors=True)
    ports = Ports.demo()
    pbx = Pbx(asterisk, VAR / "demo/pbx", ports=ports)
    settings = VAR / "demo/callfilter.toml"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.touch(mode=0o600)
    database = VAR / "demo/callfilter.db"
    settings.write_text(
        SETTINGS.format(
            database=database, web=WEB, ports=ports, user=pbx.ami_user, secret=pbx.ami_secret, spool=pbx.spool
        ),
        encoding="utf-8",
    )
    code = secrets.token_hex(4)
    environ = {"CALLFILTER_WEB": "", "CALLFILTER_FIRST_CODE": code, "CALLFILTER_ASTERISK": str(pbx.console)}
    service = Service(settings, ports.fastagi, environ=environ)
    for words in OWN_NUMBERS:
        console.print(f"$ callfilter {shlex.join(words)}", style="dim")
        await service.callfilter(*words)
    version = ".".join(map(str, asterisk.version))
    async with pbx, service, Phone(pbx, sipp, ring_seconds=0.1) as phone:
        console.print(
            f"\nAsterisk {version} takes calls at SIP 127.0.0.1:{ports.sip}; "
            f"the filter answers it at 127.0.0.1:{ports.fastagi}. Placing {len(SAMPLES)} calls:\n"
        )
        wrong = await place_samples(console, pbx, sipp, service)
        await show_message(console, service)
        console.print(f"\nThe shop's phone rang {len(phone.calls())} times; it showed these names:")
        console.print("  " + escape(" | ".join(call.name or "-" for call in phone.calls())))
        doctor = await service.callfilter("doctor", ok=(0, 1))
        console.print(f"\n$ callfilter doctor\n{escape(doctor)}")
        if not once:
            console.print(
                f"The page: http://127.0.0.1:{WEB}/welcome?code={code} (the code is for the first login only)\n"
                f"Running until Ctrl-C. In another window: .venv/bin/callfilter --config {shown(settings)} log\n"
                f"Asterisk's own console: {shown(pbx.console)} -rvvv"
            )
            await interrupted()
    console.print("Every call ended as it should." if not wrong else f"{wrong} calls did not end as they should.")
    return 1 if wrong else 0


async def place_samples(console: Console, pbx: Pbx, sipp: tuple[str, ...], service: Service) -> int:
    """One call after the other, a line each; returns how many did not end as they should."""
    wrong = 0
    console.print(line("call", "from", "verdict", "reason", "SIP answer", "rang after", "verdict took"), style="bold")
    for number, sample in enumerate(SAMPLES, start=1):
        result = await place_call(
            pbx,
            sipp,
            caller=sample.caller,
            name=sample.name,
            to="02161234567",
            talk_seconds=sample.talk_seconds,
            send_dtmf=sample.keys,
        )
        row = (await service.rows_when(number))[0]
        right = (row["action"], row["reason"], result.final_code) == (sample.action, sample.reason, sample.final_code)
        wrong += not right
        console.print(described(sample, result, row, right=right), style="" if right else "red")
    return wrong


async def show_message(console: Console, service: Service) -> None:
    """What the anonymous caller left, as the log has it."""
    (row,) = await service.rows("--action", "voicemail")
    console.print(
        f"\nThe anonymous caller left a message of {row['voicemail_seconds']:.0f} s in {row['voicemail_box']}."
        if row["voicemail_seconds"] is not None
        else "\nThe anonymous caller left no message."
    )


def described(sample: Sample, result: CallResult, row: dict[str, Any], *, right: bool) -> str:
    """One line about one call."""
    rang = "" if math.isnan(result.ringing_milliseconds) else f"{result.ringing_milliseconds:.0f} ms"
    answer = f"{result.final_code} {result.reason}"
    took = f"{row['milliseconds']:.2f} ms"
    text = line(sample.who, row["display"] or sample.caller, row["action"], row["reason"], answer, rang, took)
    return text if right else f"{text}  expected {sample.action}, {sample.reason}, {sample.final_code}"


def line(*cells: str) -> str:
    """Cells side by side, each as wide as its column; Chinese characters take two places."""
    widths = (30, 18, 10, 10, 16, 10, 12)
    return escape("  ".join(set_cell_size(cell, width) for cell, width in zip(cells, widths, strict=True)).rstrip())


def shown(path: Path) -> str:
    """A path as one would type it here."""
    return str(path.relative_to(fetch.CHECKOUT))


async def interrupted() -> None:
    """Wait for Ctrl-C or a request to stop."""
    stop = asyncio.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, stop.set)
    await stop.wait()


if __name__ == "__main__":
    sys.exit(main())
