"""No allocation in the burst loop: every STATS of a run tells the same free heap."""

import pytest

from ganglion.compiler import Brain, compile_connectome
from ganglion.device.device import open_device
from ganglion.examples import path as example
from ganglion.frontends import synthetic
from ganglion.frontends.read import connectome_of
from ganglion.link.messages import Burst, Stats
from ganglion.reference.stimulus import RandomStimulus, parameters

STIMULUS = RandomStimulus.at_rate(7, 0.1)
IN_MEMORY, IN_THE_FILE = 8_388_608, 180_000  # bytes of heap, and where the synapses then are


def figures(brain: Brain, heap: int, bursts: int) -> tuple[list[int], int]:
    """The free heap of every STATS of a run, one in each ten bursts, and the run's spikes."""
    with open_device("virtual", heap=heap) as device:
        device.put(brain.blob)
        device.configure(stimulus=parameters(STIMULUS), lossless=True, stats_every=10)
        device.start(bursts)
        events = list(device.events())
    spikes = sum(event.fired for event in events if isinstance(event, Burst))
    return [event.heap_free for event in events if isinstance(event, Stats)], spikes


def test_20000_bursts_of_the_example_robot_leave_the_heap_as_it_was() -> None:
    heaps, spikes = figures(compile_connectome(connectome_of(example("wall_avoider"))[0]),
                            IN_MEMORY, 20_000)  # fmt: skip
    assert len(heaps) == 2_000
    assert spikes > 100_000
    assert set(heaps) == {heaps[0]}


@pytest.mark.parametrize("heap", [IN_MEMORY, IN_THE_FILE])
def test_2000_bursts_of_20000_synapses_leave_the_heap_as_it_was_wherever_those_are(
    heap: int,
) -> None:
    heaps, spikes = figures(compile_connectome(synthetic.network(2_000, 10)), heap, 2_000)
    assert len(heaps) == 200
    assert spikes > 10_000
    assert set(heaps) == {heaps[0]}
