"""Layers in real numbers, in the units of their integers: what the integers stand for.

In:  the layers that a front end gave, and the integers that they became.
Out: the same update as layers.py, in float64, with the parameters of the one or of the other.
Never: runs on a device; rounds a potential.

So each loss can be looked at by itself: take the integers' weights, and the decays as they were.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..connectome.layered import RealLayer
from ..network.layers import Ints, Layer, Path
from .layers import LayerReference

Real = NDArray[np.float64]
PARTS = ("weights", "decay", "thresholds")


class RealLayers(LayerReference):
    """Layers running in float64. `taken`: the parts (PARTS) that are the integers' own."""

    def __init__(
        self, real: tuple[RealLayer, ...], integers: tuple[Layer, ...], units: Sequence[float],
        whose: Sequence[tuple[int, ...]], taken: frozenset[str] = frozenset(),
    ) -> None:  # fmt: skip
        """`whose`: of each layer's integer paths, which of its real paths each is of."""
        self._real_weights: dict[int, Real] = {}
        made = []
        for layer, integer, unit, each in zip(real, integers, units, whose, strict=True):
            made.append(self._layer(layer, integer, unit, each, taken))
        super().__init__(tuple(made))

    def _layer(
        self, real: RealLayer, integer: Layer, unit: float, whose: tuple[int, ...],
        taken: frozenset[str],
    ) -> Layer:  # fmt: skip
        """The layer with arrays of one real value for each neuron; leaks are what is kept."""
        n = integer.count
        inner = real.gain if real.gain_current is None else real.gain * real.gain_current
        keep, keep_current = real.keep, real.keep_current
        drift = (real.drift - (1 - real.keep) * real.start) / unit
        if "decay" in taken:
            keep = _kept(integer.spread(integer.leak))
            keep_current = _kept(integer.spread(integer.leak_current))
            drift = integer.spread(integer.drift).astype(np.float64)
        bias = real.bias * inner / unit
        if "weights" in taken:
            bias = integer.spread(integer.bias).astype(np.float64)
        threshold, size = np.zeros(n), np.zeros(n)
        reset_to = (real.reset_to - real.start) / unit
        low = float(integer.low)
        if real.threshold is not None:
            threshold, size = (real.threshold - real.start) / unit, real.threshold / unit
            if not real.at_least:
                threshold = np.nextafter(threshold, np.inf)
        if real.floor is not None:
            low = float(((real.floor - real.start) / unit).min())
        if "thresholds" in taken:
            threshold, size, reset_to = (
                integer.spread(v).astype(np.float64)
                for v in (integer.threshold, integer.size, integer.reset_to)
            )
            low = float(integer.low)
        paths = []
        for i, path in enumerate(real.paths):
            made = [q for q, of in zip(integer.paths, whose, strict=True) if of == i]
            if "weights" in taken:  # of two planes one multiplier is a multiple of the other
                last = made[-1].multiplier
                weight = np.sum([q.weight * (q.multiplier[0] / last[0]) for q in made], 0)
                factor = integer.spread(last).astype(np.float64)
            else:
                weight, factor = path.weight, inner / unit
            new = replace(made[0], multiplier=factor)  # type: ignore[arg-type]
            self._real_weights[id(new)] = weight.astype(np.float64)
            paths.append(new)
        empty = np.ones(n) if keep_current is None else keep_current
        changed: dict[str, Any] = {
            "period": n, "threshold": threshold, "size": size, "reset_to": reset_to, "bias": bias,
            "drift": drift, "leak": keep, "leak_current": empty, "low": low, "paths": tuple(paths),
        }  # fmt: skip
        return replace(integer, **changed)

    def _weights(self, path: Path) -> Ints:
        return self._real_weights[id(path)]  # type: ignore[return-value]

    def _leaked(self, v: Ints, leak: Ints) -> Ints:
        return v * leak

    def reset(self) -> None:
        """To the state before the first burst."""
        super().reset()
        self.current = np.zeros(self.count)  # type: ignore[assignment]
        self.potential = np.zeros(self.count)

    def run(self, arrived: Ints) -> Ints:
        """One burst in which `arrived` (inputs,) spikes enter the first layer."""
        self.potential[: len(arrived)] += arrived
        return self.step(self.potential)  # type: ignore[arg-type]


def _kept(leak: Ints) -> Real:
    """What a leak (L, s, f) of SPEC 6.3 keeps of a potential."""
    kept: Real = 1 - (leak[:, 0] + leak[:, 2] / 32_768) / 2.0 ** leak[:, 1]
    return kept
