"""Questions: what tests ask of the firmware's modules under MicroPython, and what it must answer.

In:  a program that defines answer(data): the words for some bytes; those bytes, the right words.
Out: what MicroPython said of each. tools/mutation asks the same of firmware that is changed.
Never: an answer taken from the firmware itself.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

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
    the right answer, with a blank between two."""

    program: str
    cases: list[tuple[bytes, str]]


def answers(
    question: Question, micropython: Callable[[str, Path], bytes], directory: Path
) -> list[str]:
    """What MicroPython says of each case, in a directory of its own."""
    (directory / FILE).write_bytes(
        b"".join(struct.pack("<I", len(data)) + data for data, _ in question.cases)
    )
    lines = micropython(KEEP + question.program + LOOP, directory).decode().split("\n")
    assert len(lines) == len(question.cases) + 1
    return lines[:-1]
