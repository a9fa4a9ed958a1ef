"""Noise on the wire: what gets through is what was sent, on both sides, and nothing else.

GANGLION_FUZZ=factor makes the runs longer; GANGLION_SEED=n repeats one.
"""

import math
import os
import random

import pytest

from ganglion.frame import Receiver, encode

FACTOR = int(os.environ.get("GANGLION_FUZZ", "1"))
SEED = int(os.environ.get("GANGLION_SEED", "0")) or random.SystemRandom().getrandbits(32)
FRAMES = 20_000 * FACTOR

# Run by the real MicroPython: the stream of the file `stream` through In, as a device does it.
DEVICE = """
import binascii, struct, wire
into = wire.In()
piece = bytearray(4096)
with open("stream", "rb") as source, open("frames", "wb") as sink:
    while True:
        n = source.readinto(piece)
        if not n:
            break
        for i in range(n):
            if into.add(piece[i]):
                sink.write(bytes((len(into.frame),)))
                sink.write(into.frame)
print(into.damaged)
"""


def bit_errors(rate: float):
    def strike(wire: bytes, rng: random.Random) -> bytes:
        out = bytearray(wire)
        bit = -1
        while (bit := bit + 1 + int(math.log(1 - rng.random()) / math.log1p(-rate))) < 8 * len(out):
            out[bit >> 3] ^= 1 << (bit & 7)
        return bytes(out)

    return strike


def lose(wire: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(wire))
    return wire[:at] + wire[at + 1 :] if rng.random() < 0.1 else wire


def insert(wire: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(wire) + 1)
    return wire[:at] + rng.randbytes(1) + wire[at:] if rng.random() < 0.1 else wire


def double(wire: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(wire))
    return wire[: at + 1] + wire[at:] if rng.random() < 0.1 else wire


def burst(wire: bytes, rng: random.Random) -> bytes:
    if rng.random() >= 0.1:
        return wire
    at = rng.randrange(len(wire))
    return wire[:at] + rng.randbytes(64) + wire[at + 64 :]


NOISE = {
    "errors_1e-4": bit_errors(1e-4),
    "errors_1e-3": bit_errors(1e-3),
    "errors_1e-2": bit_errors(1e-2),
    "loss": lose,
    "insertion": insert,
    "duplication": double,
    "bursts_of_64": burst,
}


def noisy_stream(kind: str) -> tuple[bytes, list[bytes], list[bool]]:
    """The stream after noise; the bodies sent; and for each whether it went out untouched."""
    rng = random.Random(f"{SEED} {kind}")
    strike = NOISE[kind]
    struck, bodies, whole = [], [], []
    for number in range(FRAMES):
        payload = rng.randbytes(rng.choice((0, 4, 8, 16, 20, 40, 128)))
        if rng.random() < 0.5:
            payload = bytes(byte & rng.choice((0, 3, 4, 255)) for byte in payload)
        type, sequence = rng.choice((2, 0x82, 0x83)), number % 65536
        wire = encode(type, sequence, payload)
        bodies.append(bytes((len(payload), type)) + sequence.to_bytes(2, "little") + payload)
        struck.append(strike(wire, rng))
        whole.append(struck[-1] == wire)
    # The last string ends, whatever became of its delimiter: each side has judged all of them.
    return b"".join(struck) + b"\0", bodies, whole


def check(came: list[bytes], sent: list[bytes], whole: list[bool], kind: str) -> None:
    """All that came was sent, in order; and every frame that the noise spared has come."""
    at = 0
    arrived = set()
    for body in came:
        while at < len(sent) and sent[at] != body:
            at += 1
        assert at < len(sent), f"{body.hex()} was never sent (GANGLION_SEED={SEED}, {kind})"
        arrived.add(at)
    # A frame whose own bytes are whole is received: the very next one after any damage.
    missed = [i for i, spared in enumerate(whole) if spared and i not in arrived]
    assert not missed, f"frames {missed[:5]} were spared but lost (GANGLION_SEED={SEED}, {kind})"


@pytest.mark.parametrize("kind", NOISE)
def test_the_host_takes_nothing_but_what_was_sent_and_loses_nothing_that_was_spared(kind):
    stream, sent, whole = noisy_stream(kind)
    came = [
        bytes((len(f.payload), f.type)) + f.sequence.to_bytes(2, "little") + f.payload
        for f in Receiver().feed(stream)
    ]
    assert not all(whole)
    check(came, sent, whole, kind)


@pytest.mark.parametrize("kind", NOISE)
def test_the_device_takes_nothing_but_what_was_sent_and_agrees_with_the_host(
    kind, micropython, tmp_path
):
    stream, sent, whole = noisy_stream(kind)
    (tmp_path / "stream").write_bytes(stream)
    damaged = int(micropython(DEVICE, tmp_path))
    frames = (tmp_path / "frames").read_bytes()
    came = []
    while frames:
        came.append(frames[1 : 1 + frames[0]])
        frames = frames[1 + frames[0] :]
    check(came, sent, whole, kind)
    receiver = Receiver()
    assert len(receiver.feed(stream)) == len(came)
    assert receiver.damaged == damaged, f"GANGLION_SEED={SEED}, {kind}"
