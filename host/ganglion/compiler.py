"""Compiler: a connectome to a finished brain: quantized, with its golden vector, as a blob.

In:  a Connectome and QuantizeOptions.
Out: a Brain: network, blob and the Quantization that relates them to the connectome.
Never: reads or writes a file.
"""

from dataclasses import dataclass, replace

import numpy as np

from .blob.container import brain_id, encode, with_golden
from .blob.learnt import Learnt, begin_with
from .connectome.fingerprint import fingerprint
from .connectome.layered import LayeredConnectome
from .connectome.model import Connectome
from .network.model import AreaInfo, Golden, InputRange, Population, QuantizedNetwork
from .network.proof import Bounds, prove
from .quantization.layers import QuantizedLayers, quantize_layers
from .quantization.options import QuantizeOptions
from .quantization.quantize import Quantization, quantize
from .reference.branches import BRANCHES, Witness, branches_of
from .reference.stimulus import RandomStimulus

GOLDEN_BURSTS, FEW_BURSTS = 32, 4
LARGE = 65_536  # bytes of a blob whose rows a board may have to read from flash, again and again
# The stimuli that are tried, in order (SPEC 6.9). At none is the chance 65,536: there each draw
# would hit, and a device that draws wrongly would pass.
CANDIDATES = tuple(
    RandomStimulus.at_rate(seed, rate) for seed, rate in ((1, 0.2), (2, 0.4), (3, 0.1), (4, 0.7))
)


@dataclass(frozen=True, slots=True)
class StoredBrain:
    """A brain as a .gbn file holds it: all that a device or the reference needs."""

    network: QuantizedNetwork
    blob: bytes

    @property
    def id(self) -> str:
        """Its name on the link: the first 8 bytes of its SHA-256, in hexadecimal digits."""
        return brain_id(self.blob).hex()


@dataclass(frozen=True, slots=True)
class Brain(StoredBrain):
    """What compile makes: a brain, how it came about, and the proof that no sum overflows."""

    quantization: Quantization
    bounds: Bounds
    undecided: tuple[str, ...] = ()  # branches of the burst that its golden vector does not meet


@dataclass(frozen=True, slots=True)
class Draft:
    """A brain without its golden vector: what a simulation needs, and no device takes."""

    network: QuantizedNetwork
    quantization: Quantization


def golden(network: QuantizedNetwork, bursts: int = GOLDEN_BURSTS) -> Golden:
    """The golden vector of a network (SPEC 5.8, 6.9)."""
    return choose_golden(network, bursts)[0]


def choose_golden(network: QuantizedNetwork, bursts: int) -> tuple[Golden, tuple[str, ...]]:
    """The golden vector, and the branches of the network that it does not meet (SPEC 6.9)."""
    wanted = branches_of(network)
    best: Witness | None = None
    chosen = CANDIDATES[0]
    for s in CANDIDATES:
        run = Witness(network, s, wanted)
        run.run(bursts)
        if best is None or len(run.met) > len(best.met):
            best, chosen = run, s
        if wanted == run.met:
            break
    assert best is not None
    vector = Golden(chosen.seed, chosen.chance, chosen.group_bits, bursts, best.chain, best.spikes)
    return vector, tuple(name for name in BRANCHES if name in wanted - best.met)


def compile_connectome(
    connectome: Connectome,
    options: QuantizeOptions | None = None,
    *,
    board: str = "",
    counter: int = 0,
) -> Brain:
    """The brain of a connectome. The same connectome and options give the same bytes.

    Raises QuantizeError, DoesNotFitError, or BlobError if the overflow proof fails.
    """
    network, note = quantize(connectome, options)
    network = replace(network, genome=fingerprint(connectome), board=board, counter=counter)
    bounds = prove(network)
    network, blob, undecided = _complete(network)
    return Brain(network, blob, note, bounds, undecided)


def draft(connectome: Connectome, options: QuantizeOptions | None = None) -> Draft:
    """The integers of compile_connectome, and no more. Raises what it raises."""
    network, note = quantize(connectome, options)
    prove(network)
    return Draft(network, note)


def compile_learnt(brain: Brain, learnt: Learnt) -> Brain:
    """The brain as it is after it learnt that. Raises UsageError if another brain did."""
    network, blob, undecided = _complete(begin_with(brain.network, learnt))
    return Brain(network, blob, brain.quantization, prove(network), undecided)


def finished(network: QuantizedNetwork) -> tuple[QuantizedNetwork, bytes]:
    """A changed network with its golden vector made anew, and its blob."""
    return _complete(network)[:2]


def _complete(network: QuantizedNetwork) -> tuple[QuantizedNetwork, bytes, tuple[str, ...]]:
    blob = encode(network)
    vector, undecided = choose_golden(network, FEW_BURSTS if len(blob) > LARGE else GOLDEN_BURSTS)
    return replace(network, golden=vector), with_golden(blob, vector), undecided


@dataclass(frozen=True, slots=True)
class LayeredBrain:
    """What compile_layers makes: a brain of layers, and what its integers stand for."""

    network: QuantizedNetwork
    blob: bytes
    connectome: LayeredConnectome
    quantization: QuantizedLayers
    undecided: tuple[str, ...] = ()  # branches of the burst that its golden vector does not meet


def compile_layers(
    connectome: LayeredConnectome, bits: int = 8, *, board: str = "", counter: int = 0
) -> LayeredBrain:
    """The brain of a network in layers, whose weights take `bits` bits.

    Raises QuantizeError, or BlobError if the overflow proof fails.
    """
    made = quantize_layers(connectome, bits)
    populations, areas, inputs, places = [], [], [], []
    for number, (real, layer, note) in enumerate(
        zip(connectome.layers, made.layers, made.notes, strict=True)
    ):
        populations.append(
            Population(
                first=layer.first, count=layer.count, area=number, layer=True,
                threshold=int(layer.threshold.min()), low=layer.low, high=layer.high,
                input_max=layer.most - 1 if real.input else 0, accumulates=True, every_burst=True,
            )
        )  # fmt: skip
        group = "IPU" if real.input else "OPU" if number == connectome.output else "CORE"
        name = real.name.encode()[:63].decode(errors="ignore")
        areas.append(
            AreaInfo(f"layer{number:03}", name, group, real.dims, 1, (number, 0, 0), note.unit)
        )
        if real.input:
            inputs.append(InputRange(layer.first, layer.count, 1))
        places.append(np.arange(layer.count))
    none = np.zeros(0, np.uint16)
    network = QuantizedNetwork(
        storage=32, state=32, populations=tuple(populations), classes=(), inputs=tuple(inputs),
        areas=tuple(areas), offset=np.zeros(populations[-1].stop, np.int8),
        place=np.concatenate(places), source=none, target=none, klass=none,
        weight=none.astype(np.int8), timestep_us=connectome.timestep_us, counter=counter,
        genome=connectome.fingerprint, board=board, layers=made.layers,
    )  # fmt: skip
    prove(network)
    whole, blob, undecided = _complete(network)
    return LayeredBrain(whole, blob, connectome, made, undecided)
