"""Lossless search: a brain that is called lossless fires as exact numbers do, or here is one that
does not.

In:  random networks of every feature whose exact run stays small (leaks are 0 or 1); inputs in
     whole numbers, or graded where the verdict was asked for graded ones.
Out: how many were lossless and fired equally, silent or lossy; the first that differs, with its
     seed.
Never: floats: exact numbers are fractions.

`python -m tools.search.lossless [--seed S] [--count N]`
"""

import argparse
from collections import Counter
from fractions import Fraction

import numpy as np

from ganglion.connectome.model import Connectome
from ganglion.quantization.options import QuantizeOptions
from ganglion.quantization.quantize import quantize
from ganglion.simulation.engines import IntegerEngine
from ganglion.simulation.stimuli import Ports
from tests.support.exact import Exact
from tests.support.tiny import Box, Net, Wire

BURSTS = 60
STATES, INPUTS = ("int8", "int16", "int32"), ("whole", "graded")


def network(seed: int) -> Connectome:
    """Four areas of one to five neurons with parameters drawn per area, thirty synapses."""
    rng = np.random.default_rng(seed)

    def box(**fixed: object) -> Box:
        count = int(rng.integers(1, 6))
        consecutive = int(rng.choice([0, 0, 1, 2]))
        drawn = {
            "count": count,
            "threshold": rng.choice([0.1, 0.5, 1, 2, 2.5, 7, 0], count),
            "leak": float(rng.choice([0, 0, 0, 1])),
            "limit": float(rng.choice([0, 0, 0, 9])),
            "refractory": int(rng.choice([0, 0, 1, 3])),
            "consecutive": consecutive,
            "snooze": int(rng.choice([0, 2])) if consecutive else 0,
            "excitability": float(rng.choice([1, 1, 1, 0.5])),
            "keeps": bool(rng.random() < 0.6),
            "mp_driven": bool(rng.random() < 0.2),
            "uniform": bool(rng.random() < 0.6),
            "every": bool(rng.random() < 0.3),
        }
        return Box(**{**drawn, **fixed})  # type: ignore[arg-type]

    areas = {"___power": box(group="CORE", count=1), "i_in____": box(group="IPU"),
             "c_mid___": box(), "o_out___": box(group="OPU")}  # fmt: skip
    names = list(areas)
    inhibits = rng.random() < 0.3
    wires = []
    for _ in range(30):
        source, target = rng.choice(names), rng.choice(names[1:])
        weight = int(rng.choice([1, 2, 3, 5]))
        if inhibits and rng.random() < 0.3:
            weight = -weight
        wires.append(
            Wire(
                (str(source), int(rng.integers(areas[source].count))),
                (str(target), int(rng.integers(areas[target].count))),
                weight,
                int(rng.choice([0, 1, 1, 4])),
            )
        )
    return Net(areas, wires, power="___power").build()


def run(connectome: Connectome, options: QuantizeOptions, seed: int) -> str:
    """`lossy`, or `equal`; fails if a lossless brain differs."""
    network_, note = quantize(connectome, options)
    if not note.lossless:
        return "lossy"
    engine, exact = IntegerEngine(network_, note.neuron), Exact(connectome)
    rng = np.random.default_rng([seed, 1])
    ports = Ports.of_connectome(connectome).neuron
    kept = set(note.neuron.tolist())
    spikes = 0
    for burst in range(1, BURSTS + 1):
        hit = ports[rng.random(len(ports)) < 0.4]
        if options.inputs == "graded":
            size = rng.integers(0, 3000, len(hit)) / 1024
        else:
            size = rng.integers(0, 4, len(hit)).astype(float)
        inputs = {int(n): Fraction(float(s)) for n, s in zip(hit, size, strict=True)}
        expected = [n for n in exact.step(inputs) if n in kept]
        found = engine.step((hit.astype(np.int64), size.astype(np.float32))).tolist()
        spikes += len(found)
        assert found == expected, (
            f"seed {seed}, {options.state}, {options.inputs}: burst {burst} fires {found}, exact "
            f"numbers {expected}; rerun: python -m tools.search.lossless --seed {seed} --count 1"
        )
    return "equal" if spikes else "silent"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=120)
    given = parser.parse_args()
    seeds = range(given.seed, given.seed + given.count)
    for state in STATES:
        for inputs in INPUTS:
            options = QuantizeOptions(state=state, inputs=inputs)
            seen = Counter(run(network(seed), options, seed) for seed in seeds)
            print(f"{state}, {inputs} inputs, seeds {seeds[0]} to {seeds[-1]}: {dict(seen)}")


if __name__ == "__main__":
    main()
