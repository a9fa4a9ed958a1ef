"""An .mpy with our machine code is mpy-cross's own in every other byte."""

from pathlib import Path

import pytest

from ganglion.boards.board import load_board
from ganglion.boards.image import firmware_files
from ganglion.boards.mpy import compile_firmware, compile_mpy
from ganglion.boards.programs import firmware_dir
from ganglion.errors import ToolError
from ganglion.viper import TARGETS, compile_source, parse, replaced, viper_functions

FILES = [
    path
    for path in sorted((firmware_dir() / "lib").rglob("*.py"))
    if "@micropython.viper" in path.read_text()
]


@pytest.mark.parametrize("march", sorted(TARGETS))
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_only_the_code_of_viper_functions_is_another(path: Path, march: str) -> None:
    text = path.read_text()
    names = viper_functions(text)
    theirs = compile_mpy(path, march)
    before = parse(theirs, names)
    ours = compile_firmware(path, march)
    after = parse(ours, names)
    assert after.code == compile_source(text, march, before.fun_table)
    assert replaced(ours, names, before.code) == theirs
    assert sum(map(len, after.code.values())) < sum(map(len, before.code.values()))


def test_an_architecture_without_a_back_end_keeps_the_code_of_mpy_cross() -> None:
    path = FILES[0]
    assert compile_firmware(path, "armv7emsp") == compile_mpy(path, "armv7emsp")


def test_a_board_gets_our_code() -> None:
    files = firmware_files(load_board("esp32"))
    found = [name for name in files if name.rpartition("/")[2] == f"{FILES[0].stem}.mpy"]
    assert [files[name] for name in found] == [compile_firmware(FILES[0], "xtensawin")]


def test_an_mpy_that_ends_early_is_refused() -> None:
    data = compile_mpy(FILES[0], "rv32imc")
    with pytest.raises(ToolError, match="ends too early; compile it again"):
        parse(data[:-1], viper_functions(FILES[0].read_text()))
