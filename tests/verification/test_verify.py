"""verify: it finds equality where there is some, and the one neuron where there is none."""

import pytest

from ganglion.compiler import Brain, compile_connectome
from ganglion.device.device import Device
from ganglion.quantization.options import QuantizeOptions
from ganglion.reference.stimulus import RandomStimulus
from ganglion.verification.timing import Timing
from ganglion.verification.verify import locate, verify
from tools.networks import random_connectome, with_one_weight_changed

STIMULUS = RandomStimulus.at_rate(7, 0.3)


@pytest.mark.parametrize("state", ["int16", "int32"])
@pytest.mark.parametrize("seed", range(3))
def test_a_device_that_runs_the_brain_is_identical(device: Device, seed: int, state: str) -> None:
    brain = compile_connectome(random_connectome(seed), QuantizeOptions(state=state, anywhere=True))
    device.put(brain.blob)
    verdict = verify(brain.network, device, 300, STIMULUS)
    assert verdict.identical
    assert verdict.bursts == 300
    assert verdict.spikes > 300
    assert verdict.losses.none
    assert verdict.heap_free_first == verdict.heap_free_last


def test_one_changed_weight_is_caught_and_located(device: Device, small_brain: Brain) -> None:
    blob, neuron = with_one_weight_changed(small_brain)
    device.put(blob)  # it passes its own golden vector: only the comparison can tell
    verdict = verify(small_brain.network, device, 200, STIMULUS)
    assert not verdict.identical
    divergence = verdict.divergence
    assert divergence is not None
    assert divergence.neuron == neuron
    assert divergence.area == small_brain.network.describe(neuron)[0]
    assert divergence.what in ("fired", "potential")
    assert divergence.device != divergence.host
    assert divergence.rule.startswith(("U", "no rule"))
    assert f"neuron {neuron} of" in str(divergence)


def test_the_verdict_has_each_burst_s_time_by_the_device_s_clock(
    robot: Device, small_brain: Brain
) -> None:
    told: list[int] = []
    verdict = verify(
        small_brain.network, robot, 300, STIMULUS, lambda burst: told.append(burst.micros)
    )
    told.sort()
    assert verdict.timing == Timing(told[149], told[296], told[299])
    assert verdict.micros == sum(told)
    assert verdict.late == 0  # nothing is due where there is no period


def test_a_burst_that_takes_longer_than_the_period_makes_the_next_one_late(
    robot: Device, small_brain: Brain
) -> None:
    verdict = verify(small_brain.network, robot, 200, STIMULUS, period_us=1)
    assert verdict.identical
    assert verdict.late == 199


def test_what_does_not_happen_again_is_said_to_be_a_disturbance(
    robot: Device, small_brain: Brain
) -> None:
    divergence = locate(small_brain.network, robot, 20, STIMULUS)
    assert divergence.neuron is None
    assert "it did not happen again" in divergence.rule
