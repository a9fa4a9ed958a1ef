"""A brain in an emulated core beside the reference: every digest of every burst is compared.

In:  a brain; which core and back end; a stimulus; how many bursts.
Out: the device and its reference as the last burst left them; a failed assertion at the first
     burst that differs.
Never: used outside the tests.
"""

from pathlib import Path
from typing import Any

from ganglion.analysis.bench import emulator as emulate
from ganglion.analysis.bench.machine import Guard, Machine
from ganglion.network.model import QuantizedNetwork
from ganglion.reference.integers import Reference
from ganglion.reference.stimulus import RandomStimulus, StimulusStream
from tools.soak.bursts import Bursts, serves

STEPPED = 12  # bursts in which each kernel is called by itself, and all of a call is looked at


class OnCore:
    """One brain, loaded by the firmware's loader."""

    def __init__(
        self, path: Path, blob: bytes, march: str = "rv32imc", back_end: str = "mpy-cross",
        guard: Guard = "after",
    ) -> None:  # fmt: skip
        path.write_bytes(blob)
        loaded = emulate.load_brain(path, march=march, back_end=back_end, guard=guard)
        self.device: Any = loaded[0]
        self.machine: Machine = loaded[1]
        self.most = 0  # that fired in one burst

    def equals_the_reference(
        self, network: QuantizedNetwork, stimulus: RandomStimulus, bursts: int, again: str
    ) -> Reference:
        """Runs both; `again` says what is run, and how to run it again."""
        device = self.device
        device.stimulus(1, stimulus.seed, stimulus.group_bits, stimulus.chance)
        device.reset()
        reference, stream = Reference(network), StimulusStream(network, stimulus)
        stepped = min(bursts, STEPPED) if serves(device) else bursts
        ours: list[int] = []
        for _ in range(stepped):
            device.step()
            device.digest()
            ours.append(int(device.digest_bytes[0]))
        if stepped < bursts:
            ours += Bursts(device, self.machine, bursts - stepped).run(bursts - stepped)
        for burst, digest in enumerate(ours, 1):
            self.most = max(self.most, len(reference.step(stream.draw())))
            assert digest == reference.digest(), f"burst {burst} differs: {again}"
        self.machine.close()
        return reference
