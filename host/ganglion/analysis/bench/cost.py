"""Bench: what a burst costs, as exact counts of instructions of the shipped machine code.

In:  a blob, a stimulus, how many bursts to warm up and to count.
Out: instructions per burst, per synaptic event, per touched neuron, per spike; spikes compared
     with the reference in the same run.
Never: a time. Counts are of machine code, run in an emulator: exact and repeatable.
"""

import tempfile
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from ...errors import MismatchError
from ...network.model import QuantizedNetwork
from ...reference.integers import Reference
from ...reference.stimulus import RandomStimulus, StimulusStream
from .emulator import CORES, load_brain
from .machine import BACK_ENDS

ISAS = tuple(CORES)


@dataclass(frozen=True, slots=True)
class Cost:
    """Averages over the bursts counted. `digest` is what the state digest adds, apart."""

    isa: str
    back_end: str  # who compiled the viper code
    bursts: int
    events: float  # synaptic events per burst
    touched: float  # neurons updated per burst
    spikes: float
    instructions: float  # per burst, without the digest
    deliver: float
    update: float
    digest: float
    per_event: float  # all instructions over events
    per_touched: float  # of update, over neurons updated
    per_spike: float

    def as_dict(self) -> dict[str, object]:
        """JSON-ready."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Counted:
    """Sums over the bursts counted: instructions by function, and what fired meanwhile."""

    functions: Counter[str]
    events: int
    touched: int
    spikes: int


def count(
    network: QuantizedNetwork,
    blob: bytes,
    stimulus: RandomStimulus,
    bursts: int = 40,
    warm_up: int = 20,
    isa: str = ISAS[0],
    back_end: str = BACK_ENDS[0],
) -> Counted:
    """Count the instructions of each function of the kernel on a brain.

    Raises MismatchError if a burst differs from the reference, ToolError without the emulator.
    """
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "brain.gbn"
        path.write_bytes(blob)
        brain, machine = load_brain(path, network.board, isa, back_end)
        brain.stimulus(1, stimulus.seed, stimulus.group_bits, stimulus.chance)
        brain.reset()  # reads first weights from the file
    reference, stream = Reference(network), StimulusStream(network, stimulus)
    fan_out = np.bincount(network.source, minlength=network.n_neurons)
    events = touched = spikes = 0
    for burst in range(1, warm_up + bursts + 1):
        if burst == warm_up + 1:
            machine.count()
            machine.instructions = Counter()
            events = touched = spikes = 0
        events += int(fan_out[reference.fired].sum())
        brain.step()
        fired = reference.step(stream.draw())
        spikes += len(fired)
        touched += int(np.count_nonzero(reference.rule))
        brain.digest()
        if int(brain.digest_bytes[0]) != reference.digest():
            raise MismatchError(
                f"burst {burst}: the machine code and the reference differ",
                "run `ganglion verify` to see where",
            )
    machine.close()
    return Counted(machine.instructions, events, touched, spikes)


def cost(
    network: QuantizedNetwork,
    blob: bytes,
    stimulus: RandomStimulus,
    bursts: int = 40,
    warm_up: int = 20,
    isa: str = ISAS[0],
    back_end: str = BACK_ENDS[0],
) -> Cost:
    """What a burst of a brain costs. Raises what `count` raises."""
    counted = count(network, blob, stimulus, bursts, warm_up, isa, back_end)
    events, touched, spikes = counted.events, counted.touched, counted.spikes
    digest = counted.functions["common.digest"]
    total = counted.functions.total() - digest
    deliver = sum(n for name, n in counted.functions.items() if ".deliver_" in name)
    update = sum(n for name, n in counted.functions.items() if ".update_" in name)
    return Cost(
        isa=isa,
        back_end=back_end,
        bursts=bursts,
        events=events / bursts,
        touched=touched / bursts,
        spikes=spikes / bursts,
        instructions=total / bursts,
        deliver=deliver / bursts,
        update=update / bursts,
        digest=digest / bursts,
        per_event=total / max(events, 1),
        per_touched=update / max(touched, 1),
        per_spike=total / max(spikes, 1),
    )
