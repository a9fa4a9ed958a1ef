"""The command line: one clear sentence for bad input, the right exit code, nothing lost."""

import contextlib
import functools
import json
import os
import pty
import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ganglion.compiler import Brain
from ganglion.examples import path as example
from tests.support.command import GANGLION, ganglion_in
from tools.networks import with_one_weight_changed

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def ganglion(tmp_path: Path) -> Run:
    """Runs the command in an empty directory."""
    return functools.partial(ganglion_in, tmp_path)


@pytest.fixture
def blob(tmp_path: Path, ganglion: Run) -> Path:
    done = ganglion("compile", str(example("wall_avoider")), "-o", "robot.gbn")
    assert done.returncode == 0, done.stderr
    return tmp_path / "robot.gbn"


def refusal(done: "subprocess.CompletedProcess[str]", code: int) -> str:
    """The one sentence of a refusal."""
    assert done.returncode == code, (done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, lines
    assert lines[0].startswith("ganglion: ") and "; " in lines[0]
    return lines[0]


def edited(tmp_path: Path, change: Callable[[dict[str, object]], None]) -> str:
    genome = json.loads(example("wall_avoider").read_text())
    change(genome["blueprint"])
    (tmp_path / "edited.json").write_text(json.dumps(genome))
    return "edited.json"


def test_a_missing_genome_is_named(ganglion: Run) -> None:
    assert "nowhere.json cannot be read" in refusal(ganglion("compile", "nowhere.json"), 1)


@pytest.mark.parametrize("content", ["", "not json", '{"blueprint": {', "[]", "3"])
def test_what_is_not_a_genome_is_refused(ganglion: Run, tmp_path: Path, content: str) -> None:
    (tmp_path / "g.json").write_text(content)
    refusal(ganglion("compile", "g.json", "-o", "out.gbn"), 1)
    assert not (tmp_path / "out.gbn").exists()


def test_a_truncated_genome_leaves_the_old_blob(ganglion: Run, tmp_path: Path, blob: Path) -> None:
    before = blob.read_bytes()
    text = example("wall_avoider").read_text()
    (tmp_path / "cut.json").write_text(text[: len(text) // 2])
    refusal(ganglion("compile", "cut.json", "-o", blob.name), 1)
    assert blob.read_bytes() == before


def test_a_zero_dimension_is_named_with_its_place(ganglion: Run, tmp_path: Path) -> None:
    def zero(blueprint: dict[str, object]) -> None:
        key = next(k for k in blueprint if k.endswith("___bbx-i"))
        blueprint[key] = 0

    sentence = refusal(ganglion("compile", edited(tmp_path, zero)), 1)
    assert "___bbx-i" in sentence and "0" in sentence


def test_a_mapping_to_an_unknown_area_is_named(ganglion: Run, tmp_path: Path) -> None:
    def unknown(blueprint: dict[str, object]) -> None:
        key = next(k for k, v in blueprint.items() if k.endswith("dstmap-d") and v)
        mapping = blueprint[key]
        assert isinstance(mapping, dict)
        mapping["c_gone"] = next(iter(mapping.values()))

    done = ganglion("compile", edited(tmp_path, unknown), "-o", "x.gbn")
    assert done.returncode == 0
    assert "c_gone" in done.stderr and "Traceback" not in done.stderr


def test_an_unknown_precision_is_refused(ganglion: Run) -> None:
    sentence = refusal(ganglion("compile", str(example("wall_avoider")), "--precision", "int5"), 2)
    assert "the precision 'int5' is unknown; use int8, fp16 or fp32" in sentence


def test_fp32_is_refused_for_a_board(ganglion: Run) -> None:
    sentence = refusal(ganglion("compile", str(example("wall_avoider")), "--precision", "f32"), 2)
    assert "boards run integers only" in sentence


def test_an_unknown_device_has_exit_code_3(ganglion: Run, blob: Path) -> None:
    sentence = refusal(ganglion("verify", blob.name, "--device", "/dev/ttyNOPE"), 3)
    assert "/dev/ttyNOPE" in sentence


def test_a_brain_that_does_not_fit_has_exit_code_5(ganglion: Run, tmp_path: Path) -> None:
    def large(blueprint: dict[str, object]) -> None:
        for key in blueprint:
            if "c__map" in key or "i__inf" in key:
                if key.endswith("bbx-i"):
                    blueprint[key] = 40
                if key.endswith("bby-i"):
                    blueprint[key] = 40

    sentence = refusal(ganglion("compile", edited(tmp_path, large), "--board", "esp32"), 5)
    assert "esp32 has" in sentence and "bytes" in sentence


@pytest.mark.parametrize("stimulus", ["noise", "random:x", "random:1:2", "random:1:0.1:9"])
def test_a_stimulus_that_is_none_is_refused(ganglion: Run, blob: Path, stimulus: str) -> None:
    refusal(ganglion("verify", blob.name, "--stimulus", stimulus), 2)


def test_a_damaged_blob_is_refused_before_a_device_is_touched(ganglion: Run, blob: Path) -> None:
    data = bytearray(blob.read_bytes())
    data[200] ^= 4
    blob.write_bytes(data)
    sentence = refusal(ganglion("run", blob.name, "--device", "/dev/ttyNOPE"), 1)
    assert "SHA-256 is wrong: it was altered or damaged" in sentence


def test_verify_says_identical_and_exits_0(ganglion: Run, blob: Path) -> None:
    done = ganglion("verify", blob.name, "--bursts", "200", "--stimulus", "random:7:0.2", "--json")
    assert done.returncode == 0, done.stderr
    verdict = json.loads(done.stdout)
    assert verdict["identical"] is True and verdict["bursts"] == 200 and verdict["spikes"] > 1000


def test_verify_with_a_period_says_how_long_bursts_took_and_how_many_were_late(
    ganglion: Run, blob: Path
) -> None:
    done = ganglion("verify", blob.name, "--bursts", "100", "--period", "2")
    assert done.returncode == 0, done.stderr
    verdict, times = done.stdout.splitlines()
    assert verdict.startswith("identical: 100 bursts")
    number = r"[\d,]+"
    assert re.fullmatch(
        f"bursts took {number} µs \\(median\\), {number} µs \\(99 %\\), {number} µs at worst; "
        f"{number} of 100 began late",
        times,
    )


def test_verify_locates_one_changed_weight_and_exits_4(
    ganglion: Run, tmp_path: Path, small_brain: Brain
) -> None:
    changed, neuron = with_one_weight_changed(small_brain)
    (tmp_path / "right.gbn").write_bytes(small_brain.blob)
    (tmp_path / "wrong.gbn").write_bytes(changed)
    flash = ("--device", f"virtual:{tmp_path / 'flash'}")
    assert ganglion("run", "wrong.gbn", "--bursts", "5", *flash).returncode == 0
    done = ganglion("verify", "right.gbn", "--no-deploy", "--bursts", "200", *flash)
    sentence = refusal(done, 4)
    assert "the device and the reference part: burst " in sentence
    assert f"neuron {neuron} of " in sentence and " on the device and " in sentence


def test_run_prints_one_object_per_burst(ganglion: Run, blob: Path) -> None:
    done = ganglion("run", blob.name, "--bursts", "30", "--json", "--record", "run.rec")
    bursts = [b for line in done.stdout.splitlines() if "burst" in (b := json.loads(line))]
    assert [b["burst"] for b in bursts] == list(range(1, 31))
    assert (blob.parent / "run.rec").stat().st_size > len(blob.read_bytes())


def test_compile_and_inspect_agree(ganglion: Run, tmp_path: Path) -> None:
    genome = str(example("wall_avoider"))
    made = ganglion("compile", genome, "-o", "a.gbn", "--report", "a.report", "--json")
    seen = json.loads(ganglion("inspect", "a.gbn", "--json").stdout)
    report = json.loads(made.stdout)
    assert report == json.loads((tmp_path / "a.report").read_text())
    for key in ("brain_id", "connectome", "state", "synapses", "ram", "golden", "sections"):
        assert report[key] == seen[key], key


def test_the_same_genome_gives_the_same_bytes_in_another_process(
    ganglion: Run, tmp_path: Path, blob: Path
) -> None:
    ganglion("compile", str(example("wall_avoider")), "-o", "again.gbn")
    assert (tmp_path / "again.gbn").read_bytes() == blob.read_bytes()


def test_the_demo_proves_equality_and_draws_a_picture(ganglion: Run, tmp_path: Path) -> None:
    done = ganglion("demo", "--bursts", "300")
    assert done.returncode == 0, done.stderr
    assert "identical" in done.stdout
    assert (tmp_path / "ganglion-demo.png").read_bytes().startswith(b"\x89PNG")


def test_ctrl_c_during_a_run_leaves_a_closed_recording_and_a_sane_terminal(
    blob: Path, ganglion: Run
) -> None:
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [*GANGLION, "run", blob.name, "--bursts", "100000000", "--record", "cut.rec"],
        cwd=blob.parent, stdin=slave, stdout=slave, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    os.close(slave)
    text = b""
    while text.count(b"spikes") < 5:
        text += os.read(master, 4096)
    process.send_signal(signal.SIGINT)
    deadline = time.monotonic() + 30
    with contextlib.suppress(OSError):  # the terminal ends with the process
        while time.monotonic() < deadline:
            os.read(master, 65536)
    _, stderr = process.communicate(timeout=5)
    os.close(master)
    assert (process.returncode, stderr.strip()) == (130, "ganglion: interrupted")
    from ganglion.recording.file import Recording

    entries = list(Recording(blob.parent / "cut.rec").entries())
    assert entries[-1].text.startswith("closed") or "interrupt" in entries[-1].text.lower()
