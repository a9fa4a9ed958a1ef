"""Learnt: what a brain has learnt, as a file, and as what another run of it begins with.

In:  the state of SPEC.md 11.3, as a device or the reference has it; or a file of this module.
Out: weights, synapses and memories; a network that begins with them.
Never: takes what another brain learnt; keeps histories or frames: a run begins in silence.
"""

import hashlib
import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import BlobError, RecordingError, UsageError
from ..files import write_bytes
from ..network.learning import ASSOCIATIVE, Slots, area_neurons, places_of
from ..network.model import QuantizedNetwork
from .learning import (
    MEMORIES,
    PROJECTIONS,
    RULES,
    TARGETS,
    TWINS,
    decode_learning,
    encode_learning,
    read_slots,
    slots_bytes,
    slots_size,
    words_of,
)

FORMAT = "ganglion-learnt-1"


@dataclass(frozen=True, slots=True)
class Learnt:
    """Of each projection the weights and what is present; of each memory area the slots."""

    shape: bytes  # of the brain that learnt it
    weights: tuple[NDArray[np.uint8], ...]
    present: tuple[NDArray[np.bool_], ...]
    slots: tuple[Slots, ...]


def shape_of(network: QuantizedNetwork) -> bytes:
    """8 bytes that name what a brain can learn: equal where one can go on with the other's."""
    parts = encode_learning(network)
    sha = hashlib.sha256(network.genome)
    for kind in (RULES, PROJECTIONS, TARGETS, MEMORIES, TWINS):
        sha.update(len(parts[kind]).to_bytes(4, "little") + parts[kind])
    return sha.digest()[:8]


def learnt_in(network: QuantizedNetwork, state: bytes) -> Learnt:
    """What is in the state of a run. Raises BlobError if the state is not this brain's."""
    projections, memories = network.learning.projections, network.learning.memories
    areas = [area_neurons(network, i) for i in range(len(network.areas))]
    histories = _padded(sum(len(areas[area]) for area in network.learning.windows()))
    places = _padded(sum(p.places for p in projections))
    blocks = [p.places * (p.form == ASSOCIATIVE) for p in projections]  # of bits
    frames = [
        4 * words_of(m, areas) * (m.depth + 1) + _padded(m.depth + 1) for m in memories
    ]  # and flags
    of_slots = [slots_size(m, areas) for m in memories]
    size = histories + places + sum(map(_of_bits, blocks)) + sum(frames) + sum(of_slots)
    if len(state) != size:
        raise BlobError(
            f"what the device has learnt has {len(state)} bytes, and this brain's {size}",
            "name the brain that is on the device",
        )
    weights, present = [], []
    at = histories
    for p in projections:
        weights.append(np.frombuffer(state, np.uint8, p.places, at))
        at += p.places
    at = histories + places
    for bits in blocks:
        data = np.frombuffer(state, np.uint8, _of_bits(bits), at)
        present.append(np.unpackbits(data, bitorder="little")[:bits].astype(np.bool_))
        at += len(data)
    slots: list[Slots] = []
    for memory, before in zip(memories, frames, strict=True):
        found, at = read_slots(state, at + before, (memory,), areas)
        slots += found
    return Learnt(shape_of(network), tuple(weights), tuple(present), tuple(slots))


def begin_with(network: QuantizedNetwork, learnt: Learnt) -> QuantizedNetwork:
    """The network as it is after it learnt that. Raises UsageError if another brain did."""
    if learnt.shape != shape_of(network):
        raise UsageError(
            "what was learnt is of another brain",
            "name the genome, policies and options with which that brain was compiled",
        )
    projections = tuple(
        replace(p, weight=w, present=there)
        for p, w, there in zip(
            network.learning.projections, learnt.weights, learnt.present, strict=True
        )
    )
    some = any(s.alive.any() for s in learnt.slots)
    learning = replace(
        network.learning, projections=projections, slots=learnt.slots if some else ()
    )
    return replace(network, learning=learning)


def synapses_of(network: QuantizedNetwork, learnt: Learnt) -> NDArray[np.int64]:
    """(k, 4) source, target, signed weight and rule of each plastic synapse that there is."""
    rows = []
    for p, w, there in zip(
        network.learning.projections, learnt.weights, learnt.present, strict=True
    ):
        places = places_of(network, p)
        mine = there if p.form == ASSOCIATIVE else np.ones(p.places, dtype=np.bool_)
        signed = p.sign * w.astype(np.int64)
        columns = places.source, places.target, signed, np.full(p.places, p.rule)
        rows.append(np.stack(columns, axis=1)[mine])
    return np.concatenate(rows) if rows else np.zeros((0, 4), dtype=np.int64)


def counts_of(network: QuantizedNetwork, learnt: Learnt) -> dict[str, int]:
    """How much was learnt: synapses, and those of them that changed or were created; memories."""
    projections = network.learning.projections
    changed = created = 0
    for p, w, there in zip(projections, learnt.weights, learnt.present, strict=True):
        new = there & ~p.present
        created += int(new.sum())
        other = w != p.weight
        changed += int((other & ~new).sum() if len(new) else other.sum())
    return {
        "synapses": len(synapses_of(network, learnt)),
        "changed": changed,
        "created": created,
        "memories": sum(int((s.alive > 0).sum()) for s in learnt.slots),
    }


def save(path: Path, network: QuantizedNetwork, learnt: Learnt) -> None:
    """Writes a .npz: `synapses` (source, target, signed weight, rule) to be looked at, and the
    bytes that `load` reads."""
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        format=np.array(FORMAT),
        shape=np.frombuffer(learnt.shape, np.uint8),
        synapses=synapses_of(network, learnt),
        places=np.array([len(w) for w in learnt.weights], dtype=np.int64),
        blocks=np.array([len(p) for p in learnt.present], dtype=np.int64),
        weights=np.concatenate([np.zeros(0, np.uint8), *learnt.weights]),
        present=np.concatenate([np.zeros(0, np.bool_), *learnt.present]),
        memory=np.frombuffer(b"".join(map(slots_bytes, learnt.slots)), np.uint8),
    )
    write_bytes(path, buffer.getvalue())


def synapses_in(path: Path) -> tuple[bytes, NDArray[np.int64]]:
    """Which brain learnt what a file holds, and (k, 4) its synapses, as `synapses_of` gives them.
    Raises RecordingError for anything but such a file."""
    with _reading(path):
        arrays = _arrays(path)
        table = arrays["synapses"].astype(np.int64)
        if table.ndim != 2 or table.shape[1] != 4:
            raise ValueError("no table")
        return arrays["shape"].astype(np.uint8).tobytes(), table


def load(path: Path, network: QuantizedNetwork) -> Learnt:
    """What a file holds, for this brain. Raises RecordingError for anything but such a file,
    UsageError for what another brain learnt."""
    with _reading(path):
        arrays = _arrays(path)
        shape = arrays["shape"].astype(np.uint8).tobytes()
        weights = _split(arrays["weights"].astype(np.uint8), arrays["places"])
        present = _split(arrays["present"].astype(np.bool_), arrays["blocks"])
        memory = arrays["memory"].astype(np.uint8).tobytes()
    if shape != shape_of(network):
        begin_with(network, Learnt(shape, (), (), ()))
    projections = network.learning.projections
    areas = [area_neurons(network, i) for i in range(len(network.areas))]
    ok = [len(w) for w in weights] == [p.places for p in projections]
    ok = ok and [len(p) for p in present] == [len(p.present) for p in projections]
    ok = ok and len(memory) == sum(slots_size(m, areas) for m in network.learning.memories)
    damaged = RecordingError(f"{path} is damaged", "make it anew with `ganglion learned`")
    if not ok:
        raise damaged
    try:
        slots, _ = read_slots(memory, 0, network.learning.memories, areas)
        learnt = Learnt(shape, weights, present, slots)
        parts = encode_learning(begin_with(network, learnt))
        some = {kind: part for kind, part in parts.items() if part}
        decode_learning(some, network.populations, len(network.areas))
    except BlobError as error:  # no run leaves what no brain may begin with
        raise damaged from error
    return learnt


def _arrays(path: Path) -> dict[str, NDArray[Any]]:
    with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
        if str(file["format"]) != FORMAT:
            raise ValueError("another format")
        return {name: file[name] for name in file.files}


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Whatever a file does to its reader is a RecordingError."""
    try:
        yield
    except OSError as error:
        raise RecordingError(
            f"{path} cannot be read: {error.strerror or error}", "check the path"
        ) from error
    except (
        ValueError, KeyError, IndexError, EOFError, TypeError, AttributeError, OverflowError,
        RuntimeError, struct.error, zlib.error, zipfile.BadZipFile,
    ) as error:  # fmt: skip
        raise RecordingError(
            f"{path} is no file of what a brain has learnt", "make one with `ganglion learned`"
        ) from error


def _split(all_: NDArray[Any], sizes: NDArray[np.int64]) -> tuple[NDArray[Any], ...]:
    if int(sizes.sum()) != len(all_) or (sizes < 0).any():
        raise ValueError("sizes do not add up")
    return tuple(np.split(all_, np.cumsum(sizes)[:-1])) if len(sizes) else ()


def _padded(n: int) -> int:
    return n + -n % 4


def _of_bits(n: int) -> int:
    """Bytes of n bits, in whole words."""
    return -(-n // 32) * 4
