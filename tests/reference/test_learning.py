"""Learning in integers is learning in float32 where SPEC.md says so; a blob holds all of it."""

from pathlib import Path

import numpy as np
import pytest

from ganglion.blob.container import decode, encode
from ganglion.blob.learning import decode_learning, encode_learning
from ganglion.compiler import compile_connectome
from ganglion.connectome.slots import with_slots
from ganglion.errors import BlobError
from ganglion.frontends import learning_trace
from ganglion.network.learning import ALL_PAIRS, ASSOCIATIVE, LISTED, area_neurons, largest_of
from ganglion.network.proof import bounds
from ganglion.quantization.options import QuantizeOptions
from ganglion.reference.inputs import HostInput
from ganglion.reference.integers import Reference
from ganglion.reference.learning_floats import LearningFloatReference
from tests.support.learning import KINDS, learner, spikes

PLASTIC = Path(__file__).resolve().parents[3] / "shared" / "feagi-golden" / "plastic-dev"
BURSTS = 80


def same_memory(ints: Reference, floats: LearningFloatReference) -> bool:
    """Whether the same memory neurons live, with the same lives, in the same places."""
    assert ints.learns is not None
    ours, theirs = [], []
    for memory in ints.learns.memories:
        lives = zip(memory.state.tolist(), memory.life.tolist(), strict=True)
        ours += [(slot, life, state == 3) for slot, (state, life) in enumerate(lives) if state]
    for described in floats.learning.memory_areas:
        living = [n for n in floats.memory.living.values() if n.area == described.area]
        theirs += sorted((n.slot, n.lifespan, n.longterm) for n in living)
    return ours == theirs


def listed(*columns: np.ndarray) -> list[tuple[int, ...]]:
    """Arrays of one length as a list of tuples."""
    return list(zip(*(column.tolist() for column in columns), strict=True))


def plastic_weights(ints: Reference) -> list[tuple[int, ...]]:
    """Source, target, sign and weight of each present plastic synapse, in network numbers."""
    assert ints.learns is not None
    found = []
    for p in ints.learns.projections:
        sign = np.full(p.described.places, p.described.sign)
        found += listed(*(column[p.present] for column in (p.source, p.target, p.weight, sign)))
    return sorted(found)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(3))
def test_integers_fire_learn_and_remember_as_float32_does(seed: int, kind: str) -> None:
    connectome = learner(seed, kind)
    brain = compile_connectome(connectome)
    note = brain.quantization
    assert {loss.code for losses in note.losses for loss in losses} <= {
        "places", "inhibition", "leak",
    }  # fmt: skip
    new = np.full(connectome.n_neurons, -1)
    new[note.neuron] = np.arange(len(note.neuron))
    ints, floats = Reference(brain.network), LearningFloatReference(connectome)
    rules = {(r.source, r.target) for r in connectome.learning.rules}
    host = HostInput(brain.network)
    fires = 0
    for burst, given in enumerate(spikes(seed, connectome, BURSTS), 1):
        ones = np.ones(len(given), np.float32)
        injected = host.convert(new[given], ones)
        fired = ints.step(None, (injected.neurons, injected.amounts))
        theirs = np.sort(new[floats.step((given, ones))])
        where = f"burst {burst} of learner({seed}, {kind!r})"
        assert np.array_equal(fired, theirs), where
        assert same_memory(ints, floats), where
        s, t = floats.source, floats.target
        mine = [pair in rules for pair in listed(connectome.area[s], connectome.area[t])]
        sign = np.where(floats.inhibitory, -1, 1)
        columns = new[s[mine]], new[t[mine]], floats.weight[mine], sign[mine]
        assert plastic_weights(ints) == sorted(listed(*columns)), where
        fires += len(fired)
    assert fires > 100
    assert not np.array_equal(floats.weight[: connectome.n_synapses], connectome.weight)


@pytest.mark.skipif(not PLASTIC.is_dir(), reason="../shared/feagi-golden is not there")
def test_the_integers_of_feagis_traces_fire_as_feagi_did() -> None:
    """All traces of which a brain can be made, fed as they were: 25 of 30; fatigue stays off."""
    ran = 0
    for path in sorted(PLASTIC.glob("*.gz")):
        golden = learning_trace.read(path)
        memory = {m.area for m in golden.learning.memory_areas}
        if any(r.associative and memory & {r.source, r.target} for r in golden.learning.rules):
            continue  # refused by name: FEAGI's synapses there have no end
        if any(golden.fatigue.values()):
            continue
        connectome = with_slots(
            golden.trace.connectome, golden.learning, min(200, golden.learning.memory_capacity)
        )
        largest = max((abs(p).max() for _, p in golden.trace.stimulus.values()), default=0)
        brain = compile_connectome(
            connectome,
            QuantizeOptions(
                inputs="graded", negative_inputs=True, anywhere=True, maximum=2 * float(largest)
            ),
        )
        assert encode(decode(brain.blob)) == brain.blob
        neuron = brain.quantization.neuron
        new = np.full(connectome.n_neurons, -1)
        new[neuron] = np.arange(len(neuron))
        ints, host = Reference(brain.network), HostInput(brain.network)
        n = golden.trace.connectome.n_neurons
        for burst in range(1, golden.trace.bursts + 1):
            neurons, potentials = golden.trace.inputs(burst)
            kept = new[neurons] >= 0
            given = host.convert(new[neurons[kept]], potentials[kept])
            fired = neuron[ints.step(None, (given.neurons, given.amounts))]
            expected = golden.fired[burst - 1]
            ordinary = expected[(expected < n) & (new[np.minimum(expected, n - 1)] >= 0)]
            where = f"{path.name}, burst {burst}"
            assert np.array_equal(np.sort(fired[fired < n]), ordinary), where
            assert (fired >= n).sum() == (expected >= n).sum(), where
        ran += 1
    assert ran == 24


@pytest.mark.parametrize("kind", KINDS)
def test_a_blob_gives_back_all_that_learns(kind: str) -> None:
    network = compile_connectome(learner(5, kind)).network
    back = decode(encode(network))
    assert encode(back) == encode(network)
    assert back.learning.rules == network.learning.rules
    assert back.learning.memories == network.learning.memories
    for ours, theirs in zip(back.learning.projections, network.learning.projections, strict=True):
        for name in ("weight", "begin", "target", "present"):
            assert np.array_equal(getattr(ours, name), getattr(theirs, name)), name


def test_synapses_lie_in_the_form_that_suits_them() -> None:
    forms = {
        kind: {p.form for p in compile_connectome(learner(2, kind)).network.learning.projections}
        for kind in ("rules", "associative", "divided")
    }
    assert forms["rules"] == {LISTED, ALL_PAIRS}
    assert forms["associative"] == {LISTED, ASSOCIATIVE}
    assert forms["divided"] == {LISTED}


@pytest.mark.parametrize("kind", KINDS)
def test_no_weight_that_can_be_learnt_leaves_the_proof(kind: str) -> None:
    """Every place that can be is there with the largest weight, and all sources fire at once."""
    network = compile_connectome(learner(1, kind)).network
    proven = bounds(network)
    reference = Reference(network)
    assert reference.learns is not None
    targets, amounts = largest_of(network)
    up = np.zeros(network.n_neurons, np.int64)
    np.add.at(up, targets, np.maximum(amounts, 0))
    for p in reference.learns.projections:
        can = p.present | (p.weight != 255) if p.described.form == ASSOCIATIVE else p.present
        p.present, p.weight = can, np.where(can, 255, p.weight)
    reference.psp[:] = 255
    reference.fired = np.arange(network.n_neurons)
    reference.learns.receive(
        reference.fired, reference.psp, reference.potential, np.zeros(network.n_neurons, bool)
    )
    assert (reference.potential <= proven.highest).all()
    assert (reference.potential >= proven.lowest).all()
    assert (up > 0).any()


def test_every_byte_of_learning_that_is_wrong_is_refused_or_is_another_brain() -> None:
    """Whatever the sections hold, decoding gives BlobError or a learning whose all is in range."""
    network = compile_connectome(learner(3, "all")).network
    parts = {kind: data for kind, data in encode_learning(network).items() if data}
    assert set(parts) == set(range(30, 37))
    refused = accepted = 0
    for kind, data in parts.items():
        for at in range(len(data)):
            for value in (0, 1, 127, 255):
                wrong = data[:at] + bytes([value]) + data[at + 1 :]
                try:
                    learning = decode_learning(
                        {**parts, kind: wrong}, network.populations, len(network.areas)
                    )
                except BlobError:
                    refused += 1
                    continue
                accepted += 1
                for p in learning.projections:
                    assert p.rule < len(learning.rules)
                for t in learning.twins:
                    assert t.plays[t.plays != 0xFFFF].max(initial=0) < network.n_neurons
                for m in learning.memories:
                    assert len(area_neurons(network, m.area)) > 0
        for length in range(1 if kind == 36 else 0, len(data)):  # the only twin can be left out
            with pytest.raises(BlobError):
                decode_learning(
                    {**parts, kind: data[:length]}, network.populations, len(network.areas)
                )
    assert refused > 300
