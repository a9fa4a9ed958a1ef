"""What wire.py of the firmware hears in a stream, under the real MicroPython, against SPEC.md 7.1.

The right answer is computed with the COBS and the CRC-32 of others; the host's frame.py is asked
the same.
"""

import random
import struct
import zlib

from cobs import cobs

from ganglion.link.frame import Receiver
from tests.support.questions import Question, answers

# The frames of a stream without their crc, and how many strings were damaged.
HEAR = """
import binascii
from ganglion import wire
def answer(data):
    into = wire.In()
    told = []
    for byte in data:
        if into.add(byte):
            told.append(binascii.hexlify(into.frame).decode())
    told.append(into.damaged)
    return told
"""
TEXT = {*range(0x08, 0x0E), 0x1B, *range(0x20, 0x7F)}


def string(payload: bytes, length: int | None = None, type: int = 2, sequence: int = 5) -> bytes:
    """COBS of a body with a right crc, whatever its length says."""
    length = len(payload) if length is None else length
    head = struct.pack("<BBH", length, type, sequence) + payload
    return cobs.encode(head + struct.pack("<I", zlib.crc32(head)))


def body(string: bytes) -> bytes | None:
    """Of a string that is a frame, the body without its crc."""
    if not 9 <= len(string) <= 137:
        return None
    try:
        whole = cobs.decode(string)
    except cobs.DecodeError:
        return None
    right = whole[0] == len(whole) - 8 and whole[-4:] == struct.pack("<I", zlib.crc32(whole[:-4]))
    return whole[:-4] if right else None


def heard(stream: bytes) -> tuple[list[bytes], int]:
    """The frames, and how many other strings are no text."""
    frames, damaged = [], 0
    for some in stream.split(b"\0")[:-1]:
        frame = body(some)
        if frame is not None:
            frames.append(frame)
        elif not TEXT.issuperset(some[:138]):
            damaged += 1
    return frames, damaged


def joined(strings: list[bytes]) -> bytes:
    return b"".join(some + b"\0" for some in strings)


def every_length() -> list[bytes]:
    """Each length of payload, and those that are too long for a frame and else right."""
    return [joined([string(bytes([fill]) * n) for fill in (0, 1, 255)]) for n in range(200)]


def every_byte_alone() -> list[bytes]:
    """Strings of one value, as long as a frame may be, one less and more, and far longer."""
    lengths = 1, 8, 9, 20, 136, 137, 138, 139, 300
    return [joined([bytes([value]) * n for n in lengths]) for value in range(1, 256)]


def text_that_ends() -> list[bytes]:
    """A byte that is no text at the end of text, or at its beginning."""
    places = 0, 1, 8, 136, 137, 138, 139, 300
    return [joined([b"a" * n + b"\xff", b"\xff" + b"a" * n]) for n in places]


def small_changes() -> list[bytes]:
    """Of frames each bit flipped; each byte missing, doubled, or with another before it."""
    made = []
    for frame in (string(b""), string(bytes(range(16))), string(b"\x03\0" * 8, sequence=0)):
        for at in range(len(frame)):
            head, byte, rest = frame[:at], frame[at], frame[at + 1 :]
            flipped = [head + bytes([byte ^ 1 << bit]) + rest for bit in range(8)]
            others = [head + rest, head + bytes([byte, byte]) + rest, head + b"\x55" + frame[at:]]
            made.append(joined(flipped + others + [frame]))
    return made


def right_but_for_one_rule() -> list[bytes]:
    """A right crc and a wrong length; a last code byte that points past the end."""
    wrong = [joined([string(b"abcd", length), string(b"")]) for length in range(256)]
    frame = string(b"abcd")
    last = _last_code(frame)
    past = [frame[:last] + bytes([code]) + frame[last + 1 :] for code in range(1, 256)]
    return [*wrong, joined(past)]


def _last_code(coded: bytes) -> int:
    """Where the last code byte is."""
    at = 0
    while at + coded[at] < len(coded):
        at += coded[at]
    return at


def glued() -> list[bytes]:
    """Frames between more zeros than one, and none; with a byte too many; cut at each place."""
    short, long = string(b""), string(b"\x01" * 128)
    made = [b"\0\0\0" + short + b"\0\0\0" + long + b"\0\0", joined([short + long, long + short])]
    made += [joined([some + bytes([more]), some]) for some in (short, long) for more in (1, 2, 255)]
    return made + [joined([long[:at], short, long[at:], long]) for at in range(len(long))]


def at_random() -> list[bytes]:
    chance = random.Random(14)
    made = []
    for _ in range(100):
        strings = []
        for _ in range(chance.randrange(1, 12)):
            payload = chance.randbytes(chance.choice((0, 1, 8, 127, 128, chance.randrange(129))))
            some = string(payload, None, chance.randrange(256), chance.choice((0, 255, 256, 65535)))
            noise = chance.randbytes(chance.choice((1, 9, 200)))
            before, after = chance.choice(((b"", b""),) * 4 + ((noise, b""), (b"", noise)))
            strings.append(before + some + after)
            strings.append(chance.choice((b"", b"", b"a line\r\n", noise)))
        made.append(joined(strings))
    return made


STREAMS = (
    every_length, every_byte_alone, text_that_ends, small_changes, right_but_for_one_rule, glued,
    at_random,
)  # fmt: skip


def question() -> Question:
    asked = []
    for stream in (stream for streams in STREAMS for stream in streams()):
        frames, damaged = heard(stream)
        asked.append((stream, " ".join([*(frame.hex() for frame in frames), str(damaged)])))
    return Question(HEAR, asked)


def test_a_board_and_a_host_hear_in_any_stream_what_the_spec_says(micropython, tmp_path):
    asked = question()
    told = answers(asked, micropython, tmp_path)
    for (stream, right), words in zip(asked.cases, told, strict=True):
        assert words == right, stream.hex()
        receiver = Receiver()
        frames = [
            struct.pack("<BBH", len(frame.payload), frame.type, frame.sequence) + frame.payload
            for frame in receiver.feed(stream)
        ]
        assert (frames, receiver.damaged) == heard(stream), stream.hex()
