"""Injection: by area and coordinates, equal on both sides, refused in words."""

import pytest

from ganglion.compiler import Brain, compile_connectome
from ganglion.device.device import Device
from ganglion.errors import StimulusError
from ganglion.examples import path as example
from ganglion.frontends.read import connectome_of
from ganglion.reference.injection import parse
from ganglion.reference.stimulus import RandomStimulus
from ganglion.verification.verify import verify


@pytest.fixture(scope="module")
def robot_brain() -> Brain:
    return compile_connectome(connectome_of(example("wall_avoider"))[0])


def test_an_injected_sensor_fires_in_its_burst(robot_brain: Brain, device: Device) -> None:
    network = robot_brain.network
    injected = parse(["i__inf:1,0,4=1@3", "i__inf:1,0,4=1@7", "ibumpr:0,0,0=2.5@7"], network)
    device.put(robot_brain.blob)
    fired: dict[int, set[int]] = {}
    verdict = verify(
        network, device, 20, None,
        lambda b: fired.__setitem__(b.number, set(b.neurons.tolist())), injected,
    )  # fmt: skip
    assert verdict.identical
    (eye,) = network.neurons_at("i__inf", (1, 0, 4)).tolist()
    (bumper,) = network.neurons_at("ibumpr", (0, 0, 0)).tolist()
    assert [b for b, ids in fired.items() if eye in ids] == [3, 7]
    assert [b for b, ids in fired.items() if bumper in ids] == [7]


def test_injection_and_random_stimulus_together_are_identical(
    robot_brain: Brain, device: Device
) -> None:
    words = [f"i__inf:{b % 3},0,{b % 10}={b % 5 - 1}@{b}" for b in range(1, 60)]
    injected = parse(words, robot_brain.network)
    device.put(robot_brain.blob)
    stimulus = RandomStimulus.at_rate(3, 0.3)
    verdict = verify(robot_brain.network, device, 100, stimulus, None, injected)
    assert verdict.identical and verdict.spikes > 1000


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("i__inf=1@2", "the injection 'i__inf=1@2' is not understood; write AREA:X,Y,Z="),
        ("i__inf:0,0,0=x@2", "is not understood"),
        ("i__inf:0,0,0=1@0", "is not understood"),
        ("c_gone:0,0,0=1@2", "the brain has no area 'c_gone'; use one of ___power, c__map"),
        ("i__inf:3,0,0=1@2", "voxel (3, 0, 0) lies outside i__inf; its dimensions are 3x1x10"),
        ("i__inf:0,0,0=inf@2", "is inf; give finite potentials"),
    ],
)
def test_a_wrong_injection_is_refused(robot_brain: Brain, word: str, sentence: str) -> None:
    with pytest.raises(StimulusError) as refused:
        parse([word], robot_brain.network)
    assert sentence in str(refused.value)
