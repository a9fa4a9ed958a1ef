"""Counts: what the kernel costs on thirteen small brains, kept in a file that a test holds it to.

In:  the demo's brain, a camera's, four synthetic networks, two of layers, four that
     learn; the file tests/firmware/kernel/instruction_counts.json.
Out: instructions per burst of both targets and both back ends, exact; `python -m
     tools.bench.counts` writes them, if none has risen.
Never: a time. `--accept` writes what has risen by more than 2 %, too.
"""

import argparse
import json
from pathlib import Path

from ganglion.analysis.bench import cost as bench
from ganglion.analysis.bench.machine import BACK_ENDS
from ganglion.analysis.bench.xtensa import MISSING, PROGRAM, Xtensa, available
from ganglion.compiler import Brain, LayeredBrain, compile_connectome
from ganglion.connectome.model import Dynamics
from ganglion.examples import path as example
from ganglion.frontends import synthetic
from ganglion.frontends.read import connectome_of
from ganglion.quantization.options import QuantizeOptions
from ganglion.reference.stimulus import RandomStimulus
from tools.bench import learning
from tools.bench.layers import network as layers
from tools.networks import camera

FILE = Path(__file__).resolve().parents[2] / "tests/firmware/kernel/instruction_counts.json"
MARGIN = 0.02
BURSTS, WARM_UP = 3, 2
NETWORKS = (
    (Dynamics.ON_INPUT, "int16", 0.075),
    (Dynamics.ON_INPUT, "int32", 0.4),
    (Dynamics.EVERY_BURST, "int32", 0.14),
    (Dynamics.EVERY_BURST, "int16", 0.14),  # whose leak is looked up
)


def cases() -> list[tuple[str, Brain | LayeredBrain, float]]:
    """Name, brain, share of inputs."""
    demo = compile_connectome(connectome_of(example("wall_avoider"))[0])
    found: list[tuple[str, Brain | LayeredBrain, float]] = [("demo", demo, 0.1)]
    for state in ("int16", "int32"):
        brain = compile_connectome(camera(), QuantizeOptions(state=state))
        found.append((f"camera {state}", brain, 0.1))
    for dynamics, state, rate in NETWORKS:
        network = synthetic.network(1000, 10, dynamics=dynamics)
        brain = compile_connectome(network, QuantizeOptions(state=state))
        found.append((f"1k {dynamics.value} {state}", brain, rate))
    found.append(("dense 200 to 64", layers((1, 1, 200), (1, 1, 64)), 0.1))
    found.append(("3x3 at stride 2", layers((12, 12, 8), (6, 6, 16), 3, 2), 0.1))
    for kind in learning.KINDS:
        found.append((f"learning {kind}", compile_connectome(learning.network(1, kind)), 0.1))
    brain = compile_connectome(learning.network(1, "listed"))
    found.append(("learning listed, silent", brain, 0.0))
    return found


def counts() -> dict[str, int]:
    """Instructions per burst, by name, instruction set and back end; Xtensa's where it can run."""
    found = {}
    isas = [isa for isa in bench.ISAS if isa != Xtensa.march or available()]
    for name, brain, rate in cases():
        stimulus = RandomStimulus.at_rate(1, rate)
        for isa in isas:
            for end in BACK_ENDS:
                cost = bench.cost(
                    brain.network, brain.blob, stimulus, BURSTS, WARM_UP, isa=isa, back_end=end
                )
                found[f"{name}, {isa} by {end}"] = round(cost.instructions)
    return found


def risen(before: dict[str, int], now: dict[str, int]) -> list[str]:
    """What costs more than it did, in words."""
    return [
        f"{name}: {now[name]} instructions per burst, {n} before"
        for name, n in before.items()
        if now.get(name, 0) > n * (1 + MARGIN)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--accept", action="store_true", help="write them though some have risen")
    options = parser.parse_args()
    now = counts()
    if not available():
        raise SystemExit(f"{PROGRAM} is not here, and the file holds its counts too: {MISSING}")
    worse = risen(json.loads(FILE.read_text()), now) if FILE.exists() else []
    if worse and not options.accept:
        raise SystemExit("\n".join([*worse, "nothing is written; --accept writes it"]))
    FILE.write_text(json.dumps(now, indent=2) + "\n")
    print(FILE.read_text(), end="")


if __name__ == "__main__":
    main()
