"""Layers of every rule and form, on all machines: bit for bit what the reference computes."""

import struct
import zlib
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path

import numpy as np

from ganglion.analysis.bench import emulator as emulate
from ganglion.blob.container import decode, encode, sections
from ganglion.errors import BlobError
from ganglion.network.model import QuantizedNetwork
from ganglion.reference.integers import Reference
from ganglion.reference.stimulus import RandomStimulus, StimulusStream
from tests.support import layers

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
