"""`callfilter serve`."""

import typer

from callfilter.cli.options import config_of


def serve(context: typer.Context) -> None:
    """Answer Asterisk's questions about calls, until SIGTERM or Ctrl-C."""
    from callfilter.serve import run  # noqa: PLC0415 - the whole service; the other commands need none of it

    raise typer.Exit(run(config_of(context)))
