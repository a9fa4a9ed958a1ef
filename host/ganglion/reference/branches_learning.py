"""Branches of learning: which decisions of SPEC 11 a run meets, as branches.py does for the burst.

In:  a network that learns; its learning, as it runs.
Out: the branches that the network has; those that the run meets, told to whoever asks.
Never: changes what the run does.
"""

from collections.abc import Callable, Set
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..network.learning import ASSOCIATIVE, CLOSED, MOST_WEIGHT, NOBODY
from ..network.model import QuantizedNetwork
from .learning import FREE, LIVING, LONGTERM, Ints, LearningReference, MemoryState, PlasticState

BRANCHES = (
    "R5 adds", "R5 takes away", "R5 at its cap", "R6 plays", "R6 at its cap", "L2 grows",
    "L2 at 255", "L2 shrinks", "L2 at 0", "L3 creates", "L4 learns", "L4 knows", "L4 ends",
    "L4 long-term", "L4 full",
)  # fmt: skip
RECEIVING, LEARNING = BRANCHES[:5], BRANCHES[5:]
MOST_PSP = 255
Note = Callable[[str, NDArray[np.bool_] | np.bool_], None]


def branches_of(network: QuantizedNetwork) -> frozenset[str]:
    """The branches that a run of the network can meet, as far as its parameters tell."""
    learning = network.learning
    found: set[str] = set()
    for p in learning.projections:
        rule = learning.rules[p.rule]
        half = 1 << p.shift >> 1
        most = MOST_WEIGHT * p.multiplier * (MOST_PSP if p.mp_driven else 1) + half >> p.shift
        has = {
            "R5 adds": p.sign > 0,
            "R5 takes away": p.sign < 0,
            "R5 at its cap": most > p.cap,
            "L2 grows": rule.up > 0,
            "L2 at 255": rule.up > 0,
            "L2 shrinks": rule.down > 0,
            "L2 at 0": rule.down > 1,
            "L3 creates": p.form == ASSOCIATIVE
            and rule.up > 0
            and bool((~p.present & (p.weight != CLOSED)).any()),
        }
        found.update(name for name, there in has.items() if there)
    for twin in learning.twins:
        found.add("R6 plays")
        if learning.memories[twin.memory].depth * twin.amount > twin.cap:
            found.add("R6 at its cap")
    for memory in learning.memories:
        found.update(("L4 learns", "L4 knows", "L4 full"))
        found.update(["L4 ends"] if memory.init > 0 else [])
        if memory.init >= memory.longterm or memory.growth > 0:
            found.add("L4 long-term")
    return frozenset(found)


class LearningWitness(LearningReference):
    """A LearningReference that tells what it meets."""

    def __init__(self, network: QuantizedNetwork, note: Note, missing: Set[str]) -> None:
        """`missing` are the branches that are looked for, at any time."""
        super().__init__(network)
        self._note, self._missing = note, missing

    def receive(self, fired: Ints, psp: Ints, v: Ints, touched: NDArray[np.bool_]) -> None:
        """See LearningReference.receive."""
        if not self._missing.isdisjoint(RECEIVING):
            self._receives(fired, psp)
        super().receive(fired, psp, v, touched)

    def _receives(self, fired: Ints, psp: Ints) -> None:
        note = self._note
        for projection in self.projections:
            p = projection.described
            places = projection.places_of(fired)
            size = projection.contribution(places, psp)
            factor = p.multiplier * (psp[projection.source[places]] if p.mp_driven else 1)
            whole = projection.weight[places] * factor + (1 << p.shift >> 1) >> p.shift
            note("R5 adds", size > 0)
            note("R5 takes away", size < 0)
            note("R5 at its cap", whole > p.cap)
        for twin in self.learning.twins:
            memory = self.memories[twin.memory]
            times = int(memory.flags[:-1].sum())
            plays = np.bool_((twin.plays[memory.shown(twin.upstream)] != NOBODY).any())
            note("R6 plays", plays & np.bool_(times > 0))
            note("R6 at its cap", plays & np.bool_(times * twin.amount > twin.cap))

    def learn(self, burst: int, fired: Ints, v: Ints, touched: NDArray[np.bool_]) -> None:
        """See LearningReference.learn."""
        if self._missing.isdisjoint(LEARNING):
            return super().learn(burst, fired, v, touched)
        weights = [(p.weight.copy(), p.present.copy()) for p in self.projections]
        slots = [(m.state.copy(), m.life.copy(), m.pattern.copy()) for m in self.memories]
        super().learn(burst, fired, v, touched)
        for projection, (weight, present) in zip(self.projections, weights, strict=True):
            if burst >= projection.rule.window:
                self._changed(projection, weight, present)
        for memory, before in zip(self.memories, slots, strict=True):
            self._remembered(burst, memory, *before)

    def _changed(self, p: PlasticState, weight: Ints, present: NDArray[np.bool_]) -> None:
        window, note = p.rule.window, self._note
        some, every = self.history > -window, self.history >= window
        both = every[p.source] & every[p.target]
        grows = both & present
        shrinks = ~both & (some[p.source] | some[p.target]) & present
        note("L2 grows", grows & (p.weight > weight))
        note("L2 at 255", grows & (weight + p.rule.up > MOST_WEIGHT))
        note("L2 shrinks", shrinks & (p.weight < weight))
        note("L2 at 0", shrinks & (weight - p.rule.down < 0))
        note("L3 creates", p.present & ~present)

    def _remembered(
        self, burst: int, memory: MemoryState, state: Any, life: Ints, pattern: Any
    ) -> None:
        note, d = self._note, memory.described
        longterm = (state == LIVING) & (life >= d.longterm)
        note("L4 long-term", longterm & (memory.state == LONGTERM))
        ends = (state == LIVING) & ~longterm & (life == 1)
        note("L4 ends", ends)
        made = (memory.state == LIVING) & ((state == FREE) | ends)
        note("L4 learns", made)
        told = bool(memory.flags[-1])
        note("L4 knows", np.bool_(told and not made.any()))
        due = burst >= d.depth and bool(memory.frames[1:].any())
        note("L4 full", np.bool_(due and not told))
