"""Every firmware file compiles to machine code for the boards that exist."""

import pytest

from ganglion.boards.mpy import compile_mpy
from ganglion.boards.programs import firmware_dir
from tests.support import ROOT
from tools import widen

FILES = sorted(firmware_dir().rglob("*.py"))


@pytest.mark.parametrize("march", ["xtensawin", "rv32imc", "x64"])
def test_every_firmware_file_compiles(march: str) -> None:
    assert {"boot.py", "main.py", "burst.py"} <= {file.name for file in FILES}
    for file in FILES:
        assert compile_mpy(file, march)[:2] == b"M\x06", file


def test_the_kernels_are_their_plain_form_widened_and_unrolled() -> None:
    for name in widen.KERNELS:
        plain = (ROOT / "tools" / "kernel" / f"{name}.py").read_text()
        for width in widen.WIDTHS:
            made = (firmware_dir() / "lib" / f"{name}{width}.py").read_text()
            assert made == widen.widen(plain, name, width), "run `python -m tools.widen`"
