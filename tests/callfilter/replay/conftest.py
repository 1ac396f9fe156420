from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.callfilter.replay.past import Shop


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    opened = Shop(tmp_path / "callfilter.db", policy={"mailbox": "100@default"})
    yield opened
    opened.close()
