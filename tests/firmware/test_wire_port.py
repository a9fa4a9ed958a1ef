"""What wire.py of the firmware sends and takes through a stream, under the real MicroPython.

The stream, its polls and the clock are played: what the stream takes and gives is written down
beforehand, and how long was waited is counted. The right answer is that of Port below.
"""

import json
import random
from typing import Any

from ganglion.link.frame import Receiver
from tests.firmware.test_wire import on_the_wire
from tests.support.questions import Question, answers

# What each step gave; all bytes that were sent; frames dropped; milliseconds waited; times fed.
PLAY = """
import binascii, json
from ganglion import wire
class Played:
    POLLIN, POLLOUT = 1, 4
    def __init__(self, words):
        self.takes, self.gives = words["takes"], words["gives"]
        self.came = bytearray()
        self.now, self.waited, self.fed = 0, 0, 0
    def write(self, data, start, n):
        take = self.takes.pop(0) if self.takes else n
        if take == "gone":
            raise OSError(5)
        if take:
            take = min(take, n)
            self.came += data[start : start + take]
        return take
    def readinto(self, buffer):
        if self.gives[0] in (None, "end"):
            return 0 if self.gives.pop(0) else None
        n = 0
        while n < len(buffer) and self.gives and type(self.gives[0]) is int:
            buffer[n] = self.gives.pop(0)
            n += 1
        return n
    def poll(self):
        return Poll(self)
    def feed(self):
        self.fed += 1
class Poll:
    def __init__(self, played):
        self.played = played
    def register(self, stream, flags):
        self.reads = flags == Played.POLLIN
    def ipoll(self, wait_ms):
        self.played.waited += wait_ms
        gives = self.played.gives
        if not self.reads:
            return [self]
        if not gives or gives[0] == "quiet":
            gives and gives.pop(0)
            return []
        return [self]
def answer(data):
    words = json.loads(data)
    played = Played(words)
    played.now = words["now"]
    wire.select, wire.ticks_ms = played, lambda: played.now
    port = wire.Port(played, played, words["rate"])
    if words["feeds"]:
        port.pause = played.feed
    port.out.sequence += words["sequence"]
    told = []
    for step, *numbers in words["steps"]:
        try:
            if step == "at":
                played.now = numbers[0]
            elif step == "pace":
                port.pace(numbers[0])
            elif step == "receive":
                told.append(port.receive(numbers[0]))
                if told[-1]:
                    told.append(binascii.hexlify(port.into.frame).decode())
            elif step == "begin":
                told.append(port.begin(numbers[0]))
            else:
                kind, n, wait = numbers
                told.append(port.begin(wait))
                if told[-1]:
                    port.out.wire[6 : 6 + n] = bytes([kind]) * n
                    told.append(port.send(kind, n, wait))
        except wire.Gone:
            told.append("gone")
            break
    told.append(binascii.hexlify(played.came).decode() or "-")
    return told + [port.dropped, played.waited, played.fed]
"""
WAIT = 50  # ms between two feedings of the watchdog, while it waits for a stream
LONGEST = 139  # bytes; what a UART holds


class Gone(Exception):
    pass


class Port:
    """A stream to which frames go whole or not at all; time in ms, room in thousandths of bytes."""

    def __init__(self, words: dict[str, Any]) -> None:
        self.takes, self.gives = list(words["takes"]), list(words["gives"])
        self.rate, self.sequence, self.feeds = words["rate"], words["sequence"], words["feeds"]
        self.now = self.then = words["now"]
        self.left = self.came = b""
        self.room = self.dropped = self.waited = self.fed = 0
        self.receiver = Receiver()

    def begin(self, wait: bool) -> bool:
        self.offer()
        while self.left and wait:
            self.pause()
            self.offer()
        self.dropped += bool(self.left)
        return not self.left

    def send(self, kind: int, n: int, wait: bool) -> bool:
        frame = on_the_wire(kind, self.sequence, bytes([kind]) * n)
        if self.is_too_much(len(frame), wait):
            self.dropped += 1
            return False
        self.left = frame
        self.offer()
        if not wait and self.left == frame:
            self.left = b""
            self.dropped += 1
            return False
        self.sequence = (self.sequence + 1) % 65536
        while self.left and wait:
            self.pause()
            self.offer()
        return True

    def is_too_much(self, size: int, wait: bool) -> bool:
        """What waits goes out whatever the rate, and what comes later pays for it; of the time
        since the last, a second counts at most, and the clock of a board begins anew at 2^30."""
        if not self.rate:
            return False
        passed = min((self.now - self.then) % 2**30, 1000)
        self.then = self.now
        self.room = min(self.room + passed * self.rate, 1000 * LONGEST)
        if self.room < 1000 * size and not wait:
            return True
        self.room = max(self.room - 1000 * size, -1000 * LONGEST)
        return False

    def offer(self) -> None:
        if not self.left:
            return
        take = self.takes.pop(0) if self.takes else len(self.left)
        if take == "gone":
            raise Gone
        self.came += self.left[: take or 0]
        self.left = self.left[take or 0 :]

    def pause(self) -> None:
        self.waited += WAIT
        self.fed += self.feeds

    def receive(self, wait_ms: int) -> list[Any]:
        self.waited += wait_ms
        while self.gives:
            byte = self.gives.pop(0)
            if byte == "end":
                raise Gone
            if byte in ("quiet", None):
                break
            for frame in self.receiver.feed(bytes([byte])):
                head = bytes(
                    [len(frame.payload), frame.type, *frame.sequence.to_bytes(2, "little")]
                )
                return [True, (head + frame.payload).hex()]
        return [False]


def right(words: dict[str, Any]) -> str:
    """What is told of these steps."""
    port = Port(words)
    told: list[Any] = []
    try:
        for step, *numbers in words["steps"]:
            if step == "at":
                port.now = numbers[0]
            elif step == "pace":
                port.rate = numbers[0]
            elif step == "receive":
                told += port.receive(numbers[0])
            elif step == "begin":
                told.append(port.begin(numbers[0]))
            else:
                told.append(port.begin(numbers[2]))
                if told[-1]:
                    told.append(port.send(*numbers))
    except Gone:
        told.append("gone")
    told += [port.came.hex() or "-", port.dropped, port.waited, port.fed]
    return " ".join(map(str, told))


def play(*steps: list[Any], **others: Any) -> dict[str, Any]:
    plain = {"rate": 0, "now": 7, "sequence": 0, "feeds": True, "takes": [], "gives": []}
    return {**plain, **others, "steps": steps}


def received() -> list[dict[str, Any]]:
    """Frames that stop at each place: no byte more, none yet, or none ever again."""
    stream = on_the_wire(2, 5, b"\0a") + b"boot\n" + on_the_wire(9, 65535, bytes(3))
    made = []
    for at in range(len(stream) + 1):
        for stop in ("quiet", None, "end"):
            gives = [*stream[:at], stop, *stream[at:]]
            made.append(play(*[["receive", wait] for wait in (40, 0, 7, 3)], gives=gives))
    return made


def taken() -> list[dict[str, Any]]:
    """A stream that takes a frame in two pieces, cut at each place, or nothing, or is gone."""
    made = [play(["begin", False]), play(["begin", True])]
    for wait in (False, True):
        for at in (None, "gone", *range(14)):
            for then in (None, 1, 200, "gone"):
                steps = [["send", 2, 2, wait], ["send", 3, 0, False], ["begin", False]]
                steps += [["send", 4, 1, wait], ["begin", True]]
                for feeds in (False, True):
                    made.append(play(*steps, takes=[at, then], feeds=feeds, sequence=65534))
    return made


def paced() -> list[dict[str, Any]]:
    """UARTs whose room is enough for a frame, or a thousandth less."""
    made = []
    chance = random.Random(14)
    ones = 1, 99, 100, 999, 1000, 5500, 10999, 11000, 11001, 138999, 139000, 139001
    for rate in ones:
        for passed in (0, 1, 139, 1000, 1001, -1):
            for wait in (False, True):
                first = [["at", 7 + passed], ["send", 2, 128, wait]]
                for then in (1, 10999, 11000):
                    steps = [["pace", then], ["at", 8 + passed], *[["send", 2, 0, False]] * 3]
                    made.append(play(*first, *steps, rate=rate, now=7))
    for passed in (
        999,
        1000,
        1001,
    ):  # a second counts, and no more: 100 bytes, after none, 0.8 or 0.9
        for before in (110, 118, 119):
            steps = [["at", 7 + before], ["send", 2, 0, False], ["at", 7 + before + passed]]
            made += [play(*steps, ["send", 2, n, False], rate=100) for n in (88, 89, 90, 91)]
    for _ in range(150):
        now = 2**30 - 3
        steps = []
        for _ in range(24):
            now = (now + chance.choice((0, 0, 1, 1, 1, 2, 10, 119, 1000, 1001, -1))) % 2**30
            n = chance.choice((0, 0, 0, 1, 88, 90, 128))
            steps += [["at", now], ["send", 2, n, chance.random() < 0.1]]
            if chance.random() < 0.3:
                steps.append(["pace", chance.choice(ones)])
        made.append(play(*steps, rate=chance.choice(ones), now=2**30 - 3))
    return made


def question() -> Question:
    played = [*received(), *taken(), *paced()]
    return Question(PLAY, [(json.dumps(words).encode(), right(words)) for words in played])


def test_a_port_sends_whole_frames_takes_any_pieces_and_waits_only_when_told(micropython, tmp_path):
    asked = question()
    told = answers(asked, micropython, tmp_path)
    for (data, right), words in zip(asked.cases, told, strict=True):
        assert words == right, data.decode()
