"""Entry point of `callfilter`: the commands, and the one place where a fault becomes a sentence and an exit status.

Commands import what they need when they run: completing a word or checking a number must not wait for SQLAlchemy.
"""

import io
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from callfilter import __version__
from callfilter.cli import (
    backup,
    check,
    doctor,
    expect,
    imported,
    log,
    numbers,
    page,
    policy,
    replay,
    rules,
    serve,
    setup,
    trusted,
    user,
)
from callfilter.cli.say import FAILED, YES, Refusal, complain, say
from callfilter.config_faults import ConfigError
from callfilter.store.file import StoreError

app = typer.Typer(name="callfilter", rich_markup_mode=None, pretty_exceptions_enable=False, no_args_is_help=False)


def _show_version(wanted: bool) -> None:  # noqa: FBT001 - Typer calls it with the flag's value
    if wanted:
        say(f"callfilter {__version__}")
        raise typer.Exit


@app.callback()
def root(
    context: typer.Context,
    *,
    config: Annotated[
        Path | None,
        typer.Option(
            help="Settings file; otherwise $CALLFILTER_CONFIG, otherwise /etc/callfilter/callfilter.toml.",
            metavar="FILE",
            show_default=False,
        ),
    ] = None,
    version: Annotated[  # noqa: ARG001 - the callback has done its work by then
        bool, typer.Option("--version", help="Show the version and exit.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Looks every caller up, then lets the call ring, rejects it, or sends it to voicemail - and says why.

    Exit status: 0 yes or done, 1 no, 2 wrong input or a fault.
    """
    context.obj = config


app.command("serve")(serve.serve)
app.command("page")(page.page)
app.command("check")(check.check)
app.command("block")(numbers.block)
app.command("allow")(numbers.allow)
app.command("forget")(numbers.forget)
app.command("numbers")(numbers.numbers)
app.command("import")(imported.import_)
app.command("expect")(expect.expect)
app.command("report")(trusted.report)
app.add_typer(trusted.app, name="trusted")
app.add_typer(log.app, name="log")
app.command("rules")(rules.rules)
app.add_typer(rules.presets, name="presets")
app.add_typer(policy.app, name="policy")
app.command("replay")(replay.replay)
app.add_typer(user.app, name="user")
app.command("backup")(backup.backup)
app.command("doctor")(doctor.doctor)
app.command("setup")(setup.setup)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; faults that an admin can mend end as one sentence each on stderr.

    Returns:
        The exit status: 0 yes or done, 1 no, 2 wrong input or a fault.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Names in any script may have to be shown on a terminal that knows only one.
        sys.stdout.reconfigure(errors="backslashreplace")
    command = typer.main.get_command(app)
    try:
        code = command.main(arguments, "callfilter", standalone_mode=False)
    except typer.TyperException as error:
        complain(_usage(error.format_message()))
        return FAILED
    except typer.Abort:
        complain("stopped, nothing was done")
        return FAILED
    except Refusal as refusal:
        complain(str(refusal))
        return refusal.code
    except ConfigError as error:
        for fault in error.faults:
            complain(fault)
        return FAILED
    except StoreError as error:
        complain(str(error))
        return FAILED
    return code if isinstance(code, int) else YES


def _usage(text: str) -> str:
    """Typer's complaint as one sentence."""
    if "Did you mean" in text:
        return text.replace(". Did you mean", ", did you mean")
    return f"{text.strip().rstrip('.')}; see 'callfilter --help'"


if __name__ == "__main__":
    sys.exit(main())
