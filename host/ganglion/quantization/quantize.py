"""Quantize: a Connectome becomes a QuantizedNetwork, exactly where that is possible.

In:  a Connectome (f32 parameters), a state width, and how the brain will be fed.
Out: a QuantizedNetwork and a Quantization, which tells each area's scale and what it cost.
Never: simulates, rounds where an exact unit exists, or lets a sum leave its width.

The rules are SPEC.md, section 6.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..connectome.model import Connectome
from ..connectome.selection import live_neurons
from ..errors import DoesNotFitError, QuantizeError
from ..network.model import (
    MAX_NEURONS,
    AreaInfo,
    InputRange,
    Population,
    QuantizedNetwork,
)
from .contributions import Contributions
from .learning import Kept, learning_of, memory_losses
from .lossless import Inexactness, losses
from .options import QuantizeOptions
from .order import in_order
from .populations import group
from .profile import AreaProfile, profiled
from .scale import Scale
from .synapse_classes import classify
from .unit import fit


@dataclass(frozen=True, slots=True)
class Quantization:
    """What quantize decided: one Scale per area kept, and where each neuron came from."""

    options: QuantizeOptions
    state: int
    areas: tuple[int, ...]  # index into Connectome.areas
    scales: tuple[Scale, ...]
    profiles: tuple[AreaProfile, ...]
    losses: tuple[tuple[Inexactness, ...], ...]  # per area; all empty = lossless
    neuron: NDArray[np.int64]  # (N,) connectome index of each neuron of the network
    dropped: int  # neurons left out because they can never matter

    @property
    def lossless(self) -> bool:
        """Whether the brain, fed as was said, does exactly what exact numbers would."""
        return not any(self.losses)


def quantize(
    connectome: Connectome, options: QuantizeOptions | None = None
) -> tuple[QuantizedNetwork, Quantization]:
    """The integers of a connectome.

    Raises QuantizeError if an area fits no unit at the width asked for, DoesNotFitError
    if more than 65,535 neurons can matter and some learn.
    """
    options = options or QuantizeOptions()
    keep = live_neurons(connectome)
    if len(keep) > MAX_NEURONS and connectome.learning:
        raise DoesNotFitError(
            f"{len(keep):,} neurons can matter, and a brain that learns holds {MAX_NEURONS:,}",
            "remove areas or mappings, or make the areas smaller",
        )
    _, reach, contributions, profiles = profiled(connectome, options, keep)
    if options.state == "auto":
        bits = 16 if _lossless_at_16(profiles, options) else 32
    else:
        bits = int(options.state[3:])
    scales = {
        area: fit(profile, bits, options.units.get(profile.area))
        for area, profile in profiles.items()
    }
    return _assemble(connectome, keep, reach, contributions, profiles, scales, bits, options)


def _lossless_at_16(profiles: dict[int, AreaProfile], options: QuantizeOptions) -> bool:
    try:
        return not any(losses(m, fit(m, 16, options.units.get(m.area))) for m in profiles.values())
    except QuantizeError:
        return False


def _input_ranges(
    reach: NDArray[np.bool_], area_of: NDArray[np.int64], scales: Sequence[Scale]
) -> list[InputRange]:
    """Runs of stimulated neurons of one area, as ranges."""
    result: list[InputRange] = []
    key = np.where(reach, area_of, -1)
    cuts = np.flatnonzero(np.diff(key, prepend=-2))
    for start, stop in zip(cuts, [*cuts[1:], len(key)], strict=True):
        if key[start] >= 0 and scales[key[start]].amount > 0:
            result.append(InputRange(int(start), int(stop - start), scales[key[start]].amount))
    return result


def _assemble(
    c: Connectome,
    keep: NDArray[np.int64],
    reach: NDArray[np.bool_],
    contributions: Contributions,
    profiles: dict[int, AreaProfile],
    scales: dict[int, Scale],
    bits: int,
    options: QuantizeOptions,
) -> tuple[QuantizedNetwork, Quantization]:
    populations: list[Population] = []
    areas: list[AreaInfo] = []
    orders: list[NDArray[np.int64]] = []
    offsets: list[NDArray[np.int8]] = []
    base = 0
    places = c.learning.places(c.n_neurons)
    for rank, (index, profile) in enumerate(profiles.items()):
        neurons = keep[c.area[keep] == index]
        mine, order, offset = group(c, neurons, index, rank, profile, scales[index], bits)
        mine = [replace(p, input_max=0) if places[neurons[0]] else p for p in mine]
        populations += [replace(p, first=p.first + base) for p in mine]
        orders.append(neurons[order])
        offsets.append(offset)
        base += len(neurons)
        a = c.areas[index]
        unit = float(scales[index].unit)
        areas.append(
            AreaInfo(a.id, a.name, a.group, a.dimensions, a.neurons_per_voxel, a.position, unit)
        )
    neuron = np.concatenate(orders) if orders else np.zeros(0, dtype=np.int64)
    new = np.full(c.n_neurons, -1, dtype=np.int64)
    new[neuron] = np.arange(len(neuron))
    plastic = contributions.kinds.plastic(c)
    classes, klass, weight = classify(contributions, plastic, profiles, scales, options.weights)
    ordered = in_order(c, neuron, contributions.kinds, klass, weight, plastic)
    ranked = [scales[i] for i in profiles]
    reached = np.zeros(c.n_neurons, dtype=bool)
    reached[keep] = reach
    area_rank = {index: rank for rank, index in enumerate(profiles)}
    rank_of = np.array([area_rank.get(i, -1) for i in range(len(c.areas))], dtype=np.int64)
    area_of = rank_of[c.area[neuron]]
    first = np.array([a.first for a in c.areas], dtype=np.int64)[c.area[neuron]]
    power = c.power_neuron if c.power_neuron is not None and new[c.power_neuron] >= 0 else None
    worst = max((max(s.p + s.high, s.n - s.low) for s in ranked), default=0)
    network = QuantizedNetwork(
        storage=16 if bits == 16 or (bits == 8 and worst <= 32_767) else 32,
        state=bits,
        populations=tuple(populations),
        classes=tuple(classes),
        inputs=tuple(_input_ranges(reached[neuron], area_of, ranked)),
        areas=tuple(areas),
        offset=np.concatenate(offsets) if offsets else np.zeros(0, dtype=np.int8),
        place=np.maximum(neuron - first, 0),
        source=ordered.source,
        target=ordered.target,
        klass=ordered.klass,
        weight=ordered.weight,
        power_neuron=None if power is None else int(new[power]),
        power_amount=0 if power is None else scales[int(c.area[power])].power_amount,
        timestep_us=round(c.timestep * 1e6),
        learning=learning_of(c, Kept(area_rank, new, tuple(populations), profiles, scales)),
    )
    of_memory = {int(c.area[m.first]): memory_losses(c, m) for m in c.learning.memory_areas}
    note = Quantization(
        options=options,
        state=bits,
        areas=tuple(profiles),
        scales=tuple(ranked),
        profiles=tuple(profiles.values()),
        losses=tuple(losses(m, scales[i]) + of_memory.get(i, ()) for i, m in profiles.items()),
        neuron=neuron,
        dropped=c.n_neurons - len(keep),
    )
    return network, note
