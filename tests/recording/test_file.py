"""A recording keeps what came, whatever ends it."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganglion.errors import RecordingError
from ganglion.recording.entry import CRC, HEAD
from ganglion.recording.file import MAGIC, Kind, Recorder, Recording

ENDLESS = """
import itertools, os, sys
from pathlib import Path
from ganglion.recording.file import Recorder
recorder = Recorder(Path(sys.argv[1]), b"brain")
for i in itertools.count():
    recorder.frame(i.to_bytes(4, "little") * 50)
    os.write(1, b"%d\\n" % i)
"""
LIMITED = """
import resource, sys
from pathlib import Path
from ganglion.recording.file import Recorder
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, resource.RLIM_INFINITY))
recorder = Recorder(Path(sys.argv[1]), b"brain")
for i in range(100):
    recorder.frame(bytes([i]) * 100)
recorder.close()
print(recorder.unrecorded)
recorder.check()
"""


def small(path: Path) -> Path:
    with Recorder(path, b"brain", {"device": "virtual"}) as recorder:
        recorder.frame(b"\x00\x01\x02")
        recorder.sent(b"\x03")
        recorder.mark("here")
        recorder.notice("unplugged")
    return path


@given(
    st.lists(st.tuples(st.sampled_from(["frame", "sent", "mark", "notice"]), st.binary())),
    st.binary(),
)
def test_what_was_recorded_is_read_back_in_order(parts: list[tuple[str, bytes]], blob: bytes):
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "a.gbr"
        with Recorder(path, blob, {"stimulus": "random:1"}) as recorder:
            for name, data in parts:
                text = data.decode("latin-1")
                getattr(recorder, name)(data if name in ("frame", "sent") else text)
        recording = Recording(path)
        entries = list(recording.entries())[2:-1]
        kinds = {"frame": Kind.RECEIVED, "sent": Kind.SENT}
        assert [(entry.kind, entry.data) for entry in entries] == [
            (kinds[name], data) if name in kinds
            else (Kind[name.upper()], data.decode("latin-1").encode())
            for name, data in parts
        ]  # fmt: skip
        assert (recording.blob, recording.meta["stimulus"]) == (blob, "random:1")
        assert (recording.torn, recording.end) == (0, "closed")
        times = [entry.time for entry in entries]
        assert times == sorted(times)


def test_cut_at_any_byte_it_is_read_up_to_the_last_whole_entry(tmp_path: Path):
    data = small(tmp_path / "whole.gbr").read_bytes()
    whole = list(Recording(tmp_path / "whole.gbr").entries())
    cut = tmp_path / "cut.gbr"
    lengths = set()
    for size in range(len(data)):
        cut.write_bytes(data[:size])
        try:
            recording = Recording(cut)
        except RecordingError as error:
            assert "is not a recording" in str(error) or "ends before the brain" in str(error)
            continue
        entries = list(recording.entries())
        assert entries == whole[: len(entries)]
        assert recording.end is None
        assert recording.torn < len(data)
        lengths.add(len(entries))
    assert lengths == set(range(2, len(whole)))


def test_no_flipped_bit_changes_what_is_read(tmp_path: Path):
    data = small(tmp_path / "whole.gbr").read_bytes()
    whole = list(Recording(tmp_path / "whole.gbr").entries())
    offsets = [len(MAGIC)]
    for entry in whole:
        offsets.append(offsets[-1] + HEAD.size + len(entry.data) + CRC.size)
    flipped = tmp_path / "flipped.gbr"
    for bit in range(8 * len(MAGIC), 8 * len(data)):
        altered = bytearray(data)
        altered[bit // 8] ^= 1 << bit % 8
        flipped.write_bytes(altered)
        try:
            recording = Recording(flipped)
        except RecordingError:
            continue
        entries = list(recording.entries())
        assert len(entries) == len(whole) - 1
        assert all(entry in whole for entry in entries)
        (fault,) = [fault for fault in recording.faults if "damaged" in fault or "cut" in fault]
        start = max(offset for offset in offsets if 8 * offset <= bit)
        assert fault.startswith(f"it is damaged at byte {start:,}") or recording.torn


def test_kill_9_loses_nothing_that_was_recorded(tmp_path: Path):
    path = tmp_path / "killed.gbr"
    process = subprocess.Popen(
        [sys.executable, "-c", ENDLESS, str(path)], stdout=subprocess.PIPE, bufsize=0
    )
    assert process.stdout is not None
    said = b""
    while said.count(b"\n") < 200:
        piece = process.stdout.read(4096)
        assert piece, "it ended by itself"
        said += piece
    process.send_signal(signal.SIGKILL)
    said += process.stdout.read()
    process.wait()
    process.stdout.close()
    sure = int(said[: said.rindex(b"\n")].split()[-1])
    recording = Recording(path)
    frames = [e.data for e in recording.entries() if e.kind == Kind.RECEIVED]
    assert len(frames) > sure
    assert frames == [i.to_bytes(4, "little") * 50 for i in range(len(frames))]
    assert recording.end is None


def test_a_full_disk_ends_the_recording_and_not_the_run(tmp_path: Path):
    path = tmp_path / "full.gbr"
    done = subprocess.run([sys.executable, "-c", LIMITED, str(path)], capture_output=True)
    assert done.returncode == 1
    recording = Recording(path)
    frames = [e.data for e in recording.entries() if e.kind == Kind.RECEIVED]
    assert 0 < len(frames) < 100
    assert frames == [bytes([i]) * 100 for i in range(len(frames))]
    assert recording.torn == 0
    assert int(done.stdout) > 100 * (100 - len(frames))
    said = done.stderr.decode()
    assert f"cannot be written after {path.stat().st_size:,} bytes, which are kept" in said
    assert "choose a place that can be written and has room" in said


def test_a_disk_that_is_full_from_the_start_is_refused():
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full here")
    with pytest.raises(RecordingError, match=r"/dev/full cannot be written \(No space left"):
        Recorder(Path("/dev/full"), b"", overwrite=True)


def test_a_jump_of_the_wall_clock_is_noted_and_moves_no_time(tmp_path: Path):
    steady, wall = [1_000], [2_000_000_000_000]
    path = tmp_path / "jump.gbr"
    with Recorder(path, b"", clock=lambda: steady[0], wall=lambda: wall[0]) as recorder:
        for jump in (0, 3_600_000_000_000, -20_000_000_000):
            steady[0] += 5_000_000
            wall[0] += 5_000_000 + jump
            recorder.frame(b"x")
    entries = [e for e in Recording(path).entries() if e.kind in (Kind.RECEIVED, Kind.NOTICE)]
    assert [e.time for e in entries if e.kind == Kind.RECEIVED] == [5_000_000, 10**7, 15_000_000]
    assert [e.text for e in entries if e.kind == Kind.NOTICE] == [
        "the wall clock jumped by +3600.000 s",
        "the wall clock jumped by -20.000 s",
    ]


def test_an_error_during_the_run_is_why_it_ended(tmp_path: Path):
    path = tmp_path / "error.gbr"
    with pytest.raises(KeyboardInterrupt), Recorder(path, b""):
        raise KeyboardInterrupt
    recording = Recording(path)
    list(recording.entries())
    assert recording.end == "KeyboardInterrupt"


def test_nothing_is_overwritten(tmp_path: Path):
    path = small(tmp_path / "a.gbr")
    before = path.read_bytes()
    with pytest.raises(RecordingError) as caught:
        Recorder(path, b"")
    assert str(caught.value) == (
        f"{path} exists, and a recording is never overwritten; name another file"
    )
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is not a recording; give a file that `ganglion record` or --record wrote"),
        (b"PK\x03\x04 anything else", "is not a recording"),
        (MAGIC, "ends before the brain that its header should hold; record again"),
    ],
)
def test_what_is_no_recording_is_refused(tmp_path: Path, data: bytes, said: str):
    path = tmp_path / "odd.gbr"
    path.write_bytes(data)
    with pytest.raises(RecordingError, match=said):
        Recording(path)


def test_a_version_that_is_not_ours_is_refused(tmp_path: Path):
    path = tmp_path / "newer.gbr"
    Recorder(path, b"", {"version": 9}).close()
    with pytest.raises(RecordingError, match="is of version 9, and this program reads 1; read it"):
        Recording(path)


def test_a_recording_that_is_not_there_is_one_sentence(tmp_path: Path):
    with pytest.raises(RecordingError, match=r"cannot be read \(No such file or directory\); ch"):
        Recording(tmp_path / "none.gbr")


def test_after_close_nothing_more_is_written(tmp_path: Path):
    path = tmp_path / "closed.gbr"
    recorder = Recorder(path, b"")
    recorder.close()
    recorder.close()
    size = os.stat(path).st_size  # noqa: PTH116
    recorder.frame(b"late")
    assert (path.stat().st_size, recorder.unrecorded) == (size, 4)
