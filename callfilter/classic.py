"""`callfilter-agi`: the classic AGI script, for shops that want no daemon and as the fallback for when it is down.

Asterisk starts it anew for each call, so it imports little. It judges and logs exactly as the service does.
"""

import os
import sys
from functools import partial

from agi.classic import run
from callfilter.config import Config, load_config
from callfilter.config_faults import ConfigError
from callfilter.screen import Screen
from callfilter.store.direct import record_now
from callfilter.store.file import StoreError
from callfilter.store.lookup import Lookup
from callfilter.store.record import CallRecord


def main() -> int:
    """Answer the one call on stdin; always 0, because the call rings whatever is wrong with us."""
    try:
        config = load_config(None, os.environ)
    except ConfigError as error:
        for fault in error.faults:
            _tell(fault)
        return 0
    screen = Screen(config, Lookup(config.database), partial(_record, config), source="classic")
    return run(screen, sys.stdin.buffer, sys.stdout.buffer)


def _record(config: Config, record: CallRecord) -> None:
    try:
        record_now(config.database, record)
    except StoreError as error:
        _tell(str(error))


def _tell(sentence: str) -> None:
    print(f"callfilter-agi: {sentence}", file=sys.stderr)  # noqa: T201 - Asterisk shows it on its console
