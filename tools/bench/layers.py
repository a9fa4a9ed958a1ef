"""Bench of layers: what dense and convolutional paths cost in a burst, beside textbook C.

In:  layers that a random stimulus reaches over a matrix, or over the kernel of a convolution.
Out: instructions per burst of what the paths bring (SPEC 12, L2), on RV32 and Xtensa, exact, by
     mpy-cross and by us; of layers.c by gcc -O2; as a Markdown table. All sums are compared with
     the reference's.
Never: a time; a figure of runs that summed otherwise.

`python -m tools.bench.layers`. Needs unicorn and qemu-user, and for C riscv64-unknown-elf-gcc and
xtensa-lx106-elf-gcc. That gcc makes no zero-overhead loops, which one for ESP32s would.
"""

import struct
from collections.abc import Iterator
from typing import Any

import numpy as np

from ganglion.analysis.bench.cost import ISAS, count
from ganglion.analysis.bench.machine import BACK_ENDS
from ganglion.analysis.bench.xtensa import available as emulated
from ganglion.compiler import LayeredBrain, compile_layers
from ganglion.connectome.layered import Dims, LayeredConnectome, RealLayer, RealPath
from ganglion.network.layers import Ints, Layer, Path
from ganglion.reference.integers import Reference
from ganglion.reference.layers import convolved
from ganglion.reference.stimulus import RandomStimulus, StimulusStream
from tools.bench.baseline.core import Core, available
from tools.bench.baseline.xtensa_core import XtensaCore

BURSTS, WARM_UP = 4, 1
OURS = ("layer_dense.", "layer_conv.")
MOST = 0.7  # of textbook C's instructions: what the project holds itself to


def layer(name: str, dims: Dims, *paths: RealPath) -> RealLayer:
    """Neurons that leak, fire above 1 and are reset by subtraction."""
    n = int(np.prod(dims))
    one, zero = np.ones(n), np.zeros(n)
    entry = not paths
    return RealLayer(
        name, dims, dims, np.arange(n), one if entry else 0.9 * one, one, zero, zero, zero, one,
        zero, zero if entry else None, at_least=entry, many=entry, reset="subtract", input=entry,
        paths=paths,
    )  # fmt: skip


def network(source: Dims, target: Dims, kernel: int = 0, stride: int = 1) -> LayeredBrain:
    """An input and one layer; without a kernel over a matrix."""
    rng = np.random.default_rng(1)
    n, m = int(np.prod(source)), int(np.prod(target))
    if kernel:
        shape: tuple[int, ...] = (source[2], kernel, kernel, target[2])
        path = RealPath(
            0, "conv", rng.integers(-127, 128, shape) / 128, source, target,
            stride=(stride, stride), before=(kernel // 2, kernel // 2),
        )  # fmt: skip
    else:
        weight = rng.integers(-127, 128, (n, m)) / 128
        path = RealPath(0, "dense", weight, source, (1, 1, m))
    layers = (layer("input", source), layer("layer", target, path))
    return compile_layers(LayeredConnectome(layers, 1))


def cases() -> Iterator[tuple[str, LayeredBrain, float]]:
    """Name, brain, the share of inputs that fire."""
    yield "dense 784 to 500, 2 % fire", network((1, 1, 784), (1, 1, 500)), 0.02
    yield "dense 784 to 500, 20 % fire", network((1, 1, 784), (1, 1, 500)), 0.2
    yield "dense 500 to 10, 10 % fire", network((1, 1, 500), (1, 1, 10)), 0.1
    yield "3×3, 2 to 8 channels of 32×32, 10 % fire", network((32, 32, 2), (32, 32, 8), 3), 0.1
    yield "3×3 at stride 2, 8 to 16 of 32×32, 5 %", network((32, 32, 8), (16, 16, 16), 3, 2), 0.05
    yield "5×5, 12 to 64 channels of 12×12, 10 %", network((12, 12, 12), (12, 12, 64), 5), 0.1


def ours(
    brain: LayeredBrain, stimulus: RandomStimulus, back_end: str, isa: str = "rv32imc"
) -> float:
    """Instructions of L2 per burst; every digest is the reference's."""
    counted = count(brain.network, brain.blob, stimulus, BURSTS, WARM_UP, isa, back_end).functions
    return sum(n for name, n in counted.items() if name.startswith(OURS)) / BURSTS


class Textbook:
    """layers.c in a core."""

    def __init__(self, path: Path, isa: str = "rv32imc") -> None:
        kind = Core if isa == "rv32imc" else XtensaCore
        self.core = core = kind("layers.c", head=128)
        kernel = path.weight.shape[1:3] if path.conv else (0, 0)
        self._n = int(np.prod(path.target_dims))
        self._spikes = core.put(bytes(int(np.prod(path.source_dims))))
        weight = core.put(path.weight.tobytes())
        multiplier = np.broadcast_to(path.multiplier, path.target_dims[2:]).astype("<i4")
        where = (
            self._spikes, weight, core.put(multiplier.tobytes()), core.put(bytes(4 * self._n)),
            core.put(bytes(4 * self._n)),
        )  # fmt: skip
        self._x = where[-1]
        words = (int(path.conv), *path.source_dims, *path.target_dims, *kernel, *path.stride,
                 *path.before, *where)  # fmt: skip
        core.write(core.base, struct.pack(f"<{len(words)}I", *words))

    def burst(self, spikes: "np.ndarray[Any, np.dtype[np.int64]]") -> "np.ndarray[Any, Any]":
        """What arrives at each target."""
        self.core.write(self._spikes, spikes.astype("u1").tobytes())
        self.core.write(self._x, bytes(4 * self._n))
        self.core.burst()
        return np.frombuffer(self.core.read(self._x, 4 * self._n), "<i4")


def arrived(target: Layer, spikes: Ints) -> Ints:
    """SPEC 12, L2 without the bias."""
    path = target.paths[0]
    weight = path.weight.astype(np.int64)
    z = spikes.reshape(path.source_dims)
    total = convolved(z, weight, path).reshape(-1) if path.conv else spikes @ weight
    result: Ints = total * target.spread(path.multiplier)
    return result


def theirs(brain: LayeredBrain, stimulus: RandomStimulus, isa: str = "rv32imc") -> float:
    """Instructions of the textbook's L2 per burst; every sum is the reference's."""
    target = brain.network.layers[1]
    twin = Textbook(target.paths[0], isa)
    reference, stream = Reference(brain.network), StimulusStream(brain.network, stimulus)
    for burst in range(WARM_UP + BURSTS):
        if burst == WARM_UP:
            twin.core.instructions = 0
        reference.step(stream.draw())
        spikes = reference.counts[: brain.network.layers[0].count]
        if (twin.burst(spikes) != arrived(target, spikes)).any():
            raise SystemExit("the textbook sums otherwise than the reference")
    twin.core.close()
    return twin.core.instructions / BURSTS


Row = tuple[float, float, float | None]  # by mpy-cross, by us, by the textbook where it compiles


def rows() -> Iterator[tuple[str, dict[str, Row]]]:
    """Name, and a Row for each instruction set that is here."""
    isas = [isa for isa in ISAS if isa == "rv32imc" or emulated()]
    for name, brain, share in cases():
        stimulus = RandomStimulus.at_rate(1, share)
        found = {}
        for isa in isas:
            mpy, own = (ours(brain, stimulus, end, isa) for end in BACK_ENDS)
            found[isa] = mpy, own, theirs(brain, stimulus, isa) if available(isa) else None
        yield name, found


def main() -> None:
    heads = [f"{isa} {words}" for isa in ("RV32", "Xtensa") for words in
             ("mpy-cross", "ours", "C", "over C")]  # fmt: skip
    print(f"| what arrives over | {' | '.join(heads)} |")
    print("|---" * (len(heads) + 1) + "|")
    worst = 0.0
    for name, found in rows():
        cells = []
        for isa in ISAS:
            mpy, own, textbook = found.get(isa, (None, None, None))
            cells += ["–" if n is None else f"{n:,.0f}" for n in (mpy, own, textbook)]
            cells.append(f"{own / textbook:.2f}" if own and textbook else "–")
            if isa == "rv32imc" and own and textbook:
                worst = max(worst, own / textbook)
        print(f"| {name} | {' | '.join(cells)} |", flush=True)
    if worst > MOST:
        raise SystemExit(f"{worst:.2f} times textbook C is more than {MOST}")


if __name__ == "__main__":
    main()
