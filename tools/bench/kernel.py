"""Bench: what the kernel costs, as the tables of README.

In:  synthetic networks of known activity, the demo's brain, genomes of a directory if there is one.
Out: Markdown tables: instructions (RV32, exact), bursts per second (virtual device, this machine),
     bytes. Beside it textbook loops: in C, where riscv64-unknown-elf-gcc is installed, by
     instructions; in plain MicroPython by time, both in one process on this machine.
Never: a figure whose spikes were not compared with the reference in the same run.

`python -m tools.bench.kernel [--quick] [--genomes DIRECTORY]`
"""

import argparse
import platform
import time
from collections.abc import Iterator
from pathlib import Path

from ganglion.bench import cost as bench
from ganglion.boards.memory import summary
from ganglion.compiler import Brain, compile_connectome
from ganglion.connectome.model import Dynamics
from ganglion.device.device import open_device
from ganglion.examples import path as example
from ganglion.frontends import synthetic
from ganglion.frontends.read import connectome_of
from ganglion.quantization.options import QuantizeOptions
from ganglion.reference.stimulus import RandomStimulus
from ganglion.verification.verify import verify
from tools.bench.baseline import c as twin
from tools.bench.baseline import textbook

# the share of inputs that makes 2 % and 10 % of the synthetic network fire
RATES = {Dynamics.ON_INPUT: (0.075, 0.4), Dynamics.EVERY_BURST: (0.14, 0.38)}
SHARES = ("2%", "10%")
GENOMES = Path(__file__).resolve().parents[3] / "shared" / "genomes"
HEADINGS = (
    "brain", "state", "firing", "events", "touched", "instructions per burst", "per event",
    "per touched", "over C", "bytecode over it", "bursts/s", "state B/neuron", "blob B/synapse",
)  # fmt: skip

Case = tuple[str, Brain, RandomStimulus]


def cases(quick: bool, genomes: Path) -> Iterator[Case]:
    """Name, brain and stimulus of each row."""
    demo = compile_connectome(connectome_of(example("wall_avoider"))[0])
    yield "demo", demo, RandomStimulus.at_rate(1, 0.1)
    found = [(file.stem, connectome_of(file)[0]) for file in sorted(genomes.glob("*.json"))]
    brains = [(name, compile_connectome(c)) for name, c in found if len(c.source)]
    for name, brain in sorted(brains, key=lambda pair: -pair[1].network.n_neurons):
        yield name, brain, RandomStimulus.at_rate(1, 0.1)
    for size in (1_000,) if quick else (1_000, 10_000):
        for dynamics, rates in RATES.items():
            connectome = synthetic.network(size, 10, dynamics=dynamics)
            for state in ("int16", "int32"):
                brain = compile_connectome(connectome, QuantizeOptions(state=state))
                for share, rate in zip(SHARES, rates, strict=True):
                    name = f"{size // 1000}k/{size // 100}k {dynamics.value} {share}"
                    yield name, brain, RandomStimulus.at_rate(1, rate)


def row(name: str, brain: Brain, stimulus: RandomStimulus, bursts: int) -> tuple[str, ...]:
    """The cells of one case."""
    network = brain.network
    cost = bench.cost(network, brain.blob, stimulus, bursts=bursts)
    over = bytecode = "–"
    if not any(c.mp_driven for c in network.classes):
        bytecode = f"{textbook.ratio(network, brain.blob, stimulus, bursts):.0f}×"
        if twin.available():
            over = f"{cost.instructions / twin.instructions(network, stimulus, bursts):.2f}"
    with open_device("virtual") as device:
        device.put(brain.blob)
        begun = time.perf_counter()
        verdict = verify(network, device, 1000, stimulus)
        seconds = time.perf_counter() - begun
    if not verdict.identical:
        raise SystemExit(f"{name}: {verdict.divergence}")
    facts = summary(network, brain.blob)
    return (
        name,
        f"int{network.state}",
        f"{cost.spikes / network.n_neurons:.1%}",
        f"{cost.events:,.0f}",
        f"{cost.touched:,.0f}",
        f"{cost.instructions:,.0f}",
        f"{cost.deliver / max(cost.events, 1):.1f}",
        f"{cost.per_touched:.1f}",
        over,
        bytecode,
        f"{1000 / seconds:,.0f}",
        f"{facts['state_bytes_per_neuron']}",
        f"{facts['blob_bytes_per_synapse']}",
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer and smaller networks")
    parser.add_argument("--genomes", type=Path, default=GENOMES)
    options = parser.parse_args()
    print(f"bursts/s: virtual device on {platform.processor() or platform.machine()}, with a")
    print("digest and telemetry in each burst, compared with the reference as they come\n")
    print("| " + " | ".join(HEADINGS) + " |")
    print("|---" * len(HEADINGS) + "|")
    for name, brain, stimulus in cases(options.quick, options.genomes):
        bursts = 10 if brain.network.n_neurons > 5_000 else 40
        print("| " + " | ".join(row(name, brain, stimulus, bursts)) + " |", flush=True)


if __name__ == "__main__":
    main()
