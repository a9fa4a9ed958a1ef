"""Explain and findings: what a brain is and lost, in words that are true."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from ganglion import examples as genomes
from ganglion.analysis.explain import find, neuron_report
from ganglion.analysis.findings import findings
from ganglion.analysis.report import relate, report
from ganglion.cli.commands import explain as verb
from ganglion.compiler import compile_connectome
from ganglion.connectome.model import Connectome
from ganglion.errors import MismatchError, UsageError
from ganglion.frontends.feagi import Severity
from ganglion.frontends.read import connectome_of
from ganglion.quantization.options import QuantizeOptions
from tests.support.tiny import Box, Net, Wire, chain


def robot() -> Connectome:
    return Net(
        {
            "___power": Box(group="CORE"),
            "i_in____": Box(count=2, group="IPU", threshold=0.5),
            "c_mid___": Box(count=2, threshold=[3.0, 2.5], keeps=True, leak=0.1, refractory=2,
                            consecutive=3, snooze=4),
        },
        [
            Wire(("i_in____", 0), ("c_mid___", 0), 2),
            Wire(("i_in____", 1), ("c_mid___", 0), -1),
            Wire(("___power", 0), ("c_mid___", 1), 1),
        ],
        power="___power",
    ).build()  # fmt: skip


def told(neuron: str, state: str = "auto", genome: bool = True) -> str:
    connectome = robot()
    brain = compile_connectome(connectome, QuantizeOptions(state=state))
    found = find(brain.network, neuron)
    return "\n".join(neuron_report(brain.network, found, connectome if genome else None).sentences)


def test_a_story_tells_what_comes_in_what_fires_it_what_stays_and_what_goes_out() -> None:
    text = told("c_mid___:0,0,0")
    for sentence in (
        "Neuron 3 lies in c_mid___ (c_mid___) at 0,0,0.",
        "From i_in____: 1 synapse; each adds 2 (",
        "From i_in____: 1 synapse; each takes 1 (",
        "It fires when its potential reaches 3 (",
        "After a fire it is deaf for 2 touches.",
        "It fires at most 3 times in a row, then rests for 6.",
        "What does not make it fire is kept; 10.0000% of it leaks when it is touched.",
        "It sends to nobody: read it as an output.",
        "Quantization moved neither its threshold nor any of its inputs.",
    ):
        assert sentence in text, text


def test_an_input_neuron_says_what_the_stimulus_gives_and_what_a_sensor_may() -> None:
    text = told("i_in____:0,0,0")
    assert "The random stimulus gives it 0.5 (" in text
    assert "A sensor can give it up to " in text
    assert "When it fires, 1 neuron of c_mid___ gets 2 (" in text
    assert "What does not make it fire is forgotten at once." in text


def test_the_power_neuron_says_so() -> None:
    assert "It is the power neuron: 1 (" in told("___power:0,0,0")


def test_how_far_it_was_moved_is_told_only_with_the_genome() -> None:
    assert "is known with --genome" in told("3", genome=False)
    c = chain(201, 203, threshold=150.25, keeps=True, leak=0.5, excitability=0.5)
    rounded = compile_connectome(c, QuantizeOptions(state="int8"))
    text = "\n".join(neuron_report(rounded.network, 2, c).sentences)
    assert "Quantization moved its threshold by " in text and "(from 150.25)" in text


def test_a_genome_of_another_brain_is_refused() -> None:
    network = compile_connectome(chain(1)).network
    with pytest.raises(MismatchError, match="give the genome, and the policies, that the brain"):
        neuron_report(network, 0, chain(2))


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("99", "the brain has 5 neurons, and no number 99; give a number from 0 to 4, or AREA:X"),
        ("x", "the neuron 'x' is not understood; give a number from 0 to 4, or AREA:X,Y,Z"),
        ("x:0,0,0", "the brain has no area 'x'; use one of ___power, "),
        ("i_in____:7,0,0", "area i_in____ keeps no neuron at 7,0,0; it may not exist, or nothing"),
    ],
)
def test_a_neuron_that_is_not_there_is_refused_with_how_to_name_one(
    text: str, refusal: str
) -> None:
    network = compile_connectome(robot()).network
    with pytest.raises(UsageError) as found:
        find(network, text)
    assert str(found.value).startswith(refusal)


def test_the_command_tells_the_same_as_json(tmp_path: Path) -> None:
    path = tmp_path / "robot.gbn"
    genome = genomes.path("wall_avoider")
    path.write_bytes(compile_connectome(connectome_of(genome)[0]).blob)
    words = [str(path), "c_turn:0,0,0", "--genome", str(genome), "--json"]
    done = CliRunner().invoke(verb.command, words, catch_exceptions=False)
    facts = json.loads(done.stdout)
    assert facts["threshold"]["real"] == 9.0 == facts["genome"]["threshold"]
    assert len(facts["inputs"]) == 3
    for b in facts["inputs"]:
        assert b["real"] == pytest.approx(b["exact"], rel=1e-12)


# Findings -------------------------------------------------------------------------------------


def codes(connectome: Connectome, **options: object) -> dict[str, str]:
    brain = compile_connectome(connectome, QuantizeOptions(**options))  # type: ignore[arg-type]
    return {f.code: f.message for f in findings(brain, connectome)}


CASES: list[tuple[str, Callable[[], Connectome], dict[str, object], str]] = [
    ("headroom", lambda: chain(1), {}, "no sum can overflow: the largest that one burst adds is"),
    ("state", lambda: chain(1, threshold=2.0, keeps=True, leak=0.1), {},
     "potentials take 32 bits, because 1 of 2 areas could lose something in 16 (area c_out___: "
     "its leak is rounded"),
    ("never-fires", lambda: chain(1, 1, threshold=5.0), {},
     "c_out___: 1 neuron of 1 can never fire: the threshold (5) is above all that arrives; lower"),
    ("fires-on-anything", lambda: chain(1, threshold=0.0), {},
     "c_out___: 1 neuron with a threshold of 0 or less: whatever arrives makes it fire"),
    ("inhibition-piles-up", lambda: chain(2, -1, keeps=True), {"state": "int16"},
     "c_out___: inhibition adds up without limit; after"),
    ("clipped", lambda: chain(200, psp=200), {},
     "c_out___: 1 synapse stronger than anything could need, cut to that, which changes nothing"),
    ("knife-edge", lambda: Net(
        {"i_in____": Box(group="IPU", uniform=False), "c_out___": Box(count=3, keeps=True)},
        [Wire(("i_in____", 0), ("c_out___", i)) for i in range(3)]).build(), {},
     "c_out___: fractions such as 1/3 can add up to exactly a threshold"),
    ("inexact", lambda: chain(201, 203, threshold=150.0, keeps=True, excitability=0.5),
     {"state": "int8"}, "c_out___: its weights fit no common unit, so they are rounded by up to"),
    ("leak-rough", lambda: chain(1, threshold=100.0, keeps=True, leak=0.001),
     {"state": "int8"}, "c_out___: a leak of 0.001 takes less than 2 steps even at the threshold"),
    ("whole-inputs", lambda: Net({"i_in____": Box(group="IPU", keeps=True), "c_out___": Box()},
                                 [Wire(("i_in____", 0), ("c_out___", 0))]).build(), {},
     "i_in____: it gathers its inputs, and is compiled for whole numbers; others are rounded"),
    ("graded-inputs", lambda: Net({"i_in____": Box(group="IPU", keeps=True), "c_out___": Box()},
                                  [Wire(("i_in____", 0), ("c_out___", 0))]).build(),
     {"inputs": "graded", "state": "int16"},
     "i_in____: it gathers inputs that are not whole numbers, each rounded to steps of"),
    ("few-bit-weights", lambda: chain(1, 100, 255, 93, threshold=500.0, keeps=True),
     {"weights": "int2"}, "4 synapses have weights of 2 bits, with a signal-to-noise ratio of"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "make", "options", "text"), CASES, ids=[c[0] for c in CASES])
def test_a_finding_names_area_number_and_remedy(
    code: str, make: Callable[[], Connectome], options: dict[str, object], text: str
) -> None:
    found = codes(make(), **options)
    assert code in found, found
    assert found[code].startswith(text)
    assert "; " in found[code]


def test_a_sound_brain_has_nothing_but_its_headroom_to_tell() -> None:
    assert set(codes(chain(1))) == {"headroom"}


def test_warnings_come_first() -> None:
    connectome, _ = connectome_of(genomes.path("wall_avoider"))
    brain = compile_connectome(connectome, QuantizeOptions(state="int8"))
    ranks = [f.severity is Severity.INFO for f in findings(brain, connectome)]
    assert ranks == sorted(ranks) and not all(ranks)


def test_a_report_relates_blob_and_genome_and_holds_each_config() -> None:
    connectome = robot()
    brain = compile_connectome(connectome)
    facts = json.loads(json.dumps(report(brain, connectome)))
    relate(facts, brain.blob, connectome)
    for area in facts["areas"]:
        assert area["quantization"]["zero_point"] == 0
        assert area["quantization"]["state_width"] == brain.network.state
    assert facts["options"]["state"] == "auto"
    assert any(f["code"] == "headroom" for f in facts["findings"])
    with pytest.raises(MismatchError, match="the report is of the genome"):
        relate(facts, brain.blob, chain(1))
    with pytest.raises(MismatchError, match="the report is of the blob"):
        relate(facts, compile_connectome(chain(1)).blob, connectome)


def test_a_report_of_weights_of_few_bits_says_what_they_cost() -> None:
    connectome = chain(1, 100, 255, 93, threshold=500.0, keeps=True)
    facts = report(compile_connectome(connectome, QuantizeOptions(weights="int2")), connectome)
    assert set(facts["fidelity"]) == {"whole:1", "graded:1"}
    assert 0 <= facts["fidelity"]["whole:1"]["f1"] <= 1
