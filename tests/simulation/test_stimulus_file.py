"""A recording of a robot is a stimulus: what its brain was fed, for float32 and for calibration."""

import pytest

from ganglion.analysis.fidelity.calibrate import calibrate
from ganglion.analysis.fidelity.measure import measure, options_for
from ganglion.errors import StimulusError
from ganglion.reference.stimulus import RandomStimulus, StimulusStream
from ganglion.simulation.stimuli import Ports, parse
from tests.support.brains import small_connectome
from tests.support.recordings import BURSTS, INJECTED, Recorded
from tests.support.tiny import chain


def test_what_a_robot_was_fed_is_fed_again(recorded: Recorded) -> None:
    connectome = small_connectome()
    ports = Ports.of_connectome(connectome)
    stimulus = parse(f"file:{recorded.path}", ports, connectome=connectome)
    network, note = recorded.brain.network, recorded.brain.quantization
    chosen = RandomStimulus.parse("random:2")
    assert chosen is not None
    stream = StimulusStream(network, chosen)
    for burst in range(1, BURSTS + 1):
        neurons, amounts = stream.draw()
        unit = network.areas[0].unit
        expected = {int(note.neuron[n]): a * unit for n, a in zip(neurons, amounts, strict=True)}
        for at, neuron, amount in INJECTED:
            if at == burst:
                index = int(note.neuron[neuron])
                expected[index] = expected.get(index, 0.0) + amount * unit
        found: dict[int, float] = {}
        for index, potential in zip(*stimulus.inputs(burst), strict=True):
            found[int(index)] = found.get(int(index), 0.0) + float(potential)
        assert found == pytest.approx(expected), burst
    assert measure(connectome, stimulus, BURSTS, options_for(stimulus)).f1 == 1.0


def test_a_brain_is_calibrated_by_a_recording(recorded: Recorded) -> None:
    connectome = small_connectome()
    stimulus = parse(f"file:{recorded.path}", Ports.of_connectome(connectome), None, connectome)
    seen = calibrate(connectome, stimulus, BURSTS)
    slow = next(area.id for area in connectome.areas if area.name == "slow")
    assert set(seen.ranges) == {slow} and seen.ranges[slow].high > 0


def test_a_recording_of_another_genome_is_refused(recorded: Recorded) -> None:
    connectome = chain(1)
    with pytest.raises(StimulusError, match="which this genome does not have; use the genome"):
        parse(f"file:{recorded.path}", Ports.of_connectome(connectome), None, connectome)
