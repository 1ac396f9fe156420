"""The world beyond our own plans, as the phone-number library knows it. Must never raise for a caller number."""

import re
from dataclasses import dataclass

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType, shortnumberinfo

_TYPES = {
    PhoneNumberType.FIXED_LINE: frozenset({"landline"}),
    PhoneNumberType.MOBILE: frozenset({"mobile"}),
    PhoneNumberType.FIXED_LINE_OR_MOBILE: frozenset({"landline-or-mobile"}),
    PhoneNumberType.TOLL_FREE: frozenset({"toll-free"}),
    PhoneNumberType.PREMIUM_RATE: frozenset({"premium"}),
    PhoneNumberType.SHARED_COST: frozenset({"shared-cost"}),
    PhoneNumberType.VOIP: frozenset({"voip"}),
    PhoneNumberType.PERSONAL_NUMBER: frozenset({"personal"}),
    PhoneNumberType.PAGER: frozenset({"pager"}),
    PhoneNumberType.UAN: frozenset({"company"}),
    PhoneNumberType.VOICEMAIL: frozenset({"voicemail-access"}),
    PhoneNumberType.UNKNOWN: frozenset({"unassigned", "impossible"}),
}
CLASS_SETS = (*_TYPES.values(), *(frozenset({name}) for name in ("emergency", "service", "landline-local")))
"""Classes that a number can have together here, beside `international`."""
CLASSES = frozenset().union(*CLASS_SETS)
"""Every class that a number can be of here, beside `international`."""
_INTERNATIONAL = frozenset({"international"})
# A code that stands for no country, such as +800 for toll-free numbers of the whole world.
_NO_COUNTRY = "001"
_LONGEST_CODE = 3


@dataclass(frozen=True, slots=True)
class Known:
    """The library's answer in our words."""

    key: str
    display: str
    classes: frozenset[str]
    country: str


def look_up(text: str, country: str) -> Known | None:
    """A number under the library's plans.

    Args:
        text: ASCII digits; a plus before them says that they begin with a country code.
        country: ISO 3166 code that digits without a plus belong to.

    Returns:
        None where no country has such a number.
    """
    if text.startswith("+"):
        return _subscriber(text, country)
    short = _short(text, country)
    if short is not None:
        return short
    found = _subscriber(text, country)
    if text.startswith("00") and (found is None or "impossible" in found.classes):
        return _subscriber(f"+{text[2:]}", country) or found
    return found


def _subscriber(text: str, country: str) -> Known | None:
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    reason = phonenumbers.is_possible_number_with_reason(number)
    own_code = phonenumbers.country_code_for_region(country)
    local = reason == phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY and number.country_code == own_code
    if local and not text.startswith("+"):
        return Known(f"{country}:{text}", text, frozenset({"landline-local"}), country)
    if reason != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None
    region = phonenumbers.region_code_for_number(number) or phonenumbers.region_code_for_country_code(
        number.country_code or 0
    )
    classes = _TYPES[phonenumbers.number_type(number)]
    # What is in no segment keeps its digits: the library would take off one stray zero after the other.
    as_sent = text.startswith("+") and "impossible" in classes
    key = text if as_sent else phonenumbers.format_number(number, PhoneNumberFormat.E164)
    if region == country:
        return Known(key, phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL), classes, region)
    display = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
    return Known(key, display, classes | _INTERNATIONAL, "" if region == _NO_COUNTRY else region)


def _short(digits: str, country: str) -> Known | None:
    if shortnumberinfo.is_emergency_number(digits, country):
        classes = frozenset({"emergency"})
    else:
        try:
            number = phonenumbers.parse(digits, country)
        except phonenumbers.NumberParseException:
            return None
        if not shortnumberinfo.is_valid_short_number_for_region(number, country):
            return None
        classes = frozenset({"service"})
    return Known(f"{country}:{digits}", digits, classes, country)


def is_country(code: str) -> bool:
    """Whether an ISO 3166 code is that of a country with telephone numbers."""
    return code in phonenumbers.SUPPORTED_REGIONS


def calling_codes() -> dict[str, frozenset[str]]:
    """Calling code -> ISO 3166 codes of the countries that share it; none for those that stand for no country."""
    return {
        str(code): frozenset(regions) - {_NO_COUNTRY}
        for code, regions in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items()
    }


def trunk_of(country: str) -> str:
    """The prefix before a number of another city; empty where there is none, or no such country."""
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(country, None)
    return (metadata.national_prefix or "") if metadata else ""


def without_international_prefix(digits: str, country: str) -> str | None:
    """What follows the international prefix of a country (or 00, which many carriers send); None without one."""
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(country, None)
    own = metadata.international_prefix if metadata else None
    found = re.match(own or "00", digits) or re.match("00", digits)
    return digits[found.end() :] if found else None


def prefix(digits: str, country: str) -> str:
    """The beginning of a key for the first digits of a number, as written inside a country.

    Raises:
        ValueError: The library does not know the country.
    """
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(country, None)
    if metadata is None:
        raise ValueError(f"no numbering plan is known for country {country!r}: write + and the country code first")
    if _short(digits, country) is not None:
        return f"{country}:{digits}"
    return f"+{metadata.country_code}{digits.removeprefix(trunk_of(country))}"


def without_stray_trunk(digits: str) -> str:
    """Digits after a plus, without the trunk zero that some write after the country code."""
    for size in range(1, _LONGEST_CODE + 1):
        regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(int(digits[:size]), ())
        if regions:
            metadata = phonenumbers.PhoneMetadata.metadata_for_region(regions[0], None)
            zero = metadata is not None and metadata.national_prefix == "0"
            return digits[:size] + (digits[size:].removeprefix("0") if zero else digits[size:])
    return digits
