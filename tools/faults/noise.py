"""Noise: what a bad cable does to bytes, and a serial port on one.

In:  bytes that were sent, a random generator.
Out: the bytes that arrive, and whether those that were sent are whole among them.
Never: knows what a frame is.
"""

import math
import random
from collections.abc import Callable

from ganglion.link.ports import open_port

Strike = Callable[[bytes, random.Random], tuple[bytes, bool]]

BOOT = (
    b"ets Jul 29 2019 12:21:46\r\n\r\nrst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n",
    b"E (2931) task_wdt: Task watchdog got triggered.\r\n",
    b"MicroPython v1.25.0 on 2025-04-15; Generic ESP32 module with ESP32\r\n>>> ",
    b">>> from ganglion import server; server.start(True)\r\n",
    b"\x03\x03\x04\x04",
    b"a long line of text " * 400 + b"\n",
    bytes(range(1, 256)) * 3,
)


def bit_errors(rate: float) -> Strike:
    def strike(wire: bytes, rng: random.Random) -> tuple[bytes, bool]:
        out = flip(wire, rate, rng)
        return out, out == wire

    return strike


def flip(wire: bytes, rate: float, rng: random.Random) -> bytes:
    """Each bit flipped with a chance of `rate`."""
    out = bytearray(wire)
    bit = -1
    while (bit := bit + 1 + int(math.log(1 - rng.random()) / math.log1p(-rate))) < 8 * len(out):
        out[bit >> 3] ^= 1 << (bit & 7)
    return bytes(out)


def _one_in_ten(change: Callable[[bytes, random.Random], bytes]) -> Strike:
    def strike(wire: bytes, rng: random.Random) -> tuple[bytes, bool]:
        out = change(wire, rng) if rng.random() < 0.1 else wire
        return out, out == wire

    return strike


def _lose(wire: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(wire))
    return wire[:at] + wire[at + 1 :]


def _insert(wire: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(wire) + 1)
    return wire[:at] + rng.randbytes(1) + wire[at:]


def _double(wire: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(wire))
    return wire[: at + 1] + wire[at:]


def _burst(wire: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(wire))
    return wire[:at] + rng.randbytes(64) + wire[at + 64 :]


def _glue(wire: bytes, rng: random.Random) -> tuple[bytes, bool]:
    """Two frames share one delimiter: nothing is lost."""
    return wire[:-1] if rng.random() < 0.5 else wire, True


def _speak(wire: bytes, rng: random.Random) -> tuple[bytes, bool]:
    """A boot loader, a REPL or a fault handler speaks between two frames: nothing is lost."""
    return (rng.choice(BOOT) if rng.random() < 0.1 else b"") + wire, True


KINDS: dict[str, Strike] = {
    "bit errors 1e-4": bit_errors(1e-4),
    "bit errors 1e-3": bit_errors(1e-3),
    "bit errors 1e-2": bit_errors(1e-2),
    "bytes lost": _one_in_ten(_lose),
    "bytes inserted": _one_in_ten(_insert),
    "bytes doubled": _one_in_ten(_double),
    "64 bytes overwritten": _one_in_ten(_burst),
    "frames glued together": _glue,
    "boot messages, REPL text, 03 and 04": _speak,
}


class NoisyPort:
    """A serial port on a bad cable: bits flip, both ways, once `rate` is above 0."""

    def __init__(self, path: str, rng: random.Random) -> None:
        self._port = open_port(path, 115200)
        self._rng = rng
        self.rate = 0.0
        self.flipped = 0

    @property
    def in_waiting(self) -> int:
        return self._port.in_waiting

    @property
    def baudrate(self) -> int:
        return self._port.baudrate

    @baudrate.setter
    def baudrate(self, rate: int) -> None:
        self._port.baudrate = rate

    def read(self, size: int = 1) -> bytes:
        return self._strike(self._port.read(size))

    def write(self, data: bytes) -> int | None:
        return self._port.write(self._strike(data))

    def close(self) -> None:
        self._port.close()

    def _strike(self, data: bytes) -> bytes:
        if not self.rate or not data:
            return data
        struck = flip(data, self.rate, self._rng)
        self.flipped += struck != data
        return struck
