"""Divergence: why a neuron fired in floating point and not in integers, or the other way round.

In:  a connectome, its brain, the recorded fires and inputs up to the first burst that differs.
Out: the neuron's potential computed again with one rounding at a time, and the one that flips it.
Never: simulates more than this neuron; blames a rounding that it did not see flip the decision.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from ...compiler import Brain, Draft
from ...connectome.model import Connectome, Dynamics
from ...network.model import QuantizedNetwork
from ...reference.inputs import HostInput

Indices = NDArray[np.int64]
Potentials = tuple[NDArray[np.int64], NDArray[np.float32]]
ROUNDINGS = ("input", "weights", "psp", "threshold", "leak", "clamp")
WORDS = {
    "float32": "float32's own rounding: exact numbers side with the integers",
    "input": "the rounding of its input to whole units",
    "weights": "the rounding of the weights that reach it",
    "psp": "a source's potential, which drives its PSP, differs by a rounding",
    "threshold": "the rounding of its threshold",
    "leak": "the rounding of its leak",
    "clamp": "the clamp of its potential",
    "several": "several roundings together, none of which is enough alone",
    "learning": "the brain learns, and what it learnt is not replayed",
}


@dataclass(frozen=True, slots=True)
class RoundingCause:
    """The first burst in which the integers fired differently, and one neuron's reason."""

    burst: int
    neuron: int  # connectome index
    area: str
    voxel: tuple[int, int, int]
    fired_in: str  # "f32" or "int"
    neurons: int  # how many differ in this burst
    cause: str
    explanation: str
    detail: str  # the rounding that weighs most, in numbers
    potential: float  # in real numbers, before the decision
    potential_int: float  # with every rounding
    threshold: float
    threshold_int: float

    def as_dict(self) -> dict[str, object]:
        """What is not known (the potentials of a brain that learns) is None."""
        return {name: None if value != value else value for name, value in asdict(self).items()}


@dataclass(frozen=True, slots=True)
class TwoRuns:
    """What happened until the first difference. Index b − 1 is burst b."""

    fired: Sequence[Indices]
    inputs: Callable[[int], Potentials]
    psp_f32: Sequence[dict[int, float]]  # per burst: mp-driven neurons that fired, and their PSP
    psp_int: Sequence[dict[int, float]]


@dataclass(slots=True)
class _Touch:
    burst: int
    real: float  # what was added, in real numbers
    by: dict[str, float]  # what each rounding added to that
    worst: tuple[float, str] = (0.0, "")  # the contribution that a rounding moved most


def explain(
    connectome: Connectome,
    brain: Brain | Draft,
    record: TwoRuns,
    burst: int,
    f32: Indices,
    ints: Indices,
) -> RoundingCause:  # fmt: skip
    """The reason of the lowest neuron in which the fired sets of `burst` differ."""
    different = np.setxor1d(f32, ints)
    neuron = int(different[0])
    in_f32 = neuron in f32
    if connectome.learning:
        return _of_learning(connectome, burst, neuron, in_f32, len(different))
    replay = _Replay(connectome, brain, record, neuron)
    touches = replay.touches(burst)
    real, fires = replay.run(touches, frozenset())
    all_int, _ = replay.run(touches, frozenset(ROUNDINGS))
    cause = "several"
    if fires != in_f32:
        cause = "float32"
    else:
        for name in ROUNDINGS:
            if replay.run(touches, frozenset([name]))[1] != fires:
                cause = name
                break
    area, x, y, z, _ = connectome.coordinates(neuron)
    return RoundingCause(
        burst=burst,
        neuron=neuron,
        area=connectome.areas[area].id,
        voxel=(x, y, z),
        fired_in="f32" if in_f32 else "int",
        neurons=len(different),
        cause=cause,
        explanation=WORDS[cause],
        detail=replay.detail(cause, touches),
        potential=float(real),
        potential_int=float(all_int),
        threshold=float(connectome.threshold[neuron]),
        threshold_int=replay.threshold_int,
    )


def _of_learning(
    connectome: Connectome, burst: int, neuron: int, in_f32: bool, neurons: int
) -> RoundingCause:
    """Weights that a run changed are not recorded, so that its neurons cannot be run again."""
    area, x, y, z, _ = connectome.coordinates(neuron)
    threshold = float(connectome.threshold[neuron])
    return RoundingCause(
        burst=burst, neuron=neuron, area=connectome.areas[area].id, voxel=(x, y, z),
        fired_in="f32" if in_f32 else "int", neurons=neurons, cause="learning",
        explanation=WORDS["learning"], detail="", potential=float("nan"),
        potential_int=float("nan"), threshold=threshold, threshold_int=threshold,
    )  # fmt: skip


class _Replay:
    """One neuron, again, from its recorded neighbours."""

    def __init__(self, c: Connectome, brain: Brain | Draft, record: TwoRuns, neuron: int) -> None:
        self.c, self.record, self.n = c, record, neuron
        network, note = brain.network, brain.quantization
        self.number = int(np.flatnonzero(note.neuron == neuron)[0])
        self.population = network.populations[int(network.population_of[self.number])]
        self.area = c.areas[int(c.area[neuron])]
        self.unit = network.areas[self.population.area].unit
        self.threshold_int = int(network.threshold[self.number]) * self.unit
        self.host = HostInput(network)
        self.network = network
        self.synapses, self.stored = stored_of(c, network, note.neuron, self.number)
        self.power = network.power_amount if network.power_neuron == self.number else None

    def touches(self, last: int) -> list[_Touch]:
        """What reached the neuron, burst by burst."""
        result: list[_Touch] = []
        every = self.area.dynamics is Dynamics.EVERY_BURST
        for burst in range(1, last + 1):
            touch = _Touch(burst, 0.0, dict.fromkeys(("input", "weights", "psp"), 0.0))
            touched = every
            neurons, potentials = self.record.inputs(burst)
            mine = neurons == self.n
            if mine.any():
                touched = True
                real = float(potentials[mine].sum(dtype=np.float32))
                touch.real += real
                at = np.array([self.number])
                amount = self.host.convert(at, np.array([real], dtype=np.float32)).amounts
                touch.by["input"] += float(amount[0]) * self.unit - real
            if self.power is not None:
                touched = True
                touch.real += 1.0
                touch.by["input"] += self.power * self.unit - 1.0
            if burst > 1:
                touched |= self._deliver(touch, burst)
            if touched:
                result.append(touch)
        return result

    def _deliver(self, touch: _Touch, burst: int) -> bool:
        c = self.c
        sources = c.source[self.synapses]
        hit = np.flatnonzero(np.isin(sources, self.record.fired[burst - 2]))
        weights = c.contribution(self.synapses[hit], np.ones(len(hit)))
        for j, weight in zip(hit.tolist(), weights.tolist(), strict=True):
            s, source = int(self.synapses[j]), int(sources[j])
            area = c.areas[int(c.area[source])]
            if area.mp_driven_psp:
                psp = self.record.psp_f32[burst - 2].get(source, 0.0)
                psp_int = self.record.psp_int[burst - 2].get(source, 0.0)
                fires_with = np.full(self.network.n_neurons, int(psp), dtype=np.int64)
                size = int(self.network.delivered(self.stored[j : j + 1], fires_with)[0])
                real, rounded = weight * psp, size * self.unit
                touch.by["psp"] += weight * (psp_int - psp)
            else:
                stored = int(self.network.contribution[self.stored[j]])
                real, rounded = weight * float(c.psp[s]), stored * self.unit
            touch.real += real
            touch.by["weights"] += rounded - real
            words = f"a contribution of {real:g} from {area.id} became {rounded:g}"
            touch.worst = max(touch.worst, (abs(rounded - real), words))
        return len(hit) > 0

    def detail(self, cause: str, touches: list[_Touch]) -> str:
        """The rounding in numbers."""
        p, last = self.population, touches[-1]
        if cause == "input":
            worst = max(touches, key=lambda t: abs(t.by["input"]))
            return f"an input of burst {worst.burst} was moved by {worst.by['input']:g}"
        if cause in ("weights", "psp"):
            return max(t.worst for t in touches)[1]
        if cause == "threshold":
            return f"{float(self.c.threshold[self.n]):g} became {self.threshold_int:g}"
        if cause == "leak":
            leak = float(self.c.leak[self.n])
            return f"a leak of {leak:g} became {p.leak_share:.9g}, in steps of {self.unit:g}"
        if cause == "clamp":
            return f"it is kept within {p.low * self.unit:g} to {p.high * self.unit:g}"
        moved = {name: round(value, 9) for name, value in last.by.items() if value}
        return f"in units of {self.unit:g}; in the last burst moved by {moved or 'nothing'}"

    def run(self, touches: list[_Touch], rounded: frozenset[str]) -> tuple[float, bool]:
        """Potential and decision in the last touch, with these roundings and no others."""
        c, n, p = self.c, self.n, self.population
        threshold = c.threshold[n]
        if "threshold" in rounded:
            threshold = np.float32(self.threshold_int)
        limit = float(c.threshold_limit[n]) or float("inf")
        if "threshold" in rounded and p.upper is not None:
            limit = p.upper * self.unit
        keeps, leak = self.area.mp_charge_accumulation, float(c.leak[n])
        v, rest, count = 0.0, 0, 0
        most = int(c.consecutive_fire_limit[n])
        for i, touch in enumerate(touches):
            last = i == len(touches) - 1
            if rest > 0 and not last:
                rest -= 1
                count = 0 if rest == 0 and 0 < most <= count else count
                continue
            v += touch.real + sum(touch.by[name] for name in rounded & touch.by.keys())
            ready = bool(threshold <= np.float32(v) <= limit)  # 0.1 is what float32 calls 0.1
            if last:
                return v, ready and rest == 0
            if n in self.record.fired[touch.burst - 1]:
                v, count = 0.0, count + 1
                rest = int(c.refractory_period[n])
                rest += int(c.snooze[n]) if 0 < most <= count else 0
                continue
            if ready and 0 < most <= count:
                count = 0
                v = v if keeps else 0.0
                continue
            count = 0
            v = self._left(v, leak, rounded) if keeps else 0.0
        return v, False

    def _left(self, v: float, leak: float, rounded: frozenset[str]) -> float:
        p = self.population
        if "leak" in rounded and p.leak:
            size = round(abs(v) / self.unit)
            lost = size * p.leak + (size >> 15) * p.leak_fine + ((1 << p.shift) >> 1)
            lost >>= p.shift
            left = (size - (max(lost, 1) if size else 0)) * self.unit
            v = left if v >= 0 else -left
        else:
            v *= 1.0 - leak
        if "clamp" in rounded:
            v = min(max(v, p.low * self.unit), p.high * self.unit)
        return v


def stored_of(
    c: Connectome, network: QuantizedNetwork, neuron: Indices, number: int
) -> tuple[Indices, Indices]:
    """The synapses that lead to a neuron of the network, and which of the network's each is;
    `neuron` (N,): connectome index of each. Of one source, what adds more does so in integers."""
    synapses = np.flatnonzero(c.target == neuron[number])
    stored = np.flatnonzero(network.target == number)
    source = c.source[synapses]
    adds = c.contribution(synapses, np.where(c.mp_driven()[source], 1, c.psp[synapses]))
    ranked = np.lexsort((network.contribution[stored], neuron[network.source[stored]]))
    found = np.empty_like(stored)
    found[np.lexsort((adds, source))] = stored[ranked]
    return synapses, found


def psp_of(
    connectome: Connectome, fired: Indices, potential: Callable[[int], float]
) -> dict[int, float]:
    """The PSP of each fired mp-driven neuron, for a Record."""
    driven = np.array([a.mp_driven_psp for a in connectome.areas] or [False])
    return {int(n): potential(int(n)) for n in fired[driven[connectome.area[fired]]]}
