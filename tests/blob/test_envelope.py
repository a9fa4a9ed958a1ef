"""container.py: header, table and hash, once more from SPEC 5.1 and 5.2; refused by name."""

import hashlib
import struct
import zlib
from dataclasses import replace

import numpy as np
import pytest

from ganglion.blob.container import (
    SIGNATURE,
    brain_id,
    decode,
    encode,
    sections,
    split,
    with_golden,
)
from ganglion.errors import BlobError, DoesNotFitError
from ganglion.network.learning import Memory, NetworkLearning
from ganglion.network.model import Golden, InputRange, QuantizedNetwork, SynapseClass
from ganglion.network.robot import Program
from tests.support import by_hand
from tests.support import layers as of_layers
from tests.support.records import area, network_of, population

GOLDEN = Golden(seed=7, chance=65_536, group_bits=10, bursts=256, chain=2**32 - 1, spikes=99)
NOBODY = 0xFFFFFFFF


def small(**changes: object) -> QuantizedNetwork:
    """Two areas; a synapse of own weight, so that ROWS is there, and one without."""
    populations = [population(0, 3, threshold_step=2), population(3, 2, area=1)]
    classes = [SynapseClass(4, 0), SynapseClass(2, 1)]
    made = network_of(
        populations, [area("one", 3), area("two", 2)], [0, 1, 2, 0, 1], classes,
        [(0, 4, 0, 5), (0, 3, 1, 1), (1, 4, 1, 1)],
    )  # fmt: skip
    made.offset[:3] = 0, 1, 0
    usual = {
        "inputs": (InputRange(0, 3, 9),), "power_neuron": 4, "power_amount": 9, "golden": GOLDEN,
        "timestep_us": 20_000, "counter": 2**32 - 1, "genome": b"\1genome\2", "board": "esp32",
    }  # fmt: skip
    return replace(made, **usual | changes)


def large(**changes: object) -> QuantizedNetwork:
    n = 65_536
    made = network_of([population(0, n)], [area("one", n)], range(n), [SynapseClass(2, 1)],
                      [(0, 3, 0, 1)])  # fmt: skip
    return replace(made, **{"source": made.source.astype(np.uint32),
                            "target": made.target.astype(np.uint32)} | changes)  # fmt: skip


def large_in_all() -> QuantizedNetwork:
    """Thresholds that vary by one, inputs, and a place that is left out."""
    n = 65_536
    made = network_of(
        [population(0, 1), population(1, n - 1, threshold_step=1)], [area("one", n + 1)],
        [0, *range(2, n + 1)], [SynapseClass(2, 1)], [(0, 3, 0, 1)],
    )  # fmt: skip
    made.offset[1] = 1
    wide = {name: getattr(made, name).astype(np.uint32) for name in ("source", "target")}
    return replace(made, inputs=(InputRange(0, 1, 9),), **wide)


def fine(storage: int) -> bytes:
    """A blob with a fine leak, which says that it is stored so."""
    leaks = {"accumulates": True, "low": -9, "high": 9, "leak": 16_384, "shift": 15}
    one = network_of([population(0, 2, leak_fine=1, **leaks)], [area("one", 2)], [0, 1])
    return written(16, "BB", storage, storage, blob=encode(one))


def header(network: QuantizedNetwork, count: int, length: int, version: int = 1) -> bytes:
    g = network.golden
    power = NOBODY if network.power_neuron is None else network.power_neuron
    data = b"\x89GBN\r\n\x1a\n" + struct.pack("<HHI", version, count, length)
    data += struct.pack("<BBH", network.storage, network.state, len(network.populations))
    data += struct.pack("<IIHH", sum(p.count for p in network.populations), len(network.source),
                        len(network.classes), len(network.areas))  # fmt: skip
    data += struct.pack("<IiII", power, network.power_amount, network.timestep_us, network.counter)
    data += struct.pack("<IIIIII", g.seed, g.chance, g.group_bits, g.bursts, g.chain, g.spikes)
    return data + network.genome + network.board.encode().ljust(16, b"\0") + bytes(32)


def assembled(network: QuantizedNetwork, parts: dict[int, bytes], version: int = 1) -> bytes:
    """Header, table, the parts as they are, and the hash."""
    at = 128 + 16 * len(parts)
    table = body = b""
    for kind, data in parts.items():
        table += struct.pack("<HHIII", kind, 0, at + len(body), len(data), zlib.crc32(data))
        body += data + bytes(-len(data) % 4)
    whole = header(network, len(parts), at + len(body) + 32, version) + table + body
    return whole + hashlib.sha256(whole).digest()


def parts_of(blob: bytes) -> dict[int, bytes]:
    """By type, as the table says."""
    (count,) = struct.unpack_from("<H", blob, 10)
    entries = [struct.unpack_from("<HHIII", blob, 128 + 16 * i) for i in range(count)]
    return {kind: blob[at : at + size] for kind, _, at, size, _ in entries}


@pytest.mark.parametrize(
    ("network", "kinds", "version"),
    [
        (small(), [1, 2, 3, 4, 5, 6, 7], 1), (small(inputs=()), [1, 2, 3, 4, 5, 7], 1),
        (small(power_neuron=None, power_amount=0, board=""), [1, 2, 3, 4, 5, 6, 7], 1),
        (small(power_neuron=0, power_amount=1, golden=replace(GOLDEN, chance=0, group_bits=0,
               bursts=1)), [1, 2, 3, 4, 5, 6, 7], 1),
        (small(robot=Program(1, 2, 3, 4, (), (), ())), [1, 2, 3, 4, 5, 6, 7, 40], 1),
        (network_of([population(0, 65_535)], [area("one", 65_535)], range(65_535)), [1, 7], 1),
        (large(), [1, 3, 7, 9], 2), (large_in_all(), [1, 2, 3, 6, 7, 8, 9], 2),
        (by_hand.learner_by_hand(), [1, 3, 5, 6, 7, 8, *range(30, 38)], 1),
        (of_layers.network_of(by_hand.layers()), [1, 6, 7, 20, 21, 22, 23], 1),
    ],
    ids=["all", "no inputs", "no power", "edges", "a robot", "65,535", "large", "large in all",
         "learns", "layers"],
)  # fmt: skip
def test_a_blob_is_what_the_specification_says_and_reads_back(network, kinds, version):
    blob = encode(network)
    parts = parts_of(blob)
    assert list(parts) == kinds
    assert blob == assembled(network, parts, version)
    assert [(s.type, blob[s.offset : s.offset + s.length]) for s in sections(blob)] == list(
        parts.items()
    )
    back = decode(blob)
    for name in (
        "storage", "state", "populations", "classes", "inputs", "areas", "power_neuron",
        "power_amount", "timestep_us", "counter", "genome", "board", "golden", "robot",
    ):  # fmt: skip
        assert getattr(back, name) == getattr(network, name), name
    for name in ("offset", "place", "source", "target", "klass", "weight"):
        found, expected = getattr(back, name), getattr(network, name)
        assert (np.array_equal(found, expected) and found.dtype == expected.dtype) or (
            name == "place" and np.array_equal(found, expected)
        ), name
    assert encode(back) == blob


def test_a_fine_leak_is_of_use_to_32_bits():
    assert decode(fine(32)).populations[0].leak_fine == 1


def test_thresholds_are_those_of_populations_that_vary():
    assert parts_of(encode(small()))[2] == b"\0\1\0"


def test_a_signature_may_follow_and_is_no_part():
    blob = encode(small())
    signed = blob + bytes(range(256)) + bytes(128)
    assert SIGNATURE == 384
    assert split(signed) == (blob, signed[-384:]) and split(blob) == (blob, b"")
    assert brain_id(signed) == brain_id(blob) == blob[-32:-24]
    assert sections(signed) == sections(blob)
    assert encode(decode(signed)) == blob
    long = bytes(12) + struct.pack("<I", 1 << 24) + bytes((1 << 24) - 16 + 384)
    assert [len(part) for part in split(long)] == [1 << 24, 384]
    for odd in (signed[:-1], signed + b"\0"):
        assert split(odd) == (odd, b"")


def test_another_golden_vector_is_another_header_and_hash():
    other = Golden(1, 2, 3, 4, 5, 6)
    assert with_golden(encode(small()), other) == encode(small(golden=other))


def sealed(blob: bytes) -> bytes:
    return blob[:-32] + hashlib.sha256(blob[:-32]).digest()


def written(at: int, form: str, *values: int | bytes, blob: bytes | None = None) -> bytes:
    data = bytearray(blob or encode(small()))
    struct.pack_into("<" + form, data, at, *values)
    return sealed(bytes(data))


def without_filling() -> bytes:
    """The last section ends in the middle of a word, and there the hash begins."""
    whole = assembled(NETWORK, PARTS | {8: bytes(3)})
    return sealed(whole[:12] + struct.pack("<I", len(whole) - 1) + whole[16:-33] + bytes(32))


ENTRY = 128 + 16 * 2  # of CLASSES
REBUILD = "; compile the brain again, or copy it again"
NETWORK = small()
BLOB = encode(NETWORK)
PARTS = parts_of(BLOB)
BEHIND = 128 + 16 * len(PARTS)


@pytest.mark.parametrize(
    ("blob", "text"),
    [
        (b"", "these 0 bytes are not a Ganglion blob; give a .gbn file made by `ganglion compile`"),
        (BLOB[:159], "these 159 bytes are not a Ganglion blob; "),
        (BLOB[:160], f"the blob is 160 bytes and says {len(BLOB)}{REBUILD}"),
        (written(0, "B", 0x88), f"these {len(BLOB)} bytes are not a Ganglion blob; "),
        (written(7, "B", 11), f"these {len(BLOB)} bytes are not a Ganglion blob; "),
        *((written(8, "H", version), f"the blob has version {version}, and this program reads 1 and"
           " 2; compile the genome again with this version") for version in (0, 3, 257)),
        (written(8, "H", 2), f"a blob of version 2 has 5 neurons{REBUILD}"),
        (BLOB[:-1] + b"\0", f"the blob's SHA-256 is wrong: it was altered or damaged{REBUILD}"),
        (written(10, "H", 99), f"a table of 99 sections does not fit the blob{REBUILD}"),
        (assembled(NETWORK, {}), f"2 populations do not fit{REBUILD}"),
        (sealed(written(10, "H", 1, blob=assembled(NETWORK, {}))[:12] + struct.pack("<I", 175)
                + BLOB[16:128] + bytes(47)), "a table of 1 sections does not fit the blob; "),
        (written(BEHIND - 8, "I", len(PARTS[7]) + 4), "section AREAS lies at "),
        (without_filling(), f"section PLACES lies at {len(BLOB) - 16} and has 3 bytes{REBUILD}"),
        (assembled(NETWORK, PARTS | {6: PARTS[6] + PARTS[6]}), "the input range "),
        (sealed(BLOB[:12] + struct.pack("<I", len(BLOB) - 1) + BLOB[16:-1]),
         f"section AREAS lies at {len(BLOB) - 32 - len(PARTS[7])} and has {len(PARTS[7])} bytes; "),
        (fine(16), f"a fine leak is of no use to 16 bits{REBUILD}"),
        (written(ENTRY, "H", 10), f"section 2 has the type 10{REBUILD}"),
        (written(ENTRY, "H", 2), f"section 2 has the type 2{REBUILD}"),
        (written(128, "H", 0), f"section 0 has the type 0{REBUILD}"),
        (written(ENTRY + 2, "H", 1), f"section 2 has the type 3{REBUILD}"),
        (written(ENTRY + 8, "I", 0), "section CLASSES lies at "),
        (written(ENTRY + 8, "I", 9999), "section CLASSES lies at "),
        *((written(128 + 4, "I", at), f"section POPULATIONS lies at {at} and has 104 bytes; ")
          for at in (BEHIND + 4, BEHIND - 4)),
        (written(ENTRY + 12, "I", 0), f"section CLASSES has a wrong CRC{REBUILD}"),
        (written(BEHIND + 104 + 3, "B", 1), f"THRESHOLDS is not padded{REBUILD}"),
        (sealed(BLOB[:12] + struct.pack("<I", len(BLOB) + 4) + BLOB[16:-32] + bytes(36)),
         f"4 bytes follow the sections{REBUILD}"),
        (assembled(NETWORK, PARTS | {9: bytes(4)}), f"a blob of version 1 has SYNAPSES{REBUILD}"),
        (assembled(NETWORK, PARTS | {2: b"\0\1"}), "THRESHOLDS has 2 bytes for 3 neurons"),
        (assembled(NETWORK, {k: v for k, v in PARTS.items() if k != 2}),
         f"THRESHOLDS has 0 bytes for 3 neurons{REBUILD}"),
        (written(80, "2s", b"\xff\xfe"), f"the board's name is not UTF-8{REBUILD}"),
        (written(24, "I", 4), "the sections hold 3 synapses of 4"),
        (written(96, "B", 1), f"the blob is not in its canonical form, in its header{REBUILD}"),
        (written(57, "B", 1), f"the blob is not in its canonical form, in its header{REBUILD}"),
        (written(16, "BB", 32, 16), f"a state of 16 bits is not stored in 32{REBUILD}"),
        (written(32, "I", 5), f"the power neuron is 5 of 5{REBUILD}"),
        (written(32, "I", NOBODY), f"the power is 9 for no neuron{REBUILD}"),
        *((written(at, form, value), f"the golden vector's parameters are out of range{REBUILD}")
          for at, form, value in ((52, "I", 65_537), (56, "B", 11), (60, "I", 0), (60, "I", 257))),
    ],
)  # fmt: skip
def test_what_is_no_blob_is_refused_by_name(blob, text):
    with pytest.raises(BlobError) as refused:
        decode(blob)
    assert str(refused.value).startswith(text)


def test_a_large_brain_is_for_a_host_alone():
    blob = encode(large())
    with pytest.raises(BlobError, match="a blob of version 1 has 65536 neurons; "):
        decode(written(8, "H", 1, blob=blob))
    with pytest.raises(BlobError, match="a blob of version 2 has ROWS, ROBOT; "):
        decode(assembled(large(), dict(sorted((parts_of(blob) | {4: b"1", 40: b"1"}).items())), 2))
    learning = NetworkLearning(memories=(Memory(0, 1, (0,), 1, 1, 1),))
    layers = tuple(by_hand.layers())
    for changes, what in (
        ({"learning": learning}, "learning is what"),
        ({"robot": Program(1, 2, 3, 4, (), (), ())}, "driving a robot is what"),
        ({"layers": layers}, "layers are what"), ({"board": "esp32"}, "running on esp32 is what"),
    ):  # fmt: skip
        with pytest.raises(DoesNotFitError) as refused:
            encode(large(**changes))
        assert str(refused.value) == (
            f"65,536 neurons can matter, and {what} a board does, of at most 65,535; "
            "remove areas or mappings, or make the areas smaller"
        )
