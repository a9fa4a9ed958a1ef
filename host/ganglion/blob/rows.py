"""Blob rows: synapses one by one, in pages of 32 sources (SPEC.md, 5.5).

In:  a QuantizedNetwork and which of its synapses are rows, or the bytes of ROWS.
Out: the bytes, or the synapses of each segment.
Never: a synapse that blob_blocks.py has taken.
"""

import struct
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..errors import DoesNotFitError
from ..network.model import QuantizedNetwork, SynapseClass
from ..network.zones import Zone, zone_of_neurons, zones_of
from .blocks import Synapses
from .sections import own_bits, require

HEAD = struct.Struct("<HHII")
PAGE = 32  # sources
LAST = 0x8000  # the segment is its row's last
MOST_BYTES = 131_070  # of a page


def _packed(weights: NDArray[np.uint8], bits: int) -> bytes:
    """Weights of 4 or 2 bits, the lowest bits first, to an even number of bytes."""
    per_byte = 8 // bits
    padded = np.zeros((-(-len(weights) // per_byte), per_byte), dtype=np.uint8)
    padded.ravel()[: len(weights)] = weights
    shifts = np.arange(per_byte, dtype=np.uint8) * np.uint8(bits)
    data: bytes = np.bitwise_or.reduce(padded << shifts, axis=1).astype(np.uint8).tobytes()
    return data + bytes(len(data) % 2)


def _groups(n: int) -> list[tuple[int, int]]:
    """(index of the first, size) of the groups of four, two and one."""
    found = [(i, 4) for i in range(0, n - 3, 4)]
    return found + [(n & ~(2 * g - 1), g) for g in (2, 1) if n & g]


def _length(n: int, bits: int) -> int:
    """Bytes of n synapses whose own weights have so many bits."""
    return 2 * n + 2 * ((n * bits + 15) // 16)


def _synapses(targets: NDArray[np.uint16], weights: NDArray[np.uint8], bits: int) -> bytes:
    t = targets.astype("<u2").tobytes()
    if bits == 0:
        return t
    if bits != 8:
        return t + _packed(weights, bits)
    w, parts = weights.tobytes(), []
    for i, g in _groups(len(w)):
        parts += [t[2 * i : 2 * (i + g)], w[i : i + g]]
    return b"".join(parts) + bytes(len(w) & 1)


def _parsed(data: bytes, n: int, bits: int) -> tuple[NDArray[np.uint16], NDArray[np.uint8]]:
    if bits != 8:
        targets = np.frombuffer(data, "<u2", n)
        if bits == 0:
            return targets, np.zeros(n, dtype=np.uint8)
        shifts = np.arange(8 // bits, dtype=np.uint8) * np.uint8(bits)
        parts = np.frombuffer(data, np.uint8, -1, 2 * n)[:, None] >> shifts
        return targets, (parts & np.uint8((1 << bits) - 1)).ravel()[:n]
    t, w = [], []
    for i, g in _groups(n):
        t.append(data[3 * i : 3 * i + 2 * g])
        w.append(data[3 * i + 2 * g : 3 * (i + g)])
    return np.frombuffer(b"".join(t), "<u2"), np.frombuffer(b"".join(w), np.uint8)


def encode_rows(network: QuantizedNetwork, chosen: NDArray[np.bool_]) -> bytes:
    """Raises DoesNotFitError if there are more links than a segment can name, or a page would
    exceed what its offsets can say."""
    picked = np.flatnonzero(chosen)
    if not len(picked):
        return b""
    zone = zone_of_neurons(zones_of(network.populations))[network.target[picked]]
    key = network.klass[picked].astype(np.int64) << 16 | zone
    links, link = np.unique(key, return_inverse=True)
    source = network.source[picked].astype(np.int64)
    order = np.lexsort((network.weight[picked], network.target[picked], link, source))
    picked, source, link = picked[order], source[order], link[order]
    targets, weights = network.target[picked], network.weight[picked].astype(np.uint8)
    cuts = np.flatnonzero(np.diff(source << 16 | link, prepend=-1))
    stops = np.append(cuts[1:], len(picked))
    last = np.append(source[cuts[1:]] != source[cuts[:-1]], True)
    bits = [own_bits(network.classes[int(k) >> 16]) for k in links]
    first_page, n_pages = (
        int(source[0]) // PAGE,
        int(source[-1]) // PAGE - int(source[0]) // PAGE + 1,
    )
    pages: list[bytearray] = [bytearray() for _ in range(n_pages)]
    begins = np.zeros((n_pages, PAGE), dtype=np.int64)
    new = True
    for i, (start, stop) in enumerate(zip(cuts.tolist(), stops.tolist(), strict=True)):
        n, k = int(source[start]), int(link[start])
        page = pages[n // PAGE - first_page]
        if not page:
            page += bytes(2 * PAGE)
        if new:
            begins[n // PAGE - first_page, n % PAGE] = len(page) // 2
        new = bool(last[i])
        page += struct.pack("<HH", k | LAST * new, stop - start)
        page += _synapses(targets[start:stop], weights[start:stop], bits[k])
    largest = max(map(len, pages))
    if len(links) > LAST:
        raise DoesNotFitError(
            f"the synapses have {len(links):,} pairs of class and zone, and rows can name {LAST:,}",
            "give them fewer different weights",
        )
    if largest > MOST_BYTES:
        raise DoesNotFitError(
            f"32 neurons have {largest:,} bytes of synapses, and a page holds {MOST_BYTES:,}",
            "lower the fan-out",
        )
    for page, row in zip(pages, begins, strict=True):
        if page:
            page[: 2 * PAGE] = row.astype("<u2").tobytes()
    offsets = np.cumsum([0, *map(len, pages)]).astype("<u4")
    table = np.stack([links >> 16, links & 0xFFFF], axis=1).astype("<u2")
    head = HEAD.pack(len(links), 0, first_page, n_pages)
    return head + table.tobytes() + offsets.tobytes() + b"".join(pages)


def decode_rows(
    data: bytes, zones: Sequence[Zone], classes: Sequence[SynapseClass], neurons: int
) -> list[Synapses]:
    """The synapses of each segment."""
    if not data:
        return []
    require(len(data) >= HEAD.size, "ROWS has no header")
    n_links, zero, first_page, n_pages = HEAD.unpack_from(data)
    at = HEAD.size + 4 * n_links
    stream = at + 4 * (n_pages + 1)
    ok = zero == 0 and n_pages > 0 and first_page + n_pages <= -(-neurons // PAGE)
    require(ok and stream <= len(data), f"the pages {first_page}..+{n_pages} do not fit")
    pairs = [p for (p,) in struct.iter_unpack("<I", data[HEAD.size : at])]
    links = [(p & 0xFFFF, p >> 16) for p in pairs]
    for k, z in links:
        require(k < len(classes) and z < len(zones), f"a link is of class {k} and zone {z}")
    offsets = np.frombuffer(data, "<u4", n_pages + 1, at).astype(np.int64)
    require(bool((np.diff(offsets) >= 0).all()) and offsets[0] == 0, "page offsets descend")
    require(int(offsets[-1]) == len(data) - stream, "the page offsets end elsewhere")
    result: list[Synapses] = []
    for i in np.flatnonzero(np.diff(offsets)).tolist():
        page = data[stream + int(offsets[i]) : stream + int(offsets[i + 1])]
        require(2 * PAGE < len(page) <= MOST_BYTES, f"page {first_page + i} has {len(page)} bytes")
        begins = np.frombuffer(page, "<u2", PAGE)
        at = 2 * PAGE
        for k in np.flatnonzero(begins).tolist():
            n = (first_page + i) * PAGE + k
            require(n < neurons and 2 * int(begins[k]) == at, f"row {n} begins elsewhere")
            at = _decode_row(page, at, n, links, zones, classes, result)
        require(at == len(page), f"{len(page) - at} bytes follow the rows of page {first_page + i}")
    return result


def _decode_row(
    page: bytes,
    at: int,
    n: int,
    links: list[tuple[int, int]],
    zones: Sequence[Zone],
    classes: Sequence[SynapseClass],
    result: list[Synapses],
) -> int:
    """Appends the segments of neuron n's row; returns where it ends."""
    last = 0
    while not last:
        require(at + 4 <= len(page), f"row {n} is cut")
        k, size = struct.unpack_from("<HH", page, at)
        last, k = k & LAST, k & ~LAST
        require(k < len(links) and size > 0, f"row {n} has link {k}, {size} targets")
        klass, z = links[k]
        bits = own_bits(classes[klass])
        stop = at + 4 + _length(size, bits)
        require(stop <= len(page), f"row {n} is cut")
        targets, weights = _parsed(page[at + 4 : stop], size, bits)
        inside = zones[z].first <= int(targets.min()) and int(targets.max()) < zones[z].stop
        require(inside, f"row {n} has a target outside zone {z}")
        weight = weights.astype(np.int64) if bits else np.full(size, classes[klass].weight)
        require(not bits or int(weight.max()) < 128, f"row {n} has a weight above 127")
        fill = (np.full(size, v, dtype=np.int64) for v in (n, klass))
        source, kinds = fill
        result.append((source, targets.astype(np.int64), kinds, weight.astype(np.int64)))
        at = stop
    return at
