"""Bench fidelity: ours and others beside float32, on the same genomes and stimuli, as one table.

In:  our example genomes, a synthetic leaky network, and every genome of a directory.
Out: a Markdown table: mean F1 (lowest), and how many runs were identical in every burst.
Never: a figure of a run that was cut short; a genome left out without saying so.

`python -m tools.bench.fidelity [--bursts N] [--genomes DIRECTORY] [--each]`
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ganglion import examples as genomes
from ganglion.analysis.fidelity.measure import ReferenceRun, Score, measure, options_for, record
from ganglion.connectome.model import Connectome
from ganglion.connectome.selection import live_neurons
from ganglion.errors import GanglionError
from ganglion.frontends import synthetic
from ganglion.frontends.read import connectome_of
from ganglion.reference.real import RealStimulus
from ganglion.simulation.stimuli import Ports, parse
from tools.bench.other_quantizers import RIVALS, follow

GENOMES = Path(__file__).resolve().parents[3] / "shared" / "genomes"
STIMULI = ("whole:1", "graded:1", "structured:1")
OURS = ("auto", "int32", "int16", "int8")


@dataclass(frozen=True, slots=True)
class Run:
    """One way on one genome under one stimulus."""

    way: str
    genome: str
    stimulus: str
    f1: float
    identical: float


def brains(directory: Path) -> dict[str, Connectome]:
    """Every genome that makes a synapse, by name."""
    paths = [genomes.path(name) for name in genomes.names()]
    paths += sorted(directory.glob("*.json")) if directory.is_dir() else []
    found: dict[str, Connectome] = {}
    for path in paths:
        try:
            connectome, _ = connectome_of(path)
        except GanglionError as error:
            print(f"left out: {path.name}: {error}", file=sys.stderr)
            continue
        if connectome.n_synapses:
            found[path.stem] = connectome
        else:
            print(f"left out: {path.name} has no synapse", file=sys.stderr)
    found["synthetic 1k/10k"] = synthetic.network(1000, 10, gain=2.0)
    return found


def rival(
    way: str, connectome: Connectome, stimulus: RealStimulus, reference: ReferenceRun
) -> tuple[float, float]:
    """F1 and identical bursts of another way."""
    engine = RIVALS[way](connectome)
    kept = np.zeros(connectome.n_neurons, dtype=bool)
    kept[live_neurons(connectome)] = True
    score = Score()
    for expected in reference.fired:
        fired = follow(engine, stimulus)
        score.add(expected, fired[kept[fired]])
    return score.f1, score.identical


def runs(connectomes: dict[str, Connectome], bursts: int) -> list[Run]:
    """Every way on every genome under every stimulus."""
    found: list[Run] = []
    for name, connectome in connectomes.items():
        for text in STIMULI:
            stimulus = parse(text, Ports.of_connectome(connectome))
            reference = record(connectome, stimulus, bursts)
            for state in OURS:
                result = measure(
                    connectome, stimulus, bursts, options_for(stimulus, state), reference=reference
                )
                way = f"ganglion {state}"
                found.append(Run(way, name, text, result.f1, result.identical_bursts))
            for way in RIVALS:
                found.append(Run(way, name, text, *rival(way, connectome, stimulus, reference)))
        print(f"{name}: done", file=sys.stderr)
    return found


def table(found: list[Run]) -> str:
    """One row per way: over the genomes, mean F1 (lowest), identical runs."""
    count = len({r.genome for r in found})
    lines = [
        "| way | " + " | ".join(f"{s.split(':')[0]}: F1 | identical" for s in STIMULI) + " |",
        "|---|" + "---:|---:|" * len(STIMULI),
    ]
    for way in dict.fromkeys(r.way for r in found):
        cells = []
        for text in STIMULI:
            mine = [r for r in found if r.way == way and r.stimulus == text]
            scores = [r.f1 for r in mine]
            same = sum(r.identical == 1 for r in mine)
            cells += [f"{np.mean(scores):.3f} ({min(scores):.3f})", f"{same}/{count}"]
        lines.append(f"| {way} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bursts", type=int, default=1000)
    parser.add_argument("--genomes", type=Path, default=GENOMES)
    parser.add_argument("--each", action="store_true", help="also one line per run")
    arguments = parser.parse_args()
    connectomes = brains(arguments.genomes)
    found = runs(connectomes, arguments.bursts)
    print(f"{len(connectomes)} genomes, {arguments.bursts:,} bursts, against float32\n")
    print(table(found))
    if arguments.each:
        for r in found:
            print(f"{r.genome} | {r.stimulus} | {r.way} | {r.f1:.5f} | {r.identical:.5f}")


if __name__ == "__main__":
    main()
