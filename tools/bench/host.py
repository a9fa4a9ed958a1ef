"""Bench host: what a burst of the integer reference costs on this machine, which `simulate` runs.

In:  synthetic networks of 10,000 neurons and 100,000 synapses, 2 % of which fire in a burst.
Out: a Markdown table of microseconds per burst; seconds to compile and to load 1,000,000 synapses.
Never: a test: these are times, and machines are noisy. The least of five is taken.
"""

import platform
import time

from ganglion.blob.container import decode
from ganglion.compiler import compile_connectome
from ganglion.connectome.model import Dynamics
from ganglion.frontends import synthetic
from ganglion.quantization.options import QuantizeOptions
from ganglion.reference.integers import Reference
from ganglion.reference.stimulus import RandomStimulus, StimulusStream

NEURONS, FAN_OUT = 10_000 * 10 // 11, 10  # beside a tenth as many inputs
RATES = {Dynamics.ON_INPUT: 0.065, Dynamics.EVERY_BURST: 0.12}  # of inputs: 2 % of all then fire
WARM_UP, BURSTS, TIMES = 100, 200, 5
FEAGI = 254  # microseconds: FEAGI's own engine, our measurement on one core of another server


def main() -> None:
    print(f"{platform.platform()}, Python {platform.python_version()}, one core\n")
    print("| dynamics | firing | µs per burst | with its digest | FEAGI's engine |")
    print("|---|---:|---:|---:|---:|")
    for dynamics, rate in RATES.items():
        connectome = synthetic.network(NEURONS, FAN_OUT, dynamics=dynamics)
        network = compile_connectome(connectome, QuantizeOptions(state="int16")).network
        reference = Reference(network)
        stream = StimulusStream(network, RandomStimulus.at_rate(1, rate))
        for _ in range(WARM_UP):
            reference.step(stream.draw())
        least: list[float] = []
        for digest in (False, True):
            times = []
            for _ in range(TIMES):
                begun = time.perf_counter()
                for _ in range(BURSTS):
                    reference.step(stream.draw())
                    if digest:
                        reference.digest()
                times.append((time.perf_counter() - begun) / BURSTS * 1e6)
            least.append(min(times))
        firing = reference.spikes / reference.burst / network.n_neurons
        plain, digested = least
        print(f"| {dynamics.value} | {firing:.1%} | {plain:.0f} | {digested:.0f} | {FEAGI} |")
    begun = time.perf_counter()
    brain = compile_connectome(synthetic.network(50_000, 19), QuantizeOptions(state="int16"))
    compiled = time.perf_counter()
    decode(brain.blob)
    loaded = time.perf_counter()
    print(
        f"\n{brain.network.n_synapses:,} synapses: compiled in {compiled - begun:.1f} s, "
        f"loaded in {loaded - compiled:.1f} s"
    )


if __name__ == "__main__":
    main()
