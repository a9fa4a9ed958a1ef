"""Blobs: brains changed in transit, raw and sealed anew, before the host's parser and the device's.

In:  blobs of every feature, and changes of bytes, fields, sections and lengths.
Out: survived: both sides give the same verdict, and what both take is canonical and runs inside its
     arrays. The host may refuse more, for one of REASONS, which a device leaves to it. Lost: all
     else.
Never: a change that leaves the bytes as they were.
"""

import hashlib
import random
import struct
import tempfile
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

from ganglion.analysis.bench import emulator as emulate
from ganglion.blob.container import ENTRY, HEADER, SIGNATURE, decode
from ganglion.blob.signature import generate, read_public, sign
from ganglion.compiler import compile_connectome
from ganglion.errors import BlobError
from ganglion.quantization.options import QuantizeOptions
from tools.networks import random_connectome

from . import Row, micropython, robot

RAW, SEALED, SIGNED, RUN = 800, 600, 100, 6
BOARD = 24
# What a host alone checks (SPEC.md 5.9, 10.2, 11.7 and 12.4), in the words of its refusal.
REASONS = (
    "could reach",  # 6.6: beyond its storage; 10.2: beyond 2^30
    "could gather",  # 12.6
    "bits of its state",
    "a name that is not UTF-8",
    "a zero byte in its id or name",
    "goes on behind a zero byte",
    "the threshold offsets of population",  # a common factor
    "no synapse is of class",
    "two areas have one id",
    "two neurons of",  # at one place
    "comes behind one that it should come before",  # paths that differ in nothing but weights
    "canonical form, in ROWS",
    "canonical form, in BLOCKS",
    "canonical form, in WEIGHTS",  # of layers: the filling of a row
    "a name is not UTF-8",
    "a driver has no name",
    "lists synapses that do not ascend",
    "lists all pairs",
    "closes other pairs than those",
    "a synapse reaches a slot",
    "a rule reaches a slot",
    "a twin reaches a slot",
    "have patterns of other neurons",
    "have patterns that are alike",
    "are not free",  # a pattern of a slot that is
)
# The firmware's verdict on each blob of the file `blobs`: a code, 0 if it is taken.
DEVICE = """
import struct
from ganglion.load.net import load
from ganglion.load.refusal import Refused
key = None
if KEY:
    with open("key", "rb") as file:
        key = file.read()
codes = []
with open("blobs", "rb") as file:
    while True:
        size = file.read(4)
        if not size:
            break
        with open("one", "wb") as one:
            one.write(file.read(struct.unpack("<I", size)[0]))
        try:
            load("one", "", key)
            codes.append(0)
        except Refused as refused:
            codes.append(refused.code)
print(codes)
"""


def run(seed: int, scale: float) -> list[Row]:
    return [
        raw(seed, round(RAW * scale)),
        *sealed(seed, round(SEALED * scale), round(RUN * scale)),
        signed(seed, round(SIGNED * scale)),
    ]


def raw(seed: int, count: int) -> Row:
    """Blobs as a broken copy makes them: both sides refuse each."""
    row = Row("blobs", "blobs: changed", seed)
    cases = _cases(seed, "raw", count, _damage)
    for blob, code in zip(cases, device_codes(cases), strict=True):
        told = refusal(blob)
        row.check(
            bool(code and told), f"code {code}", f"device {code}, host {told!r}: {_name(blob)}"
        )
    return row


def sealed(seed: int, count: int, runs: int) -> list[Row]:
    """Blobs whose CRCs and SHA-256 are right: verdicts agree, and what is taken runs in bounds."""
    row = Row("blobs", "blobs: changed and sealed anew", seed)
    cases = [reseal(blob) for blob in _cases(seed, "sealed", count, _edit)]
    taken = []
    for blob, code in zip(cases, device_codes(cases), strict=True):
        told = refusal(blob)
        if code == 0:
            taken.append(blob)
        if code == BOARD and not told:
            row.survive("refused, for another board")
        elif bool(code) == bool(told):
            row.survive("refused by both" if code else "taken by both")
        else:
            stricter = not code and any(reason in told for reason in REASONS)
            row.check(
                stricter,
                "refused by the host alone",
                f"device {code}, host {told!r}: {_name(blob)}",
            )
    return [row, in_bounds(taken[:runs], seed)]


def in_bounds(blobs: list[bytes], seed: int) -> Row:
    """Blobs that the device takes: their golden vectors on RV32, where each access is checked."""
    row = Row("blobs", "blobs: taken by the device, run with every access checked", seed)
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "one"
        for blob in blobs:
            path.write_bytes(blob)
            try:
                device, _ = emulate.load_brain(path, guard="after")
                device.self_test()
                row.survive("inside its arrays")
            except Exception as error:  # a ToolError, or a verdict that 32 bits alone give
                row.lose(f"{error!r}: {_name(blob)}")
    return row


def signed(seed: int, count: int) -> Row:
    """Signed blobs, changed and sealed anew, before a device that has pinned the key."""
    row = Row("blobs", "blobs: signed, then changed and sealed anew", seed)
    rng = random.Random(f"{seed} signed")
    with tempfile.TemporaryDirectory() as place:
        private, public = generate(Path(place) / "key")
        genuine = [sign(blob, private) for blob in bases()]
        key = read_public(public)
    cases = []
    for _ in range(count):
        blob = rng.choice(genuine)
        blob, signature = blob[:-SIGNATURE], bytearray(blob[-SIGNATURE:])
        if rng.random() < 0.5:
            blob = reseal(_edit(blob, rng))
        else:
            signature[rng.randrange(SIGNATURE)] ^= 1 << rng.randrange(8)
        cases.append(blob + signature)
    for blob, code in zip([*genuine, *cases], device_codes([*genuine, *cases], key), strict=True):
        if blob in genuine:
            row.check(code == 0, "genuine and taken", f"a genuine signature gave {code}")
        else:
            row.check(code != 0, f"code {code}", f"taken: {_name(blob)}")
    return row


@cache
def bases() -> tuple[bytes, ...]:
    """Blobs with every kind of section and record, among them one that learns, one of layers and
    one with a robot."""
    from tests.support import blobs, by_hand  # which need reseal

    options = [
        QuantizeOptions(state="int16"),
        QuantizeOptions(state="int32", weights="int4"),
        QuantizeOptions(),
    ]
    some = (
        compile_connectome(random_connectome(seed, neurons=20, fan_out=3), options[seed % 3])
        for seed in range(6)
    )
    others = by_hand.learns().sealed(), by_hand.layered().sealed(), blobs.driven()
    return (robot().blob, *(brain.blob for brain in some), *others)


def refusal(blob: bytes) -> str:
    """What the host says of a blob, empty if it takes it."""
    try:
        decode(blob)
    except BlobError as error:
        return str(error)
    return ""


def device_codes(blobs: list[bytes], key: bytes = b"") -> list[int]:
    """The firmware's verdict on each."""
    with tempfile.TemporaryDirectory() as place:
        directory = Path(place)
        data = b"".join(struct.pack("<I", len(blob)) + blob for blob in blobs)
        (directory / "blobs").write_bytes(data)
        (directory / "key").write_bytes(key)
        told = micropython(DEVICE.replace("KEY", str(bool(key))), directory)
    return [int(code) for code in told.decode().strip("[]\n").split(",")]


def reseal(blob: bytes) -> bytes:
    """Bytes whose length, CRCs and SHA-256 are right again, as far as there is a table."""
    data = bytearray(blob[:-32])
    struct.pack_into("<I", data, 12, len(data) + 32)
    for i in range(struct.unpack_from("<H", data, 10)[0]):
        at = HEADER.size + ENTRY.size * i
        if at + ENTRY.size > len(data):
            break
        offset, length = struct.unpack_from("<II", data, at + 4)
        struct.pack_into("<I", data, at + 12, zlib.crc32(data[offset : offset + length]))
    return bytes(data) + hashlib.sha256(data).digest()


def _cases(
    seed: int, kind: str, count: int, change: Callable[[bytes, random.Random], bytes]
) -> list[bytes]:
    rng = random.Random(f"{seed} {kind}")
    genuine = bases()
    cases = []
    while len(cases) < count:
        blob = change(rng.choice(genuine), rng)
        if blob not in genuine:
            cases.append(blob)
    return cases


def _damage(blob: bytes, rng: random.Random) -> bytes:
    """What a cable, a file system or a hand does to a file."""
    at, end = sorted(rng.randrange(len(blob) + 1) for _ in range(2))
    kind = rng.randrange(6)
    if kind == 0:
        return blob[:at]
    if kind == 1:
        return blob[:at] + blob[end:]
    if kind == 2:
        return blob[:end] + blob[at:]
    if kind == 3:
        return blob[:at] + rng.randbytes(end - at) + blob[end:]
    data = bytearray(blob)
    for _ in range(rng.choice((1, 1, 2, 8))):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(data)


def _edit(blob: bytes, rng: random.Random) -> bytes:
    """What a wrong compiler, or a clever stranger, writes: fields that lie."""
    data = bytearray(blob)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        kind = rng.randrange(5)
        size = rng.choice((1, 2, 4))
        at = rng.randrange(8, len(data) - 32 - size)
        value = int.from_bytes(data[at : at + size], "little")
        if kind == 0:
            value = rng.choice((0, 1, 2**31, 2**31 - 1, 2**32 - 1, 65535, 32768))
        elif kind == 1:
            value ^= 1 << rng.randrange(8 * size)
        elif kind == 2:
            value += rng.choice((-1, 1, 4, -4))
        elif kind == 3:
            value = rng.getrandbits(8 * size)
        else:  # bytes of one place at another
            away = rng.randrange(8, len(data) - 32 - size)
            value = int.from_bytes(data[away : away + size], "little")
        data[at : at + size] = (value % 256**size).to_bytes(size, "little")
    if rng.random() < 0.1:  # a section of another length
        count = struct.unpack_from("<H", data, 10)[0] % 16
        i = rng.randrange(max(1, count))
        at = HEADER.size + ENTRY.size * i + 8
        struct.pack_into("<I", data, at, rng.randrange(200))
    return bytes(data)


def _name(blob: bytes) -> str:
    return f"blob {hashlib.sha256(blob).hexdigest()[:16]} of {len(blob)} bytes"
