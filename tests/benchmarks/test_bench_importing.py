from pathlib import Path

from benchmarks.importing import Imported, measure, shown
from benchmarks.verdicts import Verdicts


async def test_all_numbers_are_imported_and_calls_answered_meanwhile(tmp_path: Path) -> None:
    imported, rounds = await measure(tmp_path, 2_000, 1.0)
    assert imported.numbers == 2_000
    assert imported.processor > 0
    assert imported.seconds > 0
    assert len(rounds[0].milliseconds) == 20
    assert rounds[1].milliseconds


def test_the_page_tells_whether_the_targets_are_met() -> None:
    calm, slow = Verdicts("nothing", (1.0,) * 99), Verdicts("the import", (11.0,) * 99)
    assert shown(Imported(1_000_000, 9.0, 15.0), [calm]).count(", met.") == 2
    page = shown(Imported(1_000_000, 11.0, 15.0), [calm, slow])
    assert "1,000,000 numbers in 11.0 s, 15.0 s of processor" in page
    assert page.count(", missed.") == 2
