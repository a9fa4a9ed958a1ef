"""The picture of what a run learnt shows the weights that the device had, and no others."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from ganglion.cli.main import cli
from ganglion.compiler import compile_connectome
from ganglion.device.device import Device
from ganglion.errors import RecordingError, UsageError
from ganglion.examples import path as example
from ganglion.export.plots.weights import weights
from ganglion.frontends.read import connectome_of
from ganglion.recording.file import Recorder
from ganglion.recording.material import RecordedRun
from ganglion.recording.replay import open_run
from ganglion.reference.stimulus import RandomStimulus, parameters
from tests.support.recordings import Recorded

BURSTS = 60


@pytest.fixture
def learnt(device: Device, tmp_path: Path) -> Path:
    """A recording of a run in which the example learnt."""
    brain = compile_connectome(connectome_of(example("pairing"))[0])
    device.put(brain.blob)
    with Recorder(tmp_path / "run.gbr", brain.blob) as recorder:
        device.link.tap = recorder.tap
        device.configure(stimulus=parameters(RandomStimulus.parse("random:3:0.4")), lossless=True)
        device.start(BURSTS)
        list(device.events())
        device.link.tap = None
    return tmp_path / "run.gbr"


def test_the_last_weights_of_the_picture_are_those_of_the_device(
    learnt: Path, device: Device, tmp_path: Path
) -> None:
    found = weights(RecordedRun(*open_run(learnt, 1)), BURSTS)
    assert found.shape == (16, BURSTS)
    assert not found[:, 0].any() and found[:, -1].any()
    state = device.learnt()
    assert found[:, -1].tolist() == list(state[8 : 8 + 16])
    output = tmp_path / "w.svg"
    done = CliRunner().invoke(cli, ["plot", str(learnt), "--kind", "weights", "-o", str(output)])
    assert done.exit_code == 0, done.output
    text = output.read_text()
    assert "i_tone to o_echo (associative, 16)" in text and "weight" in text


def test_weights_that_the_device_is_not_known_to_have_had_are_not_drawn(learnt: Path) -> None:
    material = RecordedRun(*open_run(learnt, 1))
    digest = material.run.digest.copy()
    digest[30] ^= 1
    object.__setattr__(material.run, "digest", digest)
    weights(material, 30)
    with pytest.raises(RecordingError, match="part in burst 31, so that its weights are not known"):
        weights(material, BURSTS)


def test_a_brain_without_plastic_synapses_has_no_such_picture(recorded: Recorded) -> None:
    material = RecordedRun(*open_run(recorded.path, 1))
    with pytest.raises(UsageError, match="has no plastic synapse"):
        weights(material, 5)
