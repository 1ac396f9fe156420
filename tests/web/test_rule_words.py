"""Rules in plain words, as somebody would say them, in each language."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from callfilter.web import languages
from callfilter.web.saying.hours import window_words
from callfilter.web.saying.rules import rule_words
from callfilter.web.words import FILTERS
from filters import directory
from filters.conditions.registry import KINDS
from filters.number import read_number
from filters.presets import PRESETS
from filters.rule import Condition, Mode, Rule, Who
from filters.schedule import Window
from filters.verdict import Action, Signal

LANGUAGES = languages.load()
ENGLISH, CHINESE = LANGUAGES["en"], LANGUAGES["zh-Hans"]
ZONE = ZoneInfo("Asia/Shanghai")


def made(
    action: Action, *, when: dict[str, Any] | None = None, unless: dict[str, Any] | None = None, **more: Any
) -> Rule:
    conditions = [
        Condition(kind, values if isinstance(values, tuple) else (values,), negated)
        for told, negated in ((when or {}, False), (unless or {}, True))
        for kind, values in told.items()
    ]
    return Rule("it", tuple(conditions), action, **more)


def preset(name: str) -> Rule:
    return next(one.rule for one in PRESETS if one.rule.name == name)


@pytest.mark.parametrize(
    ("rule", "english", "chinese"),
    [
        (
            made(Action.REJECT, when={"class": "landline", "window": "mon-fri 09:00-18:30"}, unless={"region": "own"}),
            "Reject landlines from other provinces, on Mon to Fri 09:00-18:30; strangers only",
            "拒接外省固话，周一至周五 09:00-18:30；仅限陌生来电",
        ),
        (
            made(
                Action.REJECT, when={"class": "landline"}, unless={"region": ("Shanghai", "江苏")}, signal=Signal.BUSY
            ),
            "Reject landlines from outside Shanghai or Jiangsu; answered as busy (SIP 486); strangers only",
            "拒接上海或江苏以外的固话；返回“忙线”（SIP 486）；仅限陌生来电",
        ),
        (
            made(Action.VOICEMAIL, when={"window": ("open", "sat,sun")}, who=Who.EVERYONE, target="1@box"),
            "Send every caller to voicemail, during “open” or Sat and Sun; mailbox 1@box; for everyone",
            "所有来电转语音信箱，“open”或周六和周日期间；信箱 1@box；适用于所有来电",
        ),
        (
            made(Action.VOICEMAIL, unless={"window": "mon-sat 22:00-06:00", "listed": ("bank", "courier")}),
            (
                "Send every caller to voicemail, except banks and couriers in the directory,"
                " outside Mon to Sat 22:00-06:00 of the next day; strangers only"
            ),
            "所有来电转语音信箱，号码簿中的银行和快递除外，周一至周六 22:00 至次日 06:00 以外；仅限陌生来电",
        ),
        (
            made(Action.DIVERT, when={"prefix": ("138*", "0216*")}, target="600@internal", label="贷款"),
            "Divert numbers beginning with 138 or 0216 to 600@internal; shown as “贷款”; strangers only",
            "138 或 0216 开头的号码转接至 600@internal；加标签“贷款”；仅限陌生来电",
        ),
        (
            made(Action.SCREEN, when={"calls": "3 in 1 hour", "first_call": False}, mode=Mode.OBSERVE, target="1@box"),
            (
                "Ask callers calling 3 times or more within 1 hour and having called before to press a key;"
                " who fails goes to mailbox 1@box; strangers only; only watches"
            ),
            "1 小时内拨入 3 次及以上的、曾经拨入的来电须按键验证；未通过者转信箱 1@box；仅限陌生来电；仅观察",
        ),
        (
            made(Action.TARPIT, when={"class": "call-centre", "listed": False}, unless={"country": "HK"}),
            (
                "Keep rented call-centre numbers unknown to the directory busy with music, except those from Hong Kong;"
                " strangers only"
            ),
            "用音乐拖住号码簿外的呼叫中心租用号码，香港的除外；仅限陌生来电",
        ),
        (
            preset("international"),
            (
                "Ask callers from abroad to press a key, except those from Hong Kong, Macau, or Taiwan; strangers only;"
                " switched off"
            ),
            "境外来电须按键验证，香港、澳门或台湾的除外；仅限陌生来电；已停用",
        ),
        (
            preset("impossible-numbers"),
            (
                "Reject impossible numbers with 8 digits or more and unknown to the directory,"
                " except numbers of unassigned segments and those that fit the expression"
                r" “^(\+?0*(86)?0?|(\+?0*86|…” or “^\+?86[2-8][0-9]{6,7}$”; strangers only; switched off"
            ),
            (
                "拒接 8 位及以上的、号码簿外的不存在的号码，未分配号段的号码和"
                r"匹配表达式“^(\+?0*(86)?0?|(\+?0*86|…”或“^\+?86[2-8][0-9]{6,7}$”的除外；仅限陌生来电；已停用"
            ),
        ),
    ],
)
def test_rule_reads_as_somebody_would_say_it(rule: Rule, english: str, chinese: str) -> None:
    assert rule_words(ENGLISH, rule) == english
    assert rule_words(CHINESE, rule) == chinese


def test_end_of_a_rule_is_told_in_the_shops_time_and_that_it_is_past() -> None:
    rule = made(Action.ALLOW, expires_at=datetime(2026, 12, 31, 16, tzinfo=UTC))
    assert rule_words(ENGLISH, rule, ZONE) == "Let every caller through; strangers only; until Jan 1, 2027 00:00"
    past = rule_words(CHINESE, rule, ZONE, datetime(2027, 2, 1, tzinfo=UTC))
    assert past == "放行所有来电；仅限陌生来电；已于 2027年1月1日 00:00 结束"
    assert rule_words(ENGLISH, made(Action.ALLOW, expires_at=datetime(2026, 1, 1))).endswith("until Jan 1, 2026 00:00")  # noqa: DTZ001


@pytest.mark.parametrize("negated", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_condition_has_words_of_its_own(kind: str, negated: bool) -> None:
    rule = Rule("it", (Condition(kind, KINDS[kind].samples[:1], negated),), Action.REJECT)
    assert f"whose {kind} is" not in rule_words(ENGLISH, rule)
    every = rule_words(CHINESE, made(Action.REJECT))
    assert rule_words(CHINESE, rule) != every


@pytest.mark.parametrize(
    "values",
    [("",), ("x" * 300,), ("9-",), (True, False), (0,), ("2 in 3 in 4",), ("a", "b", "c", "d", "e", "f", "g", "h")],
)
@pytest.mark.parametrize("kind", [*KINDS, "no-such-kind"])
def test_faulty_rules_are_told_too(kind: str, values: tuple[Any, ...]) -> None:
    for language in LANGUAGES.values():
        for negated in (False, True):
            assert rule_words(language, Rule("it", (Condition(kind, values, negated),), Action.REJECT))


def test_what_an_admin_wrote_is_harmless() -> None:
    rule = made(Action.ALLOW, when={"name": "a\u202eb"}, label="x\u202ey")
    assert "\u202e" not in rule_words(CHINESE, rule)


def test_window_tells_the_dates_on_which_it_opens_and_stays_closed() -> None:
    holidays = {"holidays": frozenset({datetime(2026, 10, 1).date()})}  # noqa: DTZ001 - a day
    window = Window.parse(
        {"days": "mon-fri", "hours": "09:00-18:00", "also": ["2026-10-10", "2026-10-11"], "never": "holidays"}, holidays
    )
    assert window_words(ENGLISH, window) == "Mon to Fri, Oct 10, 2026, and 1 more 09:00-18:00, but not on holidays"
    assert window_words(CHINESE, window) == "周一至周五、2026年10月10日和另外 1 项 09:00-18:00，holidays 除外"
    assert window_words(ENGLISH, Window()) == "every day"


@pytest.mark.parametrize(
    ("filter_name", "given", "english", "chinese"),
    [
        ("region", "Xi'an, Shaanxi", "Xi'an, Shaanxi", "陕西西安"),
        ("region", "Beijing", "Beijing", "北京"),
        ("region", "GB", "United Kingdom", "英国"),
        ("region", "", "", ""),
        ("country", "TW", "Taiwan", "台湾"),
        ("country", "??", "??", "??"),
        ("number_class", "mvno", "resold mobile", "虚拟运营商手机"),
        ("number_class", "of-tomorrow", "of-tomorrow", "of-tomorrow"),
        (
            "number_classes",
            frozenset({"service", "company"}),
            ["company's service line", "service number"],
            ["企业客服号码", "服务号码"],
        ),
        ("reason", "blocked", "blocked by you", "已被您拉黑"),
        ("chapter", "own numbers", "own numbers", "号码名单"),
        ("preset", "no-caller-id", "No caller number", "没有号码的来电"),
        ("deed", "user-added", "added a login", "添加了账号"),
        ("kind", "bank", "banks", "银行"),
        (
            "listing",
            directory.find("CN", read_number("95588").key),
            "Industrial and Commercial Bank of China",
            "中国工商银行",
        ),
        ("step", "95588 is an emergency number", "95588 is an emergency number", "95588 是紧急号码"),
    ],
)
def test_filters_of_templates_say_it_in_each_language(filter_name: str, given: Any, english: Any, chinese: Any) -> None:
    assert FILTERS[filter_name](ENGLISH)(given) == english
    assert FILTERS[filter_name](CHINESE)(given) == chinese
