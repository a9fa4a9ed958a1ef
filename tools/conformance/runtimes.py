"""Runtimes: other runtimes against the reference, on random brains with every feature at once.

In:  a number of brains; runtimes: onnx, onnx:cpu:sparse, onnx:cpu:dense, onnx:reference, akida.
Out: a line per brain that differs, and one that counts.
Never: a brain that is skipped without a word.  `python -m tools.conformance.runtimes --help`
"""

import argparse
import sys

import numpy as np

from ganglion.compiler import compile_connectome
from ganglion.errors import GanglionError
from ganglion.network.model import QuantizedNetwork
from ganglion.quantization.options import QuantizeOptions
from ganglion.reference.integers import Reference
from ganglion.reference.stimulus import RandomStimulus, StimulusStream
from ganglion.simulation.accelerators.runtime_device import Runtime, open_runtime
from tools.networks import STATES, random_connectome


def first_difference(
    network: QuantizedNetwork, runtime: Runtime, bursts: int, seed: int
) -> str | None:
    """Where a runtime parts from the reference, fed with a stimulus and injections beyond J."""
    rng = np.random.default_rng(seed)
    reference = Reference(network)
    stream = StimulusStream(network, RandomStimulus.at_rate(seed, 0.3))
    n = network.n_neurons
    # Beyond J, and yet less than 2^31 together, as SPEC.md 7.2 has it.
    most = min(int(network.per_neuron("input_max").max(initial=1)), 2**31 // 8)
    runtime.reset()
    for burst in range(1, bursts + 1):
        neurons, amounts = stream.draw()
        extra = rng.integers(0, n, int(rng.integers(0, 4)))
        sizes = rng.integers(-2 * most, 2 * most + 1, len(extra))
        stimulus, injected = np.zeros((2, n), dtype=np.int64)
        hit = np.zeros(n, dtype=bool)
        stimulus[neurons] = amounts
        np.add.at(injected, extra, sizes)
        hit[neurons] = hit[extra] = True
        reference.step((neurons, amounts), (extra, sizes))
        digest = runtime.step(stimulus, injected, hit)
        pairs = {
            "fired": (runtime.fired, reference.fired),
            "potential": (runtime.potential, reference.potential),
            "countdown": (runtime.countdown, reference.countdown),
            "consecutive": (runtime.consecutive, reference.consecutive),
        }
        for what, (theirs, ours) in pairs.items():
            if not np.array_equal(theirs, ours):
                return f"burst {burst}: {what} is {theirs.tolist()}, not {ours.tolist()}"
        expected = reference.digest()
        if digest != expected:
            return f"burst {burst}: the digest is {digest:08x}, not {expected:08x}"
    return None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--count", type=int, default=200, help="how many brains")
    parser.add_argument("--bursts", type=int, default=40)
    parser.add_argument("--runtime", action="append", help="repeatable; onnx and onnx:cpu:sparse")
    options = parser.parse_args()
    runtimes = options.runtime or ["onnx", "onnx:cpu:sparse"]
    equal = differ = 0
    for seed in range(options.first, options.first + options.count):
        state = STATES[seed % 3]
        network = compile_connectome(random_connectome(seed), QuantizeOptions(state=state)).network
        for spec in runtimes:
            try:
                runtime = open_runtime(spec).runtime_of(network)
                found = first_difference(network, runtime, options.bursts, seed)
            except GanglionError as error:
                found = str(error)
            equal, differ = equal + (found is None), differ + (found is not None)
            if found:
                print(f"{spec}, brain {seed} at {state}: {found[:300]}", flush=True)
    print(f"{equal:,} of {equal + differ:,} equal in every bit, {options.bursts} bursts each")
    sys.exit(differ > 0)


if __name__ == "__main__":
    main()
