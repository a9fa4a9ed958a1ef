"""Link: streams of frames after noise, read by both sides' receivers.

In:  a kind of noise, a seed, a number of frames.
Out: survived: a frame that arrived, or whose damage was noticed. Lost: a frame that nobody sent,
     one that noise spared and that did not arrive, a string that the two sides judge differently.
Never: a frame given up for the damage of another: the very next one after any damage must arrive.
"""

import random
import tempfile
from pathlib import Path

from ganglion.link.frame import Receiver, encode

from . import Row, micropython
from .noise import KINDS

FRAMES = 20_000
# The stream of the file `stream` through the firmware's receiver, as a device reads it.
DEVICE = """
from ganglion import wire
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


def run(seed: int, scale: float) -> list[Row]:
    return [noisy(kind, seed, round(FRAMES * scale)) for kind in KINDS]


def noisy(kind: str, seed: int, count: int) -> Row:
    """`count` frames through one kind of noise, to the host and to the device."""
    row = Row("link", f"link: {kind}", seed)
    stream, sent, spared = stream_of(kind, seed, count)
    host, host_damaged = on_host(stream)
    with tempfile.TemporaryDirectory() as place:
        device, device_damaged = on_device(stream, Path(place))
    for side, came in (("host", host), ("device", device)):
        _judge(row, side, came, sent, spared)
    if (host, host_damaged) != (device, device_damaged):
        row.lose(
            f"the host took {len(host)} frames and counted {host_damaged} damaged, "
            f"the device {len(device)} and {device_damaged}"
        )
    return row


def stream_of(kind: str, seed: int, count: int) -> tuple[bytes, list[bytes], list[bool]]:
    """The stream after noise; the frames sent; and for each whether the noise spared it."""
    rng = random.Random(f"{seed} {kind}")
    strike = KINDS[kind]
    struck, sent, spared = [], [], []
    for number in range(count):
        payload = rng.randbytes(rng.choice((0, 4, 8, 16, 20, 40, 128)))
        if rng.random() < 0.5:
            payload = bytes(byte & rng.choice((0, 3, 4, 255)) for byte in payload)
        type, sequence = rng.choice((2, 0x82, 0x83)), number % 65536
        wire, whole = strike(encode(type, sequence, payload), rng)
        sent.append(bytes((len(payload), type)) + sequence.to_bytes(2, "little") + payload)
        struck.append(wire)
        spared.append(whole)
    return b"".join(struck) + b"\0", sent, spared


def on_host(stream: bytes) -> tuple[list[bytes], int]:
    """The frames that the host takes, and the strings that it counts as damaged."""
    receiver = Receiver()
    came = [
        bytes((len(f.payload), f.type)) + f.sequence.to_bytes(2, "little") + f.payload
        for f in receiver.feed(stream)
    ]
    return came, receiver.damaged


def on_device(stream: bytes, place: Path) -> tuple[list[bytes], int]:
    """The same, of the firmware."""
    (place / "stream").write_bytes(stream)
    damaged = int(micropython(DEVICE, place))
    frames = (place / "frames").read_bytes()
    came = []
    at = 0
    while at < len(frames):
        end = at + 1 + frames[at]
        came.append(frames[at + 1 : end])
        at = end
    return came, damaged


def _judge(row: Row, side: str, came: list[bytes], sent: list[bytes], spared: list[bool]) -> None:
    at = 0
    arrived = set()
    for body in came:
        start = at
        while at < len(sent) and sent[at] != body:
            at += 1
        if at == len(sent):
            row.lose(f"the {side} took {body.hex()}, which was never sent")
            at = start
        else:
            arrived.add(at)
            at += 1
    for number, whole in enumerate(spared):
        if number in arrived:
            row.survive("arrived")
        else:
            row.check(not whole, "noticed", f"the {side} missed frame {number}, which was whole")
