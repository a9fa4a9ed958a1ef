"""Files in TOML: each that cannot be read, or is none, ends in one sentence of its own kind."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ganglion.analysis.sweep.file import read_plan
from ganglion.boards.board import read_board
from ganglion.errors import GanglionError
from ganglion.robot.file import read_robot
from ganglion.robot.world import read_world

READERS = {"board": read_board, "robot": read_robot, "world": read_world, "sweep": read_plan}


@pytest.mark.parametrize(("kind", "read"), READERS.items())
@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"a = ", "{} is not TOML (Invalid value (at end of document)); correct it there"),
        (b"a = '\xff'", "{} is not UTF-8 text; give a {kind} file in TOML"),
        (b"a = " + 5000 * b"[", "{} is nested too deeply; a {kind} file is three levels deep"),
    ],
)
def test_what_is_no_toml_is_one_sentence(
    kind: str, read: Callable[[Path], object], data: bytes, sentence: str, tmp_path: Path
) -> None:
    path = tmp_path / "a.toml"
    path.write_bytes(data)
    with pytest.raises(GanglionError) as caught:
        read(path)
    assert str(caught.value) == sentence.format(path, kind=kind)


@pytest.mark.parametrize("read", READERS.values())
def test_a_file_that_is_not_there_is_named(read: Callable[[Path], object], tmp_path: Path) -> None:
    with pytest.raises(GanglionError, match=r"nowhere\.toml cannot be read \(No such file"):
        read(tmp_path / "nowhere.toml")
