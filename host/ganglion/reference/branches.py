"""Branches: which of the burst's decisions a run meets, so that its digests depend on them.

In:  a network, and a run of it.
Out: the branches of SPEC 6.9 that the network has; those that the run has met so far.
Never: changes what the run does.
"""

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from ..network.model import QuantizedNetwork
from . import branches_layers, branches_learning
from .integers import Ints, Reference
from .stimulus import RandomStimulus, StimulusStream

STIMULUS = ("no draw", "half an input", "outside a range")
SYNAPSES = ("taken away", "a PSP", "a PSP at its cap", "a PSP taken away", "its cap taken away")
UPDATE = (
    "U1 refractory", "U1 count cleared", "U2 below", "U2 above", "U3 exhausted", "U4 not this time",
    "U4 fires", "U4 PSP above 255", "U4 snoozed", "U5 count cleared", "U5 dropped", "U6 falls",
    "U6 rises", "U6 at least 1", "U7 low", "U7 high",
)  # fmt: skip
BRANCHES = STIMULUS + SYNAPSES + UPDATE + branches_learning.BRANCHES + branches_layers.BRANCHES
_LEAK = ("U6 at least 1", "U7 low", "U7 high")
Where = NDArray[np.bool_] | np.bool_ | Callable[[], NDArray[np.bool_]]  # if it is looked for
ROBOT = "the robot"  # takes no part in a golden vector (SPEC 10.1)


def branches_of(network: QuantizedNetwork) -> frozenset[str]:
    """The branches that a run of the network can meet, as far as its parameters tell."""
    found = {*branches_learning.branches_of(network), *branches_layers.branches_of(network.layers)}
    for reach in network.inputs:
        found.add("no draw")
        found.update(["half an input"] if reach.amount > 1 else [])
        found.update(["outside a range"] if reach.count % 8 else [])
    for c, w in {(c, int(w)) for c, w in zip(*_weights(network), strict=True)}:
        kind = network.classes[c]
        if kind.mp_driven:
            found.update(SYNAPSES[1:3] if w > 0 else SYNAPSES[3:5])
        elif kind.multiplier * w < 0:
            found.add("taken away")
    for p in network.populations:
        if p.layer:
            continue
        limited, fires = p.limit > 0, p.always or p.excitability > 0
        has = {
            "U1 refractory": p.counts_down and fires,
            "U1 count cleared": p.counts_down and limited and fires,
            "U2 below": True,
            "U2 above": p.upper is not None,
            "U3 exhausted": limited and fires,
            "U4 not this time": not p.always,
            "U4 fires": fires,
            "U4 PSP above 255": p.mp_driven and fires,
            "U4 snoozed": limited and p.snoozed != p.refractory and fires,
            "U5 count cleared": limited and fires,
            "U5 dropped": not p.accumulates,
            "U6 falls": p.leak > 0,
            "U6 rises": p.leak > 0 and p.low < 0,
            "U6 at least 1": p.leak > 0,
            "U7 low": p.accumulates,
            "U7 high": p.accumulates,
        }
        found.update(name for name, there in has.items() if there)
    return frozenset(found)


def _weights(network: QuantizedNetwork) -> tuple[list[int], list[int]]:
    """Class and sign of each kind of synapse that there is."""
    own = np.array([c.weight == 0 for c in network.classes], dtype=bool)
    sign = np.where(own[network.klass], network.weight > 0, network.weight.astype(np.int64))
    kinds = np.unique(np.stack([network.klass.astype(np.int64), sign]), axis=1)
    return kinds[0].tolist(), kinds[1].tolist()


class Witness(Reference):
    """A reference that notes what it meets of `wanted`, and looks for each until it is met."""

    def __init__(
        self, network: QuantizedNetwork, stimulus: RandomStimulus, wanted: Iterable[str] = BRANCHES
    ) -> None:
        super().__init__(network)
        self.met: set[str] = set()
        self._missing = set(wanted)
        if self.learns:
            self.learns = branches_learning.LearningWitness(network, self._note, self._missing)
        if self._layers is not None:
            self._layers = branches_layers.LayerWitness(network.layers, self._note)
        self._stream = StimulusStream(network, stimulus, self._drawn)
        self._wants = np.array([c.mp_driven for c in network.classes], dtype=bool)
        self._multipliers, self._shifts, self._caps = (
            np.array([getattr(c, name) for c in network.classes], dtype=np.int64)
            for name in ("multiplier", "shift", "cap")
        )

    def run(self, bursts: int) -> None:
        """So many bursts under the stimulus, with their digests."""
        for _ in range(bursts):
            self.step(self._stream.draw())
            self.digest()

    def _note(self, name: str, where: Where) -> None:
        if name in self._missing and (where() if callable(where) else where).any():
            self._missing.remove(name)
            self.met.add(name)

    def _drawn(
        self, a: Ints, c: Ints, amount: Ints, inside: NDArray[np.bool_], chance: int
    ) -> None:
        self._note("no draw", lambda: a >= chance)
        self._note("outside a range", lambda: (a < chance) & ~inside)
        self._note("half an input", lambda: (a < chance) & inside & (c & 3 == 0) & (amount > 1))

    def _received(self, amount: Ints, synapses: Ints) -> None:
        if self._missing.isdisjoint(SYNAPSES):
            return
        net = self.network
        klass = net.klass[synapses]
        driven = self._wants[klass]
        self._note("taken away", lambda: ~driven & (amount < 0))
        if not driven.any():
            return
        shift, cap = self._shifts[klass], self._caps[klass]
        half = np.where(shift > 0, 1 << np.maximum(shift - 1, 0), 0)
        whole = (self.psp[net.source[synapses]] * self._multipliers[klass] + half) >> shift
        for name, capped, where in zip(SYNAPSES[1::2], SYNAPSES[2::2], (amount > 0, amount < 0),
                                       strict=True):  # fmt: skip
            self._note(name, driven & where)
            self._note(capped, driven & where & (whole > cap))

    def _update(self, touched: Ints) -> Ints:
        if self._missing.isdisjoint(UPDATE):
            return super()._update(touched)
        v = self.potential[touched]
        countdown, count = self.countdown[touched], self.consecutive[touched]
        fired = super()._update(touched)
        rule, limit = self.rule[touched], self._limit[touched]
        after = self.consecutive[touched]
        low, high = self._threshold[touched], self._upper[touched]
        note = self._note
        note("U1 refractory", lambda: rule == 1)
        note("U1 count cleared",
             lambda: (rule == 1) & (countdown == 1) & (count > 0) & (after == 0))  # fmt: skip
        note("U2 below", lambda: (rule > 1) & (v < low))
        note("U2 above", lambda: (rule > 1) & (v > high))
        note("U3 exhausted", lambda: rule == 3)
        note("U4 fires", lambda: rule == 4)
        note("U4 not this time", lambda: (v >= low) & (v <= high) & (rule > 4))
        note("U5 count cleared", lambda: (rule > 4) & (count > 0) & (limit > 0))
        note("U5 dropped", lambda: (rule == 5) & (v != 0))
        note("U4 PSP above 255", lambda: (rule == 4) & self._psp_is_cut(touched, v))
        spent = (rule == 4) & (limit > 0) & (after >= limit)
        note("U4 snoozed",
             lambda: spent & (self._snoozed[touched] != self._refractory[touched]))  # fmt: skip
        leaks = (rule == 7) & (v != 0) & (self._leak[touched] > 0)
        note("U6 falls", lambda: leaks & (v > 0))
        note("U6 rises", lambda: leaks & (v < 0))
        if not self._missing.isdisjoint(_LEAK):
            self._leaks(touched, v, rule, leaks)
        return fired

    def _psp_is_cut(self, touched: Ints, v: Ints) -> NDArray[np.bool_]:
        bits = self._psp_bits[touched]
        half = np.where(bits > 0, 1 << np.maximum(bits - 1, 0), 0)
        cut: NDArray[np.bool_] = self._mp_driven[touched] & ((v + half) >> bits > 255)
        return cut

    def _leaks(
        self, touched: Ints, v: Ints, rule: NDArray[np.int8], leaks: NDArray[np.bool_]
    ) -> None:
        """U6's least step, and U7."""
        size = np.abs(v)
        delta = size * self._leak[touched] + (size >> 15) * self._leak_fine[touched]
        delta = (delta + self._half[touched]) >> self._shift[touched]
        left = np.where(leaks, np.sign(v) * (size - np.maximum(delta, 1)), v)
        clamped = (((rule == 7) & (v != 0)) | (rule == 3)) & self._accumulates[touched]
        self._note("U6 at least 1", lambda: leaks & (delta == 0))
        self._note("U7 low", lambda: clamped & (left < self._low[touched]))
        self._note("U7 high", lambda: clamped & (left > self._high[touched]))
