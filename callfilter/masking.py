"""Numbers for the service's log: enough to recognise a caller one knows, too little to collect."""

KEEP_AT_END = 4
HIDE = 4


def masked(key: str) -> str:
    """`+8613800138000` -> `+86138****8000`; short numbers (up to 8 characters after the country) stay whole.

    Service and emergency numbers belong to nobody in particular, and a log without them explains nothing.
    """
    digits = key.rpartition(":")[2]
    if len(digits) <= KEEP_AT_END + HIDE:
        return key
    return f"{key[: -KEEP_AT_END - HIDE]}{'*' * HIDE}{key[-KEEP_AT_END:]}"
