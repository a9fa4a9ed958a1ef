"""What was learnt is the user's: read out, begun with, kept on a board; and bad input is told."""

import json
from pathlib import Path

import numpy as np
import pytest

from ganglion.blob.container import decode
from ganglion.blob.learnt import begin_with, learnt_in, load, save, shape_of, synapses_of
from ganglion.cli.main import main as entry
from ganglion.compiler import compile_connectome, compile_learnt, finished
from ganglion.device.device import Device
from ganglion.errors import GanglionError, UsageError
from ganglion.examples import path as example
from ganglion.frontends.feagi.lint import lint
from ganglion.frontends.read import connectome_of
from ganglion.link.messages import Burst
from ganglion.reference.integers import Reference
from ganglion.reference.learning import padded
from ganglion.reference.stimulus import RandomStimulus, StimulusStream, parameters
from tests.support.learning import KINDS, learner

STIMULUS = RandomStimulus.at_rate(3, 0.4)


def main(words: list[str]) -> int:
    """The command line's exit code."""
    with pytest.raises(SystemExit) as ended:
        entry(words)
    return int(ended.value.code or 0)


def run(network: object, bursts: int) -> Reference:
    reference = Reference(network)  # type: ignore[arg-type]
    stream = StimulusStream(reference.network, STIMULUS)
    for _ in range(bursts):
        reference.step(stream.draw())
    return reference


def state(reference: Reference) -> bytes:
    assert reference.learns is not None
    return b"".join(padded(part) for part in reference.learns.parts())


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_begins_with_what_another_learnt(kind: str, tmp_path: Path) -> None:
    brain = compile_connectome(learner(4, kind))
    reference = run(brain.network, 60)
    learnt = learnt_in(brain.network, state(reference))
    save(tmp_path / "l.npz", brain.network, learnt)
    later = compile_learnt(brain, load(tmp_path / "l.npz", brain.network))
    assert later.blob != brain.blob
    back = Reference(decode(later.blob))
    assert back.learns is not None and reference.learns is not None
    for ours, theirs in zip(back.learns.projections, reference.learns.projections, strict=True):
        assert np.array_equal(ours.weight, theirs.weight)
        assert np.array_equal(ours.present, theirs.present)
    for mine, its in zip(back.learns.memories, reference.learns.memories, strict=True):
        assert np.array_equal(mine.state, its.state) and np.array_equal(mine.life, its.life)
        assert np.array_equal(mine.pattern, its.pattern)
    assert len(synapses_of(brain.network, learnt)) == sum(
        int(p.present.sum()) for p in reference.learns.projections
    )
    assert shape_of(later.network) == shape_of(brain.network)


def test_a_device_tells_what_it_learnt_and_goes_on_from_it(device: Device) -> None:
    brain = compile_connectome(learner(3, "all"))
    device.put(brain.blob)
    device.configure(stimulus=parameters(STIMULUS), lossless=True)
    device.start(60)
    assert [e.number for e in device.events() if isinstance(e, Burst)][-1] == 60
    told = device.learnt()
    assert told == state(run(brain.network, 60))
    network, blob = finished(begin_with(brain.network, learnt_in(brain.network, told)))
    device.put(blob)
    device.configure(stimulus=parameters(STIMULUS), lossless=True)
    device.start(40)
    reference, stream = Reference(network), StimulusStream(network, STIMULUS)
    for event in device.events():
        if isinstance(event, Burst):
            reference.step(stream.draw())
            assert event.digest == reference.digest(), f"burst {event.number}"
    assert reference.burst == 40


def test_the_verbs_read_out_and_begin_with_what_was_learnt(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    genome = str(example("pairing"))
    made = str(tmp_path / "pairing.gbn")
    assert main(["compile", genome, "-o", made]) == 0
    words = ["--device", "virtual", "--bursts", "300", "--stimulus", "random:3:0.4"]
    output = str(tmp_path / "l.npz")
    capsys.readouterr()
    assert main(["learned", made, *words, "-o", output, "--json", "--keep"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["created"] > 0 and facts["memories"] > 0 and facts["kept"]
    later = str(tmp_path / "later.gbn")
    assert main(["compile", genome, "--learned", output, "-o", later]) == 0
    assert main(["verify", later, "--bursts", "100"]) == 0
    assert "identical: 100 bursts" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["learned", "still.gbn"], "still.gbn learns nothing; give a brain with plastic rules"),
        (["learned", "pairing.gbn"], "the device has no brain, and this one is"),
        (
            ["compile", "robot.json", "--learned", "l.npz"],
            "what was learnt is of another brain; name the genome",
        ),
        (
            ["compile", "pairing.json", "--learned", "pairing.gbn", "-o", "x.gbn"],
            "pairing.gbn is no file of what a brain has learnt; make one with `ganglion learned`",
        ),
        (["compile", "pairing.json", "--learned", "none.npz"], "none.npz cannot be read"),
    ],
)
def test_bad_input_is_one_sentence_and_an_exit_code(
    words: list[str],
    text: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, file in (("pairing", "pairing"), ("wall_avoider", "robot")):
        Path(f"{file}.json").write_bytes(example(name).read_bytes())
    main(["compile", "robot.json", "-o", "still.gbn"])
    brain = compile_connectome(connectome_of(Path("pairing.json"))[0])
    Path("pairing.gbn").write_bytes(brain.blob)
    save(Path("l.npz"), brain.network, learnt_in(brain.network, state(run(brain.network, 5))))
    capsys.readouterr()
    assert main(words) != 0
    told = capsys.readouterr().err
    assert text in " ".join(told.split()) and "Traceback" not in told
    assert Path("pairing.gbn").read_bytes() == brain.blob


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    network = compile_connectome(learner(1, "all")).network
    save(tmp_path / "l.npz", network, learnt_in(network, state(run(network, 20))))
    data = (tmp_path / "l.npz").read_bytes()
    rng = np.random.default_rng(1)
    for at in rng.integers(0, len(data), 60).tolist():
        (tmp_path / "l.npz").write_bytes(data[:at] + bytes([data[at] ^ 255]) + data[at + 1 :])
        try:
            finished(begin_with(network, load(tmp_path / "l.npz", network)))
        except GanglionError:
            continue
    for length in range(0, len(data), 97):
        (tmp_path / "l.npz").write_bytes(data[:length])
        with pytest.raises(GanglionError):
            load(tmp_path / "l.npz", network)


def test_a_device_that_learns_nothing_says_so(device: Device, small_brain: object) -> None:
    device.put(small_brain.blob)  # type: ignore[attr-defined]
    with pytest.raises(GanglionError, match="learns nothing that could be read"):
        device.learnt()


def test_the_example_pairs_a_tone_with_food_and_recalls_it() -> None:
    connectome, _ = connectome_of(example("pairing"))
    network = compile_connectome(connectome).network
    reference = Reference(network)

    def burst(*who: tuple[str, int]) -> list[int]:
        ids = np.array([network.neurons_at(area, (x, 0, 0))[0] for area, x in who], np.int64)
        fired = reference.step(None, (ids, network.threshold[ids]))
        echoes = [network.describe(int(n)) for n in fired]
        return [voxel[0] for area, voxel, _ in echoes if area == "o_echo"]

    tone, food = ("i_tone", 0), ("i_food", 2)
    assert [burst(tone) for _ in range(4)] == [[], [], [], []]
    for _ in range(6):
        burst(tone, food)
    for _ in range(8):
        burst()
    assert [burst(tone), burst()] == [[], [2]], "the tone alone recalls the food"
    assert not [n for n in lint(example("pairing").read_bytes()) if n.severity.value == "warning"]


def test_begin_with_refuses_what_another_learnt() -> None:
    ours, other = (compile_connectome(learner(seed, "rules")).network for seed in (1, 2))
    with pytest.raises(UsageError, match="what was learnt is of another brain"):
        begin_with(ours, learnt_in(other, state(run(other, 5))))
