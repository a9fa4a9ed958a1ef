"""Injection: what a person injects, by area and coordinates, as what R4 adds in a burst.

In:  `AREA:X,Y,Z=POTENTIAL@BURST`, and a network.
Out: per burst, neurons and integers, for a device and for the reference alike.
Never: an input that the brain has no neuron for, or that would be clamped, without saying so.
"""

import re
from collections.abc import Iterable

import numpy as np

from ..errors import StimulusError
from ..network.model import QuantizedNetwork
from .inputs import HostInput, Injection

FORM = re.compile(
    r"(?P<area>.+):(?P<x>\d+),(?P<y>\d+),(?P<z>\d+)=(?P<potential>[^@]+)@(?P<burst>\d+)"
)


def parse(words: Iterable[str], network: QuantizedNetwork) -> dict[int, Injection]:
    """What is injected, by burst. All neurons of a voxel get the potential.

    Raises StimulusError for a word that is not of the form, an area or a voxel that the brain
    does not have, or a potential that it cannot take.
    """
    wanted: dict[int, tuple[list[int], list[float]]] = {}
    for word in words:
        found = FORM.fullmatch(word)
        potential = _number(found["potential"]) if found else None
        if found is None or potential is None or int(found["burst"]) < 1:
            raise StimulusError(
                f"the injection {word!r} is not understood",
                "write AREA:X,Y,Z=POTENTIAL@BURST, for example i__inf:0,0,3=1.5@10",
            )
        voxel = (int(found["x"]), int(found["y"]), int(found["z"]))
        neurons = _neurons(network, found["area"], voxel)
        ids, potentials = wanted.setdefault(int(found["burst"]), ([], []))
        ids += neurons
        potentials += [potential] * len(neurons)
    convert = HostInput(network).convert
    result = {
        burst: convert(np.array(ids), np.array(potentials, dtype=np.float32))
        for burst, (ids, potentials) in sorted(wanted.items())
    }
    for burst, injection in result.items():
        if injection.clamped:
            raise StimulusError(
                f"burst {burst} injects more than the brain can take",
                "compile it with a wider state, or inject less",
            )
    return result


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _neurons(network: QuantizedNetwork, area: str, voxel: tuple[int, int, int]) -> list[int]:
    known = {info.id: info for info in network.areas}
    if area not in known:
        raise StimulusError(
            f"the brain has no area {area!r}", f"use one of {', '.join(sorted(known))}"
        )
    size = known[area].dimensions
    if not all(v < d for v, d in zip(voxel, size, strict=True)):
        raise StimulusError(
            f"voxel {voxel} lies outside {area}", f"its dimensions are {'x'.join(map(str, size))}"
        )
    neurons: list[int] = network.neurons_at(area, voxel).tolist()
    if not neurons:
        raise StimulusError(
            f"voxel {voxel} of {area} has no neuron in this brain",
            "it has no synapse, so nothing can come of it",
        )
    return neurons
