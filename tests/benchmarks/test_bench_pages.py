from pathlib import Path

import pytest

from benchmarks import long_log, pages


def test_every_search_is_timed_over_a_log_that_the_page_can_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(long_log, "SAMPLES", 500)
    monkeypatch.setattr(pages, "ROUNDS", 1)
    monkeypatch.setattr(pages, "BATCHES", 1)
    text = pages.table(tmp_path, 2000)
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    assert text.startswith("2,000 calls in ")
    assert len(lines) == 2 + len(pages.SEARCHES) + 1
    rows = {line.split("|")[1].strip(): int(line.split("|")[5]) for line in lines[2:]}
    assert rows["the newest"] == rows["no caller number"] == rows["rule"] == 50
    assert rows["number, none"] == rows["action, none"] == 0
    assert "goes on by itself" not in text
    assert "The first page with all its files has " in text
