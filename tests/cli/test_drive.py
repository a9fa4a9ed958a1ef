"""drive and robot: whatever is given, one sentence; and what is promised in their JSON."""

import json
from pathlib import Path

import pytest

from ganglion.examples import path as example
from ganglion.examples import robot as example_robot
from ganglion.recording.replay import open_run
from tests.support.words import say

GENOME, ROBOT = str(example("two_eyes")), str(example_robot("two_eyes"))


@pytest.fixture
def given(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_drive_records_draws_and_is_replayed(
    given: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = say(
        capsys, "drive", GENOME, "--robot", ROBOT, "--bursts", "120", "--record", "d.gbr",
        "--picture", "d.png", "--json",
    )  # fmt: skip
    assert done.code == 0, done.err
    told = json.loads(done.out)
    assert told["identical"] is True
    assert told["bursts"] == 120
    for key in ("spikes", "collisions", "distance", "sensed", "driven"):
        assert key in told
    assert told["sensed"] == 120
    assert told["without_brain"]["collisions"] >= 0
    assert (given / "d.png").read_bytes().startswith(b"\x89PNG")
    again = say(capsys, "replay", "d.gbr", "--to", "verify", "--json")
    assert again.code == 0, again.err
    assert json.loads(again.out)["identical"] is True
    summary = say(capsys, "replay", "d.gbr", "--to", "summary")
    assert "robot (a text)" in summary.out


@pytest.mark.parametrize(
    ("more", "code", "sentence"),
    [
        (("--robot", "none.toml"), 1, "none.toml cannot be read (No such file or directory)"),
        (("--robot", "bad.toml"), 1, "bad.toml is not TOML"),
        (("--robot", "wall.toml"), 1, "the robot does not fit the brain: left eye: "),
        (("--robot", ROBOT, "--world", "bad.toml"), 1, "bad.toml is not TOML"),
        (("--robot", ROBOT, "--world", "none.toml"), 1, "none.toml cannot be read"),
        (("--robot", ROBOT, "--world", "mujoco:none.xml"), 1, "none.xml cannot be read"),
        (("--robot", ROBOT, "--picture", "d.bmp"), 2, ".png"),
        (("--robot", ROBOT, "--bursts", "0"), 2, "0 is not in the range"),
        (("--robot", ROBOT, "--device", "/dev/none"), 3, "/dev/none"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_cannot_be_driven_is_one_sentence(
    given: Path, capsys: pytest.CaptureFixture[str], more: tuple[str, ...], code: int,
    sentence: str,
) -> None:  # fmt: skip
    if "mujoco" in " ".join(more):
        pytest.importorskip("mujoco")
    (given / "bad.toml").write_text("name = ")
    (given / "wall.toml").write_text(example_robot("wall_avoider").read_text())
    done = say(capsys, "drive", GENOME, *more)
    assert done.code == code, done.err
    assert sentence in done.err
    assert "Traceback" not in done.err


def test_a_robot_is_proposed_checked_and_never_overwritten(
    given: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = say(capsys, "robot", "new", GENOME, "-o", "mine.toml")
    assert done.code == 0, done.err
    assert "2 sensors, 4 motors" in done.out
    checked = say(capsys, "robot", "check", GENOME, "mine.toml", "--json")
    assert checked.code == 0, checked.err + checked.out
    assert json.loads(checked.out)["fits"] is True
    again = say(capsys, "robot", "new", GENOME, "-o", "mine.toml")
    assert again.code != 0
    assert "mine.toml exists" in again.err
    text = (given / "mine.toml").read_text().replace('area = "i__pro"', 'area = "i__xxx"')
    (given / "mine.toml").write_text(text)
    checked = say(capsys, "robot", "check", GENOME, "mine.toml")
    assert checked.code == 1
    assert "misfit: i__pro 0: the brain has no area 'i__xxx' with a connection" in checked.out
    assert "mine.toml has 2 misfits" in checked.err


def test_the_schemas_are_json_schemas(capsys: pytest.CaptureFixture[str]) -> None:
    for kind in ("robot", "world"):
        told = json.loads(say(capsys, "schema", kind).out)
        assert told["$schema"].endswith("2020-12/schema")


def test_mujocos_physics_drive_the_same_brain(
    given: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("mujoco")
    model = str(example("two_eyes").with_suffix(".xml"))
    done = say(
        capsys, "drive", GENOME, "--robot", ROBOT, "--world", f"mujoco:{model}", "--bursts", "200",
        "--record", "m.gbr", "--json",
    )  # fmt: skip
    assert done.code == 0, done.err
    told = json.loads(done.out)
    assert told["identical"] is True
    assert told["distance"] > 200
    again = say(capsys, "replay", "m.gbr", "--to", "verify", "--json")
    assert json.loads(again.out)["identical"] is True


def test_a_brain_compiled_with_its_robot_says_so_and_drives(
    given: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = say(capsys, "compile", GENOME, "--robot", ROBOT, "-o", "eyes.gbn", "--json")
    assert done.code == 0, done.err
    told = json.loads(done.out)
    assert told["sections"]["ROBOT"] > 500
    assert told["ram"]["robot's reports"] == 64 * (12 + 5 * 2 + 4 * 4)
    drove = say(capsys, "drive", "eyes.gbn", "--robot", ROBOT, "--bursts", "50", "--json")
    assert json.loads(drove.out)["brain_id"] == told["brain_id"]


GAUGE = """
class Driver:
    def __init__(self, params):
        self._value = params[0]

    def read(self, out, at):
        self._value += STEP
        out[at] = self._value
        return True
"""
MINE = """
name = "mine"

[[sensor]]
name = "gauge"
driver = "user:gauge"
params = [7]
area = "i__pro"
max = 300
"""


@pytest.fixture
def own(given: Path) -> Path:
    """A robot file with a driver of its maker's own beside it."""
    (given / "mine.toml").write_text(MINE)
    (given / "gauge.py").write_text(GAUGE.replace("STEP", "1"))
    return given


def test_a_driver_of_ones_own_goes_to_the_board_and_the_newest_of_it_drives(
    own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("drive", GENOME, "--robot", "mine.toml", "--device", "virtual:flash", "--json")
    for step, name in ((1, "a.gbr"), (3, "b.gbr")):
        (own / "gauge.py").write_text(GAUGE.replace("STEP", str(step)))
        done = say(capsys, *words, "--world", "none", "--bursts", "20", "--record", name)
        assert done.code == 0, done.err
        assert json.loads(done.out)["identical"] is True
        again = json.loads(say(capsys, "replay", name, "--to", "verify", "--json").out)
        assert again["identical"] is True
        recording, _, run = open_run(own / name)
        assert [run.drives[burst].raw[0] for burst in (1, 2, 20)] == [
            7 + step, 7 + 2 * step, 7 + 20 * step,
        ]  # fmt: skip
        assert recording.meta["drivers"] == {"lib/gauge.py": GAUGE.replace("STEP", str(step))}


def test_deploy_puts_the_robot_and_its_drivers_with_the_brain(
    own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = say(
        capsys, "deploy", GENOME, "--robot", "mine.toml", "--device", "virtual:flash", "--json"
    )
    assert done.code == 0, done.err
    assert (own / "flash/lib/gauge.py").read_text() == (own / "gauge.py").read_text()
    compiled = say(capsys, "compile", GENOME, "--robot", "mine.toml", "-o", "m.gbn", "--json")
    assert json.loads(done.out)["brain_id"] == json.loads(compiled.out)["brain_id"]


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("class Driver(:", "gauge.py, line 1 is not Python (invalid syntax)"),
        ("x = 1", "gauge.py has no class Driver"),
        ("class Driver:\n    def read(self, out, at): pass", "its class Driver has no __init__"),
        ("class Driver:\n    def __init__(self, p): pass", "its class Driver has no read"),
        ("#" * 20_000, "gauge.py has 20,000 bytes; a board takes at most 16,384"),
    ],
)
def test_what_is_no_driver_is_told_before_anything_is_sent(
    own: Path, capsys: pytest.CaptureFixture[str], source: str, sentence: str
) -> None:
    (own / "gauge.py").write_text(source)
    for words in (("robot", "check", GENOME, "mine.toml"),
                  ("drive", GENOME, "--robot", "mine.toml"),
                  ("deploy", GENOME, "--robot", "mine.toml")):  # fmt: skip
        done = say(capsys, *words)
        assert done.code == 1
        assert sentence in done.err
        assert "Traceback" not in done.err


def test_a_driver_that_is_not_beside_the_robot_file_is_said(
    own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (own / "gauge.py").unlink()
    done = say(capsys, "robot", "check", GENOME, "mine.toml")
    assert (
        "note: gauge: its driver gauge.py is not beside the robot file, and will not be sent"
        in done.out
    )
    (own / "mine.toml").write_text(MINE.replace("user:gauge", "user:machine"))
    done = say(capsys, "robot", "check", GENOME, "mine.toml")
    assert "a board has a module 'machine' of its own: call yours another" in done.err
