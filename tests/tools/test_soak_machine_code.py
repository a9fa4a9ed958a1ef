"""tools/soak/machine_code.py: a few bursts of what runs for an hour."""

import pytest

from ganglion.analysis.bench.emulator import load_brain
from ganglion.compiler import compile_connectome
from ganglion.quantization.options import QuantizeOptions
from tests.support.xtensa import needs_xtensa
from tools.networks import random_connectome
from tools.soak.bursts import Bursts
from tools.soak.machine_code import soak


def test_every_digest_of_rv32_code_is_that_of_the_reference():
    assert soak("rv32imc", "mpy-cross", seed=3, bursts=60, leg=15, legs=2) == 60


@pytest.mark.parametrize("march", ["rv32imc", pytest.param("xtensawin", marks=needs_xtensa)])
def test_bursts_by_one_call_are_those_that_brain_steps_through(tmp_path, march):
    options = QuantizeOptions(state="int16", anywhere=True)
    (tmp_path / "brain").write_bytes(compile_connectome(random_connectome(5), options).blob)
    brain, machine = load_brain(tmp_path / "brain", march=march)
    brain.stimulus(1, 7, 2, 20_000)
    stepped = []
    brain.reset()
    for _ in range(12):
        brain.step()
        brain.digest()
        stepped.append(int(brain.digest_bytes[0]))
    many = Bursts(brain, machine, 8)
    brain.reset()
    assert many.run(3) + many.run(8) + many.run(1) == stepped
    assert len(set(stepped)) == 12
    machine.close()
