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


def test_the_wide_burst_is_the_narrow_one_widened() -> None:
    import runpy

    root = Path(__file__).resolve().parents[2]
    widen = runpy.run_path(str(root / "tools" / "widen.py"))["widen"]
    library = firmware_dir() / "lib"
    wide = (library / "burst32.py").read_text()
    assert wide == widen((library / "burst.py").read_text()), "run `python tools/widen.py`"
