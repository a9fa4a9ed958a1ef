"""Bench large: a brain that no board runs, compiled, read back and run on this computer.

In:  how many neurons; each has ten synapses.
Out: seconds of CPU and the most memory held so far, stage by stage.
Never: a test; a figure of a run whose two engines, where both are here, did not agree.

`python -m tools.bench.large [--neurons 1000000]`
"""

import argparse
import resource
import time

from ganglion.blob.container import decode
from ganglion.compiler import compile_connectome
from ganglion.connectome.model import Dynamics
from ganglion.frontends import synthetic
from ganglion.quantization.options import QuantizeOptions
from ganglion.quantization.quantize import quantize
from ganglion.reference.compiled import available
from ganglion.reference.engine import ENGINES, reference_of, stream_of
from ganglion.reference.stimulus import RandomStimulus

RATE, BURSTS = 0.12, 10


class Stages:
    """Tells what each stage took, as a row of a table."""

    def __init__(self) -> None:
        self.begun = time.process_time()
        print("| stage | CPU s | peak GiB |\n|---|---:|---:|")

    def done(self, what: str, times: int = 1) -> None:
        now = time.process_time()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(f"| {what} | {(now - self.begun) / times:.3f} | {peak:.2f} |", flush=True)
        self.begun = time.process_time()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--neurons", type=int, default=1_000_000)
    options = parser.parse_args()
    stages = Stages()
    connectome = synthetic.network(options.neurons * 10 // 11, 10, dynamics=Dynamics.EVERY_BURST)
    stages.done(f"{connectome.n_neurons:,} neurons, {connectome.n_synapses:,} synapses made")
    settings = QuantizeOptions(state="int16")
    quantize(connectome, settings)
    stages.done("quantize")
    brain = compile_connectome(connectome, settings)
    stages.done(f"compile, whole: a blob of {len(brain.blob):,} bytes")
    network = decode(brain.blob)
    stages.done("read back, proved")
    chains = set()
    for engine in ENGINES if available() else ENGINES[:1]:
        reference = reference_of(network, engine=engine)
        stream = stream_of(network, RandomStimulus.at_rate(1, RATE), engine=engine)
        reference.step(stream.draw())
        reference.digest()
        stages.done(f"{engine}: its tables, its first burst")
        for _ in range(BURSTS):
            reference.step(stream.draw())
            reference.digest()
        firing = reference.spikes / reference.burst / network.n_neurons
        stages.done(f"{engine}: a burst with its digest, {firing:.1%} firing", BURSTS)
        chains.add(reference.chain)
    if len(chains) > 1:
        raise SystemExit("the engines differ")


if __name__ == "__main__":
    main()
