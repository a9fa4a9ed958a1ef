"""Recorded: a run in a recording against the reference.

In:  a network and a recorded run of it.
Out: a Verdict.
Never: needs a device, or the port that the run came over.
"""

from ..link.messages import Burst
from ..network.model import QuantizedNetwork
from ..recording.replay import RecordedInputs, events, losses_of
from ..recording.runs import Run
from ..reference.engine import reference_of
from .verdict import Verdict, judge, judge_drive


def check(network: QuantizedNetwork, run: Run) -> Verdict:
    """A recorded run against the reference, every burst that came.

    The digest covers the whole state, so that one that agrees vouches for all bursts before it.
    """
    inputs = RecordedInputs(network, run)
    reference = reference_of(network, drives=inputs.drives, bursts=run.last)
    divergence = None
    compared = spikes = 0
    for burst in events(run):
        if isinstance(burst, Burst):
            while reference.burst < burst.number and not divergence:
                inputs.step(reference)
                divergence = judge_drive(reference, run.drive(reference.burst))
            divergence = divergence or judge(reference, burst)
            if divergence:
                break
            compared += 1
            spikes += burst.fired
    told = [stats for _, stats in run.stats]
    return Verdict.of(divergence, spikes, run.micros[:compared], told, losses_of(run))
