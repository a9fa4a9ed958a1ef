"""Findings: what a robot maker should know of a brain before it drives a robot.

In:  a Brain and the connectome that it came from.
Out: notices in words: what was found, in which area, how many, and what to do about it.
Never: runs anything; says less than is known to be wrong.
"""

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ..compiler import Brain
from ..connectome.model import Connectome
from ..connectome.slices import counts
from ..frontends.feagi import Notice, Severity
from ..quantization.contributions import LEVELS, sqnr
from ..quantization.profile import AreaProfile
from ..quantization.scale import Scale
from ..quantization.unit import threshold_in

COARSE = 64  # a threshold of fewer units makes rough steps
LEAK_ERROR = 1e-4  # relative
ROUGH_LEAK = 2  # steps
REAL_STEPS = "a wider state (--state int32)"


def findings(brain: Brain, connectome: Connectome) -> tuple[Notice, ...]:
    """Everything worth saying, worst first within each area."""
    note = brain.quantization
    found: list[Notice] = []
    found += _whole(brain, connectome)
    for i, (index, profile, scale) in enumerate(
        zip(note.areas, note.profiles, note.scales, strict=True)
    ):
        area = connectome.areas[index]
        neurons = np.flatnonzero(connectome.area == index)
        neurons = neurons[np.isin(neurons, note.neuron)]
        look = _Area(connectome, profile, scale, neurons, area.name or area.id, i)
        found += look.all(brain, bool(note.losses[i]))
    order = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}
    return tuple(sorted(found, key=lambda n: order[n.severity]))


def _whole(brain: Brain, connectome: Connectome) -> Iterator[Notice]:
    """What concerns the whole brain."""
    note, network = brain.quantization, brain.network
    slack = brain.bounds.slack(network.storage)
    worst = max(range(len(note.scales)), key=lambda i: max(note.scales[i].p, note.scales[i].n))
    scale, area = note.scales[worst], connectome.areas[note.areas[worst]]
    yield Notice(
        Severity.INFO, "headroom", "brain",
        f"no sum can overflow: the largest that one burst adds is {scale.p:,} and takes away "
        f"{scale.n:,} (area {area.id}), of {2 ** (network.storage - 1) - 1:,}; {slack:,} to spare",
        "nothing to do", area.id,
    )  # fmt: skip
    lossy = [i for i, losses in enumerate(note.losses) if losses]
    if note.options.state == "auto" and note.state == 32 and lossy:
        first = note.losses[lossy[0]][0]
        name = connectome.areas[note.areas[lossy[0]]].id
        yield Notice(
            Severity.INFO, "state", "brain",
            f"potentials take 32 bits, because {len(lossy)} of {len(note.areas)} areas could lose "
            f"something in 16 (area {name}: {first.fact})",
            "nothing to do; --state int16 halves their memory, and `ganglion fidelity` says "
            "what it costs", name,
        )  # fmt: skip
    if note.options.weights in LEVELS:
        count, ratio = sqnr(connectome, note.options.weights)
        if count:
            yield Notice(
                Severity.WARNING if ratio < 40 else Severity.INFO, "few-bit-weights", "brain",
                f"{count:,} synapses have weights of {note.options.weights[3:]} bits, with a "
                f"signal-to-noise ratio of {ratio:.1f} dB",
                "measure what that does with `ganglion fidelity`, or use --weights int8",
            )  # fmt: skip


class _Area:
    """One area, looked at from all sides."""

    def __init__(
        self, c: Connectome, profile: AreaProfile, scale: Scale, neurons: NDArray[np.int64],
        name: str, rank: int,
    ) -> None:  # fmt: skip
        self.c, self.m, self.s = c, profile, scale
        self.neurons, self.name, self.rank = neurons, name, rank

    def _notice(self, severity: Severity, code: str, fact: str, remedy: str) -> Notice:
        return Notice(severity, code, f"area {self.m.area}", fact, remedy, self.m.area)

    def all(self, brain: Brain, lossy: bool) -> Iterator[Notice]:
        """Every finding of the area."""
        yield from self._rounding(lossy)
        yield from self._unreachable()
        yield from self._bounds()
        yield from self._leak(brain)
        yield from self._inputs(brain)

    def _count(self, which: list[bool]) -> int:
        return sum(count for count, one in zip(self.m.counts, which, strict=True) if one)

    def _rounding(self, lossy: bool) -> Iterator[Notice]:
        m, s = self.m, self.s
        if not s.exact:
            errors = [abs(v / s.unit - i) for v, i in zip(m.values, s.contributions, strict=True)]
            worst = float(max(errors) * s.unit)
            yield self._notice(
                Severity.WARNING, "inexact",
                f"{self.name}: its weights fit no common unit, so they are rounded by up to "
                f"{worst:g} (thresholds are up to {float(max(m.thresholds)):g})",
                f"use {REAL_STEPS}, or whole-number weights",
            )  # fmt: skip
        if s.saturated:
            yield self._notice(
                Severity.WARNING, "saturated",
                f"{self.name}: {_some(s.saturated, 'synapse')} stronger than the state width "
                "holds, cut to what it does",
                f"use {REAL_STEPS}",
            )  # fmt: skip
        zero = self._count(
            [v != 0 and i == 0 for v, i in zip(m.values, s.contributions, strict=True)]
        )
        if zero:
            yield self._notice(
                Severity.WARNING, "vanished",
                f"{self.name}: {_some(zero, 'synapse')} so weak that it rounded to zero",
                f"use {REAL_STEPS}, or make them stronger",
            )  # fmt: skip
        whole = {threshold_in(s.unit, t, s.margin) for t in m.thresholds}
        if len(whole) < len(m.thresholds):
            yield self._notice(
                Severity.WARNING, "collapsed",
                f"{self.name}: {len(m.thresholds)} different thresholds became {len(whole)}",
                f"use {REAL_STEPS}",
            )  # fmt: skip
        if lossy and 0 < s.threshold_max < COARSE and (not s.exact or m.integrates):
            yield self._notice(
                Severity.WARNING, "coarse",
                f"{self.name}: a threshold is only {s.threshold_max} steps high, and what it "
                "gathers is rounded to such steps",
                f"use {REAL_STEPS}",
            )  # fmt: skip
        if s.clipped:
            yield self._notice(
                Severity.INFO, "clipped",
                f"{self.name}: {_some(s.clipped, 'synapse')} stronger than anything could need, "
                "cut to that, which changes nothing",
                "nothing to do",
            )  # fmt: skip

    def _reach(self) -> NDArray[np.float64]:
        """The highest real potential that each neuron can ever meet; infinite if unbounded."""
        c, m = self.c, self.m
        positive = np.array([max(float(v), 0.0) for v in m.values] or [0.0])
        reach = np.zeros(m.n_neurons, dtype=np.float64)
        if len(m.target):
            reach += counts(m.target, m.n_neurons, lambda part: positive[m.value_of[part]])
        if m.power:
            reach[self.neurons == c.power_neuron] += 1.0
        if m.accumulates:
            leak = c.leak[self.neurons].astype(np.float64)
            with np.errstate(divide="ignore", invalid="ignore"):
                reach = np.where(reach > 0, reach / np.maximum(leak, 0), 0.0)
        if m.injected or c.learning.places(c.n_neurons)[self.neurons].any():
            reach[:] = np.inf
        return reach

    def _unreachable(self) -> Iterator[Notice]:
        c, thresholds = self.c, self.c.threshold[self.neurons]
        never = (self._reach() < thresholds * (1 - 1e-6)) | (c.excitability[self.neurons] <= 0)
        limits = c.threshold_limit[self.neurons]
        never |= (limits > 0) & (limits < thresholds)
        if never.any():
            example = int(np.flatnonzero(never)[0])
            yield self._notice(
                Severity.WARNING, "never-fires",
                f"{self.name}: {_some(int(never.sum()), 'neuron')} of {len(never):,} can never "
                f"fire: the threshold ({float(thresholds[example]):g}) is above all that arrives",
                "lower the threshold, strengthen or add connections, or remove them",
            )  # fmt: skip
        eager = int((thresholds <= 0).sum())
        if eager:
            yield self._notice(
                Severity.WARNING, "fires-on-anything",
                f"{self.name}: {_some(eager, 'neuron')} with a threshold of 0 or less: whatever "
                "arrives makes it fire, even inhibition that leaves 0",
                "give them a threshold above 0",
            )  # fmt: skip

    def _bounds(self) -> Iterator[Notice]:
        m, s = self.m, self.s
        most = s.n - s.input_max  # of inhibition by synapses
        if m.accumulates and most > 0 and not m.leaks:
            yield self._notice(
                Severity.WARNING if -s.low < 64 * most else Severity.INFO, "inhibition-piles-up",
                f"{self.name}: inhibition adds up without limit; after {-s.low // most:,} bursts "
                f"of nothing else it stops at {float(s.low * s.unit):g}, where FEAGI would go on",
                "give the area a leak, or accept that it recovers sooner than in FEAGI",
            )  # fmt: skip
        odd = [v for v in m.values if v.denominator & (v.denominator - 1)]
        if odd and self._lands_on_threshold(odd):
            yield self._notice(
                Severity.INFO, "knife-edge",
                f"{self.name}: fractions such as {odd[0]} can add up to exactly a threshold, "
                "where float32 fires or not by its own rounding; here that always counts as "
                "reached",
                "nothing to do; to be safe from it, move the threshold a little down",
            )  # fmt: skip

    def _lands_on_threshold(self, odd: list[Fraction]) -> bool:
        most = float(self._reach().max(initial=0.0))
        return any(
            abs(t / v - round(t / v)) <= Fraction(1, 2**20) * abs(t / v) and float(t) <= most
            for t in self.m.thresholds
            for v in odd
            if t > 0 and v > 0
        )

    def _leak(self, brain: Brain) -> Iterator[Notice]:
        if not (self.m.accumulates and self.m.leaks):
            return
        least = min(self.m.leaks)
        if brain.quantization.losses[self.rank] and least * self.s.threshold_max < ROUGH_LEAK:
            yield self._notice(
                Severity.WARNING, "leak-rough",
                f"{self.name}: a leak of {float(least):g} takes less than {ROUGH_LEAK} steps even "
                f"at the threshold ({self.s.threshold_max} steps), so that rounding matters as "
                "much as the leak",
                f"use {REAL_STEPS}, or a larger leak",
            )  # fmt: skip
        for p in brain.network.populations:
            if p.area != self.rank:
                continue
            neuron = int(brain.quantization.neuron[p.first])
            real, coded = float(self.c.leak[neuron]), p.leak_share
            if real > 0 and abs(coded - real) > LEAK_ERROR * real:
                yield self._notice(
                    Severity.WARNING, "leak-rounded",
                    f"{self.name}: the leak {real:g} became {coded:g}",
                    "use a larger leak, or none",
                )  # fmt: skip
                return

    def _inputs(self, brain: Brain) -> Iterator[Notice]:
        m, note = self.m, brain.quantization
        if m.injected and m.accumulates and not m.graded and note.state < 32:
            yield self._notice(
                Severity.INFO, "whole-inputs",
                f"{self.name}: it gathers its inputs, and is compiled for whole numbers; "
                f"others are rounded to steps of {float(self.s.unit):g}",
                "if a sensor sends fractions, compile with --inputs graded",
            )  # fmt: skip
        elif m.graded and m.accumulates and note.state < 32:
            yield self._notice(
                Severity.WARNING, "graded-inputs",
                f"{self.name}: it gathers inputs that are not whole numbers, each rounded to "
                f"steps of {float(self.s.unit):g}",
                f"use {REAL_STEPS}",
            )  # fmt: skip


def _some(count: int, what: str) -> str:
    """`1 neuron`, `2 neurons`."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"
