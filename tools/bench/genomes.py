"""Genomes: one row per genome of a directory: what it is, what it became, whether it is equal.

In:  a directory of genomes; the virtual device.
Out: a table in Markdown, as README shows it.
Never: a row without a verdict.  `python -m tools.bench.genomes DIRECTORY [--bursts N]`
"""

import argparse
import time
from pathlib import Path

from ganglion.boards.memory import summary
from ganglion.compiler import compile_connectome
from ganglion.device.open import open_device
from ganglion.errors import GanglionError
from ganglion.frontends.read import connectome_of
from ganglion.reference.stimulus import RandomStimulus
from ganglion.verification.verify import verify

HEADINGS = (
    "genome", "areas", "neurons", "live", "synapses", "state", "compile", "blob B/synapse",
    "state B/neuron", "spikes", "verdict",
)  # fmt: skip


def row(path: Path, bursts: int) -> tuple[str, ...]:
    """The cells of one genome."""
    begun = time.perf_counter()
    connectome, _ = connectome_of(path)
    brain = compile_connectome(connectome)
    seconds = time.perf_counter() - begun
    network = brain.network
    with open_device("virtual") as device:
        device.put(brain.blob)
        verdict = verify(network, device, bursts, RandomStimulus.at_rate(1, 0.1))
    facts = summary(network, brain.blob)
    return (
        path.stem,
        f"{len(connectome.areas)}",
        f"{connectome.n_neurons:,}",
        f"{network.n_neurons if network.n_synapses else 0:,}",
        f"{network.n_synapses:,}",
        f"int{network.state}" + (" lossless" if brain.quantization.lossless else ""),
        f"{seconds:.2f} s",
        f"{facts['blob_bytes_per_synapse']}" if network.n_synapses else "–",
        f"{facts['state_bytes_per_neuron']}",
        f"{verdict.spikes:,}",
        "identical" if verdict.identical else f"DIFFERENT: {verdict.divergence}",
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory", type=Path)
    parser.add_argument("--bursts", type=int, default=1000)
    options = parser.parse_args()
    print("| " + " | ".join(HEADINGS) + " |")
    print("|---" * len(HEADINGS) + "|")
    for path in sorted(options.directory.glob("*.json")):
        try:
            cells = row(path, options.bursts)
        except GanglionError as error:
            cells = (path.stem, str(error))
        print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
