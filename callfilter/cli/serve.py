"""`callfilter serve`."""

import typer

from callfilter.cli.options import config_of
from callfilter.cli.say import refuse


def serve(context: typer.Context) -> None:
    """Answer Asterisk's questions about calls, until SIGTERM or Ctrl-C."""
    from callfilter.serve import AddressTakenError, run  # noqa: PLC0415 - the whole service; other commands need none of it

    try:
        code = run(config_of(context), context.find_root().obj)
    except AddressTakenError as error:
        refuse(str(error))
    raise typer.Exit(code)
