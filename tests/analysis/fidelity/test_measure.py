"""Fidelity: what is measured is what it says, and real genomes lose nothing at `auto`."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ganglion import examples as genomes
from ganglion.analysis.fidelity.cause import stored_of
from ganglion.analysis.fidelity.measure import Fidelity, Score, measure, options_for, record
from ganglion.compiler import compile_connectome
from ganglion.connectome.model import Connectome
from ganglion.frontends import synthetic
from ganglion.frontends.read import connectome_of
from ganglion.frontends.trace import read
from ganglion.quantization.quantize import quantize
from ganglion.reference.real import Potentials, RealStimulus
from ganglion.simulation.stimuli import Ports, parse
from tests.support import SHARED
from tests.support.tiny import Box, Net, Wire, chain

GENOMES = SHARED / "genomes"
STIMULI = ("whole:1", "graded:1", "structured:1")
BURSTS = 120  # CI's share; tools/bench/fidelity.py runs 1,000


def fed(connectome: Connectome, *potentials: float, every: int = 1, kind: str = "graded") -> (
    RealStimulus
):  # fmt: skip
    """The first input neurons get these potentials, every so many bursts."""
    neurons = np.arange(len(potentials))
    given = np.array(potentials, dtype=np.float32)

    def inputs(burst: int) -> Potentials:
        n = len(neurons) if burst % every == 0 else 0
        return neurons[:n], given[:n]

    return RealStimulus("test", kind, inputs, bool((given < 0).any()), float(np.abs(given).max()))


def compare(connectome: Connectome, stimulus: RealStimulus, state: str, bursts: int) -> Fidelity:
    return measure(connectome, stimulus, bursts, options_for(stimulus, state))


def names() -> list[str]:
    return sorted(path.stem for path in GENOMES.glob("*.json")) if GENOMES.is_dir() else []


@pytest.mark.skipif(not GENOMES.is_dir(), reason="../shared/genomes is not there")
@pytest.mark.parametrize("name", names())
def test_a_real_genome_fires_in_integers_as_in_float32(name: str) -> None:
    connectome, _ = connectome_of(GENOMES / f"{name}.json")
    if not connectome.n_synapses:
        pytest.skip(f"{name} has no connections")
    for text in STIMULI:
        stimulus = parse(text, Ports.of_connectome(connectome))
        found = compare(connectome, stimulus, "auto", BURSTS)
        assert found.f1 == 1.0, (
            f"{name} under {text} at {found.state}: F1 {found.f1}, {found.first_divergence}; "
            f"ganglion fidelity {name}.json --stimulus {text} --bursts {BURSTS}"
        )
        assert found.spikes_f32 > 0


def test_a_chaotic_leaky_network_fires_as_in_float32_at_int32() -> None:
    connectome = synthetic.network(300, 10, gain=2.0)
    stimulus = parse("whole:1:0.2", Ports.of_connectome(connectome))
    found = compare(connectome, stimulus, "int32", 400)
    assert (found.f1, found.identical_bursts, found.open_loop) == (1.0, 1.0, 1.0)
    assert found.spikes_f32 > 10_000


def test_f1_counts_what_both_fire() -> None:
    score = Score()
    assert score.f1 == 1.0  # nothing fired in both
    score.add(np.array([1, 2, 3]), np.array([2, 3, 4, 5]))
    assert score.f1 == pytest.approx(2 * 2 / (3 + 4))
    assert score.identical == 0.0
    score.add(np.array([7]), np.array([7]))
    assert score.identical == 0.5


def accumulator(**box: object) -> Connectome:
    """One input that gathers, and passes on."""
    net = Net(
        {"i_in____": Box(group="IPU", keeps=True, threshold=10.0, **box), "c_out___": Box()},
        [Wire(("i_in____", 0), ("c_out___", 0))],
    )
    return net.build()


def test_an_input_that_rounds_is_named_as_the_cause() -> None:
    connectome = accumulator()
    found = compare(connectome, fed(connectome, 9.999), "int8", 5)
    assert found.first_divergence is not None
    assert found.first_divergence.cause == "input"
    assert found.first_divergence.fired_in == "int"
    assert found.first_divergence.area == "i_in____"
    assert found.first_divergence.detail.startswith("an input of burst 1 was moved by 0.00")


def test_a_leak_that_rounds_is_named_as_the_cause() -> None:
    connectome = accumulator(leak=0.01)
    found = compare(connectome, fed(connectome, 1.0, kind="whole"), "int8", 60)
    assert found.first_divergence is not None
    assert found.first_divergence.cause == "leak"
    assert "a leak of 0.01 became 0.01" in found.first_divergence.detail


def test_weights_that_round_are_named_as_the_cause() -> None:
    connectome = chain(199, 203, threshold=1000.0, keeps=True)
    found = compare(connectome, fed(connectome, 1.0, kind="whole"), "int8", 40)
    assert found.first_divergence is not None
    assert found.first_divergence.cause == "weights"
    assert "a contribution of 199 from i_in____ became 200" in found.first_divergence.detail


def test_a_clamp_that_cuts_is_named_as_the_cause() -> None:
    connectome = chain(3, -50, threshold=1.0, keeps=True)

    def inputs(burst: int) -> Potentials:  # a hundred times down, then up
        neuron = 1 if burst <= 100 else 0
        return np.array([neuron]), np.array([1], dtype=np.float32)

    found = compare(connectome, RealStimulus("down", "whole", inputs, False, 1.0), "int8", 300)
    assert found.first_divergence is not None
    assert found.first_divergence.cause == "clamp"
    assert found.first_divergence.fired_in == "int"


def test_open_loop_forgives_what_one_early_difference_does_to_the_rest() -> None:
    connectome = synthetic.network(300, 10, gain=2.0)
    stimulus = parse("whole:1:0.2", Ports.of_connectome(connectome))
    found = compare(connectome, stimulus, "int16", 200)
    assert found.f1 < 0.9 and found.open_loop > 0.99
    assert found.first_divergence is not None


def test_the_chaos_floor_is_below_one_where_a_hair_decides() -> None:
    def inputs(burst: int) -> Potentials:
        """A hair below the threshold, then touches that add nothing."""
        size = np.nextafter(np.float32(10), np.float32(0)) if burst == 1 else np.float32(0)
        return np.array([0]), np.array([size])

    stimulus = RealStimulus("hair", "graded", inputs, False, 10.0)
    assert record(accumulator(), stimulus, 5).chaos_floor < 1.0
    calm = parse("whole:1", Ports.of_connectome(accumulator()))
    assert record(accumulator(), calm, 100).chaos_floor == 1.0


def test_rates_are_by_area() -> None:
    connectome = accumulator()
    found = compare(connectome, fed(connectome, 9.999), "int8", 4)
    first, second = found.areas
    assert (first.spikes_f32, first.spikes_int, first.rate_error) == (2, 4, 1.0)
    assert (second.area, second.spikes_f32, second.spikes_int) == ("c_out___", 1, 3)


def test_the_same_question_has_the_same_answer() -> None:
    connectome, _ = connectome_of(genomes.path("wall_avoider"))
    stimulus = parse("graded:3", Ports.of_connectome(connectome))
    brain = compile_connectome(connectome, options_for(stimulus, "int8"))
    once = measure(connectome, stimulus, 150, brain=brain)
    assert once == measure(connectome, stimulus, 150, options_for(stimulus, "int8"))
    assert once.first_divergence is not None


def test_the_keys_of_the_json_are_those_that_were_promised(
    tmp_path: Path, command_line: Callable[..., dict[str, object]]
) -> None:
    path = str(genomes.path("wall_avoider"))
    found = command_line("fidelity", path, "--state", "int8", "--bursts", "60", "--json")
    promised = {"f1", "identical_bursts", "open_loop", "chaos_floor", "spikes_f32", "spikes_int",
                "first_divergence", "state", "exact_areas"}  # fmt: skip
    assert promised <= set(found)
    assert found["state"] == "int8" and isinstance(found["exact_areas"], int)


def test_a_sweep_has_a_row_for_every_width_and_range_and_a_picture(
    tmp_path: Path, command_line: Callable[..., dict[str, object]]
) -> None:
    picture = tmp_path / "sweep.png"
    path = str(genomes.path("wall_avoider"))
    found = command_line(
        "fidelity", path, "--sweep", "--picture", str(picture), "--bursts", "40", "--json"
    )
    rows = found["rows"]
    assert isinstance(rows, list)
    keys = {(row["range"], row["weights"], row["state"]) for row in rows}
    assert len(keys) == len(rows) == 3 * 3 * 3
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_a_golden_trace_can_be_measured_too(
    command_line: Callable[..., dict[str, object]],
) -> None:
    traces = GENOMES.parent / "feagi-golden" / "dev"
    if not traces.is_dir():
        pytest.skip("../shared/feagi-golden is not there")
    path = str(sorted(traces.glob("*.json.gz"))[0])
    found = command_line("fidelity", path, "--state", "int32", "--json")
    assert found["f1"] == 1.0 and found["bursts"] == read(Path(path)).bursts


@pytest.fixture
def command_line() -> Callable[..., dict[str, object]]:
    """Runs a verb with --json, in this process."""
    import importlib
    import json

    from click.testing import CliRunner

    def run(verb: str, *words: str) -> dict[str, object]:
        module = importlib.import_module(f"ganglion.cli.commands.{verb}")
        done = CliRunner().invoke(module.command, list(words), catch_exceptions=False)
        assert done.exit_code == 0, done.output
        found = json.loads(done.stdout)
        assert isinstance(found, dict)
        return found

    return run


def test_of_synapses_that_join_the_same_two_neurons_each_is_found_in_the_network():
    weights = (5, -7, 3, 5, 90)
    wires = [Wire(("i_in____", i), ("c_out___", 0), w) for i in (1, 0, 1) for w in weights]
    areas = {"i_in____": Box(2, group="IPU"), "c_out___": Box(1, threshold=99.0, keeps=True)}
    c = Net(areas, wires).build()
    network, note = quantize(c)
    number = int(np.flatnonzero(note.neuron == 2)[0])
    synapses, stored = stored_of(c, network, note.neuron, number)
    assert len(set(stored.tolist())) == len(synapses) == 15
    assert (note.neuron[network.source[stored]] == c.source[synapses]).all()
    real = c.contribution(synapses, c.psp[synapses])
    assert network.contribution[stored] * network.areas[1].unit == pytest.approx(real, abs=1e-9)
