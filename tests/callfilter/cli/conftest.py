from pathlib import Path

import pytest

from tests.callfilter.cli.shop import Shop


@pytest.fixture
def shop(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shop:
    for name in ("DATABASE", "COUNTRY", "AREA", "FASTAGI", "AMI", "CONFIG"):
        monkeypatch.delenv(f"CALLFILTER_{name}", raising=False)
    return Shop(tmp_path, capsys, monkeypatch)
