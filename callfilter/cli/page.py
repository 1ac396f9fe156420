"""`callfilter page`."""

import typer

from callfilter.cli.options import config_of
from callfilter.cli.say import refuse


def page(context: typer.Context) -> None:
    """Show the page, until SIGTERM or Ctrl-C. `callfilter serve` starts it by itself; this is for running it alone."""
    from callfilter.web.run import AddressTakenError, run  # noqa: PLC0415 - no other command needs a web server

    config = config_of(context)
    if config.web is None:
        refuse('the settings say web = "off", so there is no page; set web to an address such as 127.0.0.1:8480')
    try:
        run(config, config.web, context.find_root().obj)
    except AddressTakenError as error:
        refuse(str(error))
