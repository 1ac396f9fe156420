"""The files of `asterisk-conf/`, wherever the package is installed: `callfilter/shipped` is a link to that folder."""

from importlib import resources


def shipped(name: str) -> bytes:
    """The content of a shipped file.

    Raises:
        FileNotFoundError: nothing of that name is shipped.
    """
    return resources.files("callfilter").joinpath("shipped", name).read_bytes()
