import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from callfilter.store.items import Item, from_line, to_line
from callfilter.store.outcome import Answered, CallerKnown, Ended, NumberKnown, ScreenEnded, VoicemailSaved
from callfilter.store.record import CallRecord
from callfilter.store.spool import Spool, spool_files, spool_path
from filters.facts import Bond
from tests.callfilter.store.records import START, Maker
from tests.callfilter.store.trouble import bound_in, file_size_limit

LIFE: list[Item] = [
    Answered(7, START),
    Ended(7, START, cause=16, talk_seconds=12.5),
    Ended(8, START),
    VoicemailSaved(9, "100@default", "/var/spool/asterisk/\udcff\nmsg0000", 3),
    ScreenEnded(9, "failed", 3),
    CallerKnown(9, Bond.PROVED, START, START + timedelta(days=30)),
    NumberKnown("+8613800138000", Bond.DIALLED, START, START + timedelta(days=90)),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return spool_path(tmp_path / "callfilter.db")


@pytest.fixture
def spool(path: Path) -> Iterator[Spool]:
    opened = Spool(path)
    yield opened
    opened.close()


def drain(spool: Spool) -> list[Item]:
    found: list[Item] = []
    while items := spool.take(3):
        found += items
        spool.done()
    return found


@pytest.mark.parametrize("update", [*LIFE[:3], *LIFE[4:]])
def test_an_update_survives_its_line(update: Item) -> None:
    assert from_line(to_line(update)) == update


def test_a_path_in_an_update_loses_only_what_sqlite_cannot_hold() -> None:
    saved = from_line(to_line(LIFE[3]))
    assert saved == VoicemailSaved(9, "100@default", "/var/spool/asterisk/\\udcff\nmsg0000", 3.0)


@pytest.mark.parametrize(
    "line",
    [
        b'{"update":"answered"}',
        b'{"update":"vanished","id":7}',
        b'{"update":"answered","id":7,"at":"now"}',
        b'{"update":"screened","id":7,"result":"passed","tries":"one"}',
        b'{"update":"caller_known","id":7,"bond":"married","at":0,"expires_at":1}',
        b'{"update":"number_known","key":"+86","bond":"dialled","at":0}',
    ],
)
def test_an_update_with_a_wrong_value_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        from_line(line)


def test_what_was_put_in_comes_out_in_order(spool: Spool, make: Maker) -> None:
    put: list[Item] = [make(), make(), LIFE[0], make(), LIFE[1]]
    for item in put:
        spool.append(item)
    assert spool.pending == 5
    assert spool.take(2) == spool.take(4) == put[:2], "the same until they are done"
    spool.done()
    assert drain(spool) == put[2:]
    assert spool.take(1) == []
    assert spool.pending == spool.only_in_memory == 0


def test_the_file_is_emptied_when_everything_is_done(spool: Spool, path: Path, make: Maker) -> None:
    spool.append(make())
    [file] = spool_files(path)
    assert file.stat().st_size > 0
    drain(spool)
    assert file.stat().st_size == 0
    spool.close()
    assert spool_files(path) == []


def test_left_overs_of_a_dead_process_are_taken_over(path: Path, make: Maker) -> None:
    first, second = Spool(path), Spool(path)
    left = [make(), make(), make()]
    first.append(left[0])
    second.append(left[1])
    first.append(left[2])
    assert len(spool_files(path)) == 2
    first.close()
    second.close()
    heir = Spool(path)
    assert sorted(drain(heir), key=lambda item: getattr(item, "id", 0)) == left
    heir.close()
    assert spool_files(path) == []


def test_the_file_of_a_living_process_is_left_alone(spool: Spool, path: Path, make: Maker) -> None:
    record = make()
    spool.append(record)
    other = Spool(path)
    other.adopt()
    assert other.pending == 0
    other.close()
    assert drain(spool) == [record]


def test_what_a_script_left_is_found_later_too(spool: Spool, path: Path, make: Maker) -> None:
    records = [make(), make()]
    spool.append(records[0])
    script = Spool(path)
    script.append(records[1])
    script.close()
    assert spool.pending == 1
    spool.adopt()
    assert drain(spool) == records


def test_a_torn_last_line_and_garbage_are_set_aside_and_counted(path: Path, make: Maker) -> None:
    records = [make(), make(), make()]
    lines = [record.to_line() for record in records]
    garbage = [b'{"id":1}', b"\xff\x00\r\xfe", b"[" * 50_000]
    path.with_name(f"{path.name}.1").write_bytes(
        lines[0] + b"\n".join([*garbage[:2], b""]) + lines[1] + garbage[2] + b"\n" + lines[2][:-40]
    )
    spool = Spool(path)
    assert drain(spool) == records[:2]
    assert spool.set_aside == 4
    aside = path.with_name(f"{path.name}.bad").read_bytes()
    assert aside == b"\n".join([*garbage, lines[2][:-40], b""])
    spool.append(records[2])
    assert drain(spool) == records[2:]
    spool.close()


def test_a_line_longer_than_a_read_survives(spool: Spool, make: Maker) -> None:
    long = [make(name="\ud800" * 200_000), make()]
    for record in long:
        spool.append(record)
    assert drain(spool) == long


def test_a_busy_spool_does_not_grow_for_ever(spool: Spool, path: Path, make: Maker) -> None:
    name = "x" * 100_000
    spool.append(make(name=name))
    sizes, done = [], []
    for _ in range(100):
        spool.append(make(name=name))
        done += spool.take(1)
        spool.done()
        sizes.append(sum(file.stat().st_size for file in spool_files(path)))
    assert spool.pending == 1
    assert len(spool_files(path)) == 1
    assert max(sizes) < 5_000_000
    assert len({item.id for item in done if isinstance(item, CallRecord)}) == 100


def test_on_a_full_disk_lines_wait_in_memory_and_then_go_to_disk_in_order(path: Path, make: Maker) -> None:
    records = [make() for _ in range(8)]
    spool = Spool(path, keep=5)
    spool.append(records[0])
    size = spool_files(path)[0].stat().st_size
    with file_size_limit(size + 10):
        for record in records[1:6]:
            spool.append(record)
        assert (spool.only_in_memory, spool.lost) == (5, 0)
        assert "full" in spool.fault or "takes no spool file" in spool.fault
        spool.append(records[6])
        assert spool.lost == 1
        assert spool_files(path)[0].stat().st_size == size, "no half line stays"
        assert spool.take(10) == records[:1]
        spool.done()
    assert spool.take(2) == records[1:3]
    spool.append(records[7])
    assert spool.lost == 2, "memory is full while its first lines are being written"
    spool.done()
    spool.append(records[7])
    assert spool.only_in_memory == 0
    assert spool.fault == ""
    assert drain(spool) == [*records[3:6], records[7]]
    spool.close()


def test_lines_in_memory_go_to_disk_when_the_process_ends_well(path: Path, make: Maker) -> None:
    records = [make(), make()]
    spool = Spool(path)
    with file_size_limit(0):
        for record in records:
            spool.append(record)
        assert spool.only_in_memory == 2
    spool.close()
    assert spool.lost == 0
    heir = Spool(path)
    assert drain(heir) == records
    heir.close()


def test_left_overs_that_a_full_disk_cannot_take_stay_where_they_are(path: Path, make: Maker) -> None:
    records = [make() for _ in range(2)]
    path.with_name(f"{path.name}.1").write_bytes(records[0].to_line() + records[1].to_line()[:-30])
    with file_size_limit(100):
        spool = Spool(path)
        assert spool.pending == 0
    spool.adopt()
    assert drain(spool) == records[:1]
    spool.close()


def test_a_folder_that_may_not_be_written_loses_nothing_while_we_live(make: Maker) -> None:
    with bound_in(0o500) as folder:
        record = make()
        spool = Spool(folder / "callfilter.db.spool")
        spool.append(record)
        assert spool.only_in_memory == 1
        assert "Permission denied" in spool.fault
        assert spool.take(5) == [record]
        spool.close()
        assert spool.lost == 1


def test_a_missing_folder_is_no_error(tmp_path: Path, make: Maker) -> None:
    spool = Spool(tmp_path / "missing" / "callfilter.db.spool")
    spool.append(make())
    assert spool.only_in_memory == 1
    spool.close()


CHILD = """
import sys
from dataclasses import replace
from pathlib import Path
from callfilter.store.spool import Spool
from tests.callfilter.store.records import Maker

spool, make = Spool(Path(sys.argv[1])), Maker()
while True:
    record = make()
    spool.append(record)
    sys.stdout.write(f"{record.id}\\n")
    sys.stdout.flush()
"""


def test_a_process_killed_while_it_spools_loses_nothing_and_doubles_nothing(path: Path) -> None:
    reader = Spool(path)
    child = subprocess.Popen([sys.executable, "-c", CHILD, str(path)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    acknowledged = [int(child.stdout.readline())]
    while len(acknowledged) < 500:
        reader.adopt()
        acknowledged.append(int(child.stdout.readline()))
    assert reader.pending == 0, "it is alive, so its file is its own"
    os.kill(child.pid, signal.SIGKILL)
    acknowledged += [int(line) for line in child.stdout if line.endswith("\n")]
    child.stdout.close()
    child.wait()
    reader.adopt()
    found = [item.id for item in drain(reader) if isinstance(item, CallRecord)]
    reader.close()
    assert found[: len(acknowledged)] == acknowledged
    assert len(found) - len(acknowledged) <= 1, "only the last may have been killed between the disk and its word"
    assert len(found) == len(set(found))
