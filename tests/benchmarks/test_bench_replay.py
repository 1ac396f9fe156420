from pathlib import Path

from benchmarks.replay import CALLS, fill, measure, shown


def test_drafts_of_every_kind_are_tried_on_a_log_that_can_be_read_whole(tmp_path: Path) -> None:
    database = tmp_path / "callfilter.db"
    fill(database, 1500)
    took = list(measure(database))
    assert [one.report.calls for one in took] == [1500] * 5
    assert [one.report.unreadable for one in took] == [0] * 5
    assert took[1].report.changed
    assert took[2].report.rules["first, at night"].calls
    assert all(0 < one.seconds < 60 < one.resident for one in took)
    assert took[3].report.rules["score"].calls
    page = shown(took, CALLS, 1.5)
    assert page.count("\n| ") == 7
    assert page.endswith("Target: a million calls in 60 s, met.")
    assert shown(took, 1, 1.5).endswith("missed.")
