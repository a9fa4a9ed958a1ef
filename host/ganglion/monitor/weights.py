"""Weights of a monitor: what plastic synapses have become, while the brain runs.

In:  a brain that learns; the reference, which knows its weights.
Out: what views show: rows of a picture that moves on with time, lines of text for a terminal.
Never: a weight that no digest of the device vouches for: without a reference there are none.
"""

import numpy as np
from numpy.typing import NDArray

from ..network.learning import Projection
from ..network.model import QuantizedNetwork
from ..verification.live_reference import LiveReference

_ROWS = 160  # of a page's picture; where there are more synapses, a row is the mean of some
_BARS = " ▁▂▃▄▅▆▇█"
LARGEST = 255


class WeightsView:
    """The plastic synapses of one brain."""

    def __init__(self, network: QuantizedNetwork) -> None:
        learning = network.learning
        self.places = sum(p.places for p in learning.projections)
        self.each = max(1, -(-self.places // _ROWS))  # places in a row
        self.parts: list[tuple[str, int, int]] = []  # label, first place, one after the last
        begin = np.concatenate([np.zeros(0, np.int64), *(_first(p) for p in learning.projections)])
        self._begin: NDArray[np.int64] = begin
        at = 0
        for p in learning.projections:
            rule = learning.rules[p.rule]
            ends = (network.areas[rule.source].id, network.areas[rule.target].id)
            self.parts.append((f"{ends[0]} to {ends[1]}", at, at + p.places))
            at += p.places

    def described(self) -> dict[str, object]:
        """For a page, once: what lies where in a column."""
        rows = [(label, first / self.each, stop / self.each) for label, first, stop in self.parts]
        return {"rows": -(-self.places // self.each), "parts": rows, "most": LARGEST}

    def told(self, reference: LiveReference | None, since: int) -> list[tuple[int, list[int]]]:
        """For a page: the columns of later bursts than `since`, each a burst and its rows."""
        if reference is None:
            return []
        cuts = np.arange(0, self.places, self.each)
        sizes = np.diff(np.append(cuts, self.places))
        return [
            (burst, np.rint(np.add.reduceat(w.astype(np.int64), cuts) / sizes).astype(int).tolist())
            for burst, w in list(reference.weights)
            if burst > since
        ]

    def said(self, reference: LiveReference | None) -> str:
        """A few words: how many weights are other than in the brain, and the mean of all."""
        if reference is None or not reference.weights:
            return ""
        _, now = reference.weights[-1]
        changed = int((now != self._begin).sum())
        return f"{changed:,} of {self.places:,} weights changed, mean {np.abs(now).mean():.1f}"

    def lines(self, reference: LiveReference | None, width: int, most: int) -> list[str]:
        """For a terminal: a line for each projection, with a bar for each synapse or some."""
        if most < 1:
            return []
        if reference is None or not reference.weights:
            return ["weights  not known without the reference" if reference is None else "weights"]
        _, now = reference.weights[-1]
        result = [f"weights  {self.said(reference)}"]
        for label, first, stop in self.parts[: most - 1]:
            mine = np.abs(now[first:stop].astype(np.int64))
            head = f"  {label} "
            tail = f" most {int(mine.max(initial=0))}"
            bars = max(1, min(len(mine), width - len(head) - len(tail)))
            parts = np.array_split(mine, bars)
            cells = "".join(_BARS[-(-int(p.max()) * (len(_BARS) - 1) // LARGEST)] for p in parts)
            result.append(head + cells + tail)
        return result


def _first(p: Projection) -> NDArray[np.int64]:
    """The weights that a projection begins with."""
    there = p.present if len(p.present) else np.ones(p.places, dtype=np.bool_)
    return p.sign * np.where(there, p.weight, 0).astype(np.int64)
