import pytest
from hypothesis import given
from hypothesis import strategies as st

from callfilter.setup.include import includes, with_include, without_include

TARGET = "callfilter.conf"
LINE = b'#include "callfilter.conf"\n'

PIECES = st.sampled_from(
    [
        b"",
        b"[general]",
        b"[x](!)",
        b"key = value",
        b"same => n,Dial(a)",
        b"; comment",
        b";-- block",
        b"--;",
        b";--- no block",
        b'#include "other.conf"',
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"[",
        b"  [indented]",
        b"\t",
        b"\x00",
    ]
)
ENDS = st.sampled_from([b"\n", b"\r\n", b"\r"])
FILES = st.builds(
    lambda lines, last: b"".join(line + end for line, end in lines) + last, st.lists(st.tuples(PIECES, ENDS)), PIECES
)


@given(FILES)
def test_a_line_put_in_and_taken_out_gives_the_file_back_byte_for_byte(content: bytes) -> None:
    after, inserted = with_include(content, TARGET)
    assert after != content
    assert without_include(after, inserted) == content


@given(FILES)
def test_all_lines_of_the_admin_stay_as_they_were(content: bytes) -> None:
    after, inserted = with_include(content, TARGET)
    assert after.replace(inserted, b"", 1) == content


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"; comments\n\n[general]\nstatic=yes\n",
        b"[general]",
        b'#include "a.conf"\n[x]\n',
        b";--\n[no]\n--;\n[yes]\n",
    ],
)
def test_the_line_goes_to_the_top(content: bytes) -> None:
    after, _ = with_include(content, TARGET)
    assert after == LINE + content


def test_settings_before_the_first_section_stay_outside_of_ours() -> None:
    assert with_include(b"a=b\n[x]\nc=d\n", TARGET)[0] == b"a=b\n" + LINE + b"[x]\nc=d\n"
    assert with_include(b"a=b", TARGET)[0] == b"a=b\n" + LINE


def test_a_byte_order_mark_stays_first() -> None:
    assert with_include(b"\xef\xbb\xbf[x]\n", TARGET)[0] == b"\xef\xbb\xbf" + LINE + b"[x]\n"


def test_a_file_of_windows_lines_gets_one_too() -> None:
    after, inserted = with_include(b"[x]\r\na=b\r\n", TARGET)
    assert inserted == b'#include "callfilter.conf"\r\n'
    assert includes(after, TARGET)


@pytest.mark.parametrize(
    "line",
    [
        b"#include callfilter.conf",
        b'#include "callfilter.conf"',
        b"#include <callfilter.conf>",
        b'#include "/opt/callfilter/callfilter.conf"',
        b"  #tryinclude callfilter.conf ; ours",
        b'#include "callfilter.conf"\r',
    ],
)
def test_a_line_of_the_admins_own_is_seen(line: bytes) -> None:
    assert includes(b"[x]\n" + line + b"\n", TARGET)


@pytest.mark.parametrize(
    "content",
    [b";#include callfilter.conf\n", b"#include callfilter.conf.bak\n", b";--\n#include callfilter.conf\n--;\n", b""],
)
def test_what_is_no_such_line_is_not(content: bytes) -> None:
    assert not includes(content, TARGET)


@pytest.mark.parametrize("content", [b"", b"[x]\n", LINE + LINE, b"; " + LINE, LINE.rstrip()])
def test_a_line_that_is_not_there_once_is_not_taken_out(content: bytes) -> None:
    assert without_include(content, LINE) is None


@given(FILES)
def test_what_was_added_behind_the_line_stays_on_lines_of_its_own(content: bytes) -> None:
    after, inserted = with_include(content, TARGET)
    end = inserted.removesuffix(inserted.lstrip(b"\r\n"))
    assert without_include(after + b"[ctx]\n", inserted) == content + end + b"[ctx]\n"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"x=1\n" + LINE + b"[ctx]\n", b"x=1\n[ctx]\n"),
        (b"x=1\n" + LINE, b"x=1"),
        (LINE + b"[ctx]\n", b"[ctx]\n"),
        (LINE, b""),
        (b"\xef\xbb\xbf" + LINE, b"\xef\xbb\xbf"),
        (b"\r\n" + LINE + b"\r\n", b"\r\n\r\n"),
    ],
)
def test_whatever_became_of_the_lines_around_only_ours_is_taken_out(content: bytes, expected: bytes) -> None:
    assert without_include(content, b"\n" + LINE) == expected


def test_a_large_file_takes_no_time() -> None:
    content = b"exten => 100,1,Dial(PJSIP/100)\n" * 200_000
    after, inserted = with_include(content, TARGET)
    assert without_include(after, inserted) == content
