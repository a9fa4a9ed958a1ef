"""Mutation: each small change of a module that its tests should notice, and those that they do not.

In:  modules and their fast tests, as named below; cosmic-ray's operators (pip install cosmic-ray).
Out: how many mutants were killed, and of each that survived its line, before and after, with the
     reason if mutation.toml has one; exit code 1 if one survived without.
Never: changes a file of the project: a mutant lives in a process of its own, in which the module is
       imported so; one of the firmware, in a copy of the firmware.

python -m tools.mutation frame proof layer_proof wire
"""

import argparse
import difflib
import importlib
import importlib.util
import os
import resource
import shutil
import signal
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from importlib.machinery import SourceFileLoader
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FIRMWARE = ROOT / "firmware"
EXPLAINED = Path(__file__).with_suffix(".toml")
SECONDS = 60  # of processor time: a mutant that takes more hangs, and so is noticed
ON_BOARD = 12  # the same, of the firmware, whose tests take a few
WAIT = 900  # seconds until one that waits for ever is ended, and noticed
TESTS = ("conftest", "_pytest", "pytest")
OURS = ("ganglion", "tests", "tools", *TESTS)
PLAIN = ("-x", "-q", "--assert=plain", "-p", "no:cacheprovider")
CONTAINER = "tests/blob/test_container.py"
ALONE = "--noconftest"  # these tests need nothing of conftest.py, whose imports cost most of a run
BOARD = ("tests/firmware/load/test_codes.py", "tests/blob/test_canonical.py")
MODULES = {
    "frame": ("host/ganglion/link/frame.py", "tests/link/test_frame.py", ALONE),
    **{
        name: (f"host/ganglion/link/{name}.py", f"tests/link/test_{name}.py", ALONE)
        for name in ("codes", "telemetry")
    },
    "messages": (
        "host/ganglion/link/messages.py", "tests/link/test_messages.py",
        "tests/link/test_telemetry.py", ALONE,
    ),
    "proof": (
        "host/ganglion/network/proof.py", "tests/network/test_proof.py", ALONE,
        "-k", "not every_brain",
    ),
    "layer_proof": (
        "host/ganglion/network/layer_proof.py", "tests/network/test_proof.py", ALONE,
        "-k", "layer",
    ),
    "container": (
        "host/ganglion/blob/container.py", CONTAINER, ALONE, "-k", "not device",
    ),
    "wire": ("firmware/lib/ganglion/wire.py", "tests/firmware/test_wire.py"),
    **{
        name: (
            f"firmware/lib/ganglion/load/{name}.py",
            *(f"tests/firmware/load/test_{test}.py" for test in alone), *BOARD,
            "-k", "device or board or refused",
        )
        for name, alone in {
            "envelope": (), "places": ("places",), "populations": ("populations",),
            "synapses": ("blocks", "rows"), "tables": (), "net": (),
        }.items()
    },
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


def run(path: Path, source: str, tests: list[str], told: int | None = None) -> int:
    """The tests' exit code, in a process in which that module has that source."""
    child = os.fork()
    if child == 0:
        _test(path, source, tests, told)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _test(path: Path, source: str, tests: list[str], told: int | None) -> None:
    import pytest

    if path.is_relative_to(FIRMWARE):
        _replace_firmware(path, source)
    plain = SourceFileLoader.get_code

    def get_code(self: SourceFileLoader, name: str) -> object:
        if Path(self.path).resolve() == path:
            return compile(source, self.path, "exec")
        return plain(self, name)

    SourceFileLoader.get_code = get_code  # type: ignore[method-assign,assignment]
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    signal.alarm(WAIT)
    seconds = ON_BOARD if path.is_relative_to(FIRMWARE) else SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    code = 1
    try:
        code = int(pytest.main([*PLAIN, *tests]))
        if told is not None:
            # The host is whole where the firmware is not: then it can be there before, too.
            ours = TESTS if path.is_relative_to(FIRMWARE) else OURS
            names = [name for name in sys.modules if name.partition(".")[0] not in ours]
            with os.fdopen(told, "w") as pipe:
                pipe.write("\n".join(names))
    finally:
        os._exit(code)


def _replace_firmware(path: Path, source: str) -> None:
    """Has all that is imported from now on take the firmware from a copy that has that source."""
    from ganglion.boards import programs

    place = Path(os.environ["GANGLION_MUTANT"]) / "firmware"
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(FIRMWARE, place)
    (place / path.relative_to(FIRMWARE)).write_text(source)
    whole = programs.firmware_dir
    for module in list(sys.modules.values()):
        if getattr(module, "firmware_dir", None) is whole:
            module.firmware_dir = lambda: place  # type: ignore[attr-defined]


def prepare(path: Path, source: str, tests: list[str]) -> None:
    """Imports what the tests import of other projects, so that no mutant has to."""
    read, write = os.pipe()
    if run(path, source, tests, write):
        raise SystemExit(f"the tests of {path} fail without any change: {' '.join(tests)}")
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        names = pipe.read().decode().split("\n")
    for name in names:
        with suppress(Exception):
            importlib.import_module(name)
    if path.is_relative_to(FIRMWARE) and BOARD[0] in tests:
        refusals = importlib.import_module("tests.support.refusals")
        refusals.cases()  # made once, and not for each mutant
    if run(path, source, tests):  # else every mutant would seem to be noticed
        raise SystemExit(f"the tests of {path} fail in a process that imported the same before")


def search(name: str, part: int = 1, parts: int = 1) -> tuple[int, list[str]]:
    """How many mutants a part of a module has, and those that its tests do not notice."""
    file, *tests = MODULES[name]
    path = ROOT / file
    source = path.read_text()
    prepare(path, source, tests)
    survivors = []
    total = 0
    for number, changed in enumerate(mutants(source)):
        if number % parts != part - 1:
            continue
        total += 1
        if run(path, changed, tests) == 0:
            survivors.append(difference(source, changed))
            print(f"    survives: {survivors[-1]}", file=sys.stderr, flush=True)
    return total, survivors


def difference(before: str, after: str) -> str:
    """The lines that are changed, as one line each."""
    lines = difflib.unified_diff(before.split("\n"), after.split("\n"), n=0, lineterm="")
    words = [line for line in lines if not line.startswith(("---", "+++", "@@"))]
    return " ".join(" ".join(word.split()) for word in words)


def explained() -> dict[str, dict[str, str]]:
    """By module, the survivors that no test can kill, and why."""
    found: dict[str, dict[str, str]] = tomllib.loads(EXPLAINED.read_text())
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("module", nargs="+", choices=sorted(MODULES))
    parser.add_argument("--part", default="1/1", help="2/3: the second third of the mutants")
    words = parser.parse_args()
    names = words.module
    part, parts = map(int, words.part.split("/"))
    if importlib.util.find_spec("cosmic_ray") is None:
        raise SystemExit("cosmic-ray is not here: pip install cosmic-ray")
    survived = False
    for name in names:
        with tempfile.TemporaryDirectory() as directory:
            os.environ["GANGLION_MUTANT"] = directory
            total, survivors = search(name, part, parts)
        reasons = explained().get(name, {})
        for one in survivors:
            print(f"{name}: {one}\n    {reasons.get(one, 'no test notices it')}")
            survived |= one not in reasons
        left = sum(one not in reasons for one in survivors)
        print(
            f"{name}: {total} mutants, {total - len(survivors)} killed, "
            f"{len(survivors) - left} explained, {left} not", flush=True,
        )  # fmt: skip
    sys.exit(survived)


if __name__ == "__main__":
    main()
