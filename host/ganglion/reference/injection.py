"""Injection: what a person injects, by area and coordinates, as what R4 adds in a burst.

In:  `AREA:X,Y,Z=POTENTIAL@BURST`, and a network.
Out: per burst, neurons and integers, for a device and for the reference alike.
Never: an input that the brain has no neuron for, or that would be clamped, without saying so.
"""

import re
from collections.abc import Iterable

import numpy as np

from ..errors import StimulusWordError
from ..network.model import AreaInfo, QuantizedNetwork
from .inputs import HostInput, Injection

FORM = re.compile(
    r"(?P<area>.+):(?P<x>\d+),(?P<y>\d+),(?P<z>\d+)=(?P<potential>[^@]+)@(?P<burst>\d+)"
)


def parse(
    words: Iterable[str], network: QuantizedNetwork, bursts: int | None = None
) -> dict[int, Injection]:
    """What is injected, by burst. All neurons of a voxel get the potential. An area is named by
    its id, or by its name if only one has it; a run has `bursts` of them.

    Raises StimulusWordError for a word that is not of the form, an area or a voxel that the brain
    does not have, or a potential that it cannot take.
    """
    wanted: dict[int, tuple[list[int], list[float]]] = {}
    for word in words:
        found = FORM.fullmatch(word)
        potential = _number(found["potential"]) if found else None
        if found is None or potential is None or int(found["burst"]) < 1:
            raise StimulusWordError(
                f"the injection {word!r} is not understood",
                "write AREA:X,Y,Z=POTENTIAL@BURST, for example i__inf:0,0,3=1.5@10",
            )
        if bursts is not None and int(found["burst"]) > bursts:
            raise StimulusWordError(
                f"the injection {word!r} never arrives: the run has {bursts:,} bursts",
                "name an earlier burst, or run more with --bursts",
            )
        voxel = (int(found["x"]), int(found["y"]), int(found["z"]))
        neurons = neurons_in(network, area_named(network, found["area"]), voxel)
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
            raise StimulusWordError(
                f"burst {burst} injects more than the brain can take",
                "compile it with a wider state, or inject less",
            )
    return result


def area_named(network: QuantizedNetwork, word: str) -> AreaInfo:
    """The area of that id, else of that name. Raises StimulusWordError, also if several have it."""
    for info in network.areas:
        if info.id == word:
            return info
    named = [info for info in network.areas if info.name.casefold() == word.casefold()]
    if len(named) > 1:
        raise StimulusWordError(
            f"{len(named)} areas are called {word!r}",
            f"name it by its id: {', '.join(info.id for info in named)}",
        )
    if not named:
        known = sorted(network.areas, key=lambda info: info.id)
        names = ", ".join(info.name for info in known if info.name and info.name != info.id)
        raise StimulusWordError(
            f"the brain has no area {word!r}",
            f"use one of {', '.join(info.id for info in known)}"
            + (f", or a name: {names}" if names else ""),
        )
    return named[0]


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def neurons_in(network: QuantizedNetwork, info: AreaInfo, voxel: tuple[int, int, int]) -> list[int]:
    """The neurons of a voxel. Raises StimulusWordError if it lies outside, or has none here."""
    area, size = info.id, info.dimensions
    if not all(0 <= v < d for v, d in zip(voxel, size, strict=True)):
        raise StimulusWordError(
            f"voxel {voxel} lies outside {area}", f"its dimensions are {'x'.join(map(str, size))}"
        )
    neurons: list[int] = network.neurons_at(area, voxel).tolist()
    if not neurons:
        raise StimulusWordError(
            f"voxel {voxel} of {area} has no neuron in this brain",
            "it has no synapse, so nothing can come of it",
        )
    return neurons
