"""image.py: what a firmware is known by (SPEC 7.6)."""

import zlib
from pathlib import Path

import pytest

from ganglion.boards import image
from ganglion.boards.board import load_board
from ganglion.boards.image import build, firmware_files
from ganglion.boards.programs import firmware_dir

ESP32, C3, VIRTUAL = (load_board(name) for name in ("esp32", "esp32c3", "virtual"))


@pytest.fixture
def compiled_as(monkeypatch):
    """Another mpy-cross: one source, other machine code."""

    def use(mark: bytes) -> None:
        monkeypatch.setattr(
            image, "_compiled", lambda path, architecture: mark + path.name.encode()
        )

    return use


def test_two_computers_with_other_compilers_know_a_firmware_by_one_number(compiled_as):
    compiled_as(b"1.27 ")
    one = firmware_files(ESP32)
    compiled_as(b"1.29 ")
    other = firmware_files(ESP32)
    assert one != other
    assert build(one) == build(other)


def test_the_number_is_of_the_sources_as_the_page_says(compiled_as):
    compiled_as(b"")
    root = firmware_dir()
    sources = {path.name: path.read_bytes() for path in root.glob("*.py")}
    sources |= {
        f"lib/{path.relative_to(root / 'lib').as_posix()}": path.read_bytes()
        for path in (root / "lib").rglob("*.py")
    }
    sources["board.json"] = C3.on_device().encode()
    crc = zlib.crc32(b"rv32imc\0")
    for name in sorted(sources.keys() - {"boot.py"}):  # which no update changes
        crc = zlib.crc32(name.encode() + b"\0" + sources[name], crc)
    assert build(firmware_files(C3)) == crc


def test_any_byte_of_a_source_and_the_architecture_change_the_number(tmp_path: Path):
    (tmp_path / "lib").mkdir()
    for name in ("boot.py", "main.py", "lib/a.py"):
        (tmp_path / name).write_text("x = 1\n")
    before = build(firmware_files(VIRTUAL, tmp_path))
    (tmp_path / "lib" / "a.py").write_text("x = 2\n")
    changed = build(firmware_files(VIRTUAL, tmp_path))
    assert changed != before
    other = VIRTUAL.model_copy(update={"architecture": "x64"})
    assert build(firmware_files(other, tmp_path)) != changed
