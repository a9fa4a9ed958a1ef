"""The float reference learns as FEAGI does: tables measured on FEAGI's own engine, and by hand."""

from collections import deque
from typing import Any

import numpy as np
import pytest

from ganglion.connectome.learning import Learning, MemoryArea, PlasticRule, Twin, whole_growth
from ganglion.connectome.model import Connectome
from ganglion.reference.floats import FloatReference
from ganglion.reference.learning_floats import LearningFloatReference
from ganglion.reference.memory_floats import pattern_of
from tests.support.tiny import Box, Net, Wire


def rule(
    window: int, constant: int, ltp: int, ltd: int, source: int = 0, target: int = 1, **more: Any
) -> PlasticRule:
    return PlasticRule(source, target, window, *PlasticRule.steps(constant, ltp, ltd), **more)


def pair(weight: int, psp: int = 0, **box: Any) -> Connectome:
    return Net(
        {"i_s_____": Box(), "c_t_____": Box(**box)},
        [Wire(("i_s_____", 0), ("c_t_____", 0), weight, psp)],
    ).build()


def inputs(*neurons: int) -> tuple[np.ndarray, np.ndarray]:
    return np.array(neurons, np.int64), np.full(len(neurons), 1.0, np.float32)


WHO = {"b": (0, 1), "s": (0,), "t": (1,), "-": ()}

WEIGHTS = [  # window, constant, ltp, ltd, first weight; who fires; weight after each burst
    ((1, 3, 2, 1, 9), "bst-b", [15, 12, 9, 9, 15]),
    ((2, 1, 5, 1, 50), "bb--b-b-bb", [50, 55, 54, 54, 53, 52, 51, 50, 49, 54]),
    ((3, 1, 10, 1, 50), "---bbb---", [50, 50, 50, 49, 48, 58, 57, 56, 56]),
    ((3, 1, 10, 1, 50), "bbb", [50, 50, 60]),
    ((1, 1, 10, 1, 50), "-st---", [50, 49, 48, 48, 48, 48]),
    ((2, 1, 10, 1, 50), "-st---", [50, 49, 48, 47, 47, 47]),
    ((3, 1, 10, 1, 50), "--st----", [50, 50, 49, 48, 47, 46, 46, 46]),
    ((2, 1, 10, 1, 50), "b-b-b-b-", [50, 49, 48, 47, 46, 45, 44, 43]),
    ((1, 1, 0, 1, 50), "bbs", [50, 50, 49]),
    ((1, 1, 2, 0, 50), "bbs", [52, 54, 54]),
    ((1, 10, 1, 2, 250), "bbs", [255, 255, 235]),
    ((1, 5, 1, 1, 3), "ssbb", [0, 0, 5, 10]),
    ((1, 60, 60, 1, 1), "bs", [255, 195]),
    ((1, -3, 5, 2, 50), "bs", [50, 50]),
    ((1, -2, -30, 5, 50), "bs", [110, 110]),
    ((1, 2**40, 2**40, 1, 0), "bs", [255, 0]),
    ((1, 1, 4, 2, -10), "bs", [14, 12]),
]


@pytest.mark.parametrize(("case", "who", "weights"), WEIGHTS)
def test_weights_change_as_in_feagi(
    case: tuple[int, int, int, int, int], who: str, weights: list[int]
) -> None:
    *numbers, first = case
    learning = Learning(rules=(rule(*numbers),))
    reference = LearningFloatReference(pair(first), learning)
    seen = []
    for each in who:
        fired = reference.step(inputs(*WHO[each]))
        assert tuple(fired) == WHO[each]
        seen.append(int(reference.weight[0]))
    assert seen == weights
    assert bool(reference.inhibitory[0]) is (first < 0)


@pytest.mark.parametrize(("threshold", "fires"), [(130, True), (131, False)])
def test_a_burst_delivers_with_the_weights_that_it_began_with_changed_already(
    threshold: int, fires: bool
) -> None:
    learning = Learning(rules=(rule(1, 1, 50, 7),))
    reference = LearningFloatReference(pair(20, psp=10, threshold=threshold), learning)
    reference.step(inputs(0))
    assert reference.weight[0] == 13
    assert (1 in reference.step()) is fires


def test_a_missing_synapse_is_created_once_and_then_strengthened() -> None:
    net = Net({"i_s_____": Box(), "i_t_____": Box(keeps=True)})
    learning = Learning(rules=(rule(1, 2, 3, 0, associative=True, psp=7),))
    reference = LearningFloatReference(net.build(), learning)
    reference.step(inputs(0, 1))
    assert reference.changes.created == (0,) and reference.weight.tolist() == [6]
    reference.step(inputs(0, 1))
    assert reference.changes.created == () and reference.weight.tolist() == [12]
    assert reference.changes.weights == ((0, 12),)
    reference.step()
    assert reference.potential_at_fire[1] == 84


def test_an_area_associates_with_itself_in_both_directions() -> None:
    wires = [Wire(("i_a_____", 0), ("i_a_____", 2), 0, 1)]
    connectome = Net({"i_a_____": Box(count=3)}, wires).build()
    learning = Learning(rules=(rule(1, 1, 3, 1, target=0, associative=True),))
    reference = LearningFloatReference(connectome, learning)
    reference.step(inputs(0, 2))
    made = list(zip(reference.source.tolist(), reference.target.tolist(), strict=True))
    assert made == [(0, 2), (0, 0), (2, 0), (2, 2)]
    assert reference.weight.tolist() == [3, 3, 3, 3]


def test_a_created_synapse_takes_its_share_of_a_divided_source() -> None:
    areas = {
        "i_s_____": Box(uniform=False),
        "c_t_____": Box(threshold=1e6),
        "i_u_____": Box(),
    }
    connectome = Net(areas, [Wire(("i_s_____", 0), ("c_t_____", 0), 4, 60)]).build()
    learning = Learning(rules=(rule(1, 4, 1, 0, target=2, associative=True, psp=60),))
    reference = LearningFloatReference(connectome, learning)
    reference.step(inputs(0, 2))
    reference.step(inputs(0))
    assert reference.potential_at_fire[2] == 120
    assert reference.potential[1] == 120


def memory_net(**memory: Any) -> tuple[Connectome, Learning]:
    """Two input neurons in area 0, a twin of them in area 1, a memory area 2."""
    connectome = Net(
        {"i_in____": Box(count=2), "c_twin__": Box(count=2, threshold=1), "mmemory_": Box(count=1)}
    ).build()
    described = {
        "area": 2, "depth": 1, "upstream": (0,), "init_lifespan": 3, "growth": 1,
        "longterm_threshold": 100,
    }  # fmt: skip
    capacity = memory.pop("capacity", 50_000)
    twin = Twin(2, 0, 1, 1.0, np.array([0, 1]), np.array([2, 3]))
    memory_area = MemoryArea(**(described | memory))
    return connectome, Learning((), (memory_area,), (twin,), capacity)


def life(bursts: int, spikes: dict[int, int], **memory: Any) -> list[str]:
    """What memory neurons do, burst by burst: +n created, *n again, Ln long-term, xn died, !n
    fires, and tn the n-th neuron of the twin fires."""
    reference = LearningFloatReference(*memory_net(**memory))
    told = []
    for burst in range(1, bursts + 1):
        fired = reference.step(inputs(spikes[burst]) if burst in spikes else None)
        events = reference.changes.memory
        words = [f"!{n - 5}" for n in fired.tolist() if n >= 5]
        words += [f"t{n - 2}" for n in fired.tolist() if n in (2, 3)]
        words += [f"L{n}" for n in events.converted] + [f"x{n}" for n in events.died]
        words += [f"+{n}" for n in events.created] + [f"*{n}" for n in events.reactivated]
        told.append(" ".join(words))
    return told


@pytest.mark.parametrize(
    ("spikes", "memory", "told"),
    [
        ({1: 0, 4: 0}, {}, ["+0", "!0", "t0", "x0 +1", "!1", "t0", "x1"]),
        ({1: 0, 3: 0}, {}, ["+0", "!0", "t0 *0", "!0", "t0 x0"]),
        ({1: 0, 2: 0, 3: 0}, {"init_lifespan": 1}, ["+0", "!0 x0 +1", "!1 t0 x1 +2", "!2 t0 x2"]),
        ({5: 0}, {"depth": 2}, ["", "", "", "", "+0", "!0 +1", "!1", "t0 x0"]),
        ({1: 0}, {"depth": 3, "init_lifespan": 9}, ["", "", "+0", "!0", "t0"]),
        ({1: 0}, {"init_lifespan": 5, "longterm_threshold": 5}, ["+0", "!0 L0", "t0"] + [""] * 5),
        (
            {1: 0, 2: 0},
            {"init_lifespan": 5, "growth": 3, "longterm_threshold": 7},
            ["+0", "!0 *0", "!0 t0 L0", "t0"],
        ),
        (
            {1: 0, 2: 1, 4: 1, 5: 0},
            {"capacity": 1},
            ["+0", "!0", "t0", "x0 +1", "!1", "t1", "x1", ""],
        ),
        ({1: 0}, {"init_lifespan": 0}, ["+0", "!0", "t0", "", ""]),
    ],
)
def test_memory_neurons_live_and_die_as_in_feagi(
    spikes: dict[int, int], memory: dict[str, Any], told: list[str]
) -> None:
    assert life(len(told), spikes, **memory) == told


def test_a_growth_counts_as_feagi_casts_it() -> None:
    assert [whole_growth(g) for g in (0.99, -1.0, float("nan"), 1e20, 2.9)] == [
        0, 0, 0, 0xFFFFFFFF, 2,
    ]  # fmt: skip


def test_two_memory_areas_never_share_a_neuron() -> None:
    connectome, learning = memory_net()
    both = (learning.memory_areas[0], MemoryArea(1, 1, (0,), 3, 1, 100))
    reference = LearningFloatReference(connectome, Learning((), both))
    reference.step(inputs(0))
    assert reference.changes.memory.created == (0, 1)
    assert [n.area for n in reference.memory.neurons] == [2, 1]


def test_two_linked_memory_neurons_go_on_for_ever_and_their_synapses_never_end() -> None:
    """FEAGI's runaway, 2 more synapses in every burst: what the integer contract refuses."""
    connectome, learning = memory_net(init_lifespan=0)
    both = (learning.memory_areas[0], MemoryArea(1, 1, (0,), 0, 1, 100))
    rules = (
        rule(1, 1, 5, 1, source=1, target=2, associative=True),
        rule(1, 1, 5, 1, source=2, target=1, associative=True),
    )
    reference = LearningFloatReference(connectome, Learning(rules, both))
    reference.step(inputs(0))
    for burst in range(1, 13):
        assert set(reference.step().tolist()) == {5, 6}
        assert len(reference.weight) == 2 * burst
    assert set(reference.weight.tolist()) == {5}


def test_a_pattern_counts_the_neurons_of_each_area_in_each_burst() -> None:
    frames = deque([(np.array([0, 5]),), (np.array([7]),), (np.zeros(0, np.int64),)])
    assert pattern_of(frames).hex() == "020000000000000005000000010000000700000000000000"


def test_a_brain_that_does_not_learn_is_the_same_brain() -> None:
    rng = np.random.default_rng(1)
    connectome = Net(
        {"i_a_____": Box(count=20, uniform=False), "c_b_____": Box(count=20, keeps=True, leak=0.1,
         mp_driven=True, refractory=1, threshold=3)},
        [
            Wire(("i_a_____", int(a)), ("c_b_____", int(b)), int(w))
            for a, b, w in zip(rng.integers(0, 20, 90), rng.integers(0, 20, 90),
                               rng.integers(-3, 9, 90), strict=True)
        ] + [Wire(("c_b_____", i), ("i_a_____", i), 2) for i in range(20)],
    ).build()  # fmt: skip
    plain, learns = FloatReference(connectome), LearningFloatReference(connectome, Learning())
    total = 0
    for _ in range(100):
        given = inputs(*rng.choice(20, 4, replace=False).tolist())
        fired = plain.step(given)
        assert np.array_equal(fired, learns.step(given))
        assert np.array_equal(plain.potential, learns.potential)
        total += len(fired)
    assert total > 100
