"""Both baud.py: a faster line where the cable carries it, and the old one where not."""

import json
import random
from collections.abc import Iterator

import pytest

from ganglion.boards.board import Board, load_board
from ganglion.device.device import Device
from ganglion.device.open import open_device
from ganglion.device.virtual import VirtualDevice
from ganglion.link.codes import Code, Refused
from ganglion.link.frame import Type
from ganglion.link.messages import Burst, Done
from ganglion.link.ports import open_port

RATES = [460_800, 921_600]


class Cable:
    """A port whose cable carries nothing above `limit` baud, in neither direction."""

    def __init__(self, path: str, limit: int) -> None:
        self._port = open_port(path, 115_200)
        self._rng = random.Random(limit)
        self._limit = limit
        self.baudrate = 115_200
        self.seen: list[int] = []

    def __setattr__(self, name: str, value: object) -> None:
        if name == "baudrate" and hasattr(self, "seen"):
            self.seen.append(value)
        super().__setattr__(name, value)

    @property
    def in_waiting(self) -> int:
        return self._port.in_waiting

    def read(self, size: int = 1) -> bytes:
        return self._strike(self._port.read(size))

    def write(self, data: bytes) -> int | None:
        return self._port.write(self._strike(data))

    def close(self) -> None:
        self._port.close()

    def _strike(self, data: bytes) -> bytes:
        return self._rng.randbytes(len(data)) if self.baudrate > self._limit else data


@pytest.fixture
def fast() -> Board:
    virtual = load_board("virtual")
    return virtual.model_copy(update={"link": virtual.link.model_copy(update={"bauds": RATES})})


@pytest.fixture
def board(fast: Board, tmp_path, alter_firmware) -> Iterator[VirtualDevice]:
    """Goes back sooner than a board, which waits two seconds for a frame at a new rate."""
    alter_firmware("baud", instead=("_TRIAL = const(2000)", "_TRIAL = const(400)"))
    with VirtualDevice(tmp_path, board=fast) as virtual:
        yield virtual


def open_over(board: VirtualDevice, fast: Board, limit: int, monkeypatch) -> tuple[Device, Cable]:
    cables: list[Cable] = []

    def cable(path: str, baud: int) -> Cable:
        cables.append(Cable(path, limit))
        return cables[-1]

    monkeypatch.setattr("ganglion.device.open.open_port", cable)
    return open_device(board.path, board=fast), cables[0]


@pytest.mark.parametrize(("limit", "reached"), [(10**6, 921_600), (500_000, 460_800)])
def test_the_fastest_rate_that_the_cable_carries_is_found(
    board, fast, small_brain, monkeypatch, limit, reached
):
    device, cable = open_over(board, fast, limit, monkeypatch)
    with device:
        assert device.baud == cable.baudrate == reached
        device.put(small_brain.blob)  # which starts it anew, at the first rate
        assert device.baud == cable.baudrate == reached
        device.configure(lossless=True)
        device.start(100)
        *bursts, done = device.events()
        assert len([burst for burst in bursts if isinstance(burst, Burst)]) == 100
        assert isinstance(done, Done)
        assert device.losses.none
    assert cable.baudrate == 115_200  # where the next host expects it


def test_a_device_that_hears_nothing_at_any_new_rate_goes_back_by_itself(board, fast, monkeypatch):
    device, cable = open_over(board, fast, 115_200, monkeypatch)
    with device:
        assert device.baud == 115_200
        assert cable.seen == [921_600, 115_200, 460_800, 115_200]
        device.link.command(Type.PING)


def test_a_rate_that_the_board_does_not_have_is_refused(board, fast):
    with open_device(board.path, board=fast) as device, pytest.raises(Refused) as caught:
        device.link.command(Type.BAUD, (1_000_000).to_bytes(4, "little"))
    assert (caught.value.code, caught.value.detail) == (Code.VALUE, 0)


def test_a_device_without_other_rates_keeps_its_own(device):
    assert device.baud == 0


PROGRAM = """
import json
with open("board.json", "w") as file:
    known = {"baud": 115200, "bauds": [230400, 921600], "divider": 64, "rate": 11520}
    file.write(json.dumps(known))
import time
from ganglion import baud
class Into:
    damaged = 0
class Port:
    into = Into()
    def pace(self, rate):
        self.rate = rate
port = Port()
baud.mem32 = {64: 694 | 7 << 20}  # an 80 MHz clock
line = baud.Baud(port)
told = []
def now():
    told.append((baud.mem32[64] & 0xFFFFF, baud.mem32[64] >> 20, getattr(port, "rate", 0)))
assert not line.ask(57600) and line.ask(921600)
now()
line.change()
now()
line.heard()
port.into.damaged = 7
line.watch()
now()
port.into.damaged = 8
line.watch()
now()
assert line.ask(230400)
line.change()
now()
class Later:
    ticks_diff = staticmethod(time.ticks_diff)
    @staticmethod
    def ticks_ms():
        return time.ticks_add(time.ticks_ms(), 2100)
    sleep_ms = staticmethod(time.sleep_ms)
baud.time = Later
line.watch()
now()
print(json.dumps(told))
"""


def test_the_divider_follows_the_rate_and_comes_back_exactly(micropython, tmp_path):
    told = json.loads(micropython(PROGRAM, tmp_path))
    base, fast, doubled = [694, 7, 11520], [86, 13, 92160], [347, 4, 23040]
    assert told == [[694, 7, 0], fast, fast, base, doubled, base]
    assert pytest.approx(921_600, rel=0.001) == 80e6 / (86 + 13 / 16)


def test_the_divider_is_right_whatever_the_clock(micropython, tmp_path):
    program = (
        "from ganglion.baud import scaled\nprint([scaled(d, 115200, r) for d in {} for r in {}])"
    )
    dividers = [8 | 11 << 20, 347 | 4 << 20, 694 | 7 << 20]  # 1, 40 and 80 MHz
    told = json.loads(micropython(program.format(dividers, [230_400, 460_800]), tmp_path))
    assert [(d & 0xFFFFF) + (d >> 20) / 16 for d in told] == pytest.approx(
        [694.4375 * f / s for f in (1 / 80, 1 / 2, 1) for s in (2, 4)], rel=0.02
    )
