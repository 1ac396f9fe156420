"""What holds for all numbers, entries and texts."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from filters.call import Call
from filters.decide import decide
from filters.facts import Facts, OwnEntry
from filters.number import read_number, read_prefix
from filters.plan import Form
from filters.plans.cn import CN
from filters.policy import Policy
from filters.verdict import Action, Reason, Verdict

NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
DID = "02012345678"
WITHOUT_ZONE = NOW.replace(tzinfo=None) - timedelta(1)
OWN_ACTIONS = (Action.ALLOW, Action.REJECT, Action.VOICEMAIL)
modest = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def of_class(draw: st.DrawFn, *names: str) -> str:
    """Bare digits of a class with one of these names."""
    number_class = draw(st.sampled_from([each for each in CN.classes if each.name in names]))
    begin = draw(st.sampled_from(number_class.begins))
    length = draw(st.sampled_from([size for size in sorted(number_class.lengths) if size >= len(begin)]))
    digits = begin + "".join(draw(st.lists(st.sampled_from("0123456789"), min_size=length, max_size=length)))
    return digits[:length]


@st.composite
def landlines(draw: st.DrawFn) -> str:
    """Area code without its zero, and a local number."""
    area = draw(st.sampled_from(list(CN.areas.values())))
    length = max(area.lengths)
    rest = draw(st.lists(st.sampled_from("0123456789"), min_size=length - 1, max_size=length - 1))
    return area.code + draw(st.sampled_from(CN.landline.begins)) + "".join(rest)


mobiles = of_class("mobile", "mvno", "satellite")
services = of_class("emergency", "public-service", "carrier", "service", "call-centre", "regional").filter(
    lambda digits: (found := CN.class_of(digits)) is not None and found.form is Form.SHORT
)
texts = st.one_of(
    st.text(max_size=40),
    st.text(alphabet="0123456789+*-() ;:@<>sipteląx٣８", max_size=30),
    st.binary(max_size=30).map(lambda raw: raw.decode("utf-8", "surrogateescape")),
)
countries = st.sampled_from(["CN", "US", "GB", "DE", "IT", "XX", ""])
options = st.fixed_dictionaries(
    {
        "withheld": st.booleans(),
        "area": st.sampled_from(["", "021", "٣", "abc"]),
        "strip": st.lists(st.text(max_size=3), max_size=3),
    }
)
prefixes = st.tuples(st.just("+86"), st.text(alphabet="0123456789", max_size=4)).map("".join)


@st.composite
def entries_for(draw: st.DrawFn, key: str) -> list[OwnEntry]:
    """Own entries that cover a key, of every length."""
    sizes = draw(st.lists(st.integers(1, len(key)), max_size=5))
    return [
        OwnEntry(
            key[:size],
            is_prefix=draw(st.booleans()) or size < len(key),
            action=draw(st.sampled_from(OWN_ACTIONS)),
            expires_at=draw(st.sampled_from([None, NOW - timedelta(1), NOW + timedelta(1), WITHOUT_ZONE])),
            did=draw(st.sampled_from(["", "", DID, "02087654321"])),
        )
        for size in sizes
    ]


def weight(entry: OwnEntry) -> tuple[bool, int, bool]:
    return not entry.is_prefix, len(entry.key), bool(entry.did)


def decided(text: str, own: list[OwnEntry], policy: Policy) -> Verdict:
    return decide(Call(text, NOW, did=DID), read_number(text), Facts(tuple(own)), policy)


@modest
@given(st.one_of(mobiles, landlines()))
def test_every_spelling_of_a_subscriber_folds_to_one_key(digits: str) -> None:
    spellings = [
        *(
            f"+86{digits}",
            f"86{digits}",
            f"0{digits}",
            f"0086{digits}",
            f"+860{digits}",
            f"(+86) {digits[:3]}-{digits[3:]}",
        ),
        *(f"tel:+86{digits}", f"sip:0{digits}@203.0.113.1", f'"x" <sip:+86{digits}@h;user=phone>', f"179510{digits}"),
        f"０{digits}".translate(str.maketrans("0123456789", "０１２３４５６７８９")),
    ]
    assert {read_number(spelling).key for spelling in spellings} == {f"+86{digits}"}


@modest
@given(services, st.sampled_from(sorted(CN.areas)))
def test_short_number_has_one_key_bare_and_after_an_area_code_and_none_after_a_country_code(
    short: str, area: str
) -> None:
    assert read_number(short).key == f"CN:{short}"
    assert read_number(f"0{area}{short}").key == read_number(f"+86{area}{short}").key == f"CN:{short}"
    assert read_number(f"+86{short}").key != f"CN:{short}"
    assert read_number(f"86{short}").key != f"CN:{short}"
    assert read_number(f"0{short}").key != f"CN:{short}"
    assert read_number(f"00{short}").key != f"CN:{short}"


@modest
@given(texts, countries, options)
def test_reading_never_raises_and_a_key_reads_as_itself(text: str, country: str, options: dict[str, Any]) -> None:
    number = read_number(text, country=country, **options)
    assert number.raw == text
    if number.key.startswith("+"):
        assert read_number(number.key, country=country).key == number.key


@modest
@given(st.text(alphabet="0123456789", min_size=1, max_size=18), countries)
def test_international_key_reads_as_itself(digits: str, country: str) -> None:
    key = read_number(f"+{digits}", country=country).key
    if key.startswith("+"):
        assert read_number(key, country=country).key == key


@modest
@given(st.one_of(mobiles, landlines().map("0{}".format), mobiles.map("0{}".format), services))
def test_prefix_of_a_number_covers_the_number(national: str) -> None:
    key = read_number(national).key
    for size in range(3, len(national) + 1):
        assert key.startswith(read_prefix(f"{national[:size]}*")), national[:size]


@modest
@given(texts, countries)
def test_prefix_is_read_or_refused_with_a_sentence(text: str, country: str) -> None:
    try:
        outcome = read_prefix(text, country=country)
    except ValueError as refusal:
        outcome = str(refusal)
    assert outcome.startswith(("+", f"{country}:")) or "write" in outcome or "needs" in outcome


@modest
@given(of_class("emergency", "public-service"), st.data())
def test_protected_number_is_never_blocked(digits: str, data: st.DataObject) -> None:
    number = read_number(digits)
    own = data.draw(entries_for(number.key))
    verdict = decided(digits, own, Policy(anonymous=Action.REJECT, invalid=Action.REJECT, mailbox="1@box"))
    expected = "emergency" in number.classes or "public-service" in number.classes
    assert not expected or (verdict.action, verdict.reason) == (Action.ALLOW, Reason.PROTECTED)


@modest
@given(mobiles, st.data())
def test_longest_entry_that_is_not_expired_wins_and_at_equal_length_allow(digits: str, data: st.DataObject) -> None:
    own = data.draw(entries_for(f"+86{digits}"))
    verdict = decided(digits, own, Policy(mailbox="1@box"))
    alive = [
        entry
        for entry in own
        if entry.did in ("", DID) and (entry.expires_at is None or (entry.expires_at.tzinfo and entry.expires_at > NOW))
    ]
    if not alive:
        assert verdict.reason is Reason.DEFAULT
        return
    best = max(map(weight, alive))
    actions = {entry.action for entry in alive if weight(entry) == best}
    assert verdict.action in actions
    assert verdict.action is Action.ALLOW or Action.ALLOW not in actions


@modest
@given(texts, st.sampled_from(Action), st.sampled_from(Action), st.lists(prefixes, max_size=3))
def test_deciding_never_raises(text: str, anonymous: Action, invalid: Action, blocked: list[str]) -> None:
    own = [OwnEntry(key, is_prefix=True, action=Action.REJECT) for key in blocked]
    verdict = decided(text, own, Policy(anonymous=anonymous, invalid=invalid))
    assert verdict.trace
    assert verdict.trace[-1].chapter in ("protected", "own numbers", "default")
