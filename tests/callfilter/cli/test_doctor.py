import pytest

from tests.callfilter.cli.shop import Shop


@pytest.fixture(autouse=True)
def _nobody_listens(shop: Shop) -> None:
    # Port 1 needs root to listen at; nobody does.
    shop.settings('fastagi = "127.0.0.1:1"')


def test_every_finding_is_a_line_with_a_sign(shop: Shop) -> None:
    shop("allow", "13800138000")
    result = shop("doctor", "--asterisk", "/nonexistent/asterisk")
    assert result.code == 1
    assert not result.err
    signs = [line.split()[0] for line in result.out.splitlines()]
    assert set(signs) == {"✓", "!", "✗"}
    assert "✗ service: nobody answers at 127.0.0.1:1" in result.out


def test_for_programs_it_is_one_object(shop: Shop) -> None:
    result = shop("doctor", "--json", "--asterisk", "/nonexistent/asterisk")
    assert result.code == 1
    assert result.json["ok"] is False
    assert {tuple(finding) for finding in result.json["findings"]} == {("mark", "subject", "text")}


def test_a_command_that_no_shell_could_read_is_one_sentence(shop: Shop) -> None:
    result = shop("doctor", "--asterisk", "asterisk 'oops")
    assert result.code == 2
    assert result.is_one_sentence()


def test_settings_that_are_wrong_are_findings(shop: Shop) -> None:
    shop.config.write_text('country = "XX"\narea = 21\n', encoding="utf-8")
    result = shop("doctor")
    assert result.code == 1
    assert [line.startswith("✗ settings: ") for line in result.out.splitlines()] == [True, True]
