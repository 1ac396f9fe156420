from collections import Counter
from pathlib import Path

from benchmarks.logins import Asked, measure, shown


async def test_calls_are_answered_while_logins_are_tried_of_which_none_succeeds(tmp_path: Path) -> None:
    rounds = await measure(tmp_path, 1.0)
    assert [len(one.milliseconds) for one in rounds] == [20] * 3
    assert not rounds[0].logins
    for storm in rounds[1:]:
        assert storm.logins.total() == 100
        assert storm.logins[429]
        assert storm.logins.keys() <= {403, 429}


def test_the_page_tells_whether_the_target_is_met() -> None:
    calm, slow = Asked("nothing", (1.0,) * 99), Asked("logins", (11.0,) * 99, Counter({403: 5, 429: 7}))
    assert shown([calm], 20).endswith("met.")
    page = shown([calm, slow], 20)
    assert "12: 5, 7, 0" in page
    assert page.endswith("missed.")
