"""Exact: FEAGI's burst in rationals, without any rounding or clamp; slow, and read once.

In:  a connectome (leaks only of 0 or 1, so that nothing grows), and potentials per burst.
Out: the neurons that fire.
Never: shares a line with the product.
"""

from fractions import Fraction

import numpy as np

from ganglion.connectome.model import Connectome, Dynamics
from ganglion.reference.floats import random


class Exact:
    """One run."""

    def __init__(self, connectome: Connectome) -> None:
        self.c = connectome
        n = connectome.n_neurons
        self.burst = 0
        self.v = [Fraction(0)] * n
        self.rest = [0] * n
        self.count = [0] * n
        self.psp = [0] * n
        self.fired: list[int] = []
        self.out: dict[int, list[int]] = {}
        for s, source in enumerate(connectome.source.tolist()):
            self.out.setdefault(source, []).append(s)

    def step(self, inputs: dict[int, Fraction]) -> list[int]:
        """One burst; `inputs` are exact potentials by neuron."""
        c = self.c
        self.burst += 1
        got = dict(inputs)
        if c.power_neuron is not None:
            got[c.power_neuron] = got.get(c.power_neuron, Fraction(0)) + 1
        for source in self.fired:
            mine = self.out.get(source, [])
            area = c.areas[int(c.area[source])]
            for s in mine:
                psp = self.psp[source] if area.mp_driven_psp else int(c.psp[s])
                value = Fraction(int(c.weight[s]) * psp, 1 if area.psp_uniform else len(mine))
                target = int(c.target[s])
                got[target] = got.get(target, Fraction(0)) + (-value if c.inhibitory[s] else value)
        every = [a.dynamics is Dynamics.EVERY_BURST for a in c.areas]
        touched = set(got) | {n for n in range(c.n_neurons) if every[c.area[n]]}
        self.fired = [n for n in sorted(touched) if self._update(n, got.get(n, Fraction(0)))]
        return self.fired

    def _update(self, n: int, total: Fraction) -> bool:
        c = self.c
        keeps = c.areas[int(c.area[n])].mp_charge_accumulation
        most = int(c.consecutive_fire_limit[n])
        if self.rest[n] > 0:
            self.rest[n] -= 1
            if self.rest[n] == 0 and 0 < most <= self.count[n]:
                self.count[n] = 0
            return False
        v = (self.v[n] if keeps else Fraction(0)) + total
        upper = Fraction(str(c.threshold_limit[n]))
        reached = v >= Fraction(str(c.threshold[n])) and (upper == 0 or v <= upper)
        if reached and 0 < most <= self.count[n]:
            self.count[n] = 0
            self.v[n] = v
            return False
        e = float(c.excitability[n])
        if reached and (e >= 0.999 or random(np.array([n]), self.burst)[0] < np.float32(e)):
            self.v[n] = Fraction(0)
            self.count[n] += 1
            self.psp[n] = int(min(Fraction(255), max(Fraction(0), v)) + Fraction(1, 2))
            limited = 0 < most <= self.count[n]
            self.rest[n] = min(
                65_535, int(c.refractory_period[n]) + (int(c.snooze[n]) if limited else 0)
            )
            return True
        if most:
            self.count[n] = 0
        self.v[n] = Fraction(0) if c.leak[n] >= 1 else v
        assert c.leak[n] in (0, 1)
        return False
