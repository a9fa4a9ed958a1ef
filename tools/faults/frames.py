"""Frames: messages that are whole and make no sense, from either side to the other.

In:  genuine commands and telemetry, changed and sealed anew, so that every CRC is right.
Out: survived: a device that answers each command once, by any code, without a FAULT, and then runs
     its brain as before; a host that makes a record of a frame, or says in a sentence that it
     cannot. Lost: anything else.
Never: commands that rightly end the session (REPL, UPDATE 1) or a put that is right.
"""

import hashlib
import random
import struct
import time

from ganglion.blob.container import brain_id
from ganglion.device.device import Device
from ganglion.device.open import open_device
from ganglion.errors import DeviceError
from ganglion.link.codes import Code
from ganglion.link.frame import MAX_PAYLOAD, Frame, Receiver, Type, encode
from ganglion.link.messages import Doing, parse
from ganglion.link.telemetry import Collector

from . import Row, robot, runs_right

PATIENCE = 5.0  # seconds for an answer
COMMANDS = 1000
TELEMETRY = 10_000
_BATCH = 100  # commands between two looks at the device


def run(seed: int, scale: float) -> list[Row]:
    return [
        to_device(seed, round(COMMANDS * scale)),
        to_host(seed, round(TELEMETRY * scale)),
    ]


def to_device(seed: int, count: int) -> Row:
    """Commands, changed."""
    row = Row("frames", "frames: commands changed and sealed anew", seed)
    rng = random.Random(f"{seed} device")
    genuine = _commands()
    with open_device("virtual") as device:
        device.put(robot().blob)
        for first in range(0, count, _BATCH):
            batch = []
            for number in range(first, min(first + _BATCH, count)):
                type, payload = changed(*rng.choice(genuine), rng)
                if (type, payload) not in ((Type.REPL, b""), (Type.UPDATE, b"\1")):
                    batch.append((type, 32768 + number % 32768, payload))
            _send(row, device, batch)
    return row


def _send(row: Row, device: Device, batch: list[tuple[int, int, bytes]]) -> None:
    """One after the other, as a host that waits for each answer; then a look at the device."""
    receiver = Receiver()
    faults: list[str] = []
    answers: dict[int, int] = {}
    codes: dict[int, str] = {}

    def listen(data: bytes, sent: bool) -> None:
        for frame in [] if sent else receiver.feed(data):
            if frame.type == Type.ACK:
                sequence, code = struct.unpack_from("<HB", frame.payload)
                answers[sequence] = answers.get(sequence, 0) + 1
                codes[sequence] = Code(code).name
            elif frame.type == Type.FAULT:
                faults.append(str(parse(frame)))

    device.link.tap = listen
    for type, sequence, payload in batch:
        device.link.write(encode(type, sequence, payload))
        until = time.monotonic() + PATIENCE
        while sequence not in answers and time.monotonic() < until:
            # Telemetry that nobody takes would keep the answer back.
            link = device.link
            link._await(lambda n=sequence, link=link: n in answers or bool(link._frames), PATIENCE)
            link.take(0)
    device.stop()
    device.link.tap = None
    runs_right(device)  # the end of a run forgets inputs that were kept for it
    hello = device.hello()
    healthy = (hello.doing, hello.brain_id) == (Doing.READY, brain_id(robot().blob))
    healthy = healthy and not faults and runs_right(device)
    for type, sequence, payload in batch:
        row.check(
            healthy and answers.get(sequence) == 1,
            codes.get(sequence, ""),
            f"type {type:02x}, payload {payload.hex()}: {answers.get(sequence, 0)} answers; "
            f"faults {faults}, then {hello}",
        )


def to_host(seed: int, count: int) -> Row:
    """Telemetry, changed."""
    row = Row("frames", "frames: telemetry changed and sealed anew", seed)
    rng = random.Random(f"{seed} host")
    genuine = _telemetry()
    collector = Collector()
    for number in range(count):
        type, payload = changed(*rng.choice(genuine), rng)
        (frame,) = Receiver().feed(encode(type, number % 65536, payload))
        try:
            collector.add(Frame(frame.type, frame.sequence, frame.payload))
            row.survive("taken")
        except DeviceError:
            row.survive("refused")
        except Exception as error:  # what this looks for
            row.lose(f"{error!r} for type {type:02x}, payload {payload.hex()}")
    return row


def changed(type: int, payload: bytes, rng: random.Random) -> tuple[int, bytes]:
    """A message that differs from a genuine one in its type, its length or its bytes."""
    data = bytearray(payload)
    for _ in range(rng.choice((1, 1, 2, 5))):
        kind = rng.randrange(6)
        if kind == 0:
            type = rng.randrange(256)
        elif kind == 1:
            del data[rng.randrange(len(data) + 1) :]
        elif kind == 2:
            data += rng.randbytes(rng.randrange(1, 20))
        elif data:
            at = rng.randrange(len(data))
            data[at] = rng.choice((0, 1, 127, 128, 255, data[at] ^ 1 << rng.randrange(8)))
    return type, bytes(data[:MAX_PAYLOAD])


def _commands() -> list[tuple[int, bytes]]:
    """One of each, as a session sends them."""
    blob = robot().blob
    return [
        (Type.QUERY, b""),
        (Type.PING, b"hello"),
        (Type.PUT_BEGIN, struct.pack("<I32sI", len(blob), hashlib.sha256(blob).digest(), 0)),
        (Type.PUT_BEGIN, struct.pack("<I32sI", 100, bytes(32), 1) + b"lib/ganglion/server.py"),
        (Type.PUT_DATA, struct.pack("<I", 0) + blob[:124]),
        (Type.PUT_END, b""),
        (Type.CONFIGURE, struct.pack("<BBBBIIIII", 1, 0, 1, 0, 7, 100, 1, 0, 0)),
        (Type.START, struct.pack("<I", 20)),
        (Type.STOP, b""),
        (Type.INJECT, struct.pack("<IHiHi", 0, 1, 1000, 2, 1000)),
        (Type.READ, struct.pack("<HH", 0, 15)),
        (Type.STEP, b""),
        (Type.UPDATE, b"\0"),
        (Type.REPL, b"no"),
    ]


def _telemetry() -> list[tuple[int, bytes]]:
    """One of each, as a device sends them."""
    hello = struct.pack(
        "<HHBBBBBBBBIHI8sB", 1, 1, 0, 1, 0, 1, 1, 0, 0, 0, 100_000, 128, 77, bytes(range(8)), 5
    )
    return [
        (Type.HELLO, hello + b"board"),
        (Type.ACK, struct.pack("<HBBI", 7, 0, 0, 0)),
        (Type.SPIKES, struct.pack("<I4H", 9, 1, 2, 3, 4)),
        (Type.BURST, struct.pack("<IIHBBI2H", 9, 99, 6, 1, 0, 100, 5, 6)),
        (Type.STATS, struct.pack("<7I", 9, 10, 20, 100_000, 0, 0, 0)),
        (Type.STATE, struct.pack("<HH2i4H", 0, 2, 5, -5, 0, 1, 2, 3)),
        (Type.DONE, struct.pack("<4I", 9, 99, 6, 0)),
        (Type.FAULT, struct.pack("<BBHI", 32, 0, 0, 9) + b"ValueError: bad luck"),
    ]
