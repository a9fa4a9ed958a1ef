"""Overflow search: an adversary looks for an order of additions that leaves the storage.

In:  random connectomes of every feature, at each state width, and the same with the clamps and
     input limits pushed out as far as the proof still allows.
Out: how many brains and bursts were searched, the fullest potential met; the first overflow, with
     its seed.
Never: fires only what the brain would fire: any set of neurons may have fired, which is worse.

`python -m tools.search.overflow [--seed S] [--count N] [--bursts B]`
"""

import argparse
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ganglion.errors import BlobError, QuantizeError
from ganglion.network.model import QuantizedNetwork
from ganglion.network.proof import prove
from ganglion.quantization.options import QuantizeOptions
from ganglion.quantization.quantize import quantize
from ganglion.reference.integers import Reference
from tools.networks import random_connectome

Ints = NDArray[np.int64]
WORD = 2**31 - 1


class OverflowFound(Exception):
    """A potential, or what the burst computes of it, left its width."""


@dataclass
class Tally:
    """What was searched."""

    brains: int = 0
    bursts: int = 0
    fullest: float = 0.0  # of the storage, 1 = its end

    def add(self, other: "Tally") -> None:
        self.brains += other.brains
        self.bursts += other.bursts
        self.fullest = max(self.fullest, other.fullest)


class Adversary:
    """Drives one brain with the worst that its premises allow."""

    def __init__(self, network: QuantizedNetwork, rng: np.random.Generator) -> None:
        self.network, self.rng = network, rng
        self.reference = Reference(network)
        self.limit = 2 ** (network.storage - 1) - 1
        balance = np.zeros(network.n_neurons, dtype=np.int64)
        np.add.at(balance, network.source, network.contribution)
        self.exciting, self.inhibiting = np.flatnonzero(balance > 0), np.flatnonzero(balance < 0)
        self.most = network.per_neuron("input_max")
        self.stimulus = np.zeros(network.n_neurons, dtype=np.int64)
        for r in network.inputs:
            self.stimulus[r.first : r.first + r.count] += r.amount
        self.tally = Tally(brains=1)

    def fired(self) -> Ints:
        """Any set of neurons."""
        n = self.network.n_neurons
        choice = int(self.rng.integers(5))
        if choice < 3:
            return (np.arange(n), self.exciting, self.inhibiting)[choice]
        return np.flatnonzero(self.rng.random(n) < self.rng.random())

    def burst(self) -> None:
        """One burst: the two worst orders first, then as the brain does it."""
        r, net = self.reference, self.network
        r.fired = self.fired()
        r.psp[net.per_neuron("mp_driven") > 0] = 255
        injected = self.most * self.rng.integers(-1, 2, len(self.most))
        if self.rng.random() < 0.3:
            injected = self.most * int(self.rng.choice([-1, 1]))
        mine = np.isin(net.source, r.fired)
        up = np.maximum(injected, 0) + self.stimulus
        down = np.maximum(-injected, 0)
        np.add.at(up, net.target[mine], np.maximum(net.contribution[mine], 0))
        np.add.at(down, net.target[mine], np.maximum(-net.contribution[mine], 0))
        if net.power_neuron is not None:
            up[net.power_neuron] += net.power_amount
        highest, lowest = r.potential + up, r.potential - down
        full = max(int(highest.max()), int(-lowest.min()))
        self.tally.fullest = max(self.tally.fullest, full / self.limit)
        if full > self.limit:
            n = int(np.maximum(highest, -lowest).argmax())
            raise OverflowFound(f"neuron {n} meets {lowest[n]}..{highest[n]} of ±{self.limit}")
        self._arithmetic(highest, lowest)
        everybody = np.arange(net.n_neurons)
        stimulus = (everybody[self.stimulus > 0], self.stimulus[self.stimulus > 0])
        r.step(stimulus, (everybody, injected))
        self.tally.bursts += 1

    def _arithmetic(self, highest: Ints, lowest: Ints) -> None:
        """Every intermediate of U4 and U6, for the largest potentials that can be there."""
        net = self.network
        leak, fine, shift = (net.per_neuron(k) for k in ("leak", "leak_fine", "shift"))
        for v in (highest, lowest):
            m = np.abs(v)
            h, low = m >> 15, m & 32767
            x = low * leak + h * fine
            first = np.where(shift > 15, h * leak + (x >> 15) + (1 << np.maximum(shift - 16, 0)),
                             h * leak << np.clip(15 - shift, 0, 1))  # fmt: skip
            parts = np.stack([m, x, first, low * leak, h * leak])
            if int(np.abs(parts[:, leak > 0]).max(initial=0)) > WORD:
                raise OverflowFound("the leak leaves 32 bits")
            delta = (m * leak + h * fine + (1 << np.maximum(shift - 1, 0))) >> shift
            if (delta[leak > 0] > m[leak > 0]).any():
                raise OverflowFound("the leak passes zero")
        half = 1 << np.maximum(net.per_neuron("psp_bits") - 1, 0)
        driven = net.per_neuron("mp_driven") > 0
        if int((highest + half)[driven].max(initial=0)) > WORD:
            raise OverflowFound("the rounding of a PSP leaves 32 bits")


def stretched(network: QuantizedNetwork, rng: np.random.Generator) -> QuantizedNetwork | None:
    """The network with wider clamps and larger inputs, if the proof accepts it."""
    limit = 2 ** (min(network.state, network.storage) - 1) - 1
    populations = []
    for p in network.populations:
        size = int(limit * rng.random())
        if p.accumulates and rng.random() < 0.5:
            p = replace(p, high=min(max(p.high, size), limit), low=max(min(p.low, -size), -limit))
        populations.append(replace(p, input_max=int(p.input_max * (1 + rng.random()))))
    found = replace(network, populations=tuple(populations))
    try:
        prove(found)
    except BlobError:
        return None
    return found


def search(seed: int, bursts: int) -> Tally:
    """Every brain of one seed. Raises OverflowFound."""
    tally = Tally()
    rng = np.random.default_rng([seed, 7])
    connectome = random_connectome(seed)
    for state in ("int8", "int16", "int32"):
        options = QuantizeOptions(
            state=state,
            negative_inputs=bool(rng.random() < 0.5),
            maximum=float(rng.choice([0, 1, 300])),
            anywhere=bool(rng.random() < 0.5),
            inputs=str(rng.choice(["whole", "graded"])),
            weights=str(rng.choice(["int8", "int4", "int2"])),
        )
        try:
            network, _ = quantize(connectome, options)
        except QuantizeError:
            continue
        prove(network)
        for each in (network, stretched(network, rng)):
            if each is None:
                continue
            adversary = Adversary(each, rng)
            try:
                for _ in range(bursts):
                    adversary.burst()
            except OverflowFound as found:
                raise OverflowFound(f"seed {seed}, {options}: {found}") from None
            tally.add(adversary.tally)
    return tally


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--bursts", type=int, default=60)
    arguments = parser.parse_args()
    tally = Tally()
    for seed in range(arguments.seed, arguments.seed + arguments.count):
        tally.add(search(seed, arguments.bursts))
    print(
        f"seeds {arguments.seed} to {arguments.seed + arguments.count - 1}: {tally.brains:,} "
        f"brains, {tally.bursts:,} bursts, no overflow; the fullest potential met was "
        f"{tally.fullest:.4%} of its storage"
    )


if __name__ == "__main__":
    main()
