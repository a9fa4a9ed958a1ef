"""compiled.py: what is compiled once is not compiled again, and never taken for something else."""

from pathlib import Path

import pytest

from ganglion.boards import compiled as module
from ganglion.boards.compiled import compiled
from ganglion.boards.mpy import compile_firmware
from ganglion.boards.programs import firmware_dir

FILE = firmware_dir() / "lib" / "ganglion" / "crc.py"


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The architectures that were compiled for; with a cache of the test's own."""
    monkeypatch.setenv("GANGLION_CACHE", str(tmp_path / "cache"))
    marches: list[str] = []

    def compiling(path: Path, march: str) -> bytes:
        marches.append(march)
        return compile_firmware(path, march)

    monkeypatch.setattr(module.mpy, "compile_firmware", compiling)
    return marches


def test_a_file_is_compiled_once_for_each_architecture_and_source(
    made: list[str], tmp_path: Path
) -> None:
    first = compiled(FILE, "xtensawin")
    assert first == compile_firmware(FILE, "xtensawin") == compiled(FILE, "xtensawin")
    assert compiled(FILE, "rv32imc") == compile_firmware(FILE, "rv32imc") != first
    assert made == ["xtensawin", "rv32imc"]
    other = tmp_path / FILE.name
    other.write_text(FILE.read_text() + "\nMORE = 1\n")
    assert compiled(other, "xtensawin") == compile_firmware(other, "xtensawin") != first
    assert made[2:] == ["xtensawin"]


def test_what_another_compiler_made_is_not_taken(
    made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled(FILE, "xtensawin")
    monkeypatch.setattr(module, "_compilers", lambda: "of another day")
    compiled(FILE, "xtensawin")
    assert len(made) == 2


def test_what_was_damaged_on_disk_is_compiled_again(made: list[str], tmp_path: Path) -> None:
    right = compiled(FILE, "xtensawin")
    (kept,) = (tmp_path / "cache" / "firmware").iterdir()
    whole = kept.read_bytes()
    for damaged in (b"", whole[:20], whole[:-1], whole[:40] + b"\0" + whole[41:], whole + b"\0"):
        kept.write_bytes(damaged)
        assert compiled(FILE, "xtensawin") == right
    assert kept.read_bytes() == whole


def test_where_nothing_can_be_kept_it_is_compiled_all_the_same(
    made: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("GANGLION_CACHE", str(tmp_path / "file"))
    assert compiled(FILE, "xtensawin") == compiled(FILE, "xtensawin")
    assert len(made) == 2
