"""Compiler: a connectome to a finished brain: quantized, with its golden vector, as a blob.

In:  a Connectome and QuantizeOptions.
Out: a Brain: network, blob and the Quantization that relates them to the connectome.
Never: reads or writes a file.
"""

from dataclasses import dataclass, replace

from .blob.container import brain_id, encode, with_golden
from .blob.learnt import Learnt, begin_with
from .connectome.fingerprint import fingerprint
from .connectome.model import Connectome
from .network.model import Golden, QuantizedNetwork
from .network.proof import Bounds, prove
from .quantization.options import QuantizeOptions
from .quantization.quantize import Quantization, quantize
from .reference.integers import Reference
from .reference.stimulus import RandomStimulus, StimulusStream

GOLDEN_BURSTS, FEW_BURSTS = 32, 4
LARGE = 65_536  # bytes of a blob whose rows a board may have to read from flash, again and again
GOLDEN_STIMULUS = RandomStimulus.at_rate(1, 0.25)


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


def golden(network: QuantizedNetwork, bursts: int = GOLDEN_BURSTS) -> Golden:
    """The golden vector: the chain of the first bursts under a stimulus of 25 % (SPEC.md 5.8)."""
    s = GOLDEN_STIMULUS
    reference, stream = Reference(network), StimulusStream(network, s)
    for _ in range(bursts):
        reference.step(stream.draw())
        reference.digest()
    return Golden(s.seed, s.chance, s.group_bits, bursts, reference.chain, reference.spikes)


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
    blob = encode(network)
    vector = golden(network, FEW_BURSTS if len(blob) > LARGE else GOLDEN_BURSTS)
    return Brain(replace(network, golden=vector), with_golden(blob, vector), note, bounds)


def compile_learnt(brain: Brain, learnt: Learnt) -> Brain:
    """The brain as it is after it learnt that. Raises UsageError if another brain did."""
    network, blob = finished(begin_with(brain.network, learnt))
    return Brain(network, blob, brain.quantization, prove(network))


def finished(network: QuantizedNetwork) -> tuple[QuantizedNetwork, bytes]:
    """A changed network with its golden vector made anew, and its blob."""
    blob = encode(network)
    vector = golden(network, FEW_BURSTS if len(blob) > LARGE else GOLDEN_BURSTS)
    return replace(network, golden=vector), with_golden(blob, vector)
