"""Blob sections: the records inside a blob, each both ways (SPEC.md, sections 5.3, 5.4, 5.6, 5.7).

In:  a QuantizedNetwork, or the bytes of one section with the counts of the header.
Out: the bytes, or records and arrays whose every index is in range.
Never: looks at another section than its own.
"""

import struct
from collections.abc import Collection

import numpy as np

from ..errors import BlobError
from ..network.model import (
    GROUPS,
    MAX_NEURONS,
    AreaInfo,
    InputRange,
    Population,
    QuantizedNetwork,
    SynapseClass,
)

POPULATION = struct.Struct("<HHHHiiiHBBHHHhIiiiI")
LARGE_POPULATION = struct.Struct("<IIHHiiiHBBHHHhIiiiI")  # of a brain that no board runs: 5.11
CLASS = struct.Struct("<iibBBx")
INPUT = struct.Struct("<HHi")
LARGE_INPUT = struct.Struct("<IIi")
AREA = struct.Struct("<8sBBH3I3id")
ACC, EVERY, UPPER, ALWAYS, MPD, VARY, PLACED, LAYER = (1 << i for i in range(8))
REMEDY = "compile the brain again, or copy it again"


def require(ok: bool, fact: str, remedy: str = REMEDY) -> None:
    """Raise BlobError unless ok."""
    if not ok:
        raise BlobError(fact, remedy)


def encode_populations(network: QuantizedNetwork, placed: Collection[int]) -> bytes:
    """The records; `placed` are the populations that PLACES speaks of."""
    result = b""
    form = LARGE_POPULATION if network.host_only else POPULATION
    for i, p in enumerate(network.populations):
        flags = (
            ACC * p.accumulates
            | EVERY * p.every_burst
            | UPPER * (p.upper is not None)
            | ALWAYS * p.always
            | MPD * p.mp_driven
            | VARY * (p.threshold_step > 0)
            | PLACED * (i in placed)
            | LAYER * p.layer
        )
        result += form.pack(
            p.first, p.count, flags, p.area, p.threshold, p.threshold_step, p.upper or 0,
            p.leak, p.shift, p.psp_bits, p.refractory, p.snoozed, p.limit, p.leak_fine,
            p.excitability, p.low, p.high, p.input_max, p.id,
        )  # fmt: skip
    return result


def decode_populations(
    data: bytes, count: int, neurons: int
) -> tuple[tuple[Population, ...], list[int]]:
    """The populations, and which of them PLACES speaks of."""
    form = LARGE_POPULATION if neurons > MAX_NEURONS else POPULATION
    require(len(data) == count * form.size and count > 0, f"{count} populations do not fit")
    result: list[Population] = []
    placed: list[int] = []
    stop = area = 0
    for i, record in enumerate(form.iter_unpack(data)):
        (first, size, flags, area_of, threshold, step, upper, leak, shift, bits, refractory,
         snoozed, limit, fine, excitability, low, high, input_max, ident) = record  # fmt: skip
        where = f"population {i}"
        require(first == stop and size > 0, f"{where} begins at {first}, not at {stop}")
        require(flags < 256, f"{where} has unknown flags {flags:#x}")
        require(area <= area_of, f"{where} is of area {area_of} after one of {area}")
        acc, always, mpd = bool(flags & ACC), bool(flags & ALWAYS), bool(flags & MPD)
        require(
            bool(flags & VARY) == (step > 0) and step >= 0, f"{where} has the threshold step {step}"
        )
        require(bool(flags & UPPER) or upper == 0, f"{where} has an upper limit without its flag")
        leak_ok = leak == shift == 0 or (acc and 0 < leak <= 32_767 and 14 <= shift <= 30)
        whole = (leak << 15) + fine
        require(leak_ok and whole <= 1 << shift + 15, f"{where} leaks {whole} / 2^{shift + 15}")
        fine_ok = fine == 0 or (leak >= 16_384 and -16_384 <= fine < 16_384)
        require(fine_ok, f"{where} has the fine leak {fine}")
        require(bits <= 22 and (mpd or bits == 0), f"{where} has {bits} fraction bits")
        require(not always or excitability == 0, f"{where} has an excitability it does not need")
        require(
            snoozed >= refractory and (limit > 0 or snoozed == refractory),
            f"{where} counts {snoozed} after a snooze and {refractory} without",
        )
        require(low <= 0 <= high and input_max >= 0, f"{where} is clamped to {low}..{high}")
        require(abs(threshold) <= 2**30, f"{where} has the threshold {threshold}")
        require(acc or low == high == 0, f"{where} keeps nothing and is clamped to {low}..{high}")
        bare = (
            leak == refractory == limit == ident == 0
            and flags & ~PLACED == LAYER | ACC | EVERY | ALWAYS
        )
        require(not flags & LAYER or bare, f"{where} is a layer with fields of its own")
        stop, area = first + size, area_of
        if flags & PLACED:
            placed.append(i)
        result.append(
            Population(
                first=first,
                count=size,
                area=area_of,
                threshold=threshold,
                threshold_step=step,
                upper=upper if flags & UPPER else None,
                accumulates=acc,
                every_burst=bool(flags & EVERY),
                always=always,
                excitability=excitability,
                mp_driven=mpd,
                psp_bits=bits,
                leak=leak,
                leak_fine=fine,
                shift=shift,
                refractory=refractory,
                snoozed=snoozed,
                limit=limit,
                low=low,
                high=high,
                input_max=input_max,
                id=ident,
                layer=bool(flags & LAYER),
            )
        )
    require(stop == neurons, f"the populations hold {stop} neurons of {neurons}")
    return tuple(result), placed


def encode_classes(network: QuantizedNetwork) -> bytes:
    return b"".join(
        CLASS.pack(c.multiplier, c.cap, c.weight, c.shift, int(c.mp_driven) | c.few_bits << 1)
        for c in network.classes
    )


def own_bits(klass: SynapseClass) -> int:
    """The bits of each synapse's own weight; 0 if all of the class have the same."""
    return (klass.few_bits or 8) if klass.weight == 0 and not klass.mp_driven else 0


def decode_classes(data: bytes, count: int) -> tuple[SynapseClass, ...]:
    require(len(data) == count * CLASS.size and count < 32_768, f"{count} classes do not fit")
    result: list[SynapseClass] = []
    for i, (multiplier, cap, weight, shift, flags) in enumerate(CLASS.iter_unpack(data)):
        where = f"class {i}"
        driven, few = bool(flags & 1), flags >> 1
        own = weight == 0 and not driven
        require(few in (0, 2, 4) and (few == 0 or own), f"{where} has unknown flags {flags:#x}")
        require((multiplier >= 0 or own) and cap >= 0, f"{where} has a negative size")
        if driven:
            require(weight in (1, -1) and shift <= 15, f"{where} has the weight {weight}")
            require(multiplier < 1 << 23, f"{where} multiplies by {multiplier}")
        else:
            require(cap == 0 and shift == 0, f"{where} has a cap or a shift it does not need")
            require(weight in (0, 1, -1), f"{where} has the weight {weight}")
            require(not own or 0 < abs(multiplier) < 1 << 24, f"{where} multiplies {multiplier}")
        result.append(SynapseClass(multiplier, weight, driven, cap, shift, few))
    return tuple(result)


def encode_inputs(network: QuantizedNetwork) -> bytes:
    form = LARGE_INPUT if network.host_only else INPUT
    return b"".join(form.pack(r.first, r.count, r.amount) for r in network.inputs)


def decode_inputs(data: bytes, neurons: int) -> tuple[InputRange, ...]:
    form = LARGE_INPUT if neurons > MAX_NEURONS else INPUT
    require(len(data) % form.size == 0, "INPUTS has a broken record")
    result: list[InputRange] = []
    stop = 0
    for first, count, amount in form.iter_unpack(data):
        ok = first >= stop and count > 0 and amount > 0 and first + count <= neurons
        require(ok, f"the input range {first}..+{count} of {neurons} is out of place")
        stop = first + count
        result.append(InputRange(first, count, amount))
    return tuple(result)


def _name(text: str) -> bytes:
    return text.encode()[:63].decode(errors="ignore").encode()


def encode_areas(network: QuantizedNetwork) -> bytes:
    result = b""
    for a in network.areas:
        name = _name(a.name)
        result += AREA.pack(
            a.id.encode(), GROUPS.index(a.group), len(name), a.neurons_per_voxel,
            *a.dimensions, *a.position, a.unit,
        )  # fmt: skip
        result += name + bytes(-len(name) % 4)
    return result


def decode_areas(data: bytes, count: int) -> tuple[AreaInfo, ...]:
    result: list[AreaInfo] = []
    at = 0
    for i in range(count):
        require(at + AREA.size <= len(data), f"area {i} is cut")
        ident, group, length, per_voxel, x, y, z, px, py, pz, unit = AREA.unpack_from(data, at)
        at += AREA.size
        end = at + length + -length % 4
        ok = group < len(GROUPS) and length < 64 and end <= len(data) and per_voxel > 0
        require(ok and min(x, y, z) > 0, f"area {i} is damaged")
        require(bool(np.isfinite(unit)) and unit > 0, f"area {i} has the unit {unit}")
        try:
            name, text = data[at : at + length].decode(), ident.rstrip(b"\0").decode()
        except UnicodeDecodeError:
            raise BlobError(f"area {i} has a name that is not UTF-8", REMEDY) from None
        result.append(AreaInfo(text, name, GROUPS[group], (x, y, z), per_voxel, (px, py, pz), unit))
        at = end
    require(at == len(data), f"{len(data) - at} bytes follow the areas")
    return tuple(result)
