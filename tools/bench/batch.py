"""Bench batch: what B runs at once cost in PyTorch, beside B references one after the other.

In:  a brain (.gbn, or a genome), torch, and a device that torch has.
Out: a Markdown row per B: milliseconds per burst of all B, and whether every digest is equal.
Never: a figure of a device that is not here; a row whose digests were not compared.

`python -m tools.bench.batch BRAIN [--device cuda] [--delivery event]`

Times are wall times, since a GPU's are; on a shared machine run it alone.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np

from ganglion.brains import open_brain
from ganglion.errors import GanglionError
from ganglion.network.model import QuantizedNetwork
from ganglion.reference.integers import Reference
from ganglion.reference.stimulus import RandomStimulus, StimulusStream
from ganglion.simulation.accelerators.torch_batch import Batch

BURSTS = 50


def row(network: QuantizedNetwork, count: int, device: str, delivery: str) -> tuple[str, ...]:
    """The cells of one B."""
    batch = Batch([network] * count, device, delivery)
    shape = (BURSTS, count, network.n_neurons)
    stimulus, hit = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=bool)
    references = [Reference(network) for _ in range(count)]
    drawn = []
    for i in range(count):
        stream = StimulusStream(network, RandomStimulus.at_rate(i + 1, 0.1))
        drawn.append([stream.draw() for _ in range(BURSTS)])
        for t, (neurons, amounts) in enumerate(drawn[i]):
            stimulus[t, i, neurons] = amounts
            hit[t, i, neurons] = True
    begun = time.perf_counter()
    for reference, mine in zip(references, drawn, strict=True):
        for pair in mine:
            reference.step(pair)
            reference.digest()
    one_by_one = time.perf_counter() - begun
    on = [(batch.tensor(s), batch.tensor(h)) for s, h in zip(stimulus, hit, strict=True)]
    batch.step(on[0][0], None, on[0][1])  # the first costs more
    batch.reset()
    begun = time.perf_counter()
    for given, touched in on:
        batch.step(given, None, touched)
        batch.digests()  # brings them here, and so waits for the device
    together = time.perf_counter() - begun
    equal = batch.chain.tolist() == [reference.chain for reference in references]
    return (
        str(count), f"{1000 * one_by_one / BURSTS:.2f}", f"{1000 * together / BURSTS:.2f}",
        "equal" if equal else "DIFFERENT",
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("brain", type=Path)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--delivery", default="event", choices=("event", "dense"))
    options = parser.parse_args()
    network, _ = open_brain(options.brain)
    print("| B | references, ms per burst | torch, ms per burst | digests |\n|---|---|---|---|")
    for count in (1, 8, 64):
        try:
            cells = row(network, count, options.device, options.delivery)
        except GanglionError as error:
            sys.exit(f"batch: {error}")
        print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
