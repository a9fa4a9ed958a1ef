"""Viper_programs: random programs of the viper subset, run by Python itself and as machine code.

In:  a seed, how many.
Out: that none differs on the target; else the first that does, and how to run it again.
Never: a program whose result depends on where memory lies, or that does not end.

`python -m tools.search.viper_programs --count 10000 --march xtensawin`

Python runs the same text: int, uint and the pointers are those of viper_words.py.

mpy-cross 1.29 is left out for Xtensa where a program has a `~`: its code for it overwrites the left
operand of the operation around it. (The kernels have none, and the lint keeps it so.)
"""

import argparse
import random
import tempfile
from array import array
from pathlib import Path

from ganglion.analysis.bench.emulator import CORES, machine
from ganglion.viper import compile_source
from tools.search.viper_words import SIZE, Memory, word
from tools.search.viper_writer import INTERESTING, head, program

BATCH = 25


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
