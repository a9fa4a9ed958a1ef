"""Viper_writer: random programs of the viper subset, as text.

In:  a random.Random.
Out: one function that ends, and reads nothing that it does not own.
Never: a program whose result depends on where memory lies.
"""

import random

from tools.search.viper_words import SIZE

POINTERS = {"ptr8": 1, "ptr16": 2, "ptr32": 4}
OPERATORS = ("+", "-", "*", "&", "|", "^", "<<", ">>")
COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
INTERESTING = (
    0, 1, 2, 3, 4, 5, 7, 8, 10, 15, 16, 31, 32, 63, 127, 128, 255, 256, 1023, 2047, 2048, 4095,
    32767, 32768, 65535, 65536, 131071, 16843009, (1 << 30) - 1, -1, -2, -4, -128, -2048, -2049,
    -32768, -(1 << 30),
)  # fmt: skip


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
