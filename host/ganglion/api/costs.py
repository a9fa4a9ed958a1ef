"""Costs: what a brain's bursts take, as exact counts of instructions.

In:  a brain, a stimulus, an instruction set.
Out: instructions per burst, per synaptic event, per touched neuron and per spike.
Never: a time.
"""

from ..analysis.bench.cost import ISAS, Cost, cost
from ..analysis.bench.machine import BACK_ENDS
from ..boards.memory import refuse_host_only
from ..errors import StimulusError
from ..reference.stimulus import RandomStimulus
from .brains import Source, open_brain

__all__ = ["BACK_ENDS", "ISAS", "Cost", "cost_of"]


def cost_of(
    source: Source, stimulus: str = "random:1", bursts: int = 40, *, isa: str = ISAS[0],
    back_end: str = BACK_ENDS[0],
) -> Cost:  # fmt: skip
    """Runs a brain in an emulator and counts. Every spike is compared with the reference.

    `isa`: one of ISAS; `back_end`: one of BACK_ENDS, whose machine code. Raises StimulusError
    without a stimulus, ToolError without the emulator, MismatchError if a spike differs.
    """
    brain = open_brain(source)
    refuse_host_only(brain.blob)
    chosen = RandomStimulus.parse(stimulus)
    if chosen is None:
        raise StimulusError("without a stimulus there is nothing to count", "use random:SEED")
    return cost(brain.network, brain.blob, chosen, bursts=bursts, isa=isa, back_end=back_end)
