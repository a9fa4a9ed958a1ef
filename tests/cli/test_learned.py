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
from tests.support.genomes import area, encoded, rule
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


PLASTIC = {
    "plasticity_flag": True, "plasticity_constant": 1, "ltp_multiplier": 1, "ltd_multiplier": 1,
    "plasticity_window": 1,
}  # fmt: skip
OF_A = "$.blueprint.cAAAAA.cortical_mapping_dst.cBBBBB[0]"


def two(morphology: str = "projector", source: object = None, **numbers: object) -> bytes:
    """A genome of two areas that one plastic rule joins; a number that is None is missing."""
    given = {k: v for k, v in (PLASTIC | numbers).items() if v is not None}
    fields = {"psp_uniform_distribution": True} if source is None else source
    return encoded({
        "cAAAAA": area((2, 1, 1), {"cBBBBB": [rule(morphology, **given)]}, **fields),  # type: ignore[arg-type]
        "cBBBBB": area((2, 1, 1)),
    })  # fmt: skip


def into_memory() -> bytes:
    return encoded({
        "iAAAAA": area((1, 1, 1), {"mBBBBB": [rule("associative_memory", **PLASTIC)]},
                       psp_uniform_distribution=True),
        "mBBBBB": area(is_mem_type=True),
    })  # fmt: skip


@pytest.mark.parametrize(
    ("genome", "text"),
    [
        (two(plasticity_window=0), f"{OF_A}: the plasticity_window of a plastic rule is 0; write 1 "
         "or more bursts, or choose the policy learning"),
        (two(plasticity_window=-3), "the plasticity_window of a plastic rule is -3; write 1"),
        (two(plasticity_window=128), "the plastic rule from cAAAAA to cBBBBB has a window of 128 "
         "bursts, and a brain holds 127; write a smaller plasticity_window, or choose the policy "
         "learning=ignore"),
        (two(plasticity_window=1.5), "the plasticity_window of a plastic rule is 1.5; write a "
         "whole number"),
        (two(plasticity_window=None), "the plasticity_window of a plastic rule is missing; write"),
        (two(plasticity_constant=None), "the plasticity_constant of a plastic rule is missing;"),
        (two(ltp_multiplier=None), "the ltp_multiplier of a plastic rule is missing; write a"),
        (two(ltd_multiplier="2"), 'the ltd_multiplier of a plastic rule is "2"; write a whole'),
        (into_memory(), 'the rule "associative_memory" has a memory area at an end, where FEAGI '
         "makes synapses without end; remove the rule, or choose the policy learning=ignore"),
        (two("associative_memory", {"psp_uniform_distribution": False}), "the plastic rule from "
         "cAAAAA to cBBBBB creates synapses, and each divides what cAAAAA sends anew; set "
         "psp_uniform_distribution of cAAAAA, or choose the policy learning=ignore"),
    ],
)  # fmt: skip
def test_a_genome_that_learns_what_no_brain_can_is_one_sentence_and_nothing_is_lost(
    genome: bytes, text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "g.json").write_bytes(genome)
    there = tmp_path / "g.gbn"
    there.write_bytes(b"what was there")
    assert main(["compile", str(tmp_path / "g.json"), "-o", str(there)]) == 1
    told = " ".join(capsys.readouterr().err.split())
    assert text in told and "Traceback" not in told
    assert there.read_bytes() == b"what was there"
    assert main(["compile", str(tmp_path / "g.json"), "--policy", "learning=ignore",
                 "-o", str(there)]) == 0  # fmt: skip
    assert there.read_bytes() != b"what was there"


@pytest.mark.parametrize(
    ("genome", "text"),
    [
        (two(plasticity_window=128), "a window of 128 bursts cannot be "
         "compiled: a brain holds 127"),
        (two("associative_memory", {"psp_uniform_distribution": False}),
         "the rule creates synapses and cannot be compiled: each divides what cAAAAA sends anew"),
    ],
)  # fmt: skip
def test_lint_says_what_compile_will_refuse(genome: bytes, text: str) -> None:
    found = [n for n in lint(genome) if n.code == "not-compiled"]
    assert [n.fact for n in found] == [text] and found[0].path == OF_A


def test_sign_without_keep_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["learned", "x.gbn", "--sign", "k.key"]) == 2
    assert "--sign signs the brain that --keep puts there" in capsys.readouterr().err


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    network = compile_connectome(learner(1, "all")).network
    save(tmp_path / "l.npz", network, learnt_in(network, state(run(network, 20))))
    data = (tmp_path / "l.npz").read_bytes()
    rng = np.random.default_rng(1)
    for at in rng.integers(0, len(data), 20).tolist():
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
