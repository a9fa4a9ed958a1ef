"""Memory areas, as FEAGI's plasticity service runs them: patterns, lifespans, neurons.

In:  after each burst, the ordinary neurons that fired in it.
Out: which memory neurons became long-term, died, were created or came again (MemoryEvents).
Never: hashes: the key of a pattern is the pattern; depends on the order of anything but areas.

One difference from FEAGI, where it is random: memory areas never share a neuron, whatever their
patterns (there a hash table of all areas does).
"""

from collections import deque
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..connectome.learning import Learning, MemoryArea

Frame = tuple[int, int, tuple[int, ...]]
"""Offset in the window (0 = oldest), upstream area, neurons that fired, ascending."""

NEVER_FEWER = 0xFFFF_FFFF


@dataclass(slots=True)
class MemoryNeuron:
    """One memory neuron; `number` counts from 0 in the order of creation, all areas together."""

    number: int
    area: int
    pattern: bytes
    frames: tuple[Frame, ...]
    lifespan: int
    slot: int = -1
    """Its place in its area; -1 where the area has none (MemoryArea.slots)."""
    activations: int = 1
    longterm: bool = False


@dataclass(frozen=True, slots=True)
class MemoryEvents:
    """What the step after one burst did, by the numbers of the neurons."""

    converted: tuple[int, ...] = ()
    died: tuple[int, ...] = ()
    created: tuple[int, ...] = ()
    reactivated: tuple[int, ...] = ()


@dataclass(slots=True)
class _Area:
    described: MemoryArea
    seen: "deque[tuple[NDArray[np.int64], ...]]"
    known: dict[bytes, MemoryNeuron] = field(default_factory=dict)


class Memory:
    """All memory areas of a connectome."""

    def __init__(self, learning: Learning, area_of: NDArray[np.int32]) -> None:
        self.neurons: list[MemoryNeuron] = []
        """Every one ever created, also the dead, by number."""
        self.living: dict[int, MemoryNeuron] = {}
        self._capacity = learning.memory_capacity
        self._area_of = area_of
        self._areas = [_Area(m, deque(maxlen=m.depth)) for m in learning.memory_areas]
        self._thresholds = {m.area: m.longterm_threshold for m in learning.memory_areas}

    def step(self, fired: NDArray[np.int64]) -> MemoryEvents:
        """After a burst: conversion, aging, detection, in this order."""
        converted = []
        for neuron in self.living.values():
            if not neuron.longterm and neuron.lifespan >= self._thresholds[neuron.area]:
                neuron.longterm = True
                converted.append(neuron.number)
        died = []
        for neuron in list(self.living.values()):
            if not neuron.longterm and neuron.lifespan > 0:
                neuron.lifespan -= 1
                if neuron.lifespan == 0:
                    self._bury(neuron)
                    died.append(neuron.number)
        created: list[int] = []
        reactivated: list[int] = []
        lies_in = self._area_of[fired]
        for area in self._areas:
            area.seen.append(tuple(fired[lies_in == up] for up in area.described.upstream))
            self._detect(area, created, reactivated)
        return MemoryEvents(tuple(converted), tuple(died), tuple(created), tuple(reactivated))

    def _detect(self, area: _Area, created: list[int], reactivated: list[int]) -> None:
        described = area.described
        if len(area.seen) < described.depth or not any(
            part.size for burst in area.seen for part in burst
        ):
            return
        pattern = pattern_of(area.seen)
        known = area.known.get(pattern)
        if known is not None:
            known.activations += 1
            if not known.longterm:
                known.lifespan = min(known.lifespan + described.growth, NEVER_FEWER)
            reactivated.append(known.number)
        elif (slot := self._room(described)) is not None:
            frames = tuple(
                (offset, up, tuple(burst[i].tolist()))
                for i, up in enumerate(described.upstream)
                for offset, burst in enumerate(area.seen)
                if burst[i].size
            )
            neuron = MemoryNeuron(
                len(self.neurons), described.area, pattern, frames, described.init_lifespan, slot
            )
            self.neurons.append(neuron)
            self.living[neuron.number] = neuron
            area.known[pattern] = neuron
            created.append(neuron.number)

    def _room(self, described: MemoryArea) -> int | None:
        """The place that a new neuron gets, or None if there is no room for it."""
        if not described.slots:
            return -1 if len(self.living) < self._capacity else None
        taken = {n.slot for n in self.living.values() if n.area == described.area}
        return next((slot for slot in range(described.slots) if slot not in taken), None)

    def _bury(self, neuron: MemoryNeuron) -> None:
        del self.living[neuron.number]
        for area in self._areas:
            if area.described.area == neuron.area:
                del area.known[neuron.pattern]


def pattern_of(bursts: "deque[tuple[NDArray[np.int64], ...]]") -> bytes:
    """The bytes that FEAGI hashes: per burst and upstream area a count and ids, u32 each."""
    parts = []
    for burst in bursts:
        for fired in burst:
            parts.append(np.concatenate([[len(fired)], fired]).astype("<u4").tobytes())
    return b"".join(parts)
