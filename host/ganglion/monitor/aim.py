"""Aim: input into one voxel, of an amount, as a person asks for it while a brain runs.

In:  an area, a voxel, a potential as the genome counts it.
Out: a request to the source, or a notice that says why there is none.
Never: raises for what a person asked; injects another amount than was said.
"""

import math

import numpy as np

from ..errors import GanglionError
from ..reference.injection import neurons_in
from ..reference.inputs import HostInput
from .source import Request
from .state import MonitorState


def inject_voxel(
    state: MonitorState, area: int, voxel: tuple[int, int, int], amount: float
) -> None:
    """All neurons of a voxel get the potential, in the next burst that is far enough ahead."""
    network = state.network
    if not 0 <= area < len(network.areas) or not math.isfinite(amount):
        state.say("there is no such area or amount")
        return
    info = network.areas[area]
    try:
        neurons = neurons_in(network, info, voxel)
    except GanglionError as error:
        state.say(str(error))
        return
    given = HostInput(network).convert(
        np.array(neurons, dtype=np.int64), np.full(len(neurons), amount, dtype=np.float32)
    )
    if given.clamped or not len(given.neurons):
        state.say(f"{amount:g} is more than {info.name} takes, or too little to count")
        return
    if not state.running:
        state.say("nothing runs: input needs a run")
        return
    pairs = zip(given.neurons.tolist(), given.amounts.tolist(), strict=True)
    state.say(f"{amount:g} into {info.name} {voxel}")
    state.source.request(Request.INJECT, *(word for pair in pairs for word in pair))
