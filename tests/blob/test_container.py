"""A blob: one byte string per network, and nothing but that byte string is accepted."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ganglion.blob.container import brain_id, decode, encode, sections
from ganglion.compiler import Brain, compile_connectome
from ganglion.errors import BlobError
from ganglion.quantization.options import QuantizeOptions
from tools.faults.blobs import reseal
from tools.networks import STATES, random_connectome

REFUSE_ALL = """
from ganglion.load.net import load
from ganglion.load.refusal import Refused
original = open("small.gbn", "rb").read()
accepted = []
tried = 0
def verdict(name):
    global tried
    tried += 1
    try:
        load(name)
    except Refused as refused:
        return refused.code
    return 0
# One byte is written for each: whole files would be most of the time.
with open("flipped.gbn", "w+b") as file:
    file.write(original)
    file.flush()
    assert verdict("flipped.gbn") == 0
    for bit in range(8 * len(original)):
        byte = original[bit >> 3]
        for now in (byte ^ 1 << (bit & 7), byte):
            file.seek(bit >> 3)
            file.write(bytes((now,)))
            file.flush()
            if now != byte and not verdict("flipped.gbn"):
                accepted.append(bit)
    assert verdict("flipped.gbn") == 0
with open("short.gbn", "wb") as file:
    for length in range(len(original)):
        if not verdict("short.gbn"):
            accepted.append(-length)
        file.write(original[length : length + 1])
        file.flush()
assert verdict("short.gbn") == 0
print(accepted, tried)
"""


@pytest.fixture(scope="module")
def tiny() -> Brain:
    return compile_connectome(
        random_connectome(3, neurons=10, fan_out=2), QuantizeOptions(state="int16")
    )


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("state", STATES)
def test_decoding_gives_the_network_back_and_encoding_the_bytes(seed: int, state: str) -> None:
    brain = compile_connectome(random_connectome(seed), QuantizeOptions(state=state))
    back = decode(brain.blob)
    assert encode(back) == brain.blob
    assert back.populations == brain.network.populations
    assert back.classes == brain.network.classes
    for name in ("source", "target", "klass", "weight", "offset", "place"):
        assert np.array_equal(getattr(back, name), getattr(brain.network, name)), name


def test_the_same_connectome_gives_the_same_bytes() -> None:
    first, second = (compile_connectome(random_connectome(5)).blob for _ in range(2))
    assert first == second


def test_every_single_bit_flip_and_truncation_is_refused_by_the_host(tiny: Brain) -> None:
    data = bytearray(tiny.blob)
    for bit in range(8 * len(data)):
        data[bit >> 3] ^= 1 << (bit & 7)
        with pytest.raises(BlobError):
            decode(bytes(data))
        data[bit >> 3] ^= 1 << (bit & 7)
    for length in range(len(data)):
        with pytest.raises(BlobError):
            decode(bytes(data[:length]))


def test_every_single_bit_flip_and_truncation_is_refused_by_the_device(
    tiny: Brain, tmp_path: Path, micropython: Callable[..., bytes]
) -> None:
    (tmp_path / "small.gbn").write_bytes(tiny.blob)
    tried = 9 * len(tiny.blob) + 3
    assert micropython(REFUSE_ALL, tmp_path).decode().strip() == f"[] {tried}"


def test_trailing_bytes_are_refused(tiny: Brain) -> None:
    with pytest.raises(BlobError, match=rf"the blob is {len(tiny.blob) + 1} bytes and says"):
        decode(tiny.blob + b"\0")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda b: b"not a blob at all" * 20, "are not a Ganglion blob; give a .gbn file"),
        (lambda b: b[:8] + b"\x09\x00" + b[10:], "the blob has version 9, and this program reads"),
        (lambda b: b[:100] + b"\x01" + b[101:], "SHA-256 is wrong: it was altered or damaged"),
    ],
)
def test_a_refusal_says_what_is_wrong_and_what_to_do(
    tiny: Brain, change: Callable[[bytes], bytes], sentence: str
) -> None:
    with pytest.raises(BlobError) as refused:
        decode(change(tiny.blob))
    assert sentence in str(refused.value)
    assert "; " in str(refused.value)


def test_a_resealed_change_never_decodes_to_something_that_encodes_otherwise(tiny: Brain) -> None:
    seed = 20_261_120
    rng = np.random.default_rng(seed)
    accepted = 0
    for trial in range(3000):
        data = bytearray(tiny.blob)
        for _ in range(int(rng.integers(1, 4))):
            data[int(rng.integers(12, len(data) - 32))] = int(rng.integers(0, 256))
        blob = reseal(bytes(data))
        try:
            network = decode(blob)
        except BlobError:
            continue
        accepted += 1
        assert encode(network) == blob, f"seed {seed}, trial {trial}"
    assert accepted > 0, "no change was harmless, so the acceptance path was never tried"


def test_a_threshold_step_below_zero_is_refused(tiny: Brain) -> None:
    data = bytearray(tiny.blob)
    at = sections(tiny.blob)[0].offset
    for population in range(len(tiny.network.populations)):
        if not tiny.network.populations[population].threshold_step:
            data[at + 52 * population + 12 : at + 52 * population + 16] = b"\xff" * 4
            break
    with pytest.raises(BlobError, match=r"has the threshold step -1; "):
        decode(reseal(bytes(data)))


def test_a_blob_names_itself_by_its_hash(tiny: Brain) -> None:
    assert brain_id(tiny.blob) == hashlib.sha256(tiny.blob[:-32]).digest()[:8]
    assert next(s.name for s in sections(tiny.blob)) == "POPULATIONS"
