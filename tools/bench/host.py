"""Bench host: what a burst of the reference costs on this machine, by each engine, side by side.

In:  synthetic networks of 1,000 and 10,000 neurons with ten synapses each, about 2 % of which fire.
Out: a Markdown table of CPU microseconds per burst, by numpy and, where it is, by numba; how
     long networks of four sizes take to quantize.
Never: a test: these are times, and machines are noisy. The least is taken; the engines take turns
       in one process, and their digests are compared.

`python -m tools.bench.host [--quantize]`
"""

import argparse
import platform
import resource
import time

from ganglion.connectome.model import Dynamics
from ganglion.frontends import synthetic
from ganglion.quantization.options import QuantizeOptions
from ganglion.quantization.quantize import quantize
from ganglion.reference.compiled import available
from ganglion.reference.engine import ENGINES, reference_of, stream_of
from ganglion.reference.stimulus import RandomStimulus

FAN_OUT = 10
RATES = {  # of inputs, a tenth of all: about 2 % of all then fire
    1_000: {Dynamics.ON_INPUT: 0.065, Dynamics.EVERY_BURST: 0.12},
    10_000: {Dynamics.ON_INPUT: 0.065, Dynamics.EVERY_BURST: 0.12},
}
WARM_UP, BURSTS, TIMES = 60, 60, 7
FEAGI = 254  # microseconds at 10,000: FEAGI's engine, measured by us on a core of another server
SIZES = (1_000, 10_000, 100_000, 1_000_000)  # to quantize


def row(size: int, dynamics: Dynamics, rate: float) -> str:
    """A line of the table. Raises SystemExit if two engines differ."""
    connectome = synthetic.network(size * 10 // 11, FAN_OUT, dynamics=dynamics)
    network = quantize(connectome, QuantizeOptions(state="int16"))[0]
    stimulus = RandomStimulus.at_rate(1, rate)
    engines = ENGINES if available() else ENGINES[:1]
    running = {
        engine: (
            reference_of(network, engine=engine), stream_of(network, stimulus, engine=engine)
        )
        for engine in engines
    }  # fmt: skip
    least: dict[tuple[str, bool], float] = {}
    for digest in (False, True):
        for turn in range(TIMES):
            for engine, (reference, stream) in running.items():
                begun = time.process_time()
                for _ in range(BURSTS):
                    reference.step(stream.draw())
                    if digest:
                        reference.digest()
                spent = (time.process_time() - begun) / BURSTS * 1e6
                if turn:  # the first one warms up
                    least[engine, digest] = min(least.get((engine, digest), spent), spent)
    if len({reference.digest() for reference, _ in running.values()}) > 1:
        raise SystemExit("the engines differ")
    reference = running["numpy"][0]
    firing = reference.spikes / reference.burst / network.n_neurons
    cells = [f"{network.n_neurons:,}", dynamics.value, f"{firing:.1%}"]
    for digest in (False, True):
        cells += [f"{least[engine, digest]:.0f}" for engine in engines]
        cells += ["–"] * (2 - len(engines))
        ours = least["numpy", digest] / least[engines[-1], digest]
        cells.append(f"{ours:.1f}×" if len(engines) > 1 else "–")
    return "| " + " | ".join([*cells, str(FEAGI) if size == 10_000 else "–"]) + " |"


def quantizing() -> None:
    """The table of how `quantize` grows: the least of three, and the most memory held by then."""
    print("| neurons | synapses | quantize, CPU s | times the one before | peak GiB |")
    print("|---:|---:|---:|---:|---:|")
    before = 0.0
    for size in SIZES:
        connectome = synthetic.network(size * 10 // 11, FAN_OUT, dynamics=Dynamics.EVERY_BURST)
        spent = []
        for _ in range(3):
            begun = time.process_time()
            quantize(connectome, QuantizeOptions(state="int16"))
            spent.append(time.process_time() - begun)
        times = f"{min(spent) / before:.1f}" if before else "–"
        before = min(spent)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(
            f"| {connectome.n_neurons:,} | {connectome.n_synapses:,} | {before:.3f} | {times} "
            f"| {peak:.2f} |",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quantize", action="store_true", help="only how long quantize takes")
    options = parser.parse_args()
    print(f"{platform.platform()}, Python {platform.python_version()}, CPU time of one core\n")
    if options.quantize:
        quantizing()
        return
    print(
        "| neurons | dynamics | firing | numpy, µs per burst | numba | ratio | with digests: numpy "
        "| numba | ratio | FEAGI's engine |"
    )
    print("|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    for size, rates in RATES.items():
        for dynamics, rate in rates.items():
            print(row(size, dynamics, rate), flush=True)
    print()
    quantizing()


if __name__ == "__main__":
    main()
