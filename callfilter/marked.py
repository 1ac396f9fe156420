"""Marks what is translated on the page where it is written down outside of it."""


def N_(message: str) -> str:  # noqa: N802 - the name that gettext's tools look for
    """Marks a message for translation; it is translated where it is shown."""
    return message
