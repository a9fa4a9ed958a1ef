"""Random programs: our machine code does what Python does, in every bit, on both targets."""

import random
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ganglion.analysis.bench.convention import signatures
from ganglion.analysis.bench.emulator import CORES, machine
from ganglion.analysis.bench.machine import Machine
from ganglion.viper import compile_source
from tests.support.xtensa import needs_xtensa
from tools.search import viper_programs as programs

MARCHES = [pytest.param("rv32imc"), pytest.param("xtensawin", marks=needs_xtensa)]


@pytest.fixture(scope="module", params=MARCHES)
def core(request: pytest.FixtureRequest) -> Iterator[Machine]:
    made = machine(request.param, "ganglion")
    yield made
    made.close()


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(rng=st.randoms(use_true_random=False))
def test_a_program_does_what_python_makes_of_it(core: Machine, rng: random.Random) -> None:
    source = programs.program(rng, "f")
    code = compile_source(source, core.march, 3)
    core.load(f"m{len(core.sizes)}", code, 3, signatures(source))
    name = list(core.sizes)[-1]
    for _ in range(2):
        given = programs.arguments(rng)
        core.forget()
        found = programs.difference(source, "f", given, lambda *a: core.call(name, a))
        assert found is None, f"{source}\n{core.march}: {found}; given {given}"


@pytest.mark.parametrize("march", MARCHES)
@pytest.mark.parametrize("seed", range(2))
def test_so_does_the_code_of_mpy_cross(seed: int, march: str) -> None:
    """Which shows that Python's reading of the subset is MicroPython's."""
    found = programs.check(seed, march, 15)
    again = f"python -m tools.search.viper_programs --march {march} --seed {seed} --count 1"
    assert found is None, f"{found}\n{again} runs it again"


@pytest.mark.parametrize(
    ("line", "words"),
    [("return a + 1", "returns"), ("r[0] = r[0] ^ 1\n    return a", "leaves other bytes")],
)
def test_a_program_that_differs_is_told(line: str, words: str) -> None:
    head = programs.head("f")
    core = CORES["rv32imc"](back_end="ganglion")
    core.load(
        "m", compile_source(f"{head}    {line}\n", "rv32imc", 3), 3, signatures(head + "    pass\n")
    )
    given = programs.arguments(random.Random(1))
    found = programs.difference(f"{head}    return a\n", "f", given, lambda *a: core.call("m.f", a))
    assert found is not None and words in found


@pytest.mark.parametrize("march", ["rv32imc", "xtensawin"])
def test_a_value_that_is_read_only_to_make_itself_is_left_out(march: str) -> None:
    """Such a round of copies once left an argument without a register, and the compiler raised."""
    head = "@micropython.viper\ndef f(b: int, n: int) -> int:\n"
    body = "    while n:\n        n -= 1\n{}    return n\n"
    copies = "        a = b\n        b = a\n"
    found, without = (compile_source(head + body.format(x), march, 3) for x in (copies, ""))
    assert found == without


@pytest.mark.parametrize("march", MARCHES)
def test_code_without_what_is_read_by_nobody_does_what_python_makes_of_it(march: str) -> None:
    head = programs.head("f")
    body = "    while d & 7:\n        d -= 1\n        x = a\n        a = x\n    return d ^ c\n"
    core = machine(march, "ganglion")
    try:
        core.load("m", compile_source(head + body, march, 3), 3, signatures(head + "    pass\n"))
        given = programs.arguments(random.Random(1))
        assert programs.difference(head + body, "f", given, lambda *a: core.call("m.f", a)) is None
    finally:
        core.close()
