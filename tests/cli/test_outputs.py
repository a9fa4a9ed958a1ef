"""Every output of every verb: refused in one sentence before the work, or whole."""

import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ganglion.blob.signature import generate
from ganglion.compiler import Brain
from ganglion.examples import path as example
from tests.support.command import ganglion_in
from tests.support.recordings import Recorded
from tests.support.words import Remark, say

OUT = "<OUT>"
VERBS = {
    "compile": ("compile", "robot.json", "-o", OUT),
    "compile report": ("compile", "robot.json", "--report", OUT),
    "sign": ("sign", "small.gbn", "mine.key", "-o", OUT),
    "keygen": ("keygen", OUT),
    "develop": ("develop", "robot.json", "-o", OUT),
    "demo": ("demo", "-o", OUT),
    "plot": ("plot", "two.gbr", "-o", OUT),
    "export": ("export", "two.gbr", "-o", OUT),
    "compare": ("compare", "two.gbr#1", "two.gbr#2", "--report", OUT),
    "fidelity": ("fidelity", "robot.json", "--sweep", "--bursts", "3", "--picture", OUT),
    "record": ("record", "small.gbn", "-o", OUT),
    "run": ("run", "small.gbn", "--record", OUT),
    "monitor": ("monitor", "small.gbn", "--bursts", "3", "--record", OUT),
}
BY_SUFFIX = {
    "develop": ".npz",
    "demo": ".png or .svg",
    "plot": ".png or .svg",
    "export": ".csv or .parquet or .h5 or .hdf5 or .nwb or .nix or .onnx or .nir",
    "compare": ".html or .htm",
    "fidelity": ".png or .svg",
}
EVERY = pytest.mark.parametrize("verb", VERBS)
Give = Callable[[str, object], Remark]


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("cryptography")
    return generate(tmp_path_factory.mktemp("keys") / "mine")[0]


@pytest.fixture
def place(
    tmp_path: Path, small_brain: Brain, recorded: Recorded, keys: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:  # fmt: skip
    """A directory with one of each input, where the commands run."""
    shutil.copy(example("wall_avoider"), tmp_path / "robot.json")
    shutil.copy(recorded.path, tmp_path / "two.gbr")
    shutil.copy(keys, tmp_path / "mine.key")
    (tmp_path / "small.gbn").write_bytes(small_brain.blob)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def give(place: Path, capsys: pytest.CaptureFixture[str]) -> Give:
    """A verb with that output. What is in the directory afterwards is what was there before."""

    def given(verb: str, output: object) -> Remark:
        before = {path: path.stat().st_mtime_ns for path in place.rglob("*")}
        said = say(capsys, *(str(output) if word is OUT else word for word in VERBS[verb]))
        after = {path: path.stat().st_mtime_ns for path in place.rglob("*")}
        assert said.code == 0 or after.keys() == before.keys()
        return said

    return given


@EVERY
def test_an_empty_name_is_refused(verb: str, give: Give) -> None:
    said = give(verb, "")
    assert said.code == 2
    assert "names no file: it is empty; name one; a variable of the shell may not be" in said.err


@EVERY
@pytest.mark.parametrize("output", [".", "/", "..", "sub"])
def test_a_directory_is_refused(verb: str, output: str, give: Give, place: Path) -> None:
    if verb == "keygen" and output == "sub":
        pytest.skip("sub.key and sub.pub can be made beside it")
    (place / "sub").mkdir()
    said = give(verb, output)
    assert said.code == 2
    assert said.sentence.startswith(f"{output} is a directory, and a file is to be written; name a")


@EVERY
def test_a_place_that_is_not_there_is_refused(verb: str, give: Give) -> None:
    suffix = BY_SUFFIX.get(verb, ".x").split()[0]
    said = give(verb, f"nowhere/out{suffix}")
    assert said.code == 1
    assert "cannot be written: there is no directory nowhere; make it first: `mkdir" in said.err


@EVERY
def test_a_name_that_is_too_long_is_refused(verb: str, give: Give) -> None:
    suffix = BY_SUFFIX.get(verb, ".x").split()[0]
    said = give(verb, "n" * 300 + suffix)
    assert said.code == 1
    assert said.sentence.endswith("cannot be written: File name too long; give it a shorter name")


@pytest.mark.parametrize("verb", BY_SUFFIX)
@pytest.mark.parametrize("name", ["x.jpg", "x.pdf", "x"])
def test_a_suffix_that_means_nothing_is_refused(verb: str, name: str, give: Give) -> None:
    said = give(verb, name)
    assert said.code == 2
    assert said.sentence == (
        f"{name} names no kind of file that can be written here; end it in {BY_SUFFIX[verb]}"
    )


@pytest.mark.parametrize("verb", ["record", "run", "monitor"])
def test_a_recording_that_exists_is_refused_before_a_device_is_opened(
    verb: str, give: Give, place: Path
) -> None:
    said = give(verb, "two.gbr")
    assert said.code == 1
    assert said.sentence == "two.gbr exists, and is never overwritten; name another file"


@pytest.mark.parametrize(
    ("words", "lost"),
    [
        (("compile", "robot.json", "-o", "robot.json"), "robot.json"),
        (("compile", "robot.json", "--report", "robot.json"), "robot.json"),
        (("compile", "robot.json", "-o", "link.json"), "link.json"),
        (("sign", "small.gbn", "mine.key", "-o", "mine.key"), "mine.key"),
    ],
)
def test_what_a_command_reads_it_does_not_overwrite(
    words: tuple[str, ...], lost: str, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "link.json").symlink_to("robot.json")
    before = (place / lost).read_bytes()
    said = say(capsys, *words)
    assert said.code == 2
    assert said.sentence == (
        f"{lost} is read by the same command, and would be overwritten; name another file"
    )
    assert (place / lost).read_bytes() == before


def test_two_outputs_are_two_files(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = say(capsys, "compile", "robot.json", "-o", "x", "--report", "./x")
    assert said.code == 2
    assert said.sentence == "x is named for two outputs; name another file for one"


def test_a_blob_is_not_given_the_name_of_a_genome(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = say(capsys, "compile", "robot.json", "-o", "x.npz")
    assert said.code == 2
    assert "x.npz would be read as a genome or a connectome" in said.sentence


def test_a_picture_without_a_sweep_is_refused(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = say(capsys, "fidelity", "robot.json", "--picture", "x.png")
    assert said.code == 2
    assert said.sentence == "--picture draws the sweep, and there is none; add --sweep"


READ_ONLY = """
import ctypes, os, subprocess, sys
from ganglion.cli.main import main
user, group = os.getuid(), os.getgid()
assert ctypes.CDLL(None).unshare(0x1002_0000) == 0  # a user and a mount name space
for name, text in (("setgroups", "deny"), ("uid_map", f"0 {user} 1"), ("gid_map", f"0 {group} 1")):
    with open(f"/proc/self/{name}", "w") as file:
        file.write(text)
subprocess.run(
    "mount --make-rprivate / && mkdir ro && mount -t tmpfs none ro && find . -maxdepth 1 -type f "
    "-exec cp -t ro {} + && mount -o remount,ro ro", shell=True, check=True,
)
os.chdir("ro")
main()
"""


@pytest.mark.parametrize(
    "words",
    [
        ("compile", "robot.json"),
        ("sign", "small.gbn", "mine.key"),
        *(tuple("out" + BY_SUFFIX.get(verb, ".x").split()[0] if word is OUT else word
                for word in words) for verb, words in VERBS.items()),
        ("demo",),
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_disk_that_is_read_only_is_one_sentence(words: tuple[str, ...], place: Path) -> None:
    """On a real one, in a name space of its own."""
    if subprocess.run(["unshare", "-rm", "true"], capture_output=True).returncode:
        pytest.skip("no mount name space can be made here")
    done = ganglion_in(place, *words, python=READ_ONLY)
    assert done.returncode == 1, done.stdout + done.stderr
    (line,) = done.stderr.strip().splitlines()
    assert "cannot be written: Read-only file system; name a file in a place that can" in line


def test_a_device_is_written_in_place(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert say(capsys, "compile", "robot.json", "-o", "/dev/null").code == 0
    assert Path("/dev/null").is_char_device()


def test_a_full_disk_leaves_nothing(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full here")
    said = say(capsys, "compile", "robot.json", "-o", "/dev/full")
    assert said.code == 1
    assert said.sentence == (
        "/dev/full cannot be written: No space left on device; "
        "make room, or name a file on another disk"
    )


def test_ended_from_outside_a_command_leaves_nothing_half_written(tmp_path: Path) -> None:
    program = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from ganglion.cli import main\n"
        "from ganglion.files import replacing\n"
        "def half_way(*args, **words):\n"
        "    with replacing(Path('out.bin')) as part:\n"
        "        part.write_bytes(b'half')\n"
        "        os.kill(os.getpid(), signal.SIGTERM)\n"
        "main.cli.main = half_way\n"
        "main.main()\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path)
    assert done.returncode == 128 + signal.SIGTERM
    assert list(tmp_path.iterdir()) == []
