"""A recording of a robot is a stimulus: what its brain was fed, for float32 and for calibration."""

from pathlib import Path

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


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"1": [[99999999999999999999999, 1]]}', "neuron of burst 1 is 9999.*not from 0 to 2"),
        ('{"1": [[-1, 1]]}', "a neuron of burst 1 is -1, and not from 0 to 2"),
        ('{"1": [[0.5, 1]]}', "a neuron of burst 1 is 0.5, and not a whole number"),
        ('{"1": [[true, 1]]}', "a neuron of burst 1 is True, and not a whole number"),
        ('{"1": [["a", 1]]}', "a neuron of burst 1 is 'a', and not a whole number"),
        ('{"1": [[3, 1], [3, 2]]}', "burst 1 names neuron 3 twice"),
        ('{"1": [[3, 1]], "1": [[4, 1]]}', "'1' is written twice"),
        ('{"1": [[3, 1]], "01": [[4, 1]]}', "burst 1 is written twice"),
        ('{"0": [[3, 1]]}', "burst is 0, and not from 1 to 2"),
        ('{"-2": [[3, 1]]}', "burst is '-2', and not a whole number"),
        ('{"1.5": [[3, 1]]}', "burst is '1.5', and not a whole number"),
        ('{"1": [[3, 1e39]]}', "a potential of burst 1 is 1e\\+39, more than float32 holds"),
        ('{"1": [[3, 1e999]]}', "holds a potential that is not finite"),
        ('{"1": [[3, "1"]]}', "a potential of burst 1 is '1', and not a number"),
        ('{"1": [[3]]}', "is not a stimulus"),
        ('{"1": 3}', "is not a stimulus"),
        ("[1, 2]", "is not a stimulus"),
        ('{"1": [[100000, 1]]}', "feeds neuron 100000 in burst 1, and the brain has"),
    ],
)
def test_nonsense_in_a_stimulus_file_is_named(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "s.json"
    path.write_text(text)
    connectome = small_connectome()
    with pytest.raises(StimulusError, match=said):
        parse(f"file:{path}", Ports.of_connectome(connectome), None, connectome)


def test_negative_and_fractional_potentials_are_potentials(tmp_path: Path) -> None:
    path = tmp_path / "s.json"
    path.write_text('{"2": [[3, -1.25], [4.0, 2]]}')
    connectome = small_connectome()
    stimulus = parse(f"file:{path}", Ports.of_connectome(connectome), None, connectome)
    neurons, sizes = stimulus.inputs(2)
    assert (neurons.tolist(), sizes.tolist()) == ([3, 4], [-1.25, 2.0])
    assert (stimulus.negative, stimulus.kind) == (True, "graded")
