"""The board of `pytest --device qemu` or `--device /dev/ttyUSB0`; what it holds is lost.

Without one, and where a part is missing, the tests skip and say why.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ganglion.analysis.bench import xtensa
from ganglion.boards.board import Board, load_board
from ganglion.boards.official import official_image
from ganglion.device.qemu import find_qemu
from ganglion.errors import BoardError, ToolError
from tests.support.xtensa import MISSING

FIGURES: list[str] = []


@dataclass(frozen=True, slots=True)
class Target:
    """A board that may be erased: what --device takes, and its description."""

    spec: str
    board: Board

    @property
    def emulated(self) -> bool:
        return self.spec.startswith("qemu")


@pytest.fixture(scope="session")
def erasable(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Target:
    spec = request.config.getoption("--device")
    if not spec:
        pytest.skip("no board: give one with --device qemu, or --device /dev/ttyUSB0 --board esp32")
    kind = spec.partition(":")[0]
    usual = {"qemu": "qemu-esp32", "virtual": "virtual"}.get(kind, "esp32")
    board = load_board(request.config.getoption("--board") or usual)
    try:
        if kind == "qemu":
            find_qemu()
        if board.flash:
            official_image(board)
    except (ToolError, BoardError) as error:  # of a chip of which no image is pinned
        pytest.skip(str(error))
    if spec in ("qemu", "virtual"):  # one that lasts as long as the tests
        spec = f"{spec}:{tmp_path_factory.mktemp('board') / 'flash'}"
        if kind == "virtual":
            Path(spec.partition(":")[2]).mkdir()
    return Target(spec, board)


@pytest.fixture
def figure() -> Iterator[Callable[[str], None]]:
    """What was measured on the way, told at the end of the tests."""
    yield FIGURES.append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not xtensa.available():
        terminalreporter.write_line(MISSING)
    if FIGURES:
        terminalreporter.section("measured")
        for line in FIGURES:
            terminalreporter.write_line(line)
