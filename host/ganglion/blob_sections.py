"""Blob sections: the records inside a blob, each both ways (SPEC.md, sections 5.3 to 5.7).

In:  a QuantizedNetwork, or the bytes of one section with the counts of the header.
Out: the bytes, or records and arrays whose every index is in range.
Never: looks at another section than its own.
"""

import struct

import numpy as np
from numpy.typing import NDArray

from .errors import BlobError
from .network import (
    GROUPS,
    AreaInfo,
    InputRange,
    Population,
    QuantizedNetwork,
    SynapseClass,
)

POPULATION = struct.Struct("<HHHHiiiHBBHHHhIiiiI")
CLASS = struct.Struct("<iibBBx")
INPUT = struct.Struct("<HHi")
AREA = struct.Struct("<8sBBH3I3id")
ACC, EVERY, UPPER, ALWAYS, MPD, VARY = (1 << i for i in range(6))
REMEDY = "compile the brain again, or copy it again"


def require(ok: bool, fact: str, remedy: str = REMEDY) -> None:
    """Raise BlobError unless ok."""
    if not ok:
        raise BlobError(fact, remedy)


def encode_populations(network: QuantizedNetwork) -> bytes:
    result = b""
    for p in network.populations:
        flags = (
            ACC * p.accumulates
            | EVERY * p.every_burst
            | UPPER * (p.upper is not None)
            | ALWAYS * p.always
            | MPD * p.mp_driven
            | VARY * (p.threshold_step > 0)
        )
        result += POPULATION.pack(
            p.first, p.count, flags, p.area, p.threshold, p.threshold_step, p.upper or 0,
            p.leak, p.shift, p.psp_bits, p.refractory, p.snoozed, p.limit, p.leak_fine,
            p.excitability, p.low, p.high, p.input_max, p.id,
        )  # fmt: skip
    return result


def decode_populations(data: bytes, count: int, neurons: int) -> tuple[Population, ...]:
    require(len(data) == count * POPULATION.size and count > 0, f"{count} populations do not fit")
    result: list[Population] = []
    stop = area = 0
    for i, record in enumerate(POPULATION.iter_unpack(data)):
        (first, size, flags, area_of, threshold, step, upper, leak, shift, bits, refractory,
         snoozed, limit, fine, excitability, low, high, input_max, ident) = record  # fmt: skip
        where = f"population {i}"
        require(first == stop and size > 0, f"{where} begins at {first}, not at {stop}")
        require(flags < 64, f"{where} has unknown flags {flags:#x}")
        require(area <= area_of, f"{where} is of area {area_of} after one of {area}")
        acc, always, mpd = bool(flags & ACC), bool(flags & ALWAYS), bool(flags & MPD)
        require(bool(flags & VARY) == (step > 0), f"{where} has the threshold step {step}")
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
        stop, area = first + size, area_of
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
            )
        )
    require(stop == neurons, f"the populations hold {stop} neurons of {neurons}")
    return tuple(result)


def encode_classes(network: QuantizedNetwork) -> bytes:
    return b"".join(
        CLASS.pack(c.multiplier, c.cap, c.weight, c.shift, int(c.mp_driven) | c.few_bits << 1)
        for c in network.classes
    )


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


Synapses = tuple[NDArray[np.uint16], NDArray[np.uint16], NDArray[np.uint16], NDArray[np.int8]]


def own_bits(klass: SynapseClass) -> int:
    """The bits of each synapse's own weight; 0 if all of the class have the same."""
    return (klass.few_bits or 8) if klass.weight == 0 and not klass.mp_driven else 0


def _packed(weights: NDArray[np.int8], bits: int) -> bytes:
    """Weights of 8, 4 or 2 bits, the lowest bits first, to an even number of bytes."""
    per_byte = 8 // bits
    padded = np.zeros((-(-len(weights) // per_byte), per_byte), dtype=np.uint8)
    padded.ravel()[: len(weights)] = weights
    shifts = np.arange(per_byte, dtype=np.uint8) * np.uint8(bits)
    data: bytes = np.bitwise_or.reduce(padded << shifts, axis=1).astype(np.uint8).tobytes()
    return data + bytes(len(data) % 2)


def _unpacked(data: bytes, count: int, bits: int) -> NDArray[np.int8]:
    shifts = np.arange(8 // bits, dtype=np.uint8) * np.uint8(bits)
    parts = np.frombuffer(data, dtype=np.uint8)[:, None] >> shifts & np.uint8((1 << bits) - 1)
    result: NDArray[np.int8] = parts.ravel()[:count].astype(np.int8)
    return result


def encode_rows(network: QuantizedNetwork) -> bytes:
    if not network.n_synapses:
        return b""
    first, last = int(network.source[0]), int(network.source[-1])
    key = network.source.astype(np.int64) << 16 | network.klass
    cuts = np.flatnonzero(np.diff(key, prepend=-1))
    stops = np.append(cuts[1:], network.n_synapses)
    sizes = np.zeros(last - first + 2, dtype=np.int64)
    stream: list[bytes] = []
    targets = network.target.astype("<u2")
    for start, stop in zip(cuts.tolist(), stops.tolist(), strict=True):
        klass, n = int(network.klass[start]), stop - start
        part = struct.pack("<HH", klass, n) + targets[start:stop].tobytes()
        width = own_bits(network.classes[klass])
        if width:
            part += _packed(network.weight[start:stop], width)
        sizes[int(network.source[start]) - first + 1] += len(part)
        stream.append(part)
    offsets = np.cumsum(sizes).astype("<u4")
    return struct.pack("<II", first, last - first + 1) + offsets.tobytes() + b"".join(stream)


def decode_rows(
    data: bytes, synapses: int, neurons: int, classes: tuple[SynapseClass, ...]
) -> Synapses:
    source, target, klass, weight = [], [], [], []
    if data:
        require(len(data) >= 8, "ROWS has no header")
        first, count = struct.unpack_from("<II", data)
        start = 8 + 4 * (count + 1)
        require(count > 0 and first + count <= neurons, f"rows {first}..+{count} of {neurons}")
        require(start <= len(data), f"{count} row offsets do not fit")
        offsets = np.frombuffer(data, dtype="<u4", count=count + 1, offset=8).astype(np.int64)
        require(bool((np.diff(offsets) >= 0).all()) and offsets[0] == 0, "row offsets descend")
        require(int(offsets[-1]) == len(data) - start, "the row offsets end elsewhere")
        for j, (at, end) in enumerate(
            zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True)
        ):
            at, end, before = at + start, end + start, -1
            while at < end:
                where = f"row {first + j}"
                require(at + 4 <= end, f"{where} is cut")
                k, n = struct.unpack_from("<HH", data, at)
                require(before < k < len(classes) and n > 0, f"{where} has class {k}, {n} targets")
                before = k
                width = own_bits(classes[k])
                stop = at + 4 + 2 * n + 2 * ((n * width + 15) // 16)
                require(stop <= end, f"{where} is cut")
                targets = np.frombuffer(data, dtype="<u2", count=n, offset=at + 4)
                order = targets.astype(np.int64) << 8
                if width:
                    weights = _unpacked(data[at + 4 + 2 * n : stop], n, width)
                    require(int(weights.min()) >= 0, f"{where} has a weight below 0")
                    same = _packed(weights, width) == data[at + 4 + 2 * n : stop]
                    require(same, f"{where} is not padded")
                    order += weights
                else:
                    weights = np.full(n, classes[k].weight, dtype=np.int8)
                require(bool((np.diff(order) >= 0).all()), f"the targets of {where} descend")
                source.append(np.full(n, first + j, dtype=np.uint16))
                target.append(targets)
                klass.append(np.full(n, k, dtype=np.uint16))
                weight.append(weights)
                at = stop
    total = sum(len(t) for t in target)
    require(total == synapses, f"the rows hold {total} synapses of {synapses}")
    if not total:
        empty = np.zeros(0, dtype=np.uint16)
        return empty, empty, empty, np.zeros(0, dtype=np.int8)
    targets = np.concatenate(target).astype(np.uint16)
    require(int(targets.max()) < neurons, f"a synapse targets neuron {targets.max()} of {neurons}")
    return np.concatenate(source), targets, np.concatenate(klass), np.concatenate(weight)


def encode_inputs(network: QuantizedNetwork) -> bytes:
    return b"".join(INPUT.pack(r.first, r.count, r.amount) for r in network.inputs)


def decode_inputs(data: bytes, neurons: int) -> tuple[InputRange, ...]:
    require(len(data) % INPUT.size == 0, "INPUTS has a broken record")
    result: list[InputRange] = []
    stop = 0
    for first, count, amount in INPUT.iter_unpack(data):
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
            a.id.encode()[:8], GROUPS.index(a.group), len(name), a.neurons_per_voxel,
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


def encode_places(network: QuantizedNetwork) -> bytes:
    result = b""
    for p in network.populations:
        place = network.place[p.first : p.stop]
        cuts = np.flatnonzero(np.diff(place, prepend=place[0] - 2) != 1)
        result += struct.pack("<H", len(cuts))
        for start, stop in zip(cuts.tolist(), [*cuts[1:].tolist(), p.count], strict=True):
            result += struct.pack("<IH", int(place[start]), stop - start)
    return result


def decode_places(
    data: bytes, populations: tuple[Population, ...], areas: tuple[AreaInfo, ...]
) -> NDArray[np.int64]:
    result: list[NDArray[np.int64]] = []
    at = 0
    for i, p in enumerate(populations):
        require(p.area < len(areas), f"population {i} is of area {p.area} of {len(areas)}")
        area = areas[p.area]
        room = int(np.prod(area.dimensions, dtype=object)) * area.neurons_per_voxel
        require(at + 2 <= len(data), f"the places of population {i} are cut")
        (runs,) = struct.unpack_from("<H", data, at)
        at += 2
        require(at + 6 * runs <= len(data), f"the places of population {i} are cut")
        total = 0
        for start, count in struct.iter_unpack("<IH", data[at : at + 6 * runs]):
            require(start + count <= room and count > 0, f"place {start} is outside {area.id}")
            result.append(np.arange(start, start + count, dtype=np.int64))
            total += count
        at += 6 * runs
        require(total == p.count, f"population {i} has {total} places for {p.count} neurons")
    require(at == len(data), f"{len(data) - at} bytes follow the places")
    return np.concatenate(result)
