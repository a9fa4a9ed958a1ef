"""A BURST frame made in one call is the frame that wire.py makes, byte for byte."""

import random
import struct
from collections.abc import Callable
from pathlib import Path

from ganglion.link.frame import decode

PROGRAM = """
import struct
from array import array
from ganglion.crc import TABLE
from ganglion.frames import burst
from ganglion.wire import PAYLOAD, Out

with open("cases.bin", "rb") as f:
    while True:
        head = f.read(30)
        if not head:
            break
        n, number, fired, micros, sequence, told, known, digest = struct.unpack("<HIIIIIII", head)
        words = bytearray(f.read(4 * ((n + 31) >> 5)))
        out, way = Out(), Out()
        said = (digest, 7, number, fired, micros, sequence, told, (n + 31) >> 5, known)
        size = burst(out.wire, array("I", said), words, TABLE)
        listed = [i for i in range(n) if words[i >> 3] >> (i & 7) & 1][told:]
        struct.pack_into("<IIHBBI", way.wire, PAYLOAD, number, digest if known else 0, fired,
                         known, 0, micros)
        for k, i in enumerate(listed):
            struct.pack_into("<H", way.wire, PAYLOAD + 16 + 2 * k, i)
        way.sequence = sequence
        wanted = way.seal(0x83, 16 + 2 * len(listed))
        print(size == wanted and out.wire[:size] == way.wire[:wanted], bytes(out.wire[:size]).hex())
"""


def test_a_burst_frame_is_the_general_ways_byte_for_byte(
    tmp_path: Path, micropython: Callable[..., bytes]
) -> None:
    rng = random.Random(1)
    cases, wanted = b"", []
    for case in range(300):
        n = rng.choice((1, 31, 32, 33, 128, 1000, 65_535))
        count = min(n, rng.choice((0, 1, 5, 56, 57, 110, 116)))
        neurons = sorted(rng.sample(range(n), count))
        told = max(0, count - rng.randint(0, 56)) if count > 56 else rng.choice((0, count // 2))
        number, micros = (rng.choice((0, 1, 255, 256, rng.getrandbits(30))) for _ in range(2))
        digest, digested = rng.getrandbits(32), case & 1
        head = (n, number, count, micros, rng.getrandbits(16), told, digested, digest)
        words = bytearray(4 * ((n + 31) >> 5))
        for i in neurons:
            words[i >> 3] |= 1 << (i & 7)
        cases += struct.pack("<HIIIIIII", *head) + words
        fields = (number, digest * digested, count, digested, 0, micros)
        wanted.append((head[4], struct.pack("<IIHBBI", *fields), neurons[told:]))
    (tmp_path / "cases.bin").write_bytes(cases)
    lines = micropython(PROGRAM, tmp_path).decode().splitlines()
    assert len(lines) == len(wanted)
    for line, (sequence, head, neurons) in zip(lines, wanted, strict=True):
        same, text = line.split()
        assert same == "True"
        frame = decode(bytes.fromhex(text).strip(b"\0"))
        assert (frame.type, frame.sequence) == (0x83, sequence)
        assert frame.payload == head + struct.pack(f"<{len(neurons)}H", *neurons)
