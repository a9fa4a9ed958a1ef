"""Stimuli: the same by name everywhere, and of the numbers that they say."""

import json
from pathlib import Path

import numpy as np
import pytest

from ganglion import examples as genomes
from ganglion.compiler import compile_connectome
from ganglion.errors import StimulusError
from ganglion.frontends.read import connectome_of
from ganglion.reference.stimulus import RandomStimulus, StimulusStream
from ganglion.simulation.stimuli import Ports, parse, uniform
from tests.support.tiny import chain

PORTS = Ports(np.arange(1000) + 5, np.full(1000, 2.5, dtype=np.float32))


def test_the_hash_behind_them_is_pinned() -> None:
    found = uniform(np.array([0, 1, 2]), 7, 3, 1)
    assert (found * 2**32).astype(int).tolist() == [284821795, 245618254, 2480352170]


def test_whole_gives_whole_numbers_at_its_rate() -> None:
    stimulus = parse("whole:4:0.2", PORTS)
    bursts = [stimulus.inputs(b) for b in range(1, 51)]
    values = np.concatenate([size for _, size in bursts])
    assert (values == np.floor(values)).all() and set(values) == {1, 2, 3, 4, 5, 6}
    assert 0.19 < len(values) / 50_000 < 0.21
    assert (stimulus.kind, stimulus.maximum, stimulus.negative) == ("whole", 6.0, False)


def test_graded_gives_reals_mostly_below_the_threshold() -> None:
    stimulus = parse("graded:4", PORTS)
    values = np.concatenate([stimulus.inputs(b)[1] for b in range(1, 51)])
    assert stimulus.kind == "graded"
    assert values.min() >= 0 and values.max() < 1.5 * 2.5
    assert 0.75 < (values < 2.5).mean() < 0.9
    assert (values != np.floor(values)).mean() > 0.99


def test_structured_sweeps_a_window_of_neurons_at_their_threshold() -> None:
    stimulus = parse("structured:4:0.1", PORTS)
    first, second = stimulus.inputs(1), stimulus.inputs(2)
    assert len(first[0]) == 100 and set(first[1]) == {2.5}
    moved = np.setdiff1d(second[0], first[0])
    assert 1 <= len(moved) <= 3
    seen = {int(n) for b in range(1, 1001) for n in stimulus.inputs(b)[0]}
    assert seen == set(PORTS.neuron.tolist())


@pytest.mark.parametrize("name", ["whole:9", "graded:9", "structured:9"])
def test_a_burst_is_the_same_whenever_it_is_asked_for(name: str) -> None:
    late, early = parse(name, PORTS), parse(name, PORTS)
    for b in range(1, 40):
        early.inputs(b)
    for a, b in zip(late.inputs(40), early.inputs(40), strict=True):
        assert a.tolist() == b.tolist()
    other = parse(name.replace("9", "10"), PORTS)
    assert any(not np.array_equal(late.inputs(b)[0], other.inputs(b)[0]) for b in range(1, 5))


def test_genome_and_blob_are_reached_at_the_same_places() -> None:
    connectome, _ = connectome_of(genomes.path("wall_avoider"))
    brain = compile_connectome(connectome)
    theirs, ours = Ports.of_connectome(connectome), Ports.of_network(brain.network)
    assert brain.quantization.neuron[ours.neuron].tolist() == theirs.neuron.tolist()
    assert ours.threshold == pytest.approx(theirs.threshold)


def test_random_is_the_integer_stimulus_and_what_it_stands_for() -> None:
    connectome = chain(1, 1, 1, threshold=3.0)
    brain = compile_connectome(connectome)
    ports = Ports.of_connectome(connectome)
    stimulus = parse("random:3:0.5", ports, brain.network)
    stream = StimulusStream(brain.network, RandomStimulus.at_rate(3, 0.5))
    assert stimulus.drawn is not None
    for burst in range(1, 20):
        neurons, amounts = stream.draw()
        assert stimulus.drawn(burst)[1].tolist() == amounts.tolist()
        found, potentials = stimulus.inputs(burst)
        assert found.tolist() == brain.quantization.neuron[neurons].tolist()
        unit = brain.network.areas[0].unit
        assert potentials.tolist() == pytest.approx((amounts * unit).tolist())


def test_a_written_stimulus_says_of_what_kind_it_is(tmp_path: Path) -> None:
    path = tmp_path / "light.json"
    path.write_text(json.dumps({"1": [[5, 1.0], [6, -2]], "3": [[5, 0.25]]}))
    stimulus = parse(f"file:{path}", PORTS)
    assert (stimulus.kind, stimulus.negative, stimulus.maximum) == ("graded", True, 2.0)
    assert stimulus.inputs(1)[0].tolist() == [5, 6]
    assert stimulus.inputs(2)[0].tolist() == []
    assert stimulus.inputs(3)[1].tolist() == [0.25]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("loud:3", "the stimulus 'loud:3' is not understood; write whole:SEED[:RATE], "),
        ("whole:x", "the stimulus 'whole:x' is not understood; write whole:SEED[:RATE], "),
        ("whole:1:2:3", "the stimulus 'whole:1:2:3' is not understood; write "),
        ("graded:1:7", "the stimulus 'graded:1:7' has the seed 1 and the share 7; give a seed "),
        ("random:1", "the stimulus 'random:1' is made of a brain's integers, and there is none"),
        ("file:/nowhere.json", "/nowhere.json cannot be read: No such file or directory; check"),
        ("file:/nowhere.gbr", "/nowhere.gbr names neurons of the brain that was recorded; give "),
    ],
)
def test_what_is_no_stimulus_is_refused_with_what_is(name: str, text: str) -> None:
    with pytest.raises(StimulusError) as refusal:
        parse(name, PORTS)
    assert str(refusal.value).startswith(text)


@pytest.mark.parametrize("content", ["[]", '{"1": 3}', '{"x": []}', '{"1": [[1]]}', "nonsense"])
def test_a_file_that_is_no_stimulus_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "bad.json"
    path.write_text(content)
    with pytest.raises(StimulusError, match=r'write \{"1": \[\[neuron, potential\]'):
        parse(f"file:{path}", PORTS)


def test_a_potential_that_is_not_finite_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bad.json"
    path.write_text('{"1": [[1, NaN]]}')
    with pytest.raises(StimulusError, match="holds a potential that is not finite"):
        parse(f"file:{path}", PORTS)


def test_none_is_nothing() -> None:
    assert parse("none", PORTS).inputs(1)[0].tolist() == []
