"""Random brains: with every feature of the contract, as machine code against the reference.

In:  a seed, how many, instruction sets, a back end.
Out: that no digest of any burst differs; else the first that does, and how to run it again.
Never: a brain that was not run to its end; a reference by another engine than numpy.

`python -m tools.search.random_brains --count 2000 --march xtensawin rv32imc`

Each brain is run twice over: under the random stimulus, and with inputs of both signs injected. It
is quantized once, which costs more than a run, for all instruction sets.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np

from ganglion.analysis.bench.emulator import CORES, load_brain
from ganglion.analysis.bench.machine import BACK_ENDS
from ganglion.blob.container import encode
from ganglion.network.model import QuantizedNetwork
from ganglion.quantization.options import WEIGHTS, QuantizeOptions
from ganglion.quantization.quantize import quantize
from ganglion.reference.integers import Reference
from ganglion.reference.stimulus import RandomStimulus, StimulusStream
from tools.networks import STATES, random_connectome

BURSTS = 12


def quantized(seed: int) -> QuantizedNetwork:
    """The random brain of a seed."""
    rng = np.random.default_rng(seed)
    connectome = random_connectome(seed, int(rng.integers(24, 100)), int(rng.integers(2, 8)))
    options = QuantizeOptions(
        state=STATES[seed % 3], weights=WEIGHTS[seed // 3 % len(WEIGHTS)],
        anywhere=True, negative_inputs=True,
    )  # fmt: skip
    network, _ = quantize(connectome, options)  # its golden vector would cost more than the run
    return network


def difference(
    network: QuantizedNetwork, seed: int, march: str, back_end: str, bursts: int = BURSTS
) -> str | None:
    """Where the machine code and the reference part on the brain of a seed, in words, or None."""
    rng = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "brain.gbn"
        path.write_bytes(encode(network))
        device, core = load_brain(path, march=march, back_end=back_end)
    try:
        stimulus = RandomStimulus.at_rate(seed, float(rng.uniform(0.05, 0.6)))
        device.stimulus(1, stimulus.seed, stimulus.group_bits, stimulus.chance)
        device.reset()
        reference = Reference(network)
        stream = StimulusStream(network, stimulus)
        for burst in range(1, bursts + 1):
            injected = None
            if burst % 2:
                neurons = rng.integers(0, network.n_neurons, 4)
                amounts = rng.integers(-99, 999, 4)
                injected = neurons, amounts
                for neuron, amount in zip(neurons.tolist(), amounts.tolist(), strict=True):
                    device.inject(neuron, amount)
            device.step()
            device.digest()
            reference.step(stream.draw(), injected)
            if int(device.digest_bytes[0]) != reference.digest():
                return f"brain {seed} (int{network.state}) on {march}: burst {burst} differs"
    finally:
        core.close()
    return None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--march", choices=sorted(CORES), nargs="+", default=["rv32imc"])
    parser.add_argument("--back-end", choices=BACK_ENDS, default="ganglion")
    options = parser.parse_args()
    for done, seed in enumerate(range(options.seed, options.seed + options.count), 1):
        network = quantized(seed)
        for march in options.march:
            found = difference(network, seed, march, options.back_end)
            if found:
                raise SystemExit(
                    f"{found}\npython -m tools.search.random_brains --march {march} "
                    f"--back-end {options.back_end} --seed {seed} --count 1 runs it again"
                )
        if done % 100 == 0:
            print(f"{done} brains", flush=True)
    print(
        f"{options.count} brains on {' and '.join(options.march)} by {options.back_end}, "
        f"{BURSTS} bursts each: no digest differs"
    )


if __name__ == "__main__":
    main()
