"""Mutation: each small change of a module that its tests should notice, and those that they do not.

In:  modules and their fast tests, as named below; cosmic-ray's operators (pip install cosmic-ray).
Out: how many mutants were killed, and for each that survived its line, before and after; exit code 1
     if one survived.
Never: writes a file: a mutant lives in a process of its own, in which the module is imported changed.

python -m tools.mutation frame proof layer_proof wire
"""

import argparse
import difflib
import os
import signal
import sys
from collections.abc import Iterator
from importlib.machinery import SourceFileLoader
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SECONDS = 20  # a mutant that takes longer hangs: it is noticed
MODULES = {
    "frame": ("host/ganglion/link/frame.py", "tests/link/test_frame.py"),
    "proof": ("host/ganglion/network/proof.py", "tests/network/test_proof.py"),
    "layer_proof": (
        "host/ganglion/network/layer_proof.py", "tests/network/test_proof.py",
        "tests/equivalence/test_layers.py",
    ),
    "wire": ("firmware/lib/ganglion/wire.py", "tests/firmware/test_wire.py"),
}  # fmt: skip
PAIRS = {
    "Comparison": (
        "Eq_NotEq", "NotEq_Eq", "Lt_LtE", "LtE_Lt", "Gt_GtE", "GtE_Gt", "Is_IsNot", "IsNot_Is",
    ),
    "Binary": (
        "Add_Sub", "Sub_Add", "Mul_FloorDiv", "FloorDiv_Mul", "Mod_Mul", "Pow_Mul",
        "RShift_LShift", "LShift_RShift", "BitAnd_BitOr", "BitOr_BitAnd",
    ),
    "Unary": ("USub_UAdd", "Delete_Not"),
}  # fmt: skip
OPERATORS = (
    "core/AddNot", "core/ZeroIterationForLoop", "core/NumberReplacer", "core/ReplaceTrueWithFalse",
    "core/ReplaceFalseWithTrue", "core/ReplaceAndWithOr", "core/ReplaceOrWithAnd",
    "core/ReplaceContinueWithBreak", "core/ReplaceBreakWithContinue",
    *(f"core/Replace{kind}Operator_{pair}" for kind, pairs in PAIRS.items() for pair in pairs),
)  # fmt: skip


def mutants(source: str) -> Iterator[str]:
    """The source with one change each."""
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator

    for name in OPERATORS:
        number = 0
        while (changed := mutate_code(source, get_operator(name)(), number)) is not None:
            number += 1
            if changed != source:
                yield changed


def noticed(path: Path, source: str, tests: list[str]) -> bool:
    """Whether the tests fail, in a process in which that module has that source."""
    child = os.fork()
    if child == 0:
        _test(path, source, tests)
    _, status = os.waitpid(child, 0)
    return status != 0


def _test(path: Path, source: str, tests: list[str]) -> None:
    import pytest

    plain = SourceFileLoader.get_code

    def get_code(self: SourceFileLoader, name: str) -> object:
        if Path(self.path).resolve() == path:
            return compile(source, self.path, "exec")
        return plain(self, name)

    SourceFileLoader.get_code = get_code  # type: ignore[method-assign,assignment]
    signal.alarm(SECONDS)
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    code = 1
    try:
        code = int(pytest.main(["-x", "-q", "-p", "no:randomly", "-p", "no:cacheprovider", *tests]))
    finally:
        os._exit(code)


def search(name: str) -> tuple[int, list[str]]:
    """How many mutants a module has, and those that its tests do not notice."""
    file, *tests = MODULES[name]
    path = ROOT / file
    source = path.read_text()
    if noticed(path, source, tests):
        raise SystemExit(f"the tests of {file} fail without any change: {' '.join(tests)}")
    survivors = []
    total = 0
    for changed in mutants(source):
        total += 1
        if not noticed(path, changed, tests):
            survivors.append(difference(source, changed))
            print(f"{file}: {survivors[-1]}", flush=True)
    return total, survivors


def difference(before: str, after: str) -> str:
    lines = difflib.unified_diff(before.split("\n"), after.split("\n"), n=0, lineterm="")
    words = [line for line in lines if not line.startswith(("---", "+++"))]
    return " ".join(" ".join(word.split()) for word in words)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("module", nargs="+", choices=sorted(MODULES))
    survived = False
    for name in parser.parse_args().module:
        total, survivors = search(name)
        print(f"{name}: {total} mutants, {total - len(survivors)} killed", flush=True)
        survived |= bool(survivors)
    sys.exit(survived)


if __name__ == "__main__":
    main()
