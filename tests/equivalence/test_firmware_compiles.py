"""Every firmware file compiles to machine code for the boards that exist."""

from pathlib import Path

import pytest

from ganglion.mpy import compile_mpy
from ganglion.resources import firmware_dir

FILES = sorted(firmware_dir().rglob("*.py"))


@pytest.mark.parametrize("march", ["xtensawin", "rv32imc", "x64"])
def test_every_firmware_file_compiles(march: str) -> None:
    assert {"boot.py", "main.py", "burst.py"} <= {file.name for file in FILES}
    for file in FILES:
        assert compile_mpy(file, march)[:2] == b"M\x06", file


def test_the_kernels_are_their_plain_form_widened_and_unrolled() -> None:
    import runpy

    root = Path(__file__).resolve().parents[2]
    tool = runpy.run_path(str(root / "tools" / "widen.py"))
    for name in tool["KERNELS"]:
        plain = (root / "tools" / "kernel" / f"{name}.py").read_text()
        for width in tool["WIDTHS"]:
            made = (firmware_dir() / "lib" / f"{name}{width}.py").read_text()
            assert made == tool["widen"](plain, name, width), "run `python tools/widen.py`"
