"""The settings as a form: out of the settings in use, and back into a table for the page's file."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from starlette.datastructures import FormData

from callfilter.config import Config
from callfilter.config_faults import Place
from callfilter.marked import N_

MOST_ROWS: Final = 2000
"""DIDs or trunks in one form."""
LONGEST: Final = 200
"""Characters of a name or number."""
LONGEST_LIST: Final = 200_000
"""Characters of a list: fifteen thousand numbers."""

NO_NUMBER: Final = N_("Write the number as your trunk sends it, or empty the whole line.")
NO_NAME: Final = N_("Write the name of the trunk, or empty the whole line.")
TWICE: Final = N_("This stands in two lines: remove one of them.")
TOO_MANY: Final = N_("These are too many lines: this page takes %(most)s at most.")
TOO_LONG: Final = N_("This is too long: at most %(most)s characters.")
NOT_A_NAME: Final = N_("Write it without spaces and other special characters, as Asterisk has it.")

Fault = tuple[str, int]
"""A message to translate, and the number that it names as `most`."""

_LISTS: Final = ("extensions", "protected")
_NAME: Final = re.compile(r"[0-9A-Za-z+*#_./:@-]{1,80}")


@dataclass(frozen=True)
class DidRow:
    """One of the shop's own numbers."""

    number: str = ""
    name: str = ""
    mailbox: str = ""


@dataclass(frozen=True)
class TrunkRow:
    """How a trunk writes numbers."""

    name: str = ""
    country: str = ""
    area: str = ""
    strip: str = ""


@dataclass
class SettingsForm:
    """What stands in the fields, right or wrong."""

    country: str = ""
    area: str = ""
    extensions: str = ""
    protected: str = ""
    signal: str = ""
    anonymous: str = ""
    invalid: str = ""
    mailbox: str = ""
    language: str = ""
    keep_days: str = ""
    mask_numbers: bool = False
    dids: list[DidRow] = field(default_factory=list)
    trunks: list[TrunkRow] = field(default_factory=list)

    @classmethod
    def of(cls, config: Config) -> "SettingsForm":
        """The settings as they are."""
        policy = config.policy_settings
        return cls(
            country=config.country,
            area=config.area,
            extensions="\n".join(config.extensions),
            protected="\n".join(policy.protected),
            signal=str(int(policy.signal)),
            anonymous=str(policy.anonymous),
            invalid=str(policy.invalid),
            mailbox=policy.mailbox,
            language=config.language,
            keep_days=str(config.keep_days),
            mask_numbers=config.mask_numbers,
            dids=[DidRow(number, did.name, did.mailbox) for number, did in config.dids.items()],
            trunks=[
                TrunkRow(name, of.country or "", of.area or "", " ".join(of.strip))
                for name, of in config.trunks.items()
            ],
        )

    @classmethod
    def sent(cls, form: FormData) -> "SettingsForm":
        """What a browser sent, whole. Lines that are empty or to be removed are left out."""

        def text(name: str) -> str:
            return str(form.get(name, "")).strip()

        def rows(prefix: str, *names: str) -> Iterable[list[str]]:
            removed = {str(each) for each in form.getlist(f"{prefix}_remove")}
            columns = [[str(each).strip() for each in form.getlist(f"{prefix}_{name}")] for name in names]
            for index, row in enumerate(zip(*columns, strict=False)):
                if any(row) and str(index) not in removed:
                    yield list(row)

        return cls(
            country=text("country"),
            area=text("area"),
            extensions=text("extensions"),
            protected=text("protected"),
            signal=text("signal"),
            anonymous=text("anonymous"),
            invalid=text("invalid"),
            mailbox=text("mailbox"),
            language=text("language"),
            keep_days=text("keep_days"),
            mask_numbers=bool(form.get("mask_numbers")),
            dids=[DidRow(*row) for row in rows("did", "number", "name", "mailbox")],
            trunks=[TrunkRow(*row) for row in rows("trunk", "name", "country", "area", "strip")],
        )

    def table(self) -> dict[str, Any]:
        """The settings as the page's file has them."""
        return {
            "country": self.country,
            "area": self.area,
            "extensions": _words(self.extensions),
            "mask_numbers": self.mask_numbers,
            "language": self.language,
            "keep_days": _whole(self.keep_days or "0"),
            "policy": {
                "anonymous": self.anonymous,
                "invalid": self.invalid,
                "signal": _whole(self.signal),
                "mailbox": self.mailbox,
                "protected": _words(self.protected),
            },
            "dids": {row.number: {"name": row.name, "mailbox": row.mailbox} for row in self.dids},
            "trunks": {
                row.name: {
                    **({"country": row.country} if row.country else {}),
                    **({"area": row.area} if row.area else {}),
                    "strip": _words(row.strip),
                }
                for row in self.trunks
            },
        }

    def faults(self) -> dict[str, Fault]:
        """What no table could hold, and what is more than this page keeps: field -> what is wrong there."""
        found = dict(self._too_much())
        dids, trunks = [row.number for row in self.dids], [row.name for row in self.trunks]
        for kind, names, missing in (("did-number", dids, NO_NUMBER), ("trunk-name", trunks, NO_NAME)):
            for index, name in enumerate(names):
                if not name:
                    found[f"{kind}-{index}"] = missing, 0
                elif not _NAME.fullmatch(name):
                    found[f"{kind}-{index}"] = NOT_A_NAME, 0
                elif name in names[:index]:
                    found[f"{kind}-{index}"] = TWICE, 0
        return found

    def _too_much(self) -> Iterator[tuple[str, Fault]]:
        for name, value in vars(self).items():
            most = LONGEST_LIST if name in _LISTS else LONGEST
            if isinstance(value, str) and len(value) > most:
                yield name, (TOO_LONG, most)
        rows: tuple[tuple[str, Sequence[DidRow | TrunkRow]], ...] = (("did", self.dids), ("trunk", self.trunks))
        for kind, lines in rows:
            if len(lines) > MOST_ROWS:
                yield f"{kind}s", (TOO_MANY, MOST_ROWS)
            for index, line in enumerate(lines):
                for column, text in vars(line).items():
                    if len(text) > LONGEST:
                        yield f"{kind}-{column}-{index}", (TOO_LONG, LONGEST)

    def field_of(self, place: Place) -> str:
        """The field that a setting stands in; empty for one that is in none."""
        match place:
            case ("dids", str(number), "name" | "mailbox" as column):
                return f"did-{column}-{[row.number for row in self.dids].index(number)}"
            case ("trunks", str(name), "country" | "area" | "strip" as column, *_):
                return f"trunk-{column}-{[row.name for row in self.trunks].index(name)}"
            case ("policy", str(name), *_):
                return name
            case (str(name), *_) if name in FIELDS:
                return name
        return ""


FIELDS: Final = ("country", "area", "extensions", "mask_numbers", "language", "keep_days")


def flat(table: Mapping[str, Any]) -> dict[str, str]:
    """Setting -> value as a text: to tell what has changed."""
    found: dict[str, str] = {}
    for name, value in table.items():
        if isinstance(value, Mapping):
            inner = value.items() if name == "policy" else ((key, _shown(of)) for key, of in value.items())
            found |= {f"{name}.{key}": _shown(of) for key, of in inner}
        else:
            found[name] = _shown(value)
    return found


def _shown(value: object) -> str:
    match value:
        case Mapping():
            return ", ".join(filter(None, map(_shown, value.values()))) or "-"
        case list():
            return " ".join(map(str, value))
    return str(value)


def _words(text: str) -> list[str]:
    return re.split(r"[\s,;，；、]+", text) if text else []


def _whole(text: str) -> int | str:
    """A whole number where it is one; what is not is for the settings to refuse."""
    return int(text) if re.fullmatch(r"[0-9]{1,6}", text) else text
