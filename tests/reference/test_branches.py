"""branches.py and the golden vector: what it meets, it decides (SPEC 6.9)."""

import json
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from ganglion.brains import connectome_of
from ganglion.cli.commands.compile import command
from ganglion.compiler import CANDIDATES, choose_golden, compile_connectome, golden
from ganglion.reference.branches import BRANCHES, Witness, branches_of
from ganglion.reference.integers import Reference
from ganglion.reference.layers import LayerReference
from ganglion.reference.learning import LearningReference
from ganglion.reference.stimulus import RandomStimulus, StimulusStream
from tests.support import EXAMPLES
from tests.support.layers import random_network
from tests.support.learning import KINDS, learner


@pytest.fixture(scope="module")
def robot():
    return compile_connectome(connectome_of(EXAMPLES / "wall_avoider.json")[0])


def chain(network, reference=Reference, stream=StimulusStream) -> tuple[int, int]:
    """What a device that is `reference` fed by `stream` would come to."""
    g = network.golden
    run = reference(network)
    drawn = stream(network, RandomStimulus(g.seed, g.group_bits, g.chance))
    for _ in range(g.bursts):
        run.step(drawn.draw())
        run.digest()
    return run.chain, run.spikes


def test_no_candidate_has_a_chance_at_which_every_draw_hits():
    assert [(c.seed, c.chance, c.group_bits) for c in CANDIDATES] == [
        (1, 52429, 2), (2, 52429, 1), (3, 52429, 3), (4, 45875, 0),
    ]  # fmt: skip


def test_a_witness_runs_as_the_reference_does(robot, small_brain):
    for brain in (robot, small_brain):
        g = brain.network.golden
        assert chain(brain.network) == (g.chain, g.spikes)
        assert golden(brain.network) == g


def test_what_is_met_is_of_what_there_is_and_the_rest_is_told(robot, small_brain):
    for brain in (robot, small_brain):
        g = brain.network.golden
        run = Witness(brain.network, RandomStimulus(g.seed, g.group_bits, g.chance))
        run.run(g.bursts)
        has = branches_of(brain.network)
        assert run.met <= has <= set(BRANCHES)
        assert set(brain.undecided) == has - run.met


class DrawsLess(StimulusStream):
    """Makes the second draw only if the first hits."""

    def draw(self):
        s, x = self._stimulus, self._x
        found = []
        for group, stop, amount in zip(self._group, self._stop, self._amount, strict=True):
            x = (x * 1664525 + 1013904223) & 0xFFFFFFFF
            if x >> 16 >= s.chance:
                continue
            x = (x * 1664525 + 1013904223) & 0xFFFFFFFF
            c = x >> 16
            neuron = group + (c >> (16 - s.group_bits))
            if neuron < stop:
                found.append((neuron, amount >> (c & 3 == 0)))
        self._x = x
        n = np.array(found, dtype=np.int64).reshape(-1, 2)
        return n[:, 0], n[:, 1]


class Inverted(StimulusStream):
    """Hits where a is above the chance."""

    def draw(self):
        real = self._stimulus
        self._stimulus = replace(real, chance=0)
        a, c = self._group.copy(), self._group.copy()
        kept: list = []
        self._drawn = lambda *told: kept.append(told)
        super().draw()
        self._stimulus = real
        (a, c, amount, inside, _) = kept[0]
        hit = (a >= real.chance) & inside
        neuron = self._group + (c >> (16 - real.group_bits))
        return neuron[hit], (amount >> (c & 3 == 0))[hit]


class AllOfIt(StimulusStream):
    """Never half an input."""

    def draw(self):
        neurons, _ = super().draw()
        whole = dict(zip(self._group.tolist(), self._amount.tolist(), strict=True))
        size = 1 << self._stimulus.group_bits
        starts = np.array(sorted(whole))
        of = starts[np.searchsorted(starts, neurons, side="right") - 1] if len(neurons) else neurons
        assert size
        return neurons, np.array([whole[int(at)] for at in of], dtype=np.int64)


@pytest.mark.parametrize("stream", [DrawsLess, Inverted, AllOfIt])
def test_a_device_that_draws_otherwise_does_not_pass(stream, robot, small_brain):
    for brain in (robot, small_brain):
        if stream is AllOfIt and "half an input" not in branches_of(brain.network):
            continue
        assert chain(brain.network) == (brain.network.golden.chain, brain.network.golden.spikes)
        assert chain(brain.network, stream=stream)[0] != brain.network.golden.chain


class NeverRefractory(Reference):
    def _update(self, touched):
        self.countdown[:] = 0
        return super()._update(touched)


class DropsNothing(Reference):
    """U5 keeps what is not fired."""

    def _update(self, touched):
        before = self.potential[touched].copy()
        fired = super()._update(touched)
        kept = self.rule[touched] == 5
        self.potential[touched[kept]] = before[kept]
        return fired


class Leakless(Reference):
    def _leaked(self, at, v):
        return np.clip(v, self._low[at], self._high[at])


class NeverSnoozed(Reference):
    """Counts down as if no limit were reached."""

    def __init__(self, network):
        super().__init__(network)
        self._snoozed = self._refractory.copy()


@pytest.mark.parametrize(
    ("device", "branch"),
    [
        (NeverRefractory, "U1 refractory"),
        (DropsNothing, "U5 dropped"),
        (Leakless, "U6 falls"),
        (NeverSnoozed, "U4 snoozed"),
    ],
)
def test_a_device_that_lacks_a_branch_that_is_met_does_not_pass(device, branch, small_brain):
    assert branch in branches_of(small_brain.network)
    assert branch not in small_brain.undecided
    assert chain(small_brain.network, device)[0] != small_brain.network.golden.chain


def of_a_learner(kind):
    return compile_connectome(learner(3, kind, size=4))


@pytest.mark.parametrize("kind", KINDS)
def test_what_of_learning_no_golden_vector_meets_is_told(kind):
    brain = of_a_learner(kind)
    g = brain.network.golden
    run = Witness(brain.network, RandomStimulus(g.seed, g.group_bits, g.chance))
    run.run(g.bursts)
    has = branches_of(brain.network)
    assert run.met <= has <= set(BRANCHES)
    assert set(brain.undecided) == has - run.met
    assert (run.chain, run.spikes) == (g.chain, g.spikes) == chain(brain.network)
    assert {"L2 grows", "L2 shrinks", "R5 adds"} <= has
    assert ("L4 learns" in has) == (kind in ("memory", "twin", "all"))
    assert ("L3 creates" in has) == (kind in ("associative", "all"))


class NeverGrows(LearningReference):
    def __init__(self, network):
        super().__init__(network)
        for p in self.projections:
            p.rule = replace(p.rule, up=0)


class NeverForgets(LearningReference):
    """Memories whose slots live for ever."""

    def learn(self, burst, fired, v, touched):
        for memory in self.memories:
            memory.life[memory.life == 1] = 2
        super().learn(burst, fired, v, touched)


class Learnt(Reference):
    """Learns as `kind` does."""

    def __init__(self, network, kind):
        super().__init__(network)
        self.learns = kind(network)


@pytest.mark.parametrize(
    ("kind", "device", "branch"),
    [("rules", NeverGrows, "L2 grows"), ("memory", NeverForgets, "L4 ends")],
)
def test_a_device_that_lacks_a_branch_of_learning_that_is_met_does_not_pass(kind, device, branch):
    brains = (compile_connectome(learner(seed, kind)) for seed in range(20))
    brain = next(b for b in brains if branch in branches_of(b.network) - set(b.undecided))
    found = chain(brain.network, lambda network: Learnt(network, device))
    assert found[0] != brain.network.golden.chain


class OnceOnly(LayerReference):
    """Fires once where it should fire again."""

    def _counted(self, z, layer):
        np.minimum(z, 1, out=z)


class Layered(Reference):
    def __init__(self, network):
        super().__init__(network)
        self._layers = OnceOnly(network.layers)


def test_what_of_layers_no_golden_vector_meets_is_told_and_what_it_meets_it_decides():
    seen = set()
    for seed in range(5):
        network = random_network(seed)
        vector, undecided = choose_golden(network, 8)
        network = replace(network, golden=vector)
        met = branches_of(network) - set(undecided)
        seen |= met
        if "layer fires again" in met:
            assert chain(network, Layered)[0] != vector.chain, seed
    assert {"layer fires", "layer fires again", "layer resets in the next burst"} <= seen


def test_of_a_brain_with_a_robot_compile_says_that_no_golden_vector_decides_the_robot(tmp_path):
    words = [str(EXAMPLES / "wall_avoider.json"), "--json", "-o", str(tmp_path / "a")]
    plain = json.loads(CliRunner().invoke(command, words).stdout)["undecided"]
    words += ["--robot", str(EXAMPLES / "wall_avoider.toml")]
    done = CliRunner().invoke(command, words)
    assert json.loads(done.stdout)["undecided"] == [*plain, "the robot"], done.output
