"""Integer conformance: golden traces of FEAGI's engine, run in integers and compared.

In:  a directory of traces, a state width.
Out: one line per trace that parts from FEAGI, with the burst; a count. Exit code 1 if one does.
Never: compares a neuron that no synapse touches: a brain leaves it out.

`python tools/conformance/integer_conformance.py DIRECTORY [--state int32]`
"""

import argparse
from pathlib import Path

import numpy as np

from ganglion.frontends.trace import Trace, read
from ganglion.network.proof import prove
from ganglion.quantization.options import STATES, QuantizeOptions
from ganglion.quantization.quantize import quantize
from ganglion.simulation.engines import IntegerEngine

GOLDEN = Path(__file__).resolve().parents[3] / "shared" / "feagi-golden" / "dev"


def first_difference(trace: Trace, state: str) -> int:
    """The first burst that fires otherwise than in the trace; 0 if none does."""
    values = [p for _, potentials in trace.stimulus.values() for p in potentials.tolist()]
    options = QuantizeOptions(
        state=state,
        anywhere=True,
        inputs="graded",
        negative_inputs=min(values, default=0.0) < 0,
        maximum=max(map(abs, values), default=0.0),
    )
    network, note = quantize(trace.connectome, options)
    prove(network)
    kept = np.zeros(trace.connectome.n_neurons, dtype=bool)
    kept[note.neuron] = True
    engine = IntegerEngine(network, note.neuron)
    for burst in range(1, trace.bursts + 1):
        expected = trace.fired[burst - 1]
        found = engine.step(trace.inputs(burst))
        if not np.array_equal(found, expected[kept[expected]]):
            return burst
    return 0


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory", type=Path, nargs="?", default=GOLDEN)
    parser.add_argument("--state", choices=STATES, default="int32")
    arguments = parser.parse_args(words)
    paths = sorted(arguments.directory.glob("*.json*"))
    failed = 0
    for path in paths:
        burst = first_difference(read(path), arguments.state)
        if burst:
            failed += 1
            print(f"{path.name}: parts from FEAGI in burst {burst}")
    print(f"{arguments.state}: {len(paths) - failed} identical, {failed} not")
    return 1 if failed or not paths else 0


if __name__ == "__main__":
    raise SystemExit(main())
