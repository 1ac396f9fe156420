"""Rules for China that ship switched off, each with samples that tests read. None rejects but what no number can be.

A number in the directory passes all of them, and so do protected and own numbers, which come before any rule.
"""

from dataclasses import dataclass

from filters.rule import Condition, Rule, Scalar
from filters.verdict import Action


@dataclass(frozen=True, slots=True)
class Preset:
    """A rule for strangers that one click switches on."""

    rule: Rule
    about: str
    """One sentence for the shop's owner."""
    samples: tuple[str, ...]
    """Callers whom the rule is about, in a shop in Shanghai; a test wants two or more."""
    counter_samples: tuple[str, ...]
    """Callers who look alike and must not meet it."""


def _when(kind: str, *values: Scalar) -> Condition:
    return Condition(kind, values)


def _unless(kind: str, *values: Scalar) -> Condition:
    return Condition(kind, values, negated=True)


_NOT_LISTED = _unless("listed", True)
_NEIGHBOURS = ("HK", "MO", "TW")
# What carriers and telephone systems put before numbers: a plus, zeros, the country code, an area code.
_BEFORE = r"^(\+?0*(86)?0?|(\+?0*86|0)0?(10|2[0-9]|[3-9][0-9]{2}))"
# 95 with any digits behind it, since branches and couriers have such lines. Of 10xxx eight digits at most: with more, a
# landline of Beijing that begins with 1 would be one.
_SERVICES = (
    "95[0-9]*|96[0-9]{3,4}|10[01][0-9]{2,5}|1096[0-9]{3,4}|106[0-9]{5,17}|1[12][0-9]{1,4}|1(25|79|6[08])[0-9]{2,5}"
    "|[48]00[0-9]{7}"
)
_MOBILES = "1[3-9][0-9]{9}"
_SOMEBODYS = (f"{_BEFORE}({_SERVICES}|{_MOBILES})$", r"^\+?86[2-8][0-9]{6,7}$")
"""Whole numbers with something put before them, the second a landline without its area code: wrongly sent, and theirs
all the same."""


def _rule(name: str, action: Action, *conditions: Condition, label: str = "") -> Rule:
    return Rule(name, conditions, action, label=label, enabled=False)


PRESETS = (
    Preset(
        # Short ones may be a company's own short numbers. What looks like a service number with something before or
        # behind it is a hint that suspicion weighs, and no proof. A segment that nobody has today may be given out
        # tomorrow.
        _rule(
            "impossible-numbers",
            Action.REJECT,
            _when("class", "impossible"),
            _when("digits", "8-"),
            _unless("class", "unassigned"),
            _NOT_LISTED,
            _unless("regex", *_SOMEBODYS),
        ),
        "Numbers that nobody can have, such as a landline that begins with 1 or 9, are rejected.",
        ("96812345", "02111234567", "02191234567", "0216123456", "138001380000", "06001234567", "01012345678"),
        (
            *("668", "668899", "+8695588", "15412345678", "61234567", "96315", "02161234567"),
            *("955881101", "953381234", "95338123456", "956156123", "+8695029267", "8695029267", "095029267"),
            *("+86956156", "+86962288", "+861008611", "+8610690001234", "02110690001234", "0214006695599"),
            *("+8661234567", "08613800138000", "02113800138000"),
        ),
    ),
    Preset(
        _rule("no-caller-id", Action.VOICEMAIL, _when("anonymous", True), _NOT_LISTED),
        "Callers who send no number, or withhold it, go to voicemail.",
        ("", "anonymous", "sip:13700137000@anonymous.invalid"),
        ("13700137000", "138****8000", "sip:95588@anonymous.invalid"),
    ),
    Preset(
        _rule("call-centre-access", Action.SCREEN, _when("class", "call-centre"), _NOT_LISTED),
        "Rented call-centre numbers (950, 951, 952, 954, 957 and long 95 numbers) that the directory does not know must"
        " press a key.",
        ("95029267", "95210000", "95700123", "95312345", "01095029267"),
        ("95588", "95338", "96315"),
    ),
    Preset(
        _rule("unknown-400", Action.SCREEN, _when("class", "shared-cost"), _NOT_LISTED),
        "400 numbers that the directory does not know must press a key.",
        ("4001234567", "+864001234567", "04001234567"),
        ("4006695588", "40012345", "8008101234"),
    ),
    Preset(
        _rule("hong-kong-macau-taiwan", Action.SCREEN, _when("country", *_NEIGHBOURS)),
        "Callers from Hong Kong, Macau and Taiwan must press a key.",
        ("+85223456789", "0085366123456", "+886212345678"),
        ("+442079460018", "02161234567", "85212345"),
    ),
    Preset(
        _rule("international", Action.SCREEN, _when("class", "international"), _unless("country", *_NEIGHBOURS)),
        "Callers from other countries must press a key; Hong Kong, Macau and Taiwan have a preset of their own.",
        ("+442079460018", "00442079460018", "+12015550123"),
        ("+85223456789", "+8613800138000", "013800138000"),
    ),
    Preset(
        _rule("unassigned-segments", Action.SCREEN, _when("class", "unassigned"), _unless("class", "international")),
        "Mobile numbers of segments that nobody had when the data was written must press a key.",
        ("15412345678", "16112345678"),
        ("15512345678", "16612345678"),
    ),
    Preset(
        _rule("resold-mobiles", Action.ALLOW, _when("class", "mvno"), label="虚商"),
        "Mobile numbers of resold segments (162, 165, 167, 170, 171) ring with a label: real people use them too.",
        ("17012345678", "+8616212345678"),
        ("17212345678", "13800138000"),
    ),
    Preset(
        _rule(
            "landlines-of-other-provinces",
            Action.ALLOW,
            _when("class", "landline"),
            _unless("region", "own"),
            _unless("class", "international"),
            label="外省",
        ),
        "Landlines of other provinces ring with a label.",
        ("01061234567", "051261234567"),
        ("02161234567", "61234567", "13800138000"),
    ),
)
"""In the order in which they are tried: what only gives a label comes last, because the first that matches wins."""


def table() -> str:
    """The presets in Markdown, as `docs/rules.md` shows them."""
    rows = (f"| `{one.rule.name}` | {one.about} |\n" for one in PRESETS)
    return "| Preset | What it does |\n|---|---|\n" + "".join(rows)
