"""Board: what MicroPython answers, asked by tests, if a module of the firmware has another source.

In:  a module of the firmware, a source for it, the tests that have a question() to ask.
Out: which answer is wrong, if one is.
Never: asks on once an answer is wrong; writes the module's file.

All modules but the mutant are compiled once. What takes least is asked first, and before it what
noticed the mutant before.
"""

import importlib
import resource
import shutil
import struct
import subprocess
from itertools import pairwise
from pathlib import Path

from ganglion.boards.mpy import mpy_cross
from ganglion.boards.programs import firmware_dir
from ganglion.device.virtual import micropython_command

MORE = 3  # times the processor time of the whole: a mutant that takes more hangs, and is noticed
ASKED = "asked"
PROGRAM = """
import struct, sys, time
every = {every}
answers = {{}}
def is_right(of, data, words):
    try:
        if of not in answers:
            space = {{"__name__": of}}
            with open(of) as file:
                exec(file.read(), space)
            answers[of] = space["answer"]
        return " ".join(str(word) for word in answers[of](data)) == words
    except Exception:
        return False
with open("asked", "rb") as file:
    while True:
        head = file.read(16)
        if not head:
            break
        number, name, size, words = struct.unpack("<IIII", head)
        if not every:
            print(number, time.ticks_us())
        of = file.read(name).decode()
        right = is_right(of, file.read(size), file.read(words).decode())
        if every and not right:
            print(number, time.ticks_us())
        elif not right:
            sys.exit(1)
"""
BROKEN = "raise ImportError"


class Board:
    """Questions, and a copy of the firmware in `directory` in which one module changes."""

    def __init__(self, path: Path, questions: tuple[str, ...], directory: Path) -> None:
        self._directory = directory
        lib = directory / "lib"
        for source in (firmware_dir() / "lib").rglob("*.py"):
            place = lib / source.relative_to(firmware_dir() / "lib")
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, place)
            _compile(place)
        self._mutant = lib / path.relative_to(firmware_dir() / "lib")
        self._environment = {"MICROPYPATH": f".frozen:{lib}"}
        self._cases = []
        self._of = []  # of each case, whose it is
        self._heap = 1  # megabytes
        for name in questions:
            question = importlib.import_module(name).question()
            (directory / name).write_text(question.program)
            self._heap = max(self._heap, question.heap)
            for data, words in question.cases:
                parts = name.encode(), data, words.encode()
                head = struct.pack("<IIII", len(self._cases), *map(len, parts))
                self._cases.append(head + b"".join(parts))
                self._of.append(f"{name}, case {len(self._of)}")
        self._order = list(range(len(self._cases)))
        self._seconds = 600
        self._write()
        # What is answered rightly without the module need not be asked of its mutants.
        self._order = [number for number, _ in self._ask(BROKEN, every=True)[1]]
        self._write()
        before = _processor_time()
        right, asked = self._ask(path.read_text())
        if not right:
            raise SystemExit(f"{path} is wrong without any change: {self._of[asked[-1][0]]}")
        self._seconds = 2 + int(MORE * (_processor_time() - before))
        took = {a: then - now for (a, now), (_, then) in pairwise(asked)}
        self._order.sort(key=lambda number: took.get(number, 0))  # what takes least comes first
        self._write()

    def notice(self, source: str) -> str:
        """What is answered wrongly if the module has that source; "" if nothing is."""
        try:
            right, asked = self._ask(source)
        except subprocess.CalledProcessError:
            return "it does not compile"
        if right:
            return ""
        if not asked:
            return "it does not start"
        number, _ = asked[-1]
        self._order.remove(number)
        self._order.insert(0, number)
        self._write()
        return self._of[number]

    def _ask(self, source: str, every: bool = False) -> tuple[bool, list[tuple[int, int]]]:
        """Whether all answers are right; the numbers asked until one was not, or of all that were
        not if `every` is to be asked; with each the microseconds of a clock."""
        self._mutant.write_text(source)
        _compile(self._mutant)
        heap = "-X", f"heapsize={self._heap}M"
        done = subprocess.run(
            [*micropython_command(), *heap, "-c", PROGRAM.format(every=every)],
            cwd=self._directory, env=self._environment, capture_output=True,
            preexec_fn=self._limit, check=False,
        )  # fmt: skip
        # A traceback follows where an exception ended it.
        words = [line.split() for line in done.stdout.splitlines()]
        numbers = [line for line in words if len(line) == 2 and all(w.isdigit() for w in line)]
        return done.returncode == 0, [(int(number), int(now)) for number, now in numbers]

    def _limit(self) -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (self._seconds, self._seconds))

    def _write(self) -> None:
        (self._directory / ASKED).write_bytes(b"".join(self._cases[i] for i in self._order))


def _compile(source: Path) -> None:
    """In place of a module its .mpy."""
    out = source.with_suffix(".mpy")
    command = [mpy_cross(), "-march=x64", "-s", source.name, "-o", str(out), str(source)]
    subprocess.run(command, capture_output=True, check=True)
    source.unlink()


def _processor_time() -> float:
    """Of all processes that have been waited for, in seconds."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
