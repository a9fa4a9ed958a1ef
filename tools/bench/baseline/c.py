"""Twin: the C burst of burst.c, run in a core and counted beside the kernel.

In:  a QuantizedNetwork without mp-driven classes, a stimulus.
Out: instructions per burst, the fired sets compared with the reference.
Never: part of the product: it is what the kernel is measured by.
"""

import struct

import numpy as np

from ganglion.network.model import Population, QuantizedNetwork
from ganglion.reference.integers import Reference
from ganglion.reference.stimulus import RandomStimulus, StimulusStream
from tools.bench.baseline.core import HEAP, Core
from tools.bench.baseline.xtensa_core import XtensaCore


class Twin:
    """The C brain in an emulated core."""

    def __init__(self, network: QuantizedNetwork, stimulus: RandomStimulus, *options: str) -> None:
        if any(c.mp_driven for c in network.classes):
            raise ValueError("the twin has no mp-driven synapses")
        self.network = network
        wide = network.storage == 32
        self._options = (*options, "-DWIDE") if wide else options
        self._image = bytearray()
        self._at = self._prepare()
        self.instructions = 0
        n = network.n_neurons
        self._n_fired = 0
        populations = b"".join(self._population(p) for p in network.populations)
        kind = [("target", "<u2"), ("amount", "<i4" if wide else "<i2")]
        synapses = np.zeros(network.n_synapses, dtype=np.dtype(kind, align=True))
        synapses["target"] = network.target
        synapses["amount"] = network.contribution
        rows = np.searchsorted(network.source, np.arange(n + 1)).astype("<u4")
        inputs = b"".join(
            struct.pack("<3i", r.first, r.first + r.count, r.amount) for r in network.inputs
        )
        power = -1 if network.power_neuron is None else network.power_neuron
        room = [
            populations,
            network.population_of.astype("<u2").tobytes(),
            network.threshold.astype("<i4").tobytes(),
            rows.tobytes(),
            synapses.tobytes(),
            inputs,
            bytes(n * network.storage // 8),
            bytes(2 * n), bytes(2 * n), bytes(2 * n), bytes(2 * n), bytes(n),
        ]  # fmt: skip
        pointers = [self._put(part) for part in room]
        self._fired = pointers[9] - self._at
        head = struct.pack(
            "<7i3I", 0, len(network.populations), 0, 0, power, network.power_amount,
            len(network.inputs), stimulus.seed, stimulus.chance, stimulus.group_bits,
        )  # fmt: skip
        order = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
        self.context = self._put(head + struct.pack("<12I", *(pointers[i] for i in order)))
        self._begin()

    @staticmethod
    def _population(p: Population) -> bytes:
        flags = p.accumulates | p.every_burst << 1 | (p.upper is not None) << 2 | p.always << 3
        return struct.pack(
            "<13i2I", p.first, p.stop, flags, p.upper or 0, p.leak, p.leak_fine, p.shift,
            p.refractory, p.snoozed, p.limit, p.low, p.high, p.psp_bits, p.excitability, p.id,
        )  # fmt: skip

    def _put(self, data: bytes) -> int:
        at = len(self._image)
        self._image += data + bytes(((len(data) + 31) & ~15) - len(data))
        return self._at + at

    def _prepare(self) -> int:
        """The core with the code; where the image of its memory will lie."""
        self.core = Core("burst.c", *self._options)
        return HEAP

    def _begin(self) -> None:
        self.core.write(HEAP, bytes(self._image))

    def begin_to_count(self) -> None:
        """From here on."""
        self.core.instructions = self.instructions = 0

    def step(self) -> np.ndarray:
        """One burst; the neurons that fired, ascending."""
        self.core.instructions = 0
        self.core.burst(self.context)
        self.instructions += self.core.instructions
        return self._spikes(self.core.read(HEAP, len(self._image)))

    def _spikes(self, image: bytes) -> np.ndarray:
        (count,) = struct.unpack_from("<I", image, self.context - self._at + 8)
        return np.sort(np.frombuffer(image, "<u2", count, self._fired))

    def close(self) -> None:
        """Ends the core."""


class XtensaTwin(Twin):
    """The same, compiled for Xtensa, in qemu-user."""

    def begin_to_count(self) -> None:
        self._machine.instructions = self.instructions = 0

    def _prepare(self) -> int:
        self._machine = XtensaCore("burst.c", *self._options)
        return self._machine.base

    def _begin(self) -> None:
        self._machine.put(bytes(self._image))

    def step(self) -> np.ndarray:
        self._machine.burst(self.context)
        self.instructions = self._machine.instructions
        return self._spikes(self._machine.read(self._at, len(self._image)))

    def close(self) -> None:
        self._machine.close()


STANDING = 16  # instructions that stand for one, which an ESP32 has and the emulator has not


def instructions(
    network: QuantizedNetwork,
    stimulus: RandomStimulus,
    bursts: int = 40,
    warm_up: int = 20,
    isa: str = "rv32imc",
) -> float:
    """Instructions per burst of the twin, its spikes checked against the reference."""
    if isa == "rv32imc":
        return _counted(Twin(network, stimulus), stimulus, bursts, warm_up)
    plain = _counted(XtensaTwin(network, stimulus), stimulus, bursts, warm_up)
    if network.storage == 16:
        return plain
    stuffed = _counted(XtensaTwin(network, stimulus, "-DSTUFFED"), stimulus, bursts, warm_up)
    return plain - (stuffed - plain) / STANDING * (STANDING - 1)


def _counted(twin: Twin, stimulus: RandomStimulus, bursts: int, warm_up: int) -> float:
    network = twin.network
    reference = Reference(network)
    stream = StimulusStream(network, stimulus)
    for burst in range(1, warm_up + bursts + 1):
        if burst == warm_up + 1:
            twin.begin_to_count()
        fired = reference.step(stream.draw())
        if not np.array_equal(twin.step(), fired):
            raise AssertionError(f"the twin and the reference differ in burst {burst}")
    twin.close()
    return twin.instructions / bursts
