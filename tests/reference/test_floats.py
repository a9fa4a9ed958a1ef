"""The float reference, burst by burst: FEAGI's acceptance cases, both dynamics, both precisions."""

from typing import Any

import numpy as np
import pytest

from ganglion.connectome.model import Connectome
from ganglion.errors import StimulusError
from ganglion.reference.floats import FloatReference, pcg, random
from tests.support.genomes import area, develop, rule

LARGEST = 3.4028234663852886e38


def one(**fields: Any) -> Connectome:
    """A single neuron that keeps its charge unless told otherwise."""
    return develop({"cAAAAA": area(**{"mp_charge_accumulation": True, **fields})})


def inputs(*potentials: float) -> tuple[np.ndarray, np.ndarray]:
    """Potentials for neuron 0, one entry each."""
    return np.zeros(len(potentials), dtype=np.int64), np.array(potentials, dtype=np.float32)


def run(connectome: Connectome, *bursts: float | None, **options: Any) -> FloatReference:
    """Bursts with one potential for neuron 0 each, or none."""
    reference = FloatReference(connectome, **options)
    for potential in bursts:
        reference.step(None if potential is None else inputs(potential))
    return reference


def fires(connectome: Connectome, *bursts: float | None) -> list[int]:
    """The bursts, from 1, in which neuron 0 fires."""
    reference = FloatReference(connectome)
    return [
        burst
        for burst, potential in enumerate(bursts, 1)
        if 0 in reference.step(None if potential is None else inputs(potential))
    ]


def fan(targets: int, threshold: float, multiplier: int = 1, **source: Any) -> Connectome:
    """One neuron onto the given number."""
    return develop({
        "cAAAAA": area(to={"cBBBBB": [rule("all_to_all", multiplier)]}, **source),
        "cBBBBB": area(
            (targets, 1, 1), firing_threshold=threshold, mp_charge_accumulation=True
        ),
    })  # fmt: skip


# Rows of research/feagi_facts.md, section 6. Left out: STDP and memory, which are not run.


def test_a_synapse_fires_its_target_a_burst_later() -> None:
    reference = FloatReference(fan(1, 100, 10, postsynaptic_current=10))
    assert reference.step(inputs(1)).tolist() == [0]
    assert reference.step().tolist() == [1]
    weak = FloatReference(fan(1, 1.1))
    assert [weak.step(inputs(1)).tolist(), weak.step().tolist()] == [[0], []]


def test_charge_accumulates_only_where_it_may() -> None:
    assert fires(one(firing_threshold=200), 100, 100) == [2]
    assert fires(one(firing_threshold=200, mp_charge_accumulation=False), *[100.0] * 9) == []


@pytest.mark.parametrize(("leak", "left"), [(0, 100.0), (0.5, 50.0), (1, 0.0)])
def test_leak_takes_its_share_once_and_silence_changes_nothing(leak: float, left: float) -> None:
    reference = run(one(firing_threshold=1000, leak_coefficient=leak), 100)
    assert reference.potential[0] == left
    for _ in range(5):
        reference.step()
    assert reference.potential[0] == left


def test_inhibition_subtracts_in_the_same_burst() -> None:
    reference = FloatReference(one(firing_threshold=100))
    assert reference.step(inputs(200, -50)).tolist() == [0]
    assert reference.step(inputs(100, -100)).tolist() == []


@pytest.mark.parametrize("multiplier", [255, -255])
def test_the_largest_contribution_is_65025(multiplier: int) -> None:
    reference = run(fan(1, 1e9, multiplier, postsynaptic_current=255), 1, None)
    assert reference.potential[1] == 255 * multiplier


def test_extreme_thresholds() -> None:
    assert fires(one(firing_threshold=0), 0.1) == [1]
    assert fires(one(firing_threshold=LARGEST), 1000) == []


def test_a_chain_fires_one_neuron_per_burst() -> None:
    connectome = develop({"cAAAAA": area((3, 1, 1), {"cAAAAA": [rule("lateral_+x")]})})
    reference = FloatReference(connectome)
    fired = [reference.step(inputs(1) if burst == 0 else None).tolist() for burst in range(4)]
    assert fired == [[0], [1], [2], []]


@pytest.mark.parametrize(("added", "fired", "left"), [(0.6, [2], 0.0), (0.3, [], 0.72)])
def test_leaky_integrate_and_fire(added: float, fired: list[int], left: float) -> None:
    connectome = one(firing_threshold=1, leak_coefficient=0.1)
    reference = FloatReference(connectome)
    reference.potential[0] = 0.5
    assert (0 in reference.step(inputs(added))) == bool(fired)
    assert reference.potential[0] == pytest.approx(left)


def test_power_is_one_injection_per_burst() -> None:
    full = [rule("all_to_all")]
    connectome = develop({
        "_death": area(), "_power": area(to={"cAAAAA": full}),
        "cAAAAA": area((5, 1, 1), {"cBBBBB": full}), "cBBBBB": area((5, 1, 1), {"cCCCCC": full}),
        "cCCCCC": area((3, 1, 1)),
    })  # fmt: skip
    reference = FloatReference(connectome)
    assert [reference.step().tolist() for _ in range(3)] == [[1], [1], [1]]
    assert reference.potential[0] == 0


def test_one_source_refired_each_burst_never_adds_up_without_accumulation() -> None:
    connectome = develop({
        "cAAAAA": area(to={"cBBBBB": [rule("projector")]}),
        "cBBBBB": area(firing_threshold=1.1),
    })  # fmt: skip
    reference = run(connectome, *[1.0] * 9)
    assert reference.potential[1] == 1.0
    assert reference.consecutive_fires.tolist() == [9, 0]


@pytest.mark.parametrize(("uniform", "each"), [(False, 510.0), (True, 2550.0)])
def test_psp_is_divided_among_targets_unless_uniform(uniform: bool, each: float) -> None:
    reference = run(
        fan(5, 1e9, 255, postsynaptic_current=10, psp_uniform_distribution=uniform), 1, None
    )
    assert reference.potential[1:].tolist() == [each] * 5


def test_a_divided_psp_may_fire_nobody() -> None:
    assert run(fan(10, 10), 1, None).last_fired.tolist() == []


def test_mp_driven_psp_is_the_potential_at_firing() -> None:
    reference = FloatReference(fan(1, 100, mp_driven_psp=True))
    reference.step(inputs(128))
    assert reference.step().tolist() == [1]
    assert run(fan(1, 129, mp_driven_psp=True), 128, None).potential[1] == 128


@pytest.mark.parametrize(
    ("potential", "psp"), [(2.5, 3), (3.5, 4), (1.4999999, 1), (300, 255), (1, 1)]
)
def test_mp_driven_psp_rounds_half_away_from_zero_and_clamps(potential: float, psp: int) -> None:
    assert run(fan(1, 1e9, mp_driven_psp=True), potential, None).potential[1] == psp


def test_the_refractory_period_discards_input() -> None:
    assert fires(one(refractory_period=3), *[1.0] * 9) == [1, 5, 9]


@pytest.mark.parametrize(
    ("refractory", "limit", "snooze", "pattern"),
    [(1, 3, 2, "1_1_1___"), (0, 3, 0, "111_"), (2, 0, 0, "1__")],
)
def test_consecutive_fires_and_snooze(
    refractory: int, limit: int, snooze: int, pattern: str
) -> None:
    connectome = one(
        refractory_period=refractory, consecutive_fire_cnt_max=limit, snooze_length=snooze
    )
    fired = fires(connectome, *[1.0] * 2 * len(pattern))
    assert "".join("1" if b in fired else "_" for b in range(1, 2 * len(pattern) + 1)) == (
        pattern * 2
    )


def test_leak_lets_two_inputs_reach_the_threshold() -> None:
    assert fires(one(firing_threshold=100, leak_coefficient=0.1), 60, 50) == [2]


def test_no_excitability_never_fires() -> None:
    assert fires(one(neuron_excitability=0), *[1.0] * 50) == []
    assert fires(one(neuron_excitability=-1), *[1.0] * 50) == []
    assert len(fires(one(neuron_excitability=0.999), *[1.0] * 50)) == 50


# Section 3, further ---------------------------------------------------------------------------


def test_countdowns_are_frozen_in_silence() -> None:
    reference = run(one(refractory_period=3), 1, *[None] * 9)
    assert reference.countdown[0] == 3
    reference.step(inputs(0))  # a zero counts as being touched
    assert reference.countdown[0] == 2


def test_above_the_limit_a_neuron_leaks_and_does_not_fire() -> None:
    connectome = one(firing_threshold=1, firing_threshold_limit=2, leak_coefficient=0.5)
    reference = run(connectome, 3)
    assert (reference.last_fired.tolist(), reference.potential[0]) == ([], 1.5)
    assert fires(connectome, 2) == [1]


def test_a_blocked_neuron_keeps_its_potential_without_leak() -> None:
    connectome = one(consecutive_fire_cnt_max=1, leak_coefficient=0.5)
    reference = run(connectome, 1, 4)
    assert (reference.potential[0], reference.consecutive_fires[0]) == (4.0, 0)


@pytest.mark.parametrize(
    ("neuron", "burst", "value"), [(0, 1, 2155229494), (1, 1, 3993518367), (42, 100, 3180583298)]
)
def test_the_hash_is_feagis(neuron: int, burst: int, value: int) -> None:
    seed = (neuron * 2654435761 + burst * 1597334677) % 2**32
    assert pcg(np.array([seed], dtype=np.uint32))[0] == value
    assert random(np.array([neuron]), burst)[0] == np.float32(value) / np.float32(2**32)


def test_excitability_fires_by_the_hash_of_index_and_burst() -> None:
    connectome = develop({"cAAAAA": area((50, 1, 1), neuron_excitability=0.3)})
    reference = FloatReference(connectome)
    everyone = np.arange(50)
    for burst in range(1, 40):
        fired = reference.step((everyone, np.ones(50, dtype=np.float32)))
        assert fired.tolist() == np.flatnonzero(random(everyone, burst) < np.float32(0.3)).tolist()


def test_every_burst_leaks_and_counts_down_in_silence() -> None:
    every = {"dynamics": "every_burst"}
    reference = run(one(firing_threshold=1000, leak_coefficient=0.5, **every), 100, None, None)
    assert reference.potential[0] == 12.5
    assert run(one(refractory_period=3, **every), 1, None, None).countdown[0] == 1
    assert fires(one(refractory_period=3, **every), 1, None, None, None, 1) == [1, 5]


def test_open_loop_propagates_what_the_caller_says() -> None:
    reference = FloatReference(fan(2, 1))
    assert reference.step(fired_before=np.array([0])).tolist() == []  # divided: a half each
    assert reference.step(fired_before=np.array([0, 0])).tolist() == [1, 2]
    assert reference.step(inputs(1), fired_before=np.array([], dtype=np.int64)).tolist() == [0]
    assert reference.step(fired_before=np.array([], dtype=np.int64)).tolist() == []


def test_a_neuron_listed_twice_gets_the_sum() -> None:
    assert FloatReference(one(firing_threshold=3)).step(inputs(1, 1, 1)).tolist() == [0]


@pytest.mark.parametrize("neuron", [-1, 1, 2**40])
def test_an_input_to_no_neuron_is_refused(neuron: int) -> None:
    with pytest.raises(StimulusError) as caught:
        FloatReference(one()).step((np.array([neuron]), np.ones(1)))
    assert str(caught.value) == (
        f"the stimulus of burst 1 names neurons {neuron} to {neuron} of 1; "
        "use indices of this connectome"
    )


def test_half_precision_rounds_state_threshold_and_contributions() -> None:
    connectome = one(firing_threshold=3000, leak_coefficient=0.1)
    reference = run(connectome, 2048, dtype=np.float16)
    assert reference.potential.dtype == np.float16
    expected = np.float16(2048) * (np.float16(1) - np.float16(0.1))
    assert reference.potential[0] == expected
    assert fires(one(firing_threshold=2049), 2048) == []
    half = FloatReference(one(firing_threshold=2049), np.float16)  # stored as 2048
    assert half.step(inputs(2048)).tolist() == [0]
    assert run(fan(3, 1e4, 1, postsynaptic_current=1), 1, None, dtype=np.float16).potential[1] == (
        np.float16(np.float32(1) / np.float32(3))
    )


def test_half_precision_overflows_to_infinity_without_a_warning() -> None:
    connectome = fan(1, 1, 255, postsynaptic_current=255)
    reference = run(connectome, 1, None, dtype=np.float16)
    assert reference.last_fired.tolist() == [1]
    limited = one(firing_threshold=60000, firing_threshold_limit=60000)
    reference = run(limited, 65000, 65000, dtype=np.float16)
    assert np.isinf(reference.potential[0])
