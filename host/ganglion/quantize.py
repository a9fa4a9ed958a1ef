"""Quantize: a Connectome becomes a QuantizedNetwork, exactly where that is possible.

In:  a Connectome (f32 parameters), a state width, and how the brain will be fed.
Out: a QuantizedNetwork and a Quantization, which tells each area's scale and what it cost.
Never: simulates, rounds where an exact unit exists, or lets a sum leave its width.

The rules are SPEC.md, section 6.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from .connectome import Connectome, Dynamics
from .errors import DoesNotFitError, QuantizeError
from .lattice import Meeting, Scale, fit, floor_star, threshold_in
from .network import (
    MAX_CLASSES,
    MAX_NEURONS,
    AreaInfo,
    InputRange,
    Population,
    QuantizedNetwork,
    SynapseClass,
)

STATES = ("auto", "int8", "int16", "int32")
ALWAYS = np.float32(0.999)


@dataclass(frozen=True, slots=True)
class Options:
    """How to quantize.

    `inputs` says what will be injected: "whole" numbers or "graded" reals; `maximum` the largest;
    `anywhere` that any area may be injected into, not only inputs.
    """

    state: str = "auto"
    inputs: str = "whole"
    negative_inputs: bool = False
    maximum: float = 0.0
    anywhere: bool = False


@dataclass(frozen=True, slots=True)
class Quantization:
    """What quantize decided: one Scale per area kept, and where each neuron came from."""

    state: int
    lossless: bool
    areas: tuple[int, ...]  # index into Connectome.areas
    scales: tuple[Scale, ...]
    meetings: tuple[Meeting, ...]
    neuron: NDArray[np.int64]  # (N,) connectome index of each neuron of the network
    synapse: NDArray[np.int64]  # (m,) connectome index of each synapse of the network
    dropped: int  # neurons left out because they can never matter


def quantize(
    connectome: Connectome, options: Options | None = None
) -> tuple[QuantizedNetwork, Quantization]:
    """The integers of a connectome.

    Raises QuantizeError if an area fits no unit at the width asked for, DoesNotFitError
    if more than 65,535 neurons can matter.
    """
    options = options or Options()
    if options.state not in STATES:
        raise QuantizeError(
            f"state width {options.state!r} is unknown", f"use one of {', '.join(STATES)}"
        )
    keep = live(connectome)
    if len(keep) > MAX_NEURONS:
        raise DoesNotFitError(
            f"{len(keep):,} neurons can matter, and a brain holds {MAX_NEURONS:,}",
            "remove areas or mappings, or make the areas smaller",
        )
    meetings = _meetings(connectome, keep, options)
    if options.state == "auto":
        bits = 16 if _lossless_at_16(meetings, connectome, keep, options) else 32
    else:
        bits = int(options.state[3:])
    scales = {area: fit(meeting, bits) for area, meeting in meetings.items()}
    lossless = all(_lossless(meetings[a], s, bits, connectome, keep) for a, s in scales.items())
    return _assemble(connectome, keep, meetings, scales, bits, lossless)


def live(connectome: Connectome) -> NDArray[np.int64]:
    """The neurons that can matter, ascending: those with a synapse in or out."""
    mask = np.zeros(connectome.n_neurons, dtype=bool)
    mask[connectome.source] = True
    mask[connectome.target] = True
    return np.flatnonzero(mask)


def stimulated(connectome: Connectome, keep: NDArray[np.int64]) -> NDArray[np.bool_]:
    """(len(keep),) the neurons that the random stimulus reaches: those of input areas; without
    one, those that no synapse reaches; without one, all."""
    is_input = np.array([a.group == "IPU" for a in connectome.areas] or [False])
    chosen = is_input[connectome.area[keep]]
    if not chosen.any():
        reached = np.zeros(connectome.n_neurons, dtype=bool)
        reached[connectome.target] = True
        chosen = ~reached[keep]
        if connectome.power_neuron is not None:
            chosen &= keep != connectome.power_neuron
    return chosen if chosen.any() else np.ones(len(keep), dtype=bool)


def fan_out(connectome: Connectome) -> NDArray[np.int64]:
    """(m,) what each synapse's contribution is divided by: 1 where the source is uniform."""
    total = np.bincount(connectome.source, minlength=connectome.n_neurons)
    uniform = np.array([a.psp_uniform for a in connectome.areas] or [True])
    divisor = np.where(uniform[connectome.area], 1, total)
    return divisor[connectome.source]


def _keys(connectome: Connectome) -> NDArray[np.int64]:
    """(m,) equal for synapses of equal contribution: numerator, sign, mp-driven, divisor."""
    driven = np.array([a.mp_driven_psp for a in connectome.areas] or [False])
    mp = driven[connectome.area[connectome.source]]
    weight = connectome.weight.astype(np.int64)
    numerator = np.where(mp, weight, weight * connectome.psp)
    sign = connectome.inhibitory.astype(np.int64)
    return (((numerator << 1 | sign) << 1 | mp) << 32) | fan_out(connectome)


def _value(key: int) -> Fraction:
    """The signed contribution of a key; of an mp-driven one, at the largest PSP (255)."""
    divisor, mp, sign, numerator = key & 0xFFFFFFFF, key >> 32 & 1, key >> 33 & 1, key >> 34
    return Fraction((-numerator if sign else numerator) * (255 if mp else 1), divisor)


def _rationals(values: NDArray[np.float32]) -> list[Fraction]:
    return [Fraction(float(v)) for v in np.unique(values)]


def _decimal(value: Fraction) -> Fraction | None:
    """The short decimal that a float32 stands for, if its denominator is at most 1000."""
    decimal = Fraction(str(np.float32(float(value))))
    return decimal if decimal.denominator <= 1000 and decimal != 0 else None


def _meetings(
    c: Connectome, keep: NDArray[np.int64], options: Options
) -> dict[int, Meeting]:
    keys = _keys(c)
    local = np.full(c.n_neurons, -1, dtype=np.int64)
    target_area = c.area[c.target]
    reach = stimulated(c, keep)
    by_area = np.argsort(target_area, kind="stable")
    bounds = np.searchsorted(target_area[by_area], np.arange(len(c.areas) + 1))
    result: dict[int, Meeting] = {}
    for index, area in enumerate(c.areas):
        mine = np.flatnonzero(c.area[keep] == index)
        if not len(mine):
            continue
        neurons = keep[mine]
        local[neurons] = np.arange(len(neurons))
        synapses = by_area[bounds[index] : bounds[index + 1]]
        distinct, value_of = np.unique(keys[synapses], return_inverse=True)
        thresholds = _rationals(c.threshold[neurons])
        power = c.power_neuron is not None and bool((neurons == c.power_neuron).any())
        fed = bool(reach[mine].any())
        natural: list[Fraction] = []
        if fed or power or options.anywhere:
            natural = [Fraction(1), *(d for t in thresholds if (d := _decimal(t)) is not None)]
        leaks = c.leak[neurons]
        limits = c.threshold_limit[neurons]
        excitable = c.excitability[neurons] >= ALWAYS
        result[index] = Meeting(
            area=area.id,
            values=tuple(_value(int(k)) for k in distinct),
            value_of=value_of,
            target=local[c.target[synapses]],
            n_neurons=len(neurons),
            thresholds=tuple(thresholds),
            natural=tuple(natural),
            accumulates=area.mp_charge_accumulation,
            leak=float(leaks[leaks > 0].min()) if (leaks > 0).any() else 0.0,
            mp_driven=area.mp_driven_psp,
            plain=bool(excitable.all() and (c.consecutive_fire_limit[neurons] == 0).all()),
            any_limit=bool((limits > 0).any()),
            stimulated=fed,
            power=power,
            negative_inputs=options.negative_inputs,
            declared_maximum=Fraction(options.maximum),
        )
    return result


def _lossless(
    meeting: Meeting, scale: Scale, bits: int, c: Connectome, keep: NDArray[np.int64]
) -> bool:
    """Whether this area, fed with multiples of its unit, does exactly what exact numbers would."""
    if not scale.exact or meeting.mp_driven or meeting.negative_inputs:
        return False
    if any(key.denominator != 1 for key in (v / scale.unit for v in meeting.natural)):
        return False
    if not meeting.accumulates:
        return True
    inhibited = any(v < 0 for v in meeting.values)
    if inhibited or meeting.any_limit:
        return False
    if meeting.leak > 0:
        least = min((v for v in meeting.values if v > 0), default=Fraction(0))
        silent = not meeting.stimulated and least >= max(meeting.thresholds)
        return silent and meeting.plain
    if meeting.plain:
        return True
    always = bool((c.excitability[keep] >= ALWAYS).all())
    return always and scale.threshold_max - 1 + scale.p <= scale.high


def _lossless_at_16(
    meetings: dict[int, Meeting], c: Connectome, keep: NDArray[np.int64], options: Options
) -> bool:
    if options.inputs == "graded" and any(m.accumulates and m.stimulated for m in meetings.values()):
        return False
    try:
        return all(_lossless(m, fit(m, 16), 16, c, keep) for m in meetings.values())
    except QuantizeError:
        return False


def _leak(leak: float) -> tuple[int, int]:
    """(L, s): the largest s in 14..30 for which L = ⌊leak·2^s + ½⌋ is at most 32767."""
    for shift in range(30, 13, -1):
        code = math.floor(Fraction(leak) * 2**shift + Fraction(1, 2))
        if code <= 32_767:
            return (code, shift) if code else (0, 0)
    return 16_384, 14


def _excitability(e: np.float32) -> tuple[bool, int]:
    """(always, E): E is the smallest hash that does not fire, as f32(hash)/2^32 < e decides."""
    if e >= ALWAYS:
        return True, 0
    if e <= 0:
        return False, 0
    low, high = 0, 2**32 - 1
    while low < high:
        middle = (low + high) // 2
        if np.float32(middle) / np.float32(2**32) >= e:
            high = middle
        else:
            low = middle + 1
    return False, low


def _chunks(thresholds: NDArray[np.int64]) -> tuple[NDArray[np.int64], int]:
    """A group number per neuron such that each group's thresholds span at most 255 steps."""
    distinct = np.unique(thresholds)
    step = math.gcd(*(int(d) for d in np.diff(distinct))) if len(distinct) > 1 else 1
    group = np.zeros(len(distinct), dtype=np.int64)
    start = 0
    for i in range(1, len(distinct)):
        if (distinct[i] - distinct[start]) // step > 255:
            start = i
        group[i] = group[i - 1] + (start == i)
    return group[np.searchsorted(distinct, thresholds)], step


def _populations(
    c: Connectome, neurons: NDArray[np.int64], index: int, area: int, meeting: Meeting, scale: Scale
) -> tuple[list[Population], NDArray[np.int64], NDArray[np.int8]]:
    """The populations of one area, the order of its neurons, and their threshold offsets.

    `first` of the populations counts from 0 within the area.
    """
    values, of = np.unique(c.threshold[neurons], return_inverse=True)
    by_value = [threshold_in(scale.unit, Fraction(float(v)), scale.margin) for v in values]
    t = np.array(by_value, dtype=np.int64)[of]
    group, _ = _chunks(t)
    sometimes = (c.excitability[neurons] > 0) & (c.excitability[neurons] < ALWAYS)
    columns = np.stack(
        [
            c.leak[neurons].view(np.int32).astype(np.int64),
            c.threshold_limit[neurons].view(np.int32).astype(np.int64),
            c.refractory_period[neurons].astype(np.int64),
            c.consecutive_fire_limit[neurons].astype(np.int64),
            c.snooze[neurons].astype(np.int64),
            c.excitability[neurons].view(np.int32).astype(np.int64),
            group,
        ]
    )
    _, first_seen, kind = np.unique(columns, axis=1, return_index=True, return_inverse=True)
    order = np.lexsort((np.arange(len(neurons)), first_seen[kind.ravel()]))
    # where the hash decides, a population's connectome indices must be consecutive
    apart = sometimes[order] & (np.diff(neurons[order], prepend=-1) != 1)
    cuts = np.flatnonzero((np.diff(kind.ravel()[order], prepend=-1) != 0) | apart)
    offsets = np.zeros(len(neurons), dtype=np.int8)
    result: list[Population] = []
    info = c.areas[index]
    for start, stop in zip(cuts, [*cuts[1:], len(neurons)], strict=True):
        n = neurons[order[start]]
        mine = t[order[start:stop]]
        base, step = int(mine.min()), 0
        if mine.max() > base:
            step = math.gcd(*(int(d) for d in np.diff(np.unique(mine))))
            steps = (mine - base) // step
            below = max(0, int(steps.max()) - 127)
            offsets[start:stop] = steps - below
            base += below * step
        limit = float(c.threshold_limit[n])
        leak, shift = _leak(float(c.leak[n])) if meeting.accumulates else (0, 0)
        always, excitability = _excitability(c.excitability[n])
        refractory = int(c.refractory_period[n])
        consecutive = int(c.consecutive_fire_limit[n])
        snoozed = min(65_535, refractory + int(c.snooze[n])) if consecutive else refractory
        result.append(
            Population(
                first=int(start),
                count=int(stop - start),
                area=area,
                threshold=base,
                threshold_step=step,
                upper=floor_star(Fraction(limit) / scale.unit) if limit > 0 else None,
                accumulates=meeting.accumulates,
                every_burst=info.dynamics is Dynamics.EVERY_BURST,
                always=always,
                excitability=excitability,
                mp_driven=info.mp_driven_psp,
                psp_bits=scale.unit.denominator.bit_length() - 1 if info.mp_driven_psp else 0,
                leak=leak,
                shift=shift,
                refractory=refractory,
                snoozed=snoozed,
                limit=consecutive,
                low=scale.low,
                high=scale.high,
                input_max=scale.input_max,
                id=int(n) if not always and excitability else 0,
            )
        )
    return result, order, offsets


def _classes(
    c: Connectome,
    keys: NDArray[np.int64],
    meetings: dict[int, Meeting],
    scales: dict[int, Scale],
) -> tuple[list[SynapseClass], NDArray[np.int64], NDArray[np.int64]]:
    """The classes, and per synapse its class and its weight (1 or −1 unless it has its own)."""
    source_area, target_area = c.area[c.source].astype(np.int64), c.area[c.target].astype(np.int64)
    divisor, mp = keys & 0xFFFFFFFF, keys >> 32 & 1
    contribution = np.zeros(c.n_synapses, dtype=np.int64)
    ratio: dict[tuple[int, int], tuple[int, int, int]] = {}  # (area, key) -> M, r, cap
    for area, meeting in meetings.items():
        mine = np.flatnonzero(target_area == area)
        contribution[mine] = np.array(scales[area].contributions, dtype=np.int64)[meeting.value_of]
        for key in np.unique(keys[mine][mp[mine] == 1]).tolist():
            rho = abs(_value(key)) / 255 / scales[area].unit
            shift = 0
            while rho.denominator > 1 and shift < 15 and rho * 2 ** (shift + 1) < 2**22:
                shift += 1
            multiplier = math.floor(rho * 2**shift + Fraction(1, 2))
            cap = int(abs(contribution[mine[keys[mine] == key][0]]))
            ratio[area, key] = multiplier, shift, cap
    group = ((source_area * len(c.areas) + target_area) << 33) | (divisor << 1) | mp
    _, group_of = np.unique(group, return_inverse=True)
    found: dict[SynapseClass, int] = {}
    klass = np.zeros(c.n_synapses, dtype=np.int64)
    weight = np.ones(c.n_synapses, dtype=np.int64)

    def put(synapses: NDArray[np.int64], item: SynapseClass) -> None:
        klass[synapses] = found.setdefault(item, len(found))

    order = np.argsort(group_of, kind="stable")
    for mine in np.split(order, np.flatnonzero(np.diff(group_of[order])) + 1):
        if not len(mine):
            continue
        if mp[mine[0]]:
            area = int(target_area[mine[0]])
            for key in np.unique(keys[mine]).tolist():
                multiplier, shift, cap = ratio[area, key]
                sign = -1 if key >> 33 & 1 else 1
                these = mine[keys[mine] == key]
                weight[these] = sign
                put(these, SynapseClass(multiplier, sign, True, cap, shift))
            continue
        distinct, which = np.unique(contribution[mine], return_inverse=True)
        step = math.gcd(*(int(d) for d in distinct))
        own = len(distinct) > 2 and 0 < step < 2**24
        if own and np.abs(distinct).max() // step <= 127:
            weight[mine] = contribution[mine] // step
            put(mine, SynapseClass(step))
            continue
        for i, value in enumerate(distinct.tolist()):
            these = mine[which == i]
            weight[these] = -1 if value < 0 else 1
            put(these, SynapseClass(abs(value), -1 if value < 0 else 1))
    if len(found) > MAX_CLASSES:
        raise DoesNotFitError(
            f"the synapses have {len(found):,} kinds, and a brain holds {MAX_CLASSES:,}",
            "use fewer distinct weights or fan-outs",
        )
    ranked = sorted(found, key=lambda k: (k.mp_driven, k.weight, k.multiplier, k.cap, k.shift))
    rank = np.zeros(max(len(found), 1), dtype=np.int64)
    for position, item in enumerate(ranked):
        rank[found[item]] = position
    return ranked, rank[klass], weight


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
    meetings: dict[int, Meeting],
    scales: dict[int, Scale],
    bits: int,
    lossless: bool,
) -> tuple[QuantizedNetwork, Quantization]:
    populations: list[Population] = []
    areas: list[AreaInfo] = []
    orders: list[NDArray[np.int64]] = []
    offsets: list[NDArray[np.int8]] = []
    base = 0
    for rank, (index, meeting) in enumerate(meetings.items()):
        neurons = keep[c.area[keep] == index]
        mine, order, offset = _populations(c, neurons, index, rank, meeting, scales[index])
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
    classes, klass, weight = _classes(c, _keys(c), meetings, scales)
    source, target = new[c.source], new[c.target]
    synapse = np.lexsort((weight, target, klass, source))
    ranked = [scales[i] for i in meetings]
    reach = np.zeros(c.n_neurons, dtype=bool)
    reach[keep] = stimulated(c, keep)
    area_rank = {index: rank for rank, index in enumerate(meetings)}
    area_of = np.array([area_rank[int(i)] for i in c.area[neuron]], dtype=np.int64)
    first = np.array([c.areas[i].first for i in c.area[neuron]], dtype=np.int64)
    power = c.power_neuron if c.power_neuron is not None and new[c.power_neuron] >= 0 else None
    worst = max((max(s.p + s.high, s.n - s.low - 1) for s in ranked), default=0)
    network = QuantizedNetwork(
        storage=16 if bits == 16 or (bits == 8 and worst <= 32_767) else 32,
        state=bits,
        populations=tuple(populations),
        classes=tuple(classes),
        inputs=tuple(_input_ranges(reach[neuron], area_of, ranked)),
        areas=tuple(areas),
        offset=np.concatenate(offsets) if offsets else np.zeros(0, dtype=np.int8),
        place=np.maximum(neuron - first, 0),
        source=source[synapse].astype(np.uint16),
        target=target[synapse].astype(np.uint16),
        klass=klass[synapse].astype(np.uint16),
        weight=weight[synapse].astype(np.int8),
        power_neuron=None if power is None else int(new[power]),
        power_amount=0 if power is None else scales[int(c.area[power])].power_amount,
        timestep_us=round(c.timestep * 1e6),
    )
    note = Quantization(
        state=bits,
        lossless=lossless,
        areas=tuple(meetings),
        scales=tuple(ranked),
        meetings=tuple(meetings.values()),
        neuron=neuron,
        synapse=synapse,
        dropped=c.n_neurons - len(keep),
    )
    return network, note
