"""Runtimes: other runtimes against the reference, on random brains with every feature at once.

In:  a number of brains, or a folder of genomes; runtimes: onnx, onnx:cpu:sparse, onnx:cpu:dense,
     onnx:reference (ONNX's own evaluator), torch, akida.
Out: a line per brain that differs or is refused, and one per runtime that counts; how many brains
     have each rule, form and width of the contract; exit code 1 if one differs, or if of random
     brains none has one of them.
Never: a brain that is skipped without a word; a refusal that counts as equal.

Random brains are every state, form and width in turn; every 20th learns, every 20th is of layers,
and every 20th has a robot. Of brains that learn or are of layers a runtime must refuse each by the
name of what it does not compute.

    python -m tools.conformance.runtimes --count 200
    python -m tools.conformance.runtimes --genomes ../shared/genomes --bursts 1000
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from ganglion.blob.container import encode, sections
from ganglion.compiler import compile_connectome
from ganglion.errors import GanglionError
from ganglion.examples import path as example
from ganglion.frontends.read import connectome_of
from ganglion.network.model import QuantizedNetwork
from ganglion.quantization.options import WEIGHTS, QuantizeOptions
from ganglion.reference.integers import Reference
from ganglion.reference.stimulus import RandomStimulus, StimulusStream
from ganglion.robot.compile import compile_robot
from ganglion.robot.file import parse_robot
from ganglion.simulation.accelerators.onnx_delivery import parts_of
from ganglion.simulation.accelerators.parameters import NO_UPPER, Parameters
from ganglion.simulation.accelerators.runtime_device import Runtime, open_runtime
from tools.bench.layers import network as layers
from tools.bench.learning import KINDS
from tools.bench.learning import network as learning
from tools.networks import STATES, camera, random_connectome

EACH = 20  # brains until one is of the same kind again


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


RULES = (
    "mp-driven PSPs", "the hash of excitability", "an upper limit", "a leak", "a fine leak",
    "a countdown", "a limit of consecutive fires", "every_burst", "on_input",
    "potentials that are kept", "power", "thresholds that vary", "classes of one weight",
    "own weights of 8 bits", "own weights of 4 bits", "own weights of 2 bits",
    "classes that are capped", "classes that are shifted", "synapses in rows",
    "synapses in blocks", "state of 8 bits", "state of 16 bits", "state of 32 bits", "a robot",
    "learning", "layers",
)  # fmt: skip
NOT_IN_FORMS = ("learning", "layers")  # refused by name
ROWS, BLOCKS = 4, 5  # sections of SPEC.md 5.5


def rules_of(network: QuantizedNetwork) -> list[str]:
    """Which of RULES a brain has."""
    found = {
        "learning": bool(network.learning), "layers": bool(network.layers),
        f"state of {network.state} bits": True, "a robot": network.robot is not None,
        "power": network.power_neuron is not None,
    }  # fmt: skip
    if not any(found[name] for name in NOT_IN_FORMS):
        found |= _rules(network)
    return [name for name in RULES if found.get(name)]


def _rules(network: QuantizedNetwork) -> dict[str, bool]:
    p = Parameters(network)
    _, driven = parts_of(network)
    used = [network.classes[k] for k in np.unique(network.klass)]
    forms = {s.type for s in sections(encode(network))}
    own = {c.few_bits or 8 for c in used if not c.weight and not c.mp_driven}
    return {
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
        "thresholds that vary": any(x.threshold_step for x in network.populations),
        "classes of one weight": any(c.weight and not c.mp_driven for c in used),
        **{f"own weights of {bits} bits": bits in own for bits in (8, 4, 2)},
        "classes that are capped": any(c.mp_driven and c.cap for c in used),
        "classes that are shifted": any(c.mp_driven and c.shift for c in used),
        "synapses in rows": ROWS in forms, "synapses in blocks": BLOCKS in forms,
    }  # fmt: skip


def brains(options: argparse.Namespace) -> Iterator[tuple[str, int, QuantizedNetwork]]:
    """A name, the seed of its stimulus, and a network."""
    if options.genomes:
        for file in sorted(options.genomes.glob("*.json")):
            yield file.stem, 7, compile_connectome(connectome_of(file)[0]).network
        return
    for seed in range(options.first, options.first + options.count):
        yield random_brain(seed)


def random_brain(seed: int) -> tuple[str, int, QuantizedNetwork]:
    """A name, the seed of its stimulus, and one of each kind in turn."""
    state, weights = STATES[seed % 3], WEIGHTS[seed // 3 % 3]
    quantize = QuantizeOptions(state=state, weights=weights)
    turn = seed % EACH
    if turn == EACH - 1:
        made = compile_connectome(
            learning(1 + seed % 7, KINDS[seed // EACH % 3]), QuantizeOptions(state=state)
        ).network
        return f"brain {seed}, which learns, at {state}", seed, made
    if turn == EACH - 2:
        source, target = ((6, 6, 2), (6, 6, 4)) if seed // EACH % 2 else ((1, 1, 9), (1, 1, 5))
        kernel = 3 if seed // EACH % 2 else 0
        return f"brain {seed}, of layers", seed, layers(source, target, kernel).network
    if turn == EACH - 3:
        driven = compile_connectome(connectome_of(example("wall_avoider"))[0], quantize)
        file = example("wall_avoider").with_suffix(".toml")
        program = compile_robot(parse_robot(file.read_text(), file.name), driven.network)
        return f"brain {seed}, with a robot", seed, replace(driven.network, robot=program)
    connectome = camera(8) if turn == EACH - 4 else random_connectome(seed)
    made = compile_connectome(connectome, quantize).network
    return f"brain {seed} at {state} with weights of {weights}", seed, made


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
    refusals: Counter[str] = Counter()
    for name, seed, network in brains(options):
        has = rules_of(network)
        rules.update(has)
        for spec in runtimes:
            verdict = "equal"
            try:
                runtime = open_runtime(spec).runtime_of(network)
                found = first_difference(network, runtime, options.bursts, seed)
                verdict = "different" if found else "equal"
            except GanglionError as error:
                found, verdict = str(error), "refused"
            told[spec][verdict] += 1
            if verdict == "refused" and set(has) & set(NOT_IN_FORMS):
                refusals[f"{spec} refuses {', '.join(set(has) & set(NOT_IN_FORMS))}: {found}"] += 1
            elif found:
                print(f"{spec}, {name}, {verdict}: {found[:300]}", flush=True)
    print("brains with " + ", ".join(f"{rule}: {rules[rule]}" for rule in RULES))
    for words, times in sorted(refusals.items()):
        print(f"{times} times {words}")
    for spec, counts in told.items():
        print(
            f"{spec}: {counts['equal']:,} equal in every bit over {options.bursts:,} bursts, "
            f"{counts['different']:,} different, {counts['refused']:,} refused"
        )
    missing = [] if options.genomes else [rule for rule in RULES if not rules[rule]]
    if missing:
        print(f"no brain has {', '.join(missing)}")
    sys.exit(bool(missing) or any(counts["different"] for counts in told.values()))


if __name__ == "__main__":
    main()
