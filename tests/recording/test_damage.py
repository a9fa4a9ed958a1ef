"""A damaged recording is read on past the damage, says where, and proves no more than it holds."""

import json
import random
from pathlib import Path

import pytest

from ganglion.errors import RecordingError
from ganglion.recording.entry import CRC, HEAD, Entry, Kind
from ganglion.recording.file import MAGIC, Recording
from ganglion.recording.runs import runs
from ganglion.verification.recorded import check
from tests.support.recordings import BURSTS, Recorded
from tests.support.words import say


def places(path: Path) -> list[tuple[int, Entry]]:
    """Where each entry begins."""
    at, found = len(MAGIC), []
    for entry in Recording(path).entries():
        found.append((at, entry))
        at += HEAD.size + len(entry.data) + CRC.size
    return found


def damaged(recorded: Recorded, path: Path, *bytes_: int) -> Path:
    data = bytearray(recorded.path.read_bytes())
    for at in bytes_:
        data[at] ^= 0x10
    path.write_bytes(data)
    return path


def test_whichever_entry_is_damaged_the_others_are_read_and_no_device_is_blamed(
    recorded: Recorded, tmp_path: Path
):
    network = recorded.brain.network
    hurt = 0
    every = places(recorded.path)[2:]
    most = max(len(entry.data) for _, entry in every) // 8  # bursts in the largest
    seed = random.randrange(2**32)
    sent = [place for place in every if place[1].kind == Kind.SENT]
    for at, entry in [*sent[:8], *random.Random(seed).sample(every, 6)]:
        for byte in (at + random.Random(seed).choice([1, 9, HEAD.size + len(entry.data) // 2]),):
            recording = Recording(damaged(recorded, tmp_path / "hurt.gbr", byte))
            found = runs(recording)
            (damage,) = recording.damage or [None]
            assert damage is None or (damage.at, damage.bytes) == (
                at, HEAD.size + len(entry.data) + CRC.size
            )  # fmt: skip
            assert damage or recording.torn
            assert sum(len(run.number) for run in found) >= 2 * BURSTS - most, seed
            if entry.kind in (Kind.SENT, Kind.RECEIVED):
                hurt += any(run.partial or run.inputs_lost for run in found)
            for run in found:
                try:
                    assert check(network, run).divergence is None, seed
                except RecordingError as error:
                    assert "damaged at byte" in str(error) or "does not say which" in str(error), (
                        seed
                    )
    assert hurt > 0


def telemetry(recorded: Recorded) -> int:
    """A byte in the midst of the first run's telemetry."""
    large = [(at, e) for at, e in places(recorded.path) if e.kind == Kind.RECEIVED]
    at, entry = max(large[: len(large) // 2], key=lambda found: len(found[1].data))
    return at + HEAD.size + len(entry.data) // 2


def test_verify_of_a_damaged_recording_says_where_and_does_not_exit_0(
    recorded: Recorded, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    byte = telemetry(recorded)
    path = damaged(recorded, tmp_path / "hurt.gbr", byte)
    start = max(at for at, _ in places(recorded.path) if at <= byte)
    said = say(capsys, "replay", path, "--to", "verify", "--run", 1)
    assert said.code == 1
    assert f"damaged at byte {start:,}" in said.err
    assert "bursts that are there, which is not all: " in said.err
    assert "or be content with them by --partial" in said.err
    assert "nothing is missing" not in said.out + said.err
    told = json.loads(say(capsys, "replay", path, "--to", "verify", "--run", 1, "--json").out)
    assert told["partial"] is True and f"damaged at byte {start:,}" in told["missing"]
    content = say(capsys, "replay", path, "--to", "verify", "--run", 1, "--partial")
    assert content.code == 0
    assert "damaged at byte" in content.out
    other = say(capsys, "replay", path, "--to", "verify", "--run", 2)
    assert other.code == 0 and "nothing is missing" in other.out


def test_a_summary_says_where_it_is_damaged(
    recorded: Recorded, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    path = damaged(recorded, tmp_path / "hurt.gbr", telemetry(recorded))
    told = json.loads(say(capsys, "replay", path, "--to", "summary", "--json").out)
    (damage,) = told["damage"]
    text = say(capsys, "replay", path, "--to", "summary").out
    assert f"damaged at byte {damage['at']:,} ({damage['bytes']:,} bytes are no whole entry" in text
    assert "cut off" not in text


def test_a_recording_cut_anywhere_never_verifies_as_whole(
    recorded: Recorded, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    data = recorded.path.read_bytes()
    cut = tmp_path / "cut.gbr"
    seed = random.randrange(2**32)
    for size in random.Random(seed).sample(range(2_000, len(data) // 2 - 2_000), 5):
        cut.write_bytes(data[:size])
        said = say(capsys, "replay", cut, "--to", "verify")
        assert said.code == 1, (seed, size)
        assert "not all" in said.err or "holds no burst" in said.err, (seed, size)


def test_a_comparison_over_less_than_was_recorded_is_not_identical(
    recorded: Recorded, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    path = damaged(recorded, tmp_path / "hurt.gbr", telemetry(recorded))
    small = tmp_path / "small.gbn"
    small.write_bytes(recorded.brain.blob)
    words = ("compare", f"{path}#1", f"sim:{small}")
    told = json.loads(say(capsys, *words, "--json").out)
    assert told["identical"] is False and "damaged at byte" in told["missing_a"]
    assert "identical in all" not in say(capsys, *words).out
    said = say(capsys, *words, "--min-similarity", 0.9)
    assert said.code == 4 and "which is not all" in said.err
    assert say(capsys, *words, "--min-similarity", 0.9, "--partial").code == 0


def test_damage_in_the_header_is_named(recorded: Recorded, tmp_path: Path):
    for byte in (len(MAGIC) + 20, places(recorded.path)[1][0] + 40):
        path = damaged(recorded, tmp_path / "hurt.gbr", byte)
        with pytest.raises(RecordingError, match=r"is damaged at byte [\d,]+, in its header or"):
            Recording(path)


def test_many_damages_are_all_told(recorded: Recorded, tmp_path: Path):
    chosen = [at for at, _ in places(recorded.path)[5:-1:7]]
    recording = Recording(damaged(recorded, tmp_path / "hurt.gbr", *(at + 4 for at in chosen)))
    runs(recording)
    assert [damage.at for damage in recording.damage] == chosen
