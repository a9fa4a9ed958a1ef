"""Weights of 4 and 2 bits, and leaks of 30, on all machines: bit for bit what the host computes."""

import functools
import hashlib
import struct
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ganglion.blob.container import decode, encode, sections
from ganglion.compiler import Brain, compile_connectome
from ganglion.connectome.model import Connectome, Dynamics
from ganglion.errors import BlobError
from ganglion.frontends import synthetic
from ganglion.network.model import QuantizedNetwork
from ganglion.network.zones import zone_of_neurons, zones_of
from ganglion.quantization.options import QuantizeOptions
from ganglion.reference.stimulus import RandomStimulus
from tests.support.on_core import OnCore
from tools.networks import random_connectome

BURSTS = 60
LEAKS = (1e-5, 3e-4, 0.013, 0.1, 0.3, 0.77, 0.9999, 1.0)
WEIGHTS = ("int4", "int2")

SELF_TEST = """
import os
from ganglion import brain
from ganglion.load.net import load
for name in sorted(os.listdir(".")):
    if name.endswith(".gbn"):
        result = brain.Brain(load(name)).self_test()
        print(name, "equal" if result is None else hex(result))
"""


def leaky(seed: int) -> Connectome:
    """A random network whose leaks are of every size."""
    connectome = random_connectome(seed)
    rng = np.random.default_rng(seed)
    leak = np.where(connectome.leak > 0, rng.choice(LEAKS, connectome.n_neurons), 0)
    return replace(connectome, leak=leak.astype(np.float32))


@functools.cache
def made(seed: int, state: str, weights: str) -> Brain:
    return compile_connectome(
        leaky(seed), QuantizeOptions(state=state, weights=weights, anywhere=True)
    )


@pytest.mark.parametrize("state", ["int16", "int32"])
@pytest.mark.parametrize("weights", WEIGHTS)
def test_rv32_code_equals_the_reference(tmp_path: Path, state: str, weights: str) -> None:
    for seed in range(2):
        brain = made(seed, state, weights)
        assert any(c.few_bits for c in brain.network.classes)
        OnCore(tmp_path / f"{seed}.gbn", brain.blob).equals_the_reference(
            brain.network, RandomStimulus.at_rate(seed, 0.2), BURSTS, f"{seed}, {state}, {weights}"
        )


def test_micropython_reproduces_every_golden_vector(
    tmp_path: Path, micropython: Callable[..., bytes]
) -> None:
    count = 0
    for seed in range(2):
        for state in ("int8", "int16", "int32"):
            for weights in WEIGHTS:
                path = tmp_path / f"{seed}-{state}-{weights}.gbn"
                path.write_bytes(made(seed, state, weights).blob)
                count += 1
    lines = micropython(SELF_TEST, tmp_path).decode().splitlines()
    assert len(lines) == count
    assert [line for line in lines if not line.endswith("equal")] == []


@pytest.mark.parametrize(("weights", "bytes_each"), [("int8", 1.0), ("int4", 0.5), ("int2", 0.25)])
def test_fewer_bits_take_fewer_bytes(weights: str, bytes_each: float) -> None:
    connectome = synthetic.network(200, 64)
    network = compile_connectome(connectome, QuantizeOptions(weights=weights)).network
    size = len(encode(network)) - len(encode(replace_weights(network)))
    assert size == pytest.approx(network.n_synapses * bytes_each, rel=0.05)


def replace_weights(network: QuantizedNetwork) -> QuantizedNetwork:
    """The network with one weight for all synapses of a class."""
    classes = tuple(replace(c, weight=1, multiplier=1, few_bits=0) for c in network.classes)
    return replace(network, classes=classes, weight=np.ones_like(network.weight))


def test_bits_beyond_the_last_weight_must_be_zero() -> None:
    brain = made(0, "int32", "int4")
    network = decode(brain.blob)
    klass = next(i for i, c in enumerate(network.classes) if c.few_bits == 4)
    zone = zone_of_neurons(zones_of(network.populations))[network.target]
    mine = network.klass == klass
    segments = np.unique(np.stack([network.source[mine], zone[mine]]), axis=1).T
    each = [np.flatnonzero(mine & (network.source == n) & (zone == z)) for n, z in segments]
    (alone,) = next(s for s in each if len(s) == 1)
    segment = struct.pack("<HHH", 1, network.target[alone], network.weight[alone])
    rows = next(s for s in sections(brain.blob) if s.name == "ROWS")
    at = brain.blob.index(segment, rows.offset) + 4
    changed = bytearray(brain.blob)
    changed[at] |= 0x10
    with pytest.raises(BlobError):
        decode(bytes(changed))  # even with the checksums mended, below
    with pytest.raises(BlobError, match="is not in its canonical form"):
        decode(mended(changed))


def mended(blob: bytearray) -> bytes:
    """The blob with CRCs and SHA-256 that fit it again."""
    (count,) = struct.unpack_from("<H", blob, 10)
    for i in range(count):
        entry = 128 + 16 * i
        offset, length = struct.unpack_from("<II", blob, entry + 4)
        struct.pack_into("<I", blob, entry + 12, zlib.crc32(blob[offset : offset + length]))
    blob[-32:] = hashlib.sha256(blob[:-32]).digest()
    return bytes(blob)


@pytest.mark.parametrize("dynamics", list(Dynamics))
def test_a_fine_leak_is_what_the_integers_of_the_spec_say(dynamics: Dynamics) -> None:
    """SPEC 2: the two halves of the leak on 32 bits are exactly the one formula."""
    brain = compile_connectome(
        synthetic.network(50, 4, dynamics=dynamics), QuantizeOptions(state="int32")
    )
    rng = np.random.default_rng(8)
    fine = [p for p in brain.network.populations if p.leak_fine]
    assert fine
    for p in fine:
        m = np.concatenate([rng.integers(0, 2**31, 20_000), np.arange(2**16), [2**31 - 1]])
        h, low, s = m >> 15, m & 32767, p.shift
        whole = (m * p.leak + h * p.leak_fine + (1 << (s - 1))) >> s
        x = low * p.leak + h * p.leak_fine
        if s > 15:
            first = h * p.leak + (x >> 15) + (1 << (s - 16))
            halves = first >> (s - 15)
        else:
            first = x + (1 << (s - 1))
            halves = (h * p.leak << (15 - s)) + (first >> s)
        assert np.array_equal(whole, halves)
        assert max(np.abs(x).max(), np.abs(first).max(), halves.max()) < 2**31
        assert (np.maximum(whole, 1)[m > 0] <= m[m > 0]).all()
