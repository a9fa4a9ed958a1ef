"""Layers of every rule and form, on all machines: bit for bit what the reference computes."""

import struct
import zlib
from contextlib import suppress
from functools import cache
from hashlib import sha256
from itertools import permutations
from pathlib import Path

import numpy as np

from ganglion.analysis.bench import emulator as emulate
from ganglion.blob.container import decode, encode, sections
from ganglion.blob.layers import encode_layers
from ganglion.compiler import compile_layers
from ganglion.connectome.layered import LayeredConnectome, RealPath
from ganglion.errors import BlobError
from ganglion.network.model import QuantizedNetwork
from ganglion.reference.integers import Reference
from ganglion.reference.stimulus import RandomStimulus, StimulusStream
from tests.support import layers
from tools.bench.layers import layer

random_network = cache(layers.random_network)
SEEDS = range(40)
BURSTS = 4


def run_on_rv32(path: Path, network: QuantizedNetwork, bursts: int, seed: int) -> None:
    device, _ = emulate.load_brain(path, guard="after")
    stimulus = RandomStimulus.at_rate(seed, 0.3)
    device.stimulus(1, stimulus.seed, stimulus.group_bits, stimulus.chance)
    device.reset()
    reference, stream = Reference(network), StimulusStream(network, stimulus)
    for burst in range(1, bursts + 1):
        device.step()
        device.digest()
        reference.step(stream.draw())
        assert int(device.digest_bytes[0]) == reference.digest(), (seed, burst)


def test_rv32_code_equals_the_reference(tmp_path: Path) -> None:
    for seed in (1, 6, 7, 8, 9, 11):  # of all currents, emissions, resets and forms
        network = random_network(seed)
        path = tmp_path / f"{seed}.gbn"
        path.write_bytes(encode(network))
        run_on_rv32(path, network, BURSTS, seed)


def test_the_bytes_come_back_as_the_same_network() -> None:
    for seed in SEEDS:
        blob = encode(random_network(seed))
        assert encode(decode(blob)) == blob


def altered(blob: bytes, rng: np.random.Generator) -> bytes:
    """A byte of a section of layers changed, and every sum made right again."""
    data = bytearray(blob)
    found = [s for s in sections(blob) if s.name in ("LAYERS", "PATHS", "VECTORS")]
    section = found[int(rng.integers(len(found)))]
    data[section.offset + int(rng.integers(section.length))] = int(rng.choice([0, 1, 2, 255, 8]))
    for i in range(len(sections(blob))):
        at = 128 + 16 * i
        kind, offset, length = struct.unpack_from("<HxxII", data, at)
        del kind
        struct.pack_into("<I", data, at + 12, zlib.crc32(data[offset : offset + length]))
    data[-32:] = sha256(data[:-32]).digest()
    return bytes(data)


def test_what_a_host_accepts_runs_alike_and_what_a_board_accepts_stays_inside(
    tmp_path: Path,
) -> None:
    rng = np.random.default_rng(5)
    outcomes = {"refused": 0, "host only refused": 0, "ran": 0}
    path = tmp_path / "altered.gbn"
    for case in range(10):
        blob = altered(encode(random_network(case % 8)), rng)
        path.write_bytes(blob)
        network = None
        with suppress(BlobError):
            network = decode(blob)
        try:
            device, _ = emulate.load_brain(path, guard="after")
        except Exception as error:
            assert type(error).__name__ == "Refused", (case, error)
            assert network is None, f"case {case}: a board refuses what a host accepts"
            outcomes["refused"] += 1
            continue
        if network is not None:
            run_on_rv32(path, network, 1, case)
            outcomes["ran"] += 1
            continue
        device.stimulus(1, 3, 0, 30_000)
        device.reset()
        for _ in range(3):
            device.step()
        outcomes["host only refused"] += 1
    assert min(outcomes["refused"], outcomes["ran"]) > 0, outcomes


def test_however_a_layer_s_paths_are_given_they_are_written_in_one_order() -> None:
    rng = np.random.default_rng(5)
    first, second, last = (1, 1, 6), (1, 1, 4), (1, 1, 3)
    paths = [
        RealPath(source, "dense", rng.integers(-9000, 9000, (n, 3)) / 7000, (1, 1, n), last)
        for source, n in ((0, 6), (1, 4), (0, 6))
    ]
    inner = RealPath(0, "dense", rng.integers(-99, 99, (6, 4)) / 64, first, second)
    for bits in (8, 16):
        written = set()
        for order in permutations(range(3)):
            given = [paths[i] for i in order]
            layers = layer("a", first), layer("b", second, inner), layer("c", last, *given)
            brain = compile_layers(LayeredConnectome(layers, 2), bits)
            network, note = brain.network, brain.quantization.notes[2]
            written.add(tuple(encode_layers(network.layers, network.populations).values()))
            assert decode(brain.blob).layers[2].paths[-1].source == 1
            # 16 bits are two paths, the one of the larger multiplier first
            assert len(note.whose) == 3 * bits // 8
            assert {given[i].source for i in note.whose[: bits // 4]} == {0}
        assert len(written) == 1
