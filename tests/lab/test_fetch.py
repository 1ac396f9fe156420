"""Where the lab gets its Asterisk: the mirror is read from the machine's own apt sources, in both forms."""

from pathlib import Path

import pytest

from lab.fetch import FetchError, Mirror, find_mirror, has_pjsip_hangup

KEYRING = "/usr/share/keyrings/some.gpg"


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    (tmp_path / "sources.list.d").mkdir()
    return tmp_path


def test_a_one_line_source_is_read_with_its_keyring(sources: Path) -> None:
    (sources / "sources.list").write_text(
        "# deb http://old.example/debian bookworm main\n"
        "deb-src http://mirror.example/debian bookworm main\n"
        f"deb [arch=amd64 signed-by={KEYRING}] http://mirror.example/debian/ bookworm main contrib # the first\n"
    )

    assert find_mirror(sources) == Mirror("http://mirror.example/debian/", f"signed-by={KEYRING}")


def test_a_deb822_source_is_read_with_its_keyring(sources: Path) -> None:
    (sources / "sources.list.d" / "debian.sources").write_text(
        "Types: deb deb-src\n# a comment\nURIs: http://mirror.example/debian\n http://second.example/debian\n"
        f"Suites: bookworm bookworm-updates\nComponents: main\nSigned-By: {KEYRING}\n"
    )

    assert find_mirror(sources) == Mirror("http://mirror.example/debian", f"signed-by={KEYRING}")


def test_archives_that_are_not_debians_main_one_are_passed_over(sources: Path) -> None:
    (sources / "sources.list.d" / "a.list").write_text("deb https://vendor.example/apt vendor-bookworm main\n")
    (sources / "sources.list.d" / "b.sources").write_text(
        "Types: deb\nURIs: http://security.example/\nSuites: bookworm-security\nComponents: main\n"
        "\n"
        "Types: deb\nURIs: http://off.example/\nSuites: bookworm\nComponents: main\nEnabled: no\n"
        "\n"
        f"Types: deb\nURIs: http://debian.example/\nSuites: bookworm\nComponents: main\nSigned-By: {KEYRING}\n"
    )

    assert find_mirror(sources).uri == "http://debian.example/"


def test_without_a_mirror_one_sentence_says_what_to_do(sources: Path) -> None:
    with pytest.raises(FetchError, match=r"^No Debian mirror stands in .*: install Asterisk .*\.$"):
        find_mirror(sources)


@pytest.mark.parametrize(
    ("version", "has"),
    [
        ((16, 28, 0), False),
        ((18, 20, 2), False),
        ((18, 21, 0), True),
        ((19, 8, 1), False),
        ((20, 5, 2), False),
        ((20, 6, 0), True),
        ((21, 0, 2), False),
        ((21, 1, 0), True),
        ((22, 10, 1), True),
        ((23, 0), True),
    ],
)
def test_an_installed_asterisk_is_new_enough_where_it_has_pjsip_hangup(version: tuple[int, ...], *, has: bool) -> None:
    assert has_pjsip_hangup(version) is has
