"""`ganglion record`, `replay` and `export`, as a person runs them, whatever happens to them."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from ganglion.blob.container import encode
from ganglion.compiler import Brain
from ganglion.link.messages import Done
from ganglion.recording.file import Kind, Recorder, Recording
from ganglion.recording.runs import runs
from ganglion.verification.recorded import check
from tests.support.command import GANGLION
from tests.support.recordings import BURSTS, FULL, PATIENCE, Recorded, ganglion


@pytest.fixture(scope="module")
def brain_file(small_brain: Brain, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("brain") / "small.gbn"
    path.write_bytes(small_brain.blob)
    return path


def begin(brain_file: Path, output: Path) -> subprocess.Popen[str]:
    """A recording without end, once some of it is there."""
    process = subprocess.Popen(
        [*GANGLION, "record", brain_file, "-o", output, "--bursts", "100000000", "--period", "1"],
        stderr=subprocess.PIPE, text=True, env={**os.environ, "TMPDIR": str(output.parent)},
    )  # fmt: skip
    given_up = time.monotonic() + PATIENCE
    while not output.exists() or output.stat().st_size < 20_000:
        assert process.poll() is None, process.communicate(timeout=PATIENCE)
        assert time.monotonic() < given_up, "nothing is recorded"
        time.sleep(0.01)
    return process


def test_a_run_is_recorded_verified_and_exported(brain_file: Path, tmp_path: Path):
    path = tmp_path / "a.gbr"
    done = ganglion("record", brain_file, "-o", path, "--bursts", "200", "--json")
    told = json.loads(done.stdout)
    assert (told["bursts"], told["runs"], told["lost_nothing"]) == (200, 1, True)
    assert told["bytes"] == path.stat().st_size
    said = ganglion("replay", path, "--to", "verify").stdout
    assert said == f"identical: 200 bursts, {told['spikes']:,} spikes; nothing is missing\n"
    ganglion("export", path, "-o", tmp_path / "a.csv")
    assert len((tmp_path / "a.csv").read_text().splitlines()) == told["spikes"] + 1
    refused = ganglion("record", brain_file, "-o", path, code=1)
    assert "is never overwritten" in refused.stderr


def test_interrupted_the_recording_is_closed_and_whole(brain_file: Path, tmp_path: Path):
    path = tmp_path / "a.gbr"
    process = begin(brain_file, path)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=PATIENCE)
    assert (process.returncode, said.strip()) == (130, "ganglion: interrupted")
    recording = Recording(path)
    (run,) = runs(recording)
    assert (recording.torn, recording.end) == (0, "KeyboardInterrupt")
    assert run.whole
    assert len(run.number) > 10
    # All that was recorded is there, and less than was asked for: no green.
    said = ganglion("replay", path, "--to", "verify", code=1).stderr
    assert re.search(
        r"it ends after burst [\d,]+ of 100,000,000; record again, or be content", said
    )
    assert ganglion("replay", path, "--to", "verify", "--partial").stdout.startswith("identical: ")


def test_killed_the_recording_is_readable_and_equal_to_the_reference(
    brain_file: Path, tmp_path: Path, small_brain: Brain
):
    path = tmp_path / "a.gbr"
    process = begin(brain_file, path)
    process.kill()
    process.communicate(timeout=PATIENCE)
    recording = Recording(path)
    (run,) = runs(recording)
    assert (recording.end, run.end) == (None, "the recording was cut off")
    assert check(small_brain.network, run).identical
    said = ganglion("replay", path, "--to", "verify", code=1).stderr
    assert "a.gbr was " in said
    assert "cut off" in said or "never closed: whoever recorded it ended suddenly" in said
    assert re.search(r"it ends after burst [\d,]+ of 100,000,000, the recording was cut off", said)
    said = ganglion("replay", path, "--to", "verify", "--partial").stdout
    assert said.startswith("identical: ") and "nothing is missing" not in said


def test_a_full_disk_ends_the_run_and_keeps_what_came(brain_file: Path, tmp_path: Path):
    path = tmp_path / "a.gbr"
    done = subprocess.run(
        [sys.executable, "-c", FULL, "record", brain_file, "-o", path, "--bursts", "1000000"],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 1
    size = path.stat().st_size
    assert f"cannot be written after {size:,} bytes, which are kept" in done.stderr
    recording = Recording(path)
    (run,) = runs(recording)
    assert recording.torn == 0
    assert run.whole
    assert len(run.number) > 10


def test_a_brain_that_is_not_the_recorded_one_is_found_out(recorded: Recorded, tmp_path: Path):
    network = recorded.brain.network
    populations = list(network.populations)
    populations[-1] = replace(populations[-1], threshold=2 * populations[-1].threshold)
    other = encode(replace(network, populations=tuple(populations)))
    lied = tmp_path / "lied.gbr"
    with Recorder(lied, other) as recorder:
        for entry in recorded.recording.entries():
            if entry.kind in (Kind.SENT, Kind.RECEIVED):
                recorder.tap(entry.data, entry.kind == Kind.SENT)
    done = ganglion("replay", lied, "--to", "verify", code=4)
    assert "the recorded device and the reference part: burst " in done.stderr
    assert f"of {network.areas[2].id} at " in done.stderr
    assert "fired is 1 on the device and 0 in the reference" in done.stderr


def test_the_second_run_is_chosen_by_its_number(recorded: Recorded):
    done = ganglion("replay", recorded.path, "--to", "verify", "--run", 2, "--json")
    assert json.loads(done.stdout)["identical"] is True
    second = runs(recorded.recording)[1]
    assert isinstance(second.end, Done)
    assert json.loads(done.stdout)["spikes"] == second.end.spikes
    done = ganglion("replay", recorded.path, "--to", "verify")
    assert "this is run 1 of 2, the longest; --run N chooses another" in done.stderr


def test_a_summary_says_what_a_recording_holds(recorded: Recorded, tmp_path: Path):
    told = json.loads(ganglion("replay", recorded.path, "--to", "summary", "--json").stdout)
    assert told["closed"] == "closed"
    assert [(run["bursts"], run["whole"], run["injected"]) for run in told["runs"]] == [
        (BURSTS, True, 3)
    ] * 2
    assert [said["text"] for said in told["runs"][0]["said"]] == ["half"]
    cut = tmp_path / "cut.gbr"
    cut.write_bytes(recorded.path.read_bytes()[:-10])
    text = ganglion("replay", cut, "--to", "summary").stdout
    assert re.search(r"^cut off: its last \d+ bytes are no whole entry$", text, re.M), text
    for run in (1, 2):
        line = rf"^run {run}: 300 bursts, .*; done after burst 300; whole$"
        assert re.search(line, text, re.M), text
