"""Blob: a QuantizedNetwork as bytes, and back.

In:  a QuantizedNetwork whose ranges quantize.py guarantees, or the bytes of a .gbn file.
Out: exactly one byte string per network (canonical; SPEC.md, section 5), or the network.
Never: touches a port or a device; returns a network whose bytes would differ.
"""

import hashlib
import struct
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import BlobError, DoesNotFitError
from ..network.model import (
    MAX_NEURONS,
    Golden,
    Numbers,
    Population,
    QuantizedNetwork,
    SynapseClass,
    numbered,
)
from ..network.proof import prove
from ..network.zones import zones_of
from . import learning as blob_learning
from .blocks import decode_blocks, encode_blocks
from .canonical import WIDTHS, check_one_form
from .layers import NAMES, decode_layers, encode_layers
from .learning_rules import check_slots_unreached
from .places import decode_places, encode_places, placed
from .robot import decode_robot, encode_robot
from .rows import decode_rows, encode_rows
from .sections import (
    decode_areas,
    decode_classes,
    decode_inputs,
    decode_populations,
    encode_areas,
    encode_classes,
    encode_inputs,
    encode_populations,
    require,
)
from .synapses import decode_synapses, encode_synapses

BLOB_SUFFIX = ".gbn"


MAGIC = b"\x89GBN\r\n\x1a\n"
VERSION = 1
LARGE_VERSION = 2  # more neurons than a board numbers (5.11)
HEADER = struct.Struct("<8sHHIBBHIIHHIiIIIIB3xIII8s16s32s")
ENTRY = struct.Struct("<HHIII")
GOLDEN, GOLDEN_AT = struct.Struct("<IIB3xIII"), 48  # inside the header
NO_POWER = 0xFFFFFFFF
SIGNATURE = 384  # bytes that may follow a blob; signature.py knows what they say
SECTIONS = {
    1: "POPULATIONS",
    2: "THRESHOLDS",
    3: "CLASSES",
    4: "ROWS",
    5: "BLOCKS",
    6: "INPUTS",
    7: "AREAS",
    8: "PLACES",
    9: "SYNAPSES",
    **blob_learning.SECTIONS,
    40: "ROBOT",
    **NAMES,
}
LARGE = (1, 2, 3, 6, 7, 8, 9)  # the sections of a brain that no board runs
SMALL = tuple(kind for kind in SECTIONS if kind != 9)
REBUILD = "compile the brain again, or copy it again"


@dataclass(frozen=True, slots=True)
class Section:
    """One section as the table lists it."""

    type: int
    offset: int
    length: int

    @property
    def name(self) -> str:
        return SECTIONS[self.type]


def brain_id(blob: bytes) -> bytes:
    """The first 8 bytes of the SHA-256 that ends a blob: the name of a brain on the link."""
    return split(blob)[0][-32:-24]


def split(data: bytes) -> tuple[bytes, bytes]:
    """A blob and its signature, which is empty if there is none."""
    length = int.from_bytes(data[12:16], "little")
    signed = len(data) == length + SIGNATURE
    return (data[:length], data[length:]) if signed else (data, b"")


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


def _varied(network: QuantizedNetwork) -> NDArray[np.bool_]:
    return network.per_neuron("threshold_step") > 0


def encode(network: QuantizedNetwork) -> bytes:
    """The blob of a network."""
    if network.host_only:
        synapses = {9: encode_synapses(network)}
        if network.learning or network.robot or network.layers or network.board:
            raise DoesNotFitError(
                f"{network.n_neurons:,} neurons can matter, and {_what_boards_do(network)} a board "
                f"does, of at most {MAX_NEURONS:,}",
                "remove areas or mappings, or make the areas smaller",
            )
    else:
        blocks, left = encode_blocks(network)
        synapses = {4: encode_rows(network, left), 5: blocks}
    away = placed(network)
    parts = {
        1: encode_populations(network, away),
        2: network.offset[_varied(network)].tobytes(),
        3: encode_classes(network),
        **synapses,
        6: encode_inputs(network),
        7: encode_areas(network),
        8: encode_places(network, away),
        **blob_learning.encode_learning(network),
        40: encode_robot(network.robot) if network.robot else b"",
        **encode_layers(network.layers, network.populations),
    }
    present = {kind: data for kind, data in sorted(parts.items()) if data}
    offset = HEADER.size + ENTRY.size * len(present)
    table, body = b"", b""
    for kind, data in present.items():
        table += ENTRY.pack(kind, 0, offset + len(body), len(data), zlib.crc32(data))
        body += _padded(data)
    golden = network.golden
    header = HEADER.pack(
        MAGIC,
        LARGE_VERSION if network.host_only else VERSION,
        len(present),
        offset + len(body) + 32,
        network.storage,
        network.state,
        len(network.populations),
        network.n_neurons,
        network.n_synapses,
        len(network.classes),
        len(network.areas),
        NO_POWER if network.power_neuron is None else network.power_neuron,
        network.power_amount,
        network.timestep_us,
        network.counter,
        golden.seed,
        golden.chance,
        golden.group_bits,
        golden.bursts,
        golden.chain,
        golden.spikes,
        network.genome,
        network.board.encode(),
        b"",
    )
    blob = header + table + body
    return blob + hashlib.sha256(blob).digest()


def _what_boards_do(network: QuantizedNetwork) -> str:
    if network.learning:
        return "learning is what"
    if network.robot:
        return "driving a robot is what"
    return "layers are what" if network.layers else f"running on {network.board} is what"


def with_golden(blob: bytes, golden: Golden) -> bytes:
    """The same blob with another golden vector: nothing but its header and its SHA-256 differs."""
    vector = GOLDEN.pack(
        golden.seed, golden.chance, golden.group_bits, golden.bursts, golden.chain, golden.spikes
    )
    blob = blob[:GOLDEN_AT] + vector + blob[GOLDEN_AT + GOLDEN.size : -32]
    return blob + hashlib.sha256(blob).digest()


def sections(blob: bytes) -> list[Section]:
    """The section table of bytes whose envelope is right.

    Raises BlobError if magic, version, length, table, padding, SHA-256 or a CRC is wrong.
    """
    blob, _ = split(blob)
    require(
        len(blob) >= HEADER.size + 32 and blob[:8] == MAGIC,
        f"these {len(blob)} bytes are not a Ganglion blob",
        "give a .gbn file made by `ganglion compile`",
    )
    version, count, length = struct.unpack_from("<HHI", blob, 8)
    require(
        version in (VERSION, LARGE_VERSION),
        f"the blob has version {version}, and this program reads {VERSION} and {LARGE_VERSION}",
        "compile the genome again with this version",
    )
    require(length == len(blob), f"the blob is {len(blob)} bytes and says {length}", REBUILD)
    require(
        hashlib.sha256(blob[:-32]).digest() == blob[-32:],
        "the blob's SHA-256 is wrong: it was altered or damaged",
        REBUILD,
    )
    offset = HEADER.size + ENTRY.size * count
    require(offset + 32 <= length, f"a table of {count} sections does not fit the blob", REBUILD)
    found: list[Section] = []
    for i in range(count):
        kind, zero, at, size, crc = ENTRY.unpack_from(blob, HEADER.size + ENTRY.size * i)
        known = kind in SECTIONS and zero == 0 and kind > (found[-1].type if found else 0)
        require(known, f"section {i} has the type {kind}", REBUILD)
        end = at + size
        fits = at == offset and size > 0 and end + (-end % 4) <= length - 32
        require(fits, f"section {SECTIONS[kind]} lies at {at} and has {size} bytes", REBUILD)
        require(not any(blob[end : end + (-end % 4)]), f"{SECTIONS[kind]} is not padded", REBUILD)
        require(
            zlib.crc32(blob[at:end]) == crc, f"section {SECTIONS[kind]} has a wrong CRC", REBUILD
        )
        found.append(Section(kind, at, size))
        offset = end + (-end % 4)
    require(offset == length - 32, f"{length - 32 - offset} bytes follow the sections", REBUILD)
    return found


def decode(blob: bytes) -> QuantizedNetwork:
    """The network of a blob.

    Raises BlobError for anything but the canonical bytes of a network that cannot overflow. A
    signature may follow them, and is not looked at.
    """
    blob, _ = split(blob)
    data = {s.type: blob[s.offset : s.offset + s.length] for s in sections(blob)}
    (
        *_, storage, state, n_populations, n, m, n_classes, n_areas, power, power_amount,
        timestep, counter, seed, chance, group_bits, bursts, chain, spikes, genome, board, _zero,
    ) = HEADER.unpack_from(blob)  # fmt: skip
    large = blob[8] == LARGE_VERSION
    require(large == (n > MAX_NEURONS), f"a blob of version {blob[8]} has {n} neurons", REBUILD)
    others = [SECTIONS[kind] for kind in data if kind not in (LARGE if large else SMALL)]
    require(not others, f"a blob of version {blob[8]} has {', '.join(others)}", REBUILD)
    populations, away = decode_populations(data.get(1, b""), n_populations, n)
    varied = np.repeat([p.threshold_step > 0 for p in populations], [p.count for p in populations])
    require(
        len(data.get(2, b"")) == int(varied.sum()),
        f"THRESHOLDS has {len(data.get(2, b''))} bytes for {int(varied.sum())} neurons",
        REBUILD,
    )
    offset = np.zeros(n, dtype=np.int8)
    offset[varied] = np.frombuffer(data.get(2, b""), dtype=np.int8)
    classes = decode_classes(data.get(3, b""), n_classes)
    if large:
        source, target, klass, weight = decode_synapses(data.get(9, b""), m, n, classes)
    else:
        source, target, klass, weight = _synapses(data, m, n, populations, classes)
    try:
        name = board.rstrip(b"\0").decode()
    except UnicodeDecodeError:
        raise BlobError("the board's name is not UTF-8", REBUILD) from None
    areas = decode_areas(data.get(7, b""), n_areas)
    network = QuantizedNetwork(
        storage=storage,
        state=state,
        populations=populations,
        classes=classes,
        inputs=decode_inputs(data.get(6, b""), n),
        areas=areas,
        offset=offset,
        place=decode_places(data.get(8, b""), populations, areas, away),
        source=source,
        target=target,
        klass=klass,
        weight=weight,
        power_neuron=None if power == NO_POWER else power,
        power_amount=power_amount,
        timestep_us=timestep,
        counter=counter,
        genome=genome,
        board=name,
        golden=Golden(seed, chance, group_bits, bursts, chain, spikes),
        learning=blob_learning.decode_learning(data, populations, n_areas),
        robot=decode_robot(data[40], n) if 40 in data else None,
        layers=decode_layers(data, populations),
    )
    _check(network)
    check_slots_unreached(network)
    check_one_form(network)
    _check_canonical(blob, encode(network))
    return network


def _check_canonical(blob: bytes, canonical: bytes) -> None:
    if blob == canonical:
        return
    found, right = (
        {s.name: data[s.offset : s.offset + s.length] for s in sections(data)}
        for data in (blob, canonical)
    )
    unlike = (name for name in SECTIONS.values() if found.get(name) != right.get(name))
    where = next(unlike, "its header")
    raise BlobError(f"the blob is not in its canonical form, in {where}", REBUILD)


def _synapses(
    data: dict[int, bytes],
    count: int,
    n: int,
    populations: tuple[Population, ...],
    classes: tuple[SynapseClass, ...],
) -> tuple[Numbers, Numbers, NDArray[np.uint16], NDArray[np.int8]]:
    """Source, target, class and weight of every synapse, sorted by them."""
    zones = zones_of(populations)
    parts = decode_rows(data.get(4, b""), zones, classes, n)
    parts += decode_blocks(data.get(5, b""), populations, zones, classes)
    none = (np.zeros(0, dtype=np.int64),) * 4
    source, target, klass, weight = (
        np.concatenate(column) for column in zip(none, *parts, strict=True)
    )
    require(len(source) == count, f"the sections hold {len(source)} synapses of {count}")
    order = np.lexsort((weight, target, klass, source))
    return (
        numbered(source[order], n),
        numbered(target[order], n),
        klass[order].astype(np.uint16),
        weight[order].astype(np.int8),
    )


def _check(network: QuantizedNetwork) -> None:
    golden = network.golden
    require(
        (network.storage, network.state) in WIDTHS,
        f"a state of {network.state} bits is not stored in {network.storage}",
        REBUILD,
    )
    require(
        network.storage == 32 or not any(p.leak_fine for p in network.populations),
        "a fine leak is of no use to 16 bits",
        REBUILD,
    )
    bare = network.n_synapses == 0 and network.power_neuron is None and network.storage == 32
    bare = bare and not network.learning
    require(
        not network.layers or (bare and all(p.layer for p in network.populations)),
        "a network of layers has something beside them",
        REBUILD,
    )
    require(
        network.power_neuron is None or network.power_neuron < network.n_neurons,
        f"the power neuron is {network.power_neuron} of {network.n_neurons}",
        REBUILD,
    )
    require(
        network.power_neuron is not None or network.power_amount == 0,
        f"the power is {network.power_amount} for no neuron",
        REBUILD,
    )
    require(
        golden.chance <= 65_536 and golden.group_bits <= 10 and 1 <= golden.bursts <= 256,
        "the golden vector's parameters are out of range",
        REBUILD,
    )
    prove(network)
