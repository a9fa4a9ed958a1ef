"""wire.py of the firmware, run by the real MicroPython, against the host's frame.py."""

import importlib.util
import os
import random
import struct
import sys
from types import SimpleNamespace

import pytest

from ganglion.boards.programs import firmware_dir
from ganglion.link.frame import Receiver, encode

SEED = int(os.environ.get("GANGLION_SEED", "0")) or random.SystemRandom().getrandbits(32)

# Frames from the file `cases`: type, sequence, length, payload. Their bytes go to `wires`.
ENCODE = """
import struct
from ganglion import wire
out = wire.Out()
with open("cases", "rb") as cases, open("wires", "wb") as wires:
    while True:
        head = cases.read(4)
        if not head:
            break
        kind, out.sequence, n = struct.unpack("<BHB", head)
        out.wire[wire.PAYLOAD : wire.PAYLOAD + n] = cases.read(n)
        wires.write(out.wire[: out.seal(kind, n)])
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

VIEWS = """
import struct
from ganglion import wire
out = wire.Out()
for i in range(62):
    out.spikes[i] = 1000 + i
struct.pack_into("<I", out.wire, wire.PAYLOAD, 7)
spikes = bytes(out.wire[: out.seal(0x82, 128)])
for i in range(56):
    out.left[i] = 2000 + i
struct.pack_into("<IIHBBI", out.wire, wire.PAYLOAD, 7, 8, 118, 1, 0, 9)
left = bytes(out.wire[: out.seal(0x83, 128)])
import sys
sys.stdout.buffer.write(spikes + left)
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
wire.ticks_diff = lambda a, b: a - b
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


def cases() -> list[tuple[int, int, bytes]]:
    rng = random.Random(SEED)
    made = [(2, 5, b""), (1, 0, b"")]
    for n in range(129):
        made.append((0x83, n * 511, bytes(n)))
        made.append((0x82, 0x0304, b"\xff" * n))
        for _ in range(20):
            payload = bytes(rng.choice((0, 0, 1, 3, 4, rng.randrange(256))) for _ in range(n))
            made.append((rng.randrange(256), rng.randrange(65536), payload))
    return made


def test_the_device_builds_the_same_bytes_as_the_host_for_every_length(micropython, tmp_path):
    made = cases()
    packed = [struct.pack("<BHB", type, seq, len(p)) + p for type, seq, p in made]
    (tmp_path / "cases").write_bytes(b"".join(packed))
    micropython(ENCODE, tmp_path)
    wires = (tmp_path / "wires").read_bytes()
    for type, sequence, payload in made:
        expected = encode(type, sequence, payload)
        assert wires[: len(expected)] == expected, f"GANGLION_SEED={SEED}: {payload.hex()}"
        wires = wires[len(expected) :]
    assert not wires


def test_a_frame_of_even_length_is_built_without_an_allocation(micropython, tmp_path):
    assert micropython(ALLOCATE, tmp_path) == b"0\n"


def test_the_neurons_of_spikes_and_burst_are_written_where_the_spec_has_them(micropython, tmp_path):
    spikes, burst = Receiver().feed(micropython(VIEWS, tmp_path))
    assert struct.unpack("<I62H", spikes.payload) == (7, *range(1000, 1062))
    assert struct.unpack("<IIHBBI56H", burst.payload) == (7, 8, 118, 1, 0, 9, *range(2000, 2056))


BYTES = """
from array import array
from ganglion import wire
words = array("H", [0x0201, 0x0403, 0x0605])
some = wire.as_bytes(words, 4)
some[1] = 9
print(len(wire.Out().wire), list(some), list(words))
"""


def test_words_are_seen_as_their_bytes_without_a_copy(micropython, tmp_path, wire_here):
    from array import array

    told = micropython(BYTES, tmp_path).decode().split("\n")[0]
    assert told == "140 [1, 9, 3, 4] [2305, 1027, 1541]"
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


def test_text_is_told_from_damage_by_the_same_bytes_as_on_the_host(micropython, tmp_path):
    strings = [bytes((byte,)) * n for byte in range(1, 256) for n in (1, 20, 137, 138, 139, 300)]
    strings += [b"a" * 137 + b"\xff", b"a" * 138 + b"\xff", b"\xff" + b"a" * 300]
    (tmp_path / "strings").write_bytes(b"\0".join(strings) + b"\0")
    program = """
from ganglion import wire
into = wire.In()
told = []
with open("strings", "rb") as file:
    for byte in file.read():
        before = into.damaged
        into.add(byte)
        if byte == 0:
            told.append(into.damaged - before)
print("".join(str(x) for x in told))
"""
    told = micropython(program, tmp_path).decode().strip()
    for string, damaged in zip(strings, told, strict=True):
        receiver = Receiver()
        receiver.feed(string + b"\0")
        assert receiver.damaged == int(damaged), string[:20]


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
    for type, sequence, payload in cases():
        out.sequence = sequence
        out.wire[wire_here.PAYLOAD : wire_here.PAYLOAD + len(payload)] = payload
        wire = bytes(out.wire[: out.seal(type, len(payload))])
        assert wire == encode(type, sequence, payload)
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
