"""Runtimes: other runtimes against the reference, on random brains with every feature at once.

In:  a number of brains, or a folder of genomes; runtimes: onnx, onnx:cpu:sparse, onnx:cpu:dense,
     onnx:reference (ONNX's own evaluator), torch, akida.
Out: a line per brain that differs or is refused, and one per runtime that counts; how many brains
     have each rule; exit code 1 if one differs.
Never: a brain that is skipped without a word; a refusal that counts as equal.

    python -m tools.conformance.runtimes --count 200
    python -m tools.conformance.runtimes --genomes ../shared/genomes --bursts 1000
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ganglion.compiler import compile_connectome
from ganglion.errors import GanglionError
from ganglion.frontends.read import connectome_of
from ganglion.network.model import QuantizedNetwork
from ganglion.quantization.options import QuantizeOptions
from ganglion.reference.integers import Reference
from ganglion.reference.stimulus import RandomStimulus, StimulusStream
from ganglion.simulation.accelerators.onnx_delivery import parts_of
from ganglion.simulation.accelerators.parameters import NO_UPPER, Parameters
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


def rules_of(network: QuantizedNetwork) -> list[str]:
    """Which rules of SPEC.md 2 a brain has, beside those that every brain has."""
    p = Parameters(network)
    _, driven = parts_of(network)
    found = {
        "mp-driven PSPs": len(driven) > 0,
        "the hash of excitability": not p.always.all(),
        "an upper limit": bool((p.upper < NO_UPPER).any()),
        "a leak": bool((p.leak > 0).any()),
        "a fine leak": bool((p.leak_fine > 0).any()),
        "a countdown": p.has_countdown,
        "a limit of consecutive fires": p.has_limit,
        "every_burst": bool(p.every_burst.any()),
        "on_input": not p.every_burst.all(),
        "potentials that are kept": bool(p.accumulates.any()),
        "power": network.power_neuron is not None,
    }
    return [name for name, there in found.items() if there]


def brains(options: argparse.Namespace) -> Iterator[tuple[str, int, QuantizedNetwork]]:
    """A name, the seed of its stimulus, and a network."""
    if options.genomes:
        for file in sorted(options.genomes.glob("*.json")):
            yield file.stem, 7, compile_connectome(connectome_of(file)[0]).network
        return
    for seed in range(options.first, options.first + options.count):
        state = STATES[seed % 3]
        brain = compile_connectome(random_connectome(seed), QuantizeOptions(state=state))
        yield f"brain {seed} at {state}", seed, brain.network


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--count", type=int, default=200, help="how many brains")
    parser.add_argument("--genomes", type=Path, help="a folder of genomes, in place of random ones")
    parser.add_argument("--bursts", type=int, default=40)
    parser.add_argument("--runtime", action="append", help="repeatable; onnx and onnx:cpu:sparse")
    options = parser.parse_args()
    runtimes = options.runtime or ["onnx", "onnx:cpu:sparse"]
    told = {spec: Counter[str]() for spec in runtimes}
    rules: Counter[str] = Counter()
    for name, seed, network in brains(options):
        rules.update(rules_of(network))
        for spec in runtimes:
            verdict = "equal"
            try:
                runtime = open_runtime(spec).runtime_of(network)
                found = first_difference(network, runtime, options.bursts, seed)
                verdict = "different" if found else "equal"
            except GanglionError as error:
                found, verdict = str(error), "refused"
            told[spec][verdict] += 1
            if found:
                print(f"{spec}, {name}, {verdict}: {found[:300]}", flush=True)
    print("brains with " + ", ".join(f"{rule}: {count}" for rule, count in sorted(rules.items())))
    for spec, counts in told.items():
        print(
            f"{spec}: {counts['equal']:,} equal in every bit over {options.bursts:,} bursts, "
            f"{counts['different']:,} different, {counts['refused']:,} refused"
        )
    sys.exit(any(counts["different"] for counts in told.values()))


if __name__ == "__main__":
    main()
