"""tools/soak/machine_code.py: a few bursts of what runs for an hour."""

from tools.soak.machine_code import soak


def test_every_digest_of_rv32_code_is_that_of_the_reference():
    assert soak("rv32imc", "mpy-cross", seed=3, bursts=60, leg=15, legs=2) == 60
