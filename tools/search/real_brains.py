"""Real brains: real-valued, mp-driven brains with limits and excitability, in floats and integers.

In:  how many, a seed; the float reference is the truth.
Out: how many integer brains fire as it does in every burst; how many do not and say so beforehand,
     with the causes that their verdicts name; and each that differs although it was called
     lossless, with the command that runs it again: exit code 1.
Never: takes the integers' word for it.

python -m tools.search.real_brains --count 2000
"""

import argparse
import sys
from collections import Counter
from dataclasses import dataclass, replace

import numpy as np

from ganglion.connectome.model import Connectome
from ganglion.errors import GanglionError
from ganglion.network.proof import prove
from ganglion.quantization.options import QuantizeOptions
from ganglion.quantization.quantize import quantize
from ganglion.simulation.engines import FloatEngine, IntegerEngine, Potentials
from tools.networks import random_connectome

BURSTS = 40


@dataclass(frozen=True)
class Case:
    """What became of one brain."""

    differs: int  # the first burst that fires otherwise; 0: none
    causes: tuple[str, ...]  # why it is not lossless; none: it is


def real_brain(seed: int) -> tuple[Connectome, bool]:
    """A brain, and whether its inputs are any real numbers (else whole ones).

    Every third has only what integers can hold: it may be called lossless.
    """
    rng = np.random.default_rng([seed, 7])
    base = random_connectome(seed)
    if seed % 3 == 0:
        base = _representable(base, rng)
    total = len(base.area)
    driven = rng.random(len(base.areas)) < 0.6
    areas = tuple(
        replace(area, mp_driven_psp=bool(driven[k]) and k > 0) for k, area in enumerate(base.areas)
    )
    kind = rng.integers(3)  # of thresholds: any real, quarters, whole numbers
    threshold = rng.uniform(0.5, 60, total)
    threshold = (threshold, np.round(threshold * 4) / 4, np.ceil(threshold))[kind]
    limit = np.where(rng.random(total) < 0.2, threshold + rng.uniform(1, 100, total), 0)
    graded = bool(rng.random() < 0.5) and seed % 3 != 0
    return replace(
        base,
        areas=areas,
        threshold=threshold.astype(np.float32),
        threshold_limit=limit.astype(np.float32),
    ), graded


def _representable(base: Connectome, rng: np.random.Generator) -> Connectome:
    """The brain without division and mostly without leak and without inhibition."""
    inhibits = rng.random() < 0.25
    return replace(
        base,
        areas=tuple(replace(area, psp_uniform=True) for area in base.areas),
        leak=np.where(base.leak > 0, float(rng.random() < 0.2), 0).astype(np.float32),
        inhibitory=base.inhibitory & inhibits,
    )


def case(seed: int, bursts: int = BURSTS, state: str = "int32") -> Case:
    """One brain in floats and in integers, with the same inputs."""
    connectome, graded = real_brain(seed)
    options = QuantizeOptions(
        state=state, anywhere=True, inputs="graded" if graded else "whole", maximum=60.0
    )
    network, note = quantize(connectome, options)
    prove(network)
    causes = sorted({loss.code for area in note.losses for loss in area})
    real = FloatEngine(connectome)
    integer = IntegerEngine(network, note.neuron)
    kept = np.zeros(connectome.n_neurons, dtype=bool)
    kept[note.neuron] = True
    rng = np.random.default_rng([seed, 8])
    for burst in range(1, bursts + 1):
        given = inputs(rng, note.neuron, graded)
        expected, found = real.step(given), integer.step(given)
        if not np.array_equal(found, expected[kept[expected]]):
            return Case(burst, tuple(causes))
    return Case(0, tuple(causes))


def inputs(rng: np.random.Generator, neurons: np.ndarray, graded: bool) -> Potentials:
    """Potentials for a fifth of the neurons: any real numbers, or whole ones."""
    chosen = np.sort(rng.choice(neurons, max(1, len(neurons) // 5), replace=False))
    values = rng.uniform(1, 60, len(chosen))
    return chosen.astype(np.int64), (values if graded else np.ceil(values)).astype(np.float32)


def search(count: int, seed: int, first: int = 0) -> tuple[Counter[str], list[str]]:
    """What became of so many brains, and what must not be, in words."""
    seen, failures = Counter[str](), []
    for number in range(first, first + count):
        again = f"python -m tools.search.real_brains --seed {seed} --first {number} --count 1"
        try:
            found = case(seed * 1_000_003 + number)
        except GanglionError as error:
            seen[f"refused: {type(error).__name__}"] += 1
            continue
        if not found.causes:
            seen["lossless, and identical" if not found.differs else "lossless, and differs"] += 1
            if found.differs:
                failures.append(
                    f"burst {found.differs} differs, and it was called lossless; {again}"
                )
        else:
            how = "differs" if found.differs else "identical"
            seen[f"may differ ({', '.join(found.causes)}), {how}"] += 1
    return seen, failures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0)
    given = parser.parse_args()
    seen, failures = search(given.count, given.seed, given.first)
    for what, many in sorted(seen.items()):
        print(f"{many:6,}  {what}")
    print(*failures[:10], sep="\n")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
