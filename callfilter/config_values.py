"""Single values of the settings, understood: addresses, logins, paths, codes.

Each reader says no with a bare `ValueError`; `config_faults` knows the sentence. What is no text is left to pydantic.
"""

import ipaddress
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from filters.verdict import Action

_HOST: Final = re.compile(r"(?:[0-9A-Za-z_-]{1,63}\.)*[0-9A-Za-z_-]{1,63}\.?")
"""A name that the resolver takes, or an IPv4 address."""
_MAILBOX: Final = re.compile(r"[0-9A-Za-z_-]{1,40}@[0-9A-Za-z_-]{1,40}")


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen or connect."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Only this machine can reach it."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


@dataclass(frozen=True, slots=True)
class Ami:
    """How to log in to Asterisk's manager interface. The secret shows in neither `repr` nor messages."""

    user: str
    secret: SecretStr
    address: Address


def read_address(value: object) -> object:
    """`host:port` or `[v6]:port`, understood."""
    if not isinstance(value, str):
        return value
    host, colon, port = value.strip().rpartition(":")
    host = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if not (colon and _is_host(host) and re.fullmatch(r"[0-9]{1,5}", port)):
        raise ValueError
    if not 0 < int(port) <= 65535:  # noqa: PLR2004 - the highest port there is
        raise ValueError
    return Address(host, int(port))


def _is_host(text: str) -> bool:
    """Anything else would raise where nobody expects it, when we connect."""
    if ":" not in text:
        return _HOST.fullmatch(text) is not None
    try:
        return ipaddress.IPv6Address(text).scope_id is None
    except ValueError:
        return False


def read_web(value: object) -> object:
    """An address as above, or None for `off`."""
    return None if isinstance(value, str) and value.strip().lower() == "off" else read_address(value)


def read_ami(value: object) -> object:
    """`user:secret@host:port`, understood; the secret may hold colons and at-signs."""
    if not isinstance(value, str):
        return value
    if value.strip().lower() in {"off", ""}:
        return None
    login, at, address = value.strip().rpartition("@")
    user, colon, secret = login.partition(":")
    if not (at and colon and user and secret) or any(c < " " for c in login):
        raise ValueError
    found = read_address(address)
    return Ami(user, SecretStr(secret), found) if isinstance(found, Address) else found


def read_database(value: object) -> object:
    """A path, out of a path or an SQLite URL."""
    if not isinstance(value, str):
        return value
    scheme, colon, rest = value.partition("://")
    if colon:
        if scheme not in {"sqlite", "sqlite+aiosqlite"} or not rest.startswith("/"):
            raise ValueError
        value = rest[1:]
    if not value.strip() or "\0" in value or value == ":memory:":
        raise ValueError
    return Path(value).expanduser()


def read_folder(value: object) -> object:
    """A folder by its whole path."""
    if not isinstance(value, str):
        return value
    if not value.startswith("/") or "\0" in value:
        raise ValueError
    return Path(value)


def read_country(value: object) -> object:
    """An ISO 3166 code that the numbering library knows."""
    from phonenumbers import SUPPORTED_REGIONS  # noqa: PLC0415 - its metadata is only needed for this question

    if not isinstance(value, str):
        return value
    if value.strip().upper() not in SUPPORTED_REGIONS:
        raise ValueError
    return value.strip().upper()


def read_digits(value: object) -> object:
    """Digits or nothing."""
    if isinstance(value, str) and not re.fullmatch(r"[0-9]{0,12}", value):
        raise ValueError
    return value


def read_leading(value: object) -> object:
    """What a trunk puts before its numbers."""
    if isinstance(value, str) and not re.fullmatch(r"[0-9+*#]{1,12}", value):
        raise ValueError
    return value


def read_action(value: object) -> object:
    """What becomes of callers without a number; not `divert`, for there is no setting that says where to.

    Nor `tarpit`: who withholds the number may be a doctor, and must not be made a fool of.
    """
    if isinstance(value, str) and value in {Action.DIVERT, Action.TARPIT}:
        raise ValueError
    return value


def read_mailbox(value: object) -> object:
    """`box@context` or nothing."""
    if isinstance(value, str) and value and not _MAILBOX.fullmatch(value):
        raise ValueError
    return value
