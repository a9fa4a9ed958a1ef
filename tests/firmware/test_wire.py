"""wire.py of the firmware, run by the real MicroPython, against the host's frame.py."""

import importlib.util
import os
import random
import struct
import sys
import zlib
from array import array
from types import SimpleNamespace

import pytest
from cobs import cobs

from ganglion.boards.programs import firmware_dir
from ganglion.link.frame import Receiver, encode
from tests.support.questions import Question, answers

SEED = int(os.environ.get("GANGLION_SEED", "0")) or random.SystemRandom().getrandbits(32)

# Of frames, each a type, a sequence, a length and a payload, the bytes; of no frames, how much room
# there is, and what is seen of words as bytes.
BUILD = """
import binascii, struct
from array import array
from ganglion import wire
def answer(data):
    out = wire.Out()
    if not data:
        words = array("H", [0x0201, 0x0403, 0x0605])
        some = wire.as_bytes(words, 4)
        some[1] = 9
        room = wire.MAX_PAYLOAD, len(out.wire), len(out.spikes), len(out.left)
        return room + tuple(some) + tuple(words)
    built = []
    at = 0
    while at < len(data):
        kind, out.sequence, n = struct.unpack_from("<BHB", data, at)
        out.wire[6 : 6 + n] = data[at + 4 : at + 4 + n]
        if kind == 0x82 and n >= 4:
            for i in range((n - 4) // 2):
                out.spikes[i] = data[at + 8 + 2 * i] | data[at + 9 + 2 * i] << 8
        if kind == 0x83 and n >= 16:
            for i in range((n - 16) // 2):
                out.left[i] = data[at + 20 + 2 * i] | data[at + 21 + 2 * i] << 8
        built.append(binascii.hexlify(out.wire[: out.seal(kind, n)]).decode())
        at += 4 + n
    return built
"""

ALLOCATE = """
import gc
from ganglion import wire
out = wire.Out()
def work():
    for n in range(0, 129, 2):
        out.seal(0x83, n)
before = 0  # a name made now is no allocation later
work()
before = gc.mem_alloc()
work()
print(gc.mem_alloc() - before)
"""

# A stream that takes what it likes: all, some, nothing, or says that it would have to wait.
PORT = """
import io, random, struct
from ganglion import wire
random.seed(SEED)
class Sink(io.IOBase):
    def __init__(self):
        self.came = bytearray()
        self.full = False
        self.pieces = True
    def write(self, data, start, n):
        if self.pieces:
            n = 0 if self.full else random.choice((n, n, random.randrange(n + 1), 0))
        self.came += data[start : start + n]
        return n or random.choice((0, None))
    def ioctl(self, op, arg):
        return arg if op == 3 else 0
sink = Sink()
port = wire.Port(sink, sink, RATE)
BODY
with open("stream", "wb") as file:
    file.write(sink.came)
"""
SEND = """
sent = 0
for number in range(3000):
    sink.full = number % 100 > 90
    wait = number % 7 == 0 and not sink.full
    if port.begin(wait):
        struct.pack_into("<I", port.out.wire, wire.PAYLOAD, number)
        sent += port.send(0x83, 4 + 2 * (number % 62), wait)
sink.full = False
port.begin(True)
print(sent, port.dropped)
"""
# A UART of 1000 bytes a second, and a clock that the test turns.
PACE = """
clock = 0
wire.ticks_ms = lambda: clock
sink.pieces = False
told = []
for clock in range(0, 2000, 10):
    port.begin(False)
    port.send(0x83, 28, False)
    told.append(len(sink.came))
port.begin(True)
port.send(0x81, 8, True)
print(max(told), len(sink.came) - told[-1], port.dropped)
"""


Sent = tuple[int, int, bytes]  # type, sequence, payload
ROOM = "128 140 62 56"  # payload, frame, neurons of SPIKES and of BURST, as SPEC.md 7 has them


def cases(seed: int, count: int) -> list[list[Sent]]:
    """Of each length of payload, some frames."""
    rng = random.Random(seed)
    made = [[(2, 5, b""), (1, 0, b"")]]
    for n in range(129):
        frames = [(0x83, n * 511, bytes(n)), (0x82, 0x0304, b"\xff" * n)]
        for _ in range(count):
            payload = bytes(rng.choice((0, 0, 1, 3, 4, rng.randrange(256))) for _ in range(n))
            kind = rng.choice((0x82, 0x83, rng.randrange(256)))
            frames.append((kind, rng.randrange(65536), payload))
        made.append(frames)
    long, short = made[-1][-1], made[1][0]
    return [*made, [long, short, long]]


def on_the_wire(type: int, sequence: int, payload: bytes) -> bytes:
    """SPEC.md 7.1, with the COBS and the CRC-32 of others."""
    head = struct.pack("<BBH", len(payload), type, sequence) + payload
    return b"\0" + cobs.encode(head + struct.pack("<I", zlib.crc32(head))) + b"\0"


def question() -> Question:
    asked = [(b"", f"{ROOM} 1 9 3 4 2305 1027 1541")]
    for frames in cases(14, 6):
        packed = b"".join(struct.pack("<BHB", type, seq, len(p)) + p for type, seq, p in frames)
        asked.append((packed, " ".join(on_the_wire(*frame).hex() for frame in frames)))
    return Question(BUILD, asked)


def test_the_device_builds_the_bytes_that_the_spec_has_for_every_length(micropython, tmp_path):
    asked = question()
    told = answers(asked, micropython, tmp_path)
    for (_, right), words in zip(asked.cases, told, strict=True):
        assert words == right


def test_the_host_builds_the_same():
    for frame in (frame for frames in cases(SEED, 3) for frame in frames):
        assert encode(*frame) == on_the_wire(*frame), f"GANGLION_SEED={SEED}: {frame}"


def test_a_frame_of_even_length_is_built_without_an_allocation(micropython, tmp_path):
    assert micropython(ALLOCATE, tmp_path) == b"0\n"


def test_words_are_seen_as_their_bytes_without_a_copy(wire_here):
    words = array("H", [0x0201, 0x0403])
    wire_here.as_bytes(memoryview(words), 4)[1] = 9
    assert words.tolist() == [0x0901, 0x0403]


def test_a_stream_that_takes_pieces_gets_whole_frames_and_the_rest_is_counted(
    micropython, tmp_path
):
    program = PORT.replace("SEED", str(SEED)).replace("RATE", "0").replace("BODY", SEND)
    sent, dropped = map(int, micropython(program, tmp_path).split())
    receiver = Receiver()
    frames = receiver.feed((tmp_path / "stream").read_bytes())
    assert (receiver.damaged, receiver.lost) == (0, 0), f"GANGLION_SEED={SEED}"
    assert len(frames) == sent
    assert sent + dropped == 3000
    assert dropped > 100
    numbers = [int.from_bytes(frame.payload[:4], "little") for frame in frames]
    assert numbers == sorted(set(numbers))


def test_telemetry_beyond_what_a_uart_carries_is_dropped_rather_than_waited_for(
    micropython, tmp_path
):
    program = PORT.replace("SEED", "1").replace("RATE", "1000").replace("BODY", PACE)
    most, answer, dropped = map(int, micropython(program, tmp_path).split())
    assert 2000 - 139 <= most <= 2000 + 139
    assert answer == 11 + 8  # an ACK goes out whatever the rate
    assert dropped > 100


@pytest.fixture
def under_cpython(monkeypatch):
    """What the firmware's plain modules need of MicroPython."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setitem(sys.modules, "micropython", SimpleNamespace(const=lambda value: value))


@pytest.fixture
def wire_here(under_cpython):
    """The same file as a module of this Python."""
    spec = importlib.util.spec_from_file_location(
        "wire", firmware_dir() / "lib" / "ganglion" / "wire.py"
    )
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_codec_gives_the_same_under_cpython(wire_here):
    out, into = wire_here.Out(), wire_here.In()
    for type, sequence, payload in (frame for frames in cases(SEED, 3) for frame in frames):
        out.sequence = sequence
        out.wire[wire_here.PAYLOAD : wire_here.PAYLOAD + len(payload)] = payload
        wire = bytes(out.wire[: out.seal(type, len(payload))])
        assert wire == encode(type, sequence, payload), f"GANGLION_SEED={SEED}"
        assert [into.add(byte) for byte in wire][-1]
        assert bytes(into.frame[4:]) == payload


def test_every_firmware_module_of_the_link_imports_under_cpython(monkeypatch, under_cpython):
    package = firmware_dir() / "lib" / "ganglion"
    spec = importlib.util.spec_from_file_location("on_board", package / "__init__.py")
    assert spec and spec.loader
    monkeypatch.setitem(sys.modules, "on_board", importlib.util.module_from_spec(spec))
    for name in ("wire", "slots", "guard", "runner"):
        monkeypatch.delitem(sys.modules, f"on_board.{name}", raising=False)
        importlib.import_module(f"on_board.{name}")
