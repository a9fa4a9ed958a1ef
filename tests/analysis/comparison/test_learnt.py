"""What two runs learnt is compared synapse by synapse; a recording counts if it is proven."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from ganglion.analysis.comparison.learnt import compare_learnt
from ganglion.blob.learnt import learnt_in, save
from ganglion.cli.main import cli
from ganglion.compiler import Brain, compile_connectome
from ganglion.device.device import Device
from ganglion.errors import GanglionError, RecordingError, UsageError
from ganglion.examples import path as example
from ganglion.frontends.read import connectome_of
from ganglion.recording.file import Recorder
from ganglion.reference.integers import Reference
from ganglion.reference.learning import padded
from ganglion.reference.stimulus import RandomStimulus, StimulusStream, parameters
from tests.support.learning import learner

STIMULUS = RandomStimulus.parse("random:3:0.4")


def learnt(path: Path, brain: Brain, bursts: int) -> str:
    reference, stream = Reference(brain.network), StimulusStream(brain.network, STIMULUS)
    for _ in range(bursts):
        reference.step(stream.draw())
    assert reference.learns is not None
    state = b"".join(padded(part) for part in reference.learns.parts())
    save(path, brain.network, learnt_in(brain.network, state))
    return str(path)


@pytest.fixture(scope="module")
def brain() -> Brain:
    return compile_connectome(connectome_of(example("pairing"))[0])


def test_weights_and_synapses_that_differ_are_counted(brain: Brain, tmp_path: Path) -> None:
    early, late = (learnt(tmp_path / f"{n}.npz", brain, n) for n in (20, 60))
    found = compare_learnt(early, late)
    assert not found.identical and found.only_in_b > 0
    assert found.synapses_b - found.synapses_a == found.only_in_b - found.only_in_a
    assert compare_learnt(early, early).identical
    done = CliRunner().invoke(cli, ["compare", early, late, "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["only_in_b"] == found.only_in_b
    said = CliRunner().invoke(cli, ["compare", early, early]).stdout
    assert "identical: " in said and "plastic synapses with equal weights" in said


def test_a_recording_has_learnt_what_its_device_did(
    brain: Brain, device: Device, tmp_path: Path
) -> None:
    device.put(brain.blob)
    with Recorder(tmp_path / "run.gbr", brain.blob) as recorder:
        device.link.tap = recorder.tap
        device.configure(stimulus=parameters(STIMULUS), lossless=True)
        device.start(60)
        list(device.events())
        device.link.tap = None
    save(tmp_path / "d.npz", brain.network, learnt_in(brain.network, device.learnt()))
    found = compare_learnt(str(tmp_path / "run.gbr"), str(tmp_path / "d.npz"))
    assert found.identical and found.synapses_a > 0


def test_bad_input_is_told(brain: Brain, tmp_path: Path) -> None:
    ours = learnt(tmp_path / "a.npz", brain, 5)
    other = learnt(tmp_path / "b.npz", compile_connectome(learner(1, "rules")), 5)
    with pytest.raises(UsageError, match="are what two brains learnt"):
        compare_learnt(ours, other)
    (tmp_path / "x.npz").write_bytes(b"nothing")
    with pytest.raises(RecordingError, match="is no file of what a brain has learnt"):
        compare_learnt(ours, str(tmp_path / "x.npz"))
    with pytest.raises(GanglionError, match="cannot be read"):
        compare_learnt(ours, str(tmp_path / "none.npz"))
    told = CliRunner().invoke(cli, ["compare", ours, ours, "--min-similarity", "0.5"])
    assert isinstance(told.exception, UsageError)
