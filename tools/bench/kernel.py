"""Bench: what the kernel costs, as the tables of README.

In:  synthetic networks of known activity, the demo's brain, genomes of a directory if there is one.
Out: Markdown tables, or JSON: instructions (RV32 and Xtensa, by mpy-cross and by us, exact), bursts
     per second (virtual device, this machine), bytes. Beside it textbook loops: in C, where gcc for
     the instruction set is installed, by instructions; in plain MicroPython by time, both in one
     process on this machine.
Never: a figure whose spikes were not compared with the reference in the same run.

`python -m tools.bench.kernel [--quick] [--counts] [--json] [--genomes DIRECTORY]`
"""

import argparse
import json
import platform
import time
from collections.abc import Iterator
from pathlib import Path

from ganglion.analysis.bench import cost as bench
from ganglion.analysis.bench import xtensa
from ganglion.analysis.bench.machine import BACK_ENDS
from ganglion.boards.memory import summary
from ganglion.compiler import Brain, compile_connectome
from ganglion.connectome.model import Dynamics
from ganglion.device.open import open_device
from ganglion.examples import path as example
from ganglion.frontends import synthetic
from ganglion.frontends.read import connectome_of
from ganglion.quantization.options import QuantizeOptions
from ganglion.reference.stimulus import RandomStimulus
from ganglion.verification.verify import verify
from tools.bench.baseline import c as twin
from tools.bench.baseline import textbook
from tools.bench.baseline.core import available

# the share of inputs that makes 2 % and 10 % of the synthetic network fire
RATES = {Dynamics.ON_INPUT: (0.075, 0.4), Dynamics.EVERY_BURST: (0.14, 0.38)}
SHARES = ("2%", "10%")
GENOMES = Path(__file__).resolve().parents[3] / "shared" / "genomes"
HEADINGS = (
    "brain", "state", "firing", "events", "touched",
    *(f"{isa} {words}" for isa in ("RV32", "Xtensa") for words in ("mpy-cross", "ours", "over C")),
    "per event", "per touched", "bytecode over it", "bursts/s", "state B/neuron", "blob B/synapse",
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


def counted(name: str, brain: Brain, stimulus: RandomStimulus, bursts: int) -> dict[str, object]:
    """Of one case, RV32 alone: instructions per burst of our code and of C, and their ratio."""
    network = brain.network
    ours = bench.cost(
        network, brain.blob, stimulus, bursts=bursts, back_end="ganglion"
    ).instructions
    c = None
    if not any(k.mp_driven for k in network.classes) and available():
        c = twin.instructions(network, stimulus, bursts)
    return {
        "brain": name, "state": f"int{network.state}", "neurons": network.n_neurons,
        "RV32 ours": ours, "RV32 C": c, "RV32 over C": ours / c if c else None,
    }  # fmt: skip


def row(name: str, brain: Brain, stimulus: RandomStimulus, bursts: int) -> dict[str, object]:
    """The figures of one case. "over C" is of our code; None where there is no compiler for C, or
    the C has no such brain."""
    network = brain.network
    found: dict[str, object] = {}
    has_twin = not any(k.mp_driven for k in network.classes)
    cost = bench.cost(network, brain.blob, stimulus, bursts=bursts, back_end="ganglion")
    for isa, words in (("rv32imc", "RV32"), ("xtensawin", "Xtensa")):
        ours = theirs = over = None
        if isa == "rv32imc" or xtensa.available():
            theirs, ours = (
                bench.cost(
                    network, brain.blob, stimulus, bursts=bursts, isa=isa, back_end=end
                ).instructions
                for end in BACK_ENDS
            )
            if has_twin and available(isa):
                over = ours / twin.instructions(network, stimulus, bursts, isa=isa)
        found |= {f"{words} mpy-cross": theirs, f"{words} ours": ours, f"{words} over C": over}
    bytecode = textbook.ratio(network, brain.blob, stimulus, bursts) if has_twin else None
    with open_device("virtual") as device:
        device.put(brain.blob)
        begun = time.perf_counter()
        verdict = verify(network, device, 1000, stimulus)
        seconds = time.perf_counter() - begun
    if not verdict.identical:
        raise SystemExit(f"{name}: {verdict.divergence}")
    facts = summary(network, brain.blob)
    found |= {
        "brain": name,
        "state": f"int{network.state}",
        "firing": cost.spikes / network.n_neurons,
        "events": cost.events,
        "touched": cost.touched,
        "per event": cost.deliver / max(cost.events, 1),
        "per touched": cost.per_touched,
        "bytecode over it": bytecode,
        "bursts/s": 1000 / seconds,
        "state B/neuron": facts["state_bytes_per_neuron"],
        "blob B/synapse": facts["blob_bytes_per_synapse"],
    }
    return {heading: found[heading] for heading in HEADINGS}


def cell(heading: str, value: object) -> str:
    """A figure as the table shows it."""
    if value is None:
        return "–"
    if not isinstance(value, float):
        return str(value)
    if heading == "firing":
        return f"{value:.1%}"
    if heading.endswith("over C"):
        return f"{value:.2f}"
    if heading == "bytecode over it":
        return f"{value:.0f}×"
    if " B/" in heading:
        return f"{value:g}"
    return f"{value:.1f}" if heading.startswith("per ") else f"{value:,.0f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer and smaller networks")
    parser.add_argument("--counts", action="store_true", help="no times, and RV32 alone")
    parser.add_argument("--genomes", type=Path, default=GENOMES)
    parser.add_argument("--json", action="store_true", help="a line of JSON for each brain")
    options = parser.parse_args()
    figures_of = counted if options.counts else row
    if options.json:
        for name, brain, stimulus in cases(options.quick, options.genomes):
            bursts = 10 if brain.network.n_neurons > 5_000 else 40
            print(json.dumps(figures_of(name, brain, stimulus, bursts)), flush=True)
        return
    if not options.counts:
        print(f"bursts/s: virtual device on {platform.processor() or platform.machine()}, with a")
        print("digest and telemetry in each burst, compared with the reference as they come\n")
    told = False
    for name, brain, stimulus in cases(options.quick, options.genomes):
        bursts = 10 if brain.network.n_neurons > 5_000 else 40
        figures = figures_of(name, brain, stimulus, bursts)
        if not told:
            print("| " + " | ".join(figures) + " |\n" + "|---" * len(figures) + "|")
            told = True
        print("| " + " | ".join(cell(*pair) for pair in figures.items()) + " |", flush=True)


if __name__ == "__main__":
    main()
