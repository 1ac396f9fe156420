"""The settings: the admin's TOML file, that of the page over it, `CALLFILTER_…` variables on top; all checked at once.

Plain pydantic over tomllib, because pydantic-settings costs 90 ms more to import and the classic script reads the
settings on each call. Nothing in here opens the database or a socket, and no secret ever gets into a message.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    InstanceOf,
    StrictBool,
    StrictStr,
    ValidationError,
)
from pydantic_core import ErrorDetails

from callfilter.config_faults import ConfigError, Place, Source, shown
from callfilter.config_values import (
    Address,
    Ami,
    read_action,
    read_address,
    read_ami,
    read_country,
    read_database,
    read_digits,
    read_folder,
    read_leading,
    read_mailbox,
    read_web,
)
from callfilter.overlay import EDITABLE, laid_over, overlay_path, places_of
from filters.number import ANONYMOUS, INVALID, read_number
from filters.policy import Policy
from filters.verdict import Action, Signal

__all__ = [
    "DEFAULT_DATABASE",
    "DEFAULT_FASTAGI",
    "DEFAULT_PATH",
    "DEFAULT_WEB",
    "Address",
    "Ami",
    "Config",
    "ConfigError",
    "Layers",
    "find_config",
    "load_config",
    "read_layers",
]

DEFAULT_PATH: Final = Path("/etc/callfilter/callfilter.toml")
DEFAULT_DATABASE: Final = Path("/var/lib/callfilter/callfilter.db")
DEFAULT_FASTAGI: Final = Address("127.0.0.1", 4573)
"""The shipped dialplan asks there."""
DEFAULT_WEB: Final = Address("127.0.0.1", 8480)
DEFAULT_VOICEMAIL_SPOOL: Final = Path("/var/spool/asterisk/voicemail")
ENVIRONMENT: Final = {
    "CALLFILTER_DATABASE": "database",
    "CALLFILTER_COUNTRY": "country",
    "CALLFILTER_AREA": "area",
    "CALLFILTER_FASTAGI": "fastagi",
    "CALLFILTER_WEB": "web",
    "CALLFILTER_AMI": "ami",
}
"""Variables that lie over the file's settings. Empty ones count as unset; any other `CALLFILTER_…` is left alone."""

OfNumberless = Annotated[Action, BeforeValidator(read_action)]
Country = Annotated[StrictStr, BeforeValidator(read_country)]
Area = Annotated[StrictStr, BeforeValidator(read_digits)]
Mailbox = Annotated[StrictStr, BeforeValidator(read_mailbox)]
Days = Annotated[int, Field(strict=True, ge=0, le=36_500)]
Leading = Annotated[StrictStr, BeforeValidator(read_leading)]


class _Table(BaseModel):
    """A table of settings: immutable, and no key that we don't know."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class PolicySettings(_Table):
    """`[policy]`: what becomes of filtered calls."""

    anonymous: OfNumberless = Action.ALLOW
    invalid: OfNumberless = Action.ALLOW
    signal: Signal = Signal.DECLINE
    mailbox: Mailbox = ""
    protected: tuple[StrictStr, ...] = ()


class Did(_Table):
    """`[dids."02161234567"]`: one of the shop's own numbers, as the trunk sends it."""

    name: StrictStr = ""
    mailbox: Mailbox = ""


class Trunk(_Table):
    """`[trunks.NAME]`: how this trunk writes numbers. What is not set is as for the whole shop."""

    country: Country | None = None
    area: Area | None = None
    strip: tuple[Leading, ...] = ()


class Config(_Table):
    """Everything an admin can set. Made by `load_config`."""

    database: Annotated[Path, BeforeValidator(read_database)] = DEFAULT_DATABASE
    country: Country = "CN"
    area: Area = ""
    fastagi: Annotated[InstanceOf[Address], BeforeValidator(read_address)] = DEFAULT_FASTAGI
    web: Annotated[InstanceOf[Address] | None, BeforeValidator(read_web)] = DEFAULT_WEB
    listen_anywhere: StrictBool = False
    ami: Annotated[InstanceOf[Ami] | None, BeforeValidator(read_ami)] = None
    voicemail_spool: Annotated[Path, BeforeValidator(read_folder)] = DEFAULT_VOICEMAIL_SPOOL
    mask_numbers: StrictBool = True
    language: Literal["", "en", "zh-Hans"] = ""
    keep_days: Days = 0
    extensions: tuple[StrictStr, ...] = ()
    policy_settings: Annotated[PolicySettings, Field(alias="policy")] = PolicySettings()
    dids: Mapping[StrictStr, Did] = Field(default_factory=dict)
    trunks: Mapping[StrictStr, Trunk] = Field(default_factory=dict)

    def policy(self) -> Policy:
        """The settings that bear on a decision, with numbers as keys."""
        settings = self.policy_settings
        return Policy(
            protected=frozenset(self._keys(settings.protected)),
            own_lines=frozenset(self._keys((*self.dids, *self.extensions))),
            anonymous=settings.anonymous,
            invalid=settings.invalid,
            signal=settings.signal,
            mailbox=settings.mailbox,
            mailboxes={did: of.mailbox for did, of in self.dids.items() if of.mailbox},
        )

    def reading(self, trunk: str) -> tuple[str, str, tuple[str, ...]]:
        """Country, area code and prefixes to strip for numbers that come in by `trunk`."""
        own = self.trunks.get(trunk)
        if own is None:
            return self.country, self.area, ()
        country = self.country if own.country is None else own.country
        area = self.area if own.area is None else own.area
        return country, area, own.strip

    @property
    def has_mailbox(self) -> bool:
        """Filtered calls can go to voicemail, at least those for some DID."""
        return bool(self.policy_settings.mailbox) or any(did.mailbox for did in self.dids.values())

    def _keys(self, numbers: Iterable[str]) -> Iterator[str]:
        for number in numbers:
            key = read_number(number, country=self.country, area=self.area).key
            if key not in {ANONYMOUS, INVALID}:
                yield key


def find_config(path: Path | None, environ: Mapping[str, str]) -> Path | None:
    """The settings file to read: the one named, else `CALLFILTER_CONFIG`, else the usual one where it exists."""
    if path is not None:
        return path
    if named := environ.get("CALLFILTER_CONFIG"):
        return Path(named)
    return DEFAULT_PATH if DEFAULT_PATH.exists() else None


def load_config(path: Path | None, environ: Mapping[str, str]) -> Config:
    """Read and check all settings.

    Raises:
        ConfigError: with every fault found, one sentence each.
    """
    return read_layers(path, environ).config()


@dataclass(frozen=True, slots=True)
class Layers:
    """The settings as they lie over each other, not checked: file < page < environment."""

    file: Path | None
    """The admin's file."""
    of_file: Mapping[str, Any]
    page: Path | None
    """Where the page keeps its settings, there or not; None where the database's place is not right."""
    of_page: Mapping[str, Any]
    environment: Mapping[str, str]
    """Setting -> value, of those that a variable fixes."""

    def config(self) -> Config:
        """All settings, checked.

        Raises:
            ConfigError: with every fault found, one sentence each.
        """
        source = self.source
        config, wrong = _validated({**laid_over(self.of_file, self.of_page), **self.environment})
        faults: list[tuple[Place, str]] = [(detail["loc"], _sentence(detail, source)) for detail in wrong]
        faults += _faults_between(config, source, frozenset(str(detail["loc"][-1]) for detail in wrong))
        strangers = [name for name in self.of_page if name not in EDITABLE]
        faults += [((name,), _no_setting_of_the_page(name, source)) for name in strangers]
        if faults:
            raise ConfigError((sentence for _, sentence in faults), (place for place, _ in faults))
        return config

    def below(self) -> Config:
        """What the admin's file says of settings, as far as it is right."""
        return _validated(dict(self.of_file))[0]

    def with_page(self, table: Mapping[str, Any]) -> "Layers":
        """The same with other settings of the page."""
        return replace(self, of_page=table)

    @property
    def source(self) -> Source:
        """Where each setting comes from."""
        variables = {field: name for name, field in ENVIRONMENT.items() if field in self.environment}
        return Source(str(self.file or "settings"), variables, str(self.page or ""), places_of(self.of_page))


def read_layers(path: Path | None, environ: Mapping[str, str]) -> Layers:
    """Read all settings.

    Raises:
        ConfigError: a file cannot be read.
    """
    file = find_config(path, environ)
    table = _read(file) if file else {}
    environment = {field: environ[name] for name, field in ENVIRONMENT.items() if environ.get(name)}
    page = _page_of(environment.get("database", table.get("database", DEFAULT_DATABASE)))
    return Layers(file, table, page, _read_page(page) if page else {}, environment)


def _page_of(database: object) -> Path | None:
    try:
        found = read_database(database)
    except ValueError:
        return None
    return overlay_path(found) if isinstance(found, Path) and found.name else None


def _validated(table: dict[str, Any]) -> tuple[Config, list[ErrorDetails]]:
    """The settings that are right, and what is wrong with the others: so that faults between them are told too."""
    try:
        return Config.model_validate(table), []
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_context=False)
    return Config.model_validate(_without(table, [detail["loc"] for detail in wrong])), wrong


def _faults_between(config: Config, source: Source, wrong: frozenset[str]) -> Iterator[tuple[Place, str]]:
    """What no setting shows alone. `wrong` names settings that are told already, so that nothing follows from them."""
    settings = config.policy_settings
    for field in ("anonymous", "invalid"):
        if getattr(settings, field) is Action.VOICEMAIL and not (config.has_mailbox or wrong & {"mailbox", "dids"}):
            at: Place = ("policy", field)
            yield at, f'{source.of(at)} is "voicemail", but there is no mailbox: set policy.mailbox.'
    for field, address in (("fastagi", config.fastagi), ("web", config.web)):
        if address and not (address.is_loopback or config.listen_anywhere or "listen_anywhere" in wrong):
            text = (
                f'{source.of((field,))} is "{address}", which others can reach: '
                "use 127.0.0.1, or set listen_anywhere = true if a firewall guards it."
            )
            yield (field,), text
    if "country" in wrong:
        return
    lists: dict[Place, tuple[str, ...]] = {
        ("policy", "protected"): settings.protected,
        ("extensions",): config.extensions,
    }
    for place, numbers in lists.items():
        for index, number in enumerate(numbers):
            if read_number(number, country=config.country, area=config.area).key in {ANONYMOUS, INVALID}:
                where = (*place, index)
                yield where, f"{source.of(where)} is {shown(number)}, but must be a number in digits."


def _sentence(detail: ErrorDetails, source: Source) -> str:
    if detail["type"] != "extra_forbidden":
        return source.wrong(detail)
    table: type[BaseModel] = Config
    match detail["loc"][:-1]:
        case ("policy",):
            table = PolicySettings
        case ("dids", _):
            table = Did
        case ("trunks", _):
            table = Trunk
    return source.unknown(detail["loc"], [field.alias or name for name, field in table.model_fields.items()])


def _no_setting_of_the_page(name: str, source: Source) -> str:
    return f"{source.of((name,))} cannot be set on the page; there are {', '.join(EDITABLE)}."


def _read(file: Path) -> dict[str, Any]:
    try:
        return _parsed(file, file.read_bytes())
    except OSError as error:
        fault = f"{file} cannot be read: {error.strerror}; mend that, or name another file with --config."
        raise ConfigError([fault]) from None


def _read_page(file: Path) -> dict[str, Any]:
    """The settings of the page; none where the file or its folder is not there yet."""
    try:
        return _parsed(file, file.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise ConfigError([f"{file} cannot be read: {why}; run this as callfilter's own user or as root."]) from None


def _parsed(file: Path, data: bytes) -> dict[str, Any]:
    try:
        return tomllib.loads(data.decode())
    except UnicodeDecodeError as error:
        raise ConfigError([f"{file} is not UTF-8 at byte {error.start}: save it as UTF-8."]) from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([f"{file} is not valid TOML, {_uncapped(str(error))}."]) from None


def _uncapped(text: str) -> str:
    return text[:1].lower() + text[1:]


def _without(table: dict[str, Any], places: Iterable[tuple[int | str, ...]]) -> dict[str, Any]:
    """The table without the settings at these places; a list that holds a wrong value goes as a whole."""
    left: dict[Any, Any] = dict(table)
    for place in places:
        at = left
        for step in place[:-1]:
            inner = at.get(step) if isinstance(step, str) else None
            if not isinstance(inner, dict):
                at.pop(step, None)
                break
            at[step] = at = dict(inner)
        else:
            at.pop(place[-1], None)
    return left
