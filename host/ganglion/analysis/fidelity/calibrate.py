"""Calibrate: what a brain meets under a stimulus, measured in float32, as options to quantize by.

In:  a connectome, a stimulus (by name, from a file or a recording), a number of bursts.
Out: per area the lowest and highest potential that was kept; the kind and size of the inputs.
Never: lets a measured range weaken the overflow proof: a range only says where room is wanted.
"""

from dataclasses import dataclass

import numpy as np

from ...connectome.model import Connectome
from ...quantization.options import QuantizeOptions, Range
from ...reference.real import RealStimulus
from ...simulation.engines import FloatEngine

MARGIN = 1.25  # room beyond what was seen


@dataclass(frozen=True, slots=True)
class Calibration:
    """What was seen. `ranges` are by area id, with the margin."""

    stimulus: str
    bursts: int
    ranges: dict[str, Range]
    inputs: str
    negative_inputs: bool
    maximum: float

    def options(self, state: str = "auto", weights: str = "int8") -> QuantizeOptions:
        """Options that give every area the room that it was seen to need."""
        return QuantizeOptions(
            state=state,
            weights=weights,
            inputs=self.inputs,
            negative_inputs=self.negative_inputs,
            maximum=self.maximum,
            ranges=self.ranges,
        )


def calibrate(connectome: Connectome, stimulus: RealStimulus, bursts: int) -> Calibration:
    """Run float32 under a stimulus and note what its areas keep and receive."""
    engine = FloatEngine(connectome)
    keep = np.flatnonzero(connectome.live())
    area = connectome.area[keep]
    low = np.zeros(len(connectome.areas), dtype=np.float32)
    high = np.zeros(len(connectome.areas), dtype=np.float32)
    largest, smallest, whole = 0.0, 0.0, True
    for burst in range(1, bursts + 1):
        _, potentials = stimulus.inputs(burst)
        if len(potentials):
            largest = max(largest, float(np.abs(potentials).max()))
            smallest = min(smallest, float(potentials.min()))
            whole = whole and bool((potentials == np.floor(potentials)).all())
        engine.follow(stimulus)
        kept = engine.reference.potential[keep]
        np.minimum.at(low, area, kept)
        np.maximum.at(high, area, kept)
    np.maximum.at(high, area, connectome.threshold[keep])
    ranges = {}
    for i, described in enumerate(connectome.areas):
        if described.mp_charge_accumulation and (low[i] < 0 or high[i] > 0):
            ranges[described.id] = Range(float(low[i]) * MARGIN, float(high[i]) * MARGIN)
    return Calibration(
        stimulus=stimulus.name,
        bursts=bursts,
        ranges=ranges,
        inputs="whole" if whole else stimulus.kind if stimulus.drawn else "graded",
        negative_inputs=smallest < 0,
        maximum=largest,
    )
