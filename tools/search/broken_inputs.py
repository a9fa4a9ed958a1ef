"""Broken inputs: feeds mutated frames, blobs, recordings and other files to their readers.

In:  a kind, a count and a seed; inputs that are good, made here.
Out: how many were read and how many refused; for each failure the command that runs it again; exit
     code 0 if every case was read or refused by an error of ours.
Never: depends on anything but kind, count and seed; stops at the first failure.

python -m tools.search.broken_inputs blob --count 1000000
"""

import argparse
import hashlib
import random
import struct
import sys
import tempfile
import traceback
import zlib
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path

from ganglion.blob.container import ENTRY, HEADER, decode, encode
from ganglion.errors import GanglionError
from ganglion.link.frame import Frame, Receiver, Type
from ganglion.link.frame import encode as frame
from ganglion.link.messages import parse
from ganglion.recording.file import Recording
from ganglion.reference.stimulus import RandomStimulus
from ganglion.robot.file import parse_robot
from tools.faults import robot
from tools.search.nir_graphs import read_graph

WORDS = (
    "random",
    "none",
    ":",
    "0",
    "1",
    "0.5",
    "-1",
    "1e400",
    "nan",
    "99999999999999999999999",
    "é",
)


def struck(data: bytes, chance: random.Random) -> bytes:
    """One to twenty changes of bytes: flipped, cut out, doubled, put in."""
    out = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 5, 20))):
        at = chance.randrange(len(out) + 1)
        length = chance.choice((1, 1, 2, 4, 60))
        match chance.randrange(4):
            case 0 if at < len(out):
                out[at] ^= 1 << chance.randrange(8)
            case 1:
                del out[at : at + length]
            case 2:
                out[at:at] = out[at : at + length]
            case _:
                out[at : at + length] = chance.randbytes(length)
    return bytes(out)


def read_frames(chance: random.Random, _: Path) -> bool:
    """A stream of frames: each that comes through is parsed."""
    kinds = list(Type)
    sent = b"".join(
        frame(chance.choice(kinds), n, chance.randbytes(chance.randrange(129))) for n in range(8)
    )
    receiver = Receiver()
    came: list[Frame] = receiver.feed(struck(sent, chance))
    for one in came:
        if one.type >= Type.HELLO:
            with suppress(GanglionError):
                parse(one)
    return len(came) == 8


def resealed(blob: bytes) -> bytes:
    """With lengths, CRCs and SHA-256 made right, so that what is inside is met."""
    out = bytearray(blob)
    if len(out) < HEADER.size + 32:
        return bytes(out)
    struct.pack_into("<I", out, 12, len(out))
    count = min(struct.unpack_from("<H", out, 10)[0], (len(out) - HEADER.size - 32) // ENTRY.size)
    for i in range(count):
        at = HEADER.size + ENTRY.size * i
        _, _, offset, size, _ = ENTRY.unpack_from(out, at)
        struct.pack_into("<I", out, at + 12, zlib.crc32(out[offset : offset + size]))
    out[-32:] = hashlib.sha256(out[:-32]).digest()
    return bytes(out)


def read_blob(chance: random.Random, _: Path) -> bool:
    """A blob, raw or sealed anew; what is read must be written as the same bytes."""
    data = struck(robot().blob, chance)
    if chance.random() < 0.9:
        data = resealed(data)
    if encode(decode(data)) != data[: int.from_bytes(data[12:16], "little")]:
        raise AssertionError("a blob was read that is written otherwise")
    return True


@cache
def _recording() -> bytes:
    def entry(kind: int, data: bytes) -> bytes:
        head = struct.pack("<IB3xq", len(data), kind, 5) + data
        return head + struct.pack("<I", zlib.crc32(head))

    stream = frame(Type.DONE, 0, bytes(16))
    return b"\x89GBR\r\n\x1a\n" + b"".join(
        entry(kind, data)
        for kind, data in (
            (1, b'{"version": 1}'),
            (2, robot().blob),
            (3, stream),
            (5, b"mark"),
            (7, b"done"),
        )
    )


def read_recording(chance: random.Random, directory: Path) -> bool:
    path = directory / "recording.gbr"
    path.write_bytes(struck(_recording(), chance))
    found = Recording(path)
    for _ in found.entries():
        pass
    return not found.faults


def read_stimulus(chance: random.Random, _: Path) -> bool:
    text = ":".join(chance.choice(WORDS) for _ in range(chance.randrange(5)))
    RandomStimulus.parse(text or chance.choice(WORDS))
    return True


def read_robot_file(chance: random.Random, _: Path) -> bool:
    parse_robot(struck(_robot_file(), chance).decode("utf-8", "replace"), "it")
    return True


@cache
def _robot_file() -> bytes:
    from ganglion import examples

    return Path(examples.path("wall_avoider")).with_suffix(".toml").read_bytes()


def read_nir(chance: random.Random, _: Path) -> bool:
    """Graphs of NIR with a few things changed; see nir_graphs.py."""
    return read_graph(chance)


KINDS: dict[str, Callable[[random.Random, Path], bool]] = {
    "frames": read_frames,
    "blob": read_blob,
    "recording": read_recording,
    "stimulus": read_stimulus,
    "robot": read_robot_file,
    "nir": read_nir,
}


def search(kind: str, count: int, seed: int, first: int = 0) -> tuple[Counter[str], list[str]]:
    """What became of so many cases, and the failures in words."""
    seen, failures = Counter[str](), []
    with tempfile.TemporaryDirectory() as directory:
        for case in range(first, first + count):
            chance = random.Random(f"{kind} {seed} {case}")
            try:
                read = KINDS[kind](chance, Path(directory))
                seen["read" if read else "read in part"] += 1
            except GanglionError:
                seen["refused"] += 1
            except Exception:
                again = f"python -m tools.search.broken_inputs {kind} --seed {seed}"
                failures.append(
                    f"{again} --first {case} --count 1\n{traceback.format_exc(limit=-4)}"
                )
    return seen, failures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=sorted(KINDS))
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0)
    given = parser.parse_args()
    seen, failures = search(given.kind, given.count, given.seed, given.first)
    print(f"{given.kind}, seed {given.seed}: {dict(seen)}, {len(failures)} failures")
    print(*failures[:10], sep="\n")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
