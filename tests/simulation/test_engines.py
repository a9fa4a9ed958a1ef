"""Precision: one dispatch for fp32, fp16 and int8, chosen by the genome or by whoever asks."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from ganglion import examples as genomes
from ganglion.blob.container import encode
from ganglion.cli.commands import simulate as verb
from ganglion.compiler import compile_connectome
from ganglion.errors import UsageError
from ganglion.frontends.read import connectome_of
from ganglion.quantization.options import QuantizeOptions
from ganglion.reference.integers import Reference
from ganglion.reference.stimulus import RandomStimulus, StimulusStream
from ganglion.simulation.engines import (
    FloatEngine,
    IntegerEngine,
    canonical,
    engine,
    engine_of_network,
    refuse_on_board,
)
from ganglion.simulation.stimuli import Ports, parse
from tests.support import GOLDEN_GENOMES
from tests.support.tiny import Box, Net, Wire, chain


def simulate(*words: str) -> dict[str, object]:
    done = CliRunner().invoke(verb.command, [*words, "--json"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("precision", ["fp32", "fp16", "int8"])
def test_a_genome_runs_in_the_precision_it_asks_for(precision: str) -> None:
    connectome, _ = connectome_of(GOLDEN_GENOMES / f"{precision}.json")
    running, brain = engine(connectome)
    assert running.precision == precision
    assert (brain is None) == (precision != "int8")


@pytest.mark.parametrize("name", ["fp32", "fp16", "int8"])
@pytest.mark.parametrize("precision", ["fp32", "fp16", "int8"])
def test_every_example_runs_in_every_precision(name: str, precision: str) -> None:
    found = simulate(
        str(GOLDEN_GENOMES / f"{name}.json"), "--precision", precision,
        "--bursts", "80", "--spikes",
        "--stimulus", "graded:2",
    )  # fmt: skip
    assert found["precision"] == precision and found["bursts"] == 80
    assert (found["state"] is not None) == (precision == "int8")
    fired = found["fired"]
    assert isinstance(fired, list) and len(fired) == 80
    assert sum(map(len, fired)) == found["spikes"] != 0


@pytest.mark.parametrize("state", ["int8", "int16", "int32"])
def test_int8_runs_at_each_of_its_state_widths(state: str) -> None:
    found = simulate(
        str(GOLDEN_GENOMES / "int8.json"), "--precision", "i8", "--state", state, "--bursts", "20"
    )
    assert found["state"] == state


def test_the_three_precisions_agree_on_whole_numbers() -> None:
    path = str(GOLDEN_GENOMES / "int8.json")
    runs = [simulate(path, "--precision", p, "--bursts", "100", "--stimulus", "whole:5")
            for p in ("fp32", "fp16", "int8")]  # fmt: skip
    by_area = [dict(run["spikes_by_area"]) for run in runs]  # type: ignore[call-overload]
    for area in ("i_whsk", "c_cnt3", "o_turn"):
        assert len({found[area] for found in by_area}) == 1, area


def test_float16_is_stored_and_computed_as_float16() -> None:
    """2049 does not exist in float16, so that adding 1 to 2048 changes nothing there."""
    net = Net(
        {"i_in____": Box(group="IPU", threshold=2050.0, keeps=True), "c_out___": Box()},
        [Wire(("i_in____", 0), ("c_out___", 0))],
    )
    connectome = net.build()
    first = np.array([0])
    fired = {}
    for precision in ("fp32", "fp16"):
        running = FloatEngine(connectome, precision)
        running.step((first, np.array([2048], np.float32)))
        fired[precision] = [0 in running.step((first, np.array([1], np.float32))) for _ in range(4)]
    assert fired == {"fp32": [False, True, False, False], "fp16": [False] * 4}
    assert FloatEngine(connectome, "fp16").reference.potential.dtype == np.float16


def test_the_integer_engine_is_the_reference_burst_for_burst(tmp_path: Path) -> None:
    connectome, _ = connectome_of(genomes.path("wall_avoider"))
    brain = compile_connectome(connectome)
    path = tmp_path / "robot.gbn"
    path.write_bytes(brain.blob)
    found = simulate(str(path), "--bursts", "50", "--stimulus", "random:7:0.2")
    reference = Reference(brain.network)
    stream = StimulusStream(brain.network, RandomStimulus.at_rate(7, 0.2))
    for _ in range(50):
        reference.step(stream.draw())
        reference.digest()
    assert found["chain"] == f"{reference.chain:08x}"
    assert found["spikes"] == reference.spikes


def test_genome_and_blob_fire_alike(tmp_path: Path) -> None:
    genome = genomes.path("wall_avoider")
    path = tmp_path / "robot.gbn"
    path.write_bytes(compile_connectome(connectome_of(genome)[0]).blob)
    both = [simulate(str(p), "--precision", "int8", "--state", "int32", "--bursts", "60",
                     "--stimulus", "structured:2") for p in (genome, path)]  # fmt: skip
    assert both[0]["spikes_by_area"] == both[1]["spikes_by_area"]
    assert both[0]["spikes"] != 0


def test_open_loop_feeds_back_what_it_is_given() -> None:
    connectome = chain(1, threshold=1.0)
    brain = compile_connectome(connectome)
    for running in (
        FloatEngine(connectome),
        IntegerEngine(brain.network, brain.quantization.neuron),
    ):
        assert running.step(None, np.array([0])).tolist() == [1]
        assert running.step(None, np.array([], dtype=np.int64)).tolist() == []


def test_neurons_that_a_brain_left_out_take_no_input() -> None:
    net = Net(
        {"i_in____": Box(count=3, group="IPU"), "c_out___": Box()},
        [Wire(("i_in____", 2), ("c_out___", 0))],
    )
    brain = compile_connectome(net.build())
    running = IntegerEngine(brain.network, brain.quantization.neuron)
    assert running.step((np.array([0, 1, 2]), np.ones(3, np.float32))).tolist() == [2]


def test_floating_point_is_refused_for_a_blob_in_one_clear_sentence(tmp_path: Path) -> None:
    network = compile_connectome(chain(1)).network
    with pytest.raises(UsageError) as refusal:
        engine_of_network(network, "float16")
    assert str(refusal.value) == (
        "a blob is int8: boards run integers only, and fp16 was asked for; compile it as int8, or "
        "run it here with `ganglion simulate GENOME --precision fp16`"
    )
    assert refusal.value.exit_code == 2
    refuse_on_board("int8")
    assert engine_of_network(network).precision == "int8"
    assert encode(network)


def test_a_precision_that_is_none_is_refused() -> None:
    assert [canonical(w) for w in ("F32", "float16", "i8")] == ["fp32", "fp16", "int8"]
    with pytest.raises(UsageError, match="the precision 'bf16' is unknown; use fp32, fp16 or int8"):
        canonical("bf16")


def test_inputs_that_are_cut_short_are_counted() -> None:
    net = Net(
        {"i_in____": Box(group="IPU", keeps=True), "c_out___": Box()},
        [Wire(("i_in____", 0), ("c_out___", 0)), Wire(("i_in____", 0), ("i_in____", 0), -1)],
    )
    brain = compile_connectome(net.build(), QuantizeOptions(state="int16"))
    running = IntegerEngine(brain.network, brain.quantization.neuron)
    running.step((np.array([0]), np.array([1e6], np.float32)))
    assert running.clamped == 1


def test_a_stimulus_of_the_genome_reaches_fp32_too() -> None:
    connectome, _ = connectome_of(genomes.path("wall_avoider"))
    running, _ = engine(connectome, "fp32")
    stimulus = parse("whole:1:1", Ports.of_connectome(connectome))
    assert len(running.follow(stimulus)) > 0
