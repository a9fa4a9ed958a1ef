"""Questions: what tests ask of the firmware's modules under MicroPython, and what it must answer.

In:  a program that defines answer(data): the words for some bytes; those bytes, the right words.
Out: what MicroPython said of each. tools/mutation asks the same of firmware that is changed.
Never: an answer taken from the firmware itself.
"""

import random
import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

import pytest

FILE = "asked"
KEEP = """
from ganglion import heap
heap.forget = lambda name: None  # else each load compiles its modules anew
"""
LOOP = f"""
def ask_all():
    import struct
    with open("{FILE}", "rb") as file:
        while True:
            size = file.read(4)
            if not size:
                break
            print(*answer(file.read(struct.unpack("<I", size)[0])))
ask_all()
"""


@dataclass(frozen=True)
class Question:
    """`program` defines answer(data), which gives a tuple; of each case the data, and the words of
    the right answer, with a blank between two. `heap`: megabytes, all of which are looked through
    whenever a loader collects."""

    program: str
    cases: list[tuple[bytes, str]]
    heap: int = 8


def answers(question: Question, micropython: Callable[..., bytes], directory: Path) -> list[str]:
    """What MicroPython says of each case, in a directory of its own."""
    (directory / FILE).write_bytes(
        b"".join(struct.pack("<I", len(data)) + data for data, _ in question.cases)
    )
    lines = (
        micropython(KEEP + question.program + LOOP, directory, heap=f"{question.heap}M")
        .decode()
        .split("\n")
    )
    assert len(lines) == len(question.cases) + 1
    return lines[:-1]


class Net(Protocol):
    """What is drawn: what is sent of it, and the words of the right answer."""

    def sent(self) -> bytes: ...

    def answer(self) -> str: ...


def at_random(
    program: str, draw: Callable[[random.Random], Net], count: int, seed: int
) -> tuple[Callable[[], list[Net]], Callable[[], Question], object]:
    """For a test's module its nets, drawn once; its question(); and told, a fixture: of each net
    what MicroPython said."""

    @cache
    def nets() -> list[Net]:
        chance = random.Random(seed)
        return [draw(chance) for _ in range(count)]

    def question() -> Question:
        return Question(program, [(net.sent(), net.answer()) for net in nets()])

    @pytest.fixture(scope="module")
    def told(micropython, tmp_path_factory) -> list[tuple[Net, str]]:
        said = answers(question(), micropython, tmp_path_factory.mktemp("asked"))
        return list(zip(nets(), said, strict=True))

    return nets, question, told
