"""The sections of layers inside a blob, each both ways (SPEC 12.4).

In:  the layers of a network, or the bytes of sections 20 to 23.
Out: the bytes, or layers whose every index and number is in range.
Never: looks at another section; keeps a weight where another row would begin.
"""

import math
import struct
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..network.layers import (
    CURRENTS,
    EMITS,
    LIMIT,
    RESETS,
    TIMES,
    Dims,
    Ints,
    Layer,
    Path,
    columns_in_order,
)
from ..network.model import Population
from .sections import require

LAYER = struct.Struct("<HHHBBBBBBB3x")
PATH = struct.Struct("<HBBBx3H3H2B2B2B2B2x")
LAYERS, VECTORS, PATHS, WEIGHTS = 20, 21, 22, 23
NAMES = {LAYERS: "LAYERS", VECTORS: "VECTORS", PATHS: "PATHS", WEIGHTS: "WEIGHTS"}
FIELDS = ("threshold", "size", "reset_to", "bias", "drift", "leak", "leak_current")


def encode_layers(
    layers: tuple[Layer, ...], populations: tuple[Population, ...]
) -> dict[int, bytes]:
    """The bytes of each section; none of a network without layers."""
    if not layers:
        return {}
    records, paths = b"", b""
    vectors: list[Ints] = []
    weights: list[bytes] = []
    number = {p.first: i for i, p in enumerate(populations)}
    for layer in layers:
        values = [getattr(layer, name) for name in FIELDS]
        varies = sum((len(v) > 1) << i for i, v in enumerate(values))
        flags = layer.gives_back | layer.loses_input << 1 | layer.from_old << 2
        records += LAYER.pack(
            number[layer.first], layer.period, len(layer.paths), layer.current, layer.emit,
            layer.most, layer.reset, layer.at, flags, varies,
        )  # fmt: skip
        vectors += values
        for path in layer.paths:
            vectors.append(path.multiplier)
            kernel = path.weight.shape[1:3] if path.conv else (0, 0)
            paths += PATH.pack(
                path.source, path.conv, path.bits, len(path.multiplier) > 1, *path.source_dims,
                *path.target_dims, *path.pool, *path.stride, *path.before, *kernel,
            )  # fmt: skip
            weights.append(packed(path))
    return {
        LAYERS: records,
        VECTORS: np.concatenate([v.ravel() for v in vectors]).astype("<i4").tobytes(),
        PATHS: paths,
        WEIGHTS: b"".join(weights),
    }


def packed(path: Path) -> bytes:
    """The rows of a path's weights, each of whole words."""
    weight = path.weight
    if path.conv:
        weight = weight[:, :, columns_in_order(weight.shape[2], path.stride[1])]
    return _rows(weight.reshape(math.prod(weight.shape[:-1]), weight.shape[-1]), path.bits)


def _shifts(bits: int) -> Ints:
    """By how much the weights of a word are shifted."""
    return np.arange(0, 32, bits)


def _rows(weights: NDArray[np.int8], bits: int) -> bytes:
    """(rows, n) weights, each w + 2^(bits − 1), filled from the lowest bit, to whole words."""
    shifts = _shifts(bits)
    rows, n = weights.shape
    words = row_words(n, bits)
    codes = np.zeros((rows, words * len(shifts)), np.uint32)
    codes[:, :n] = weights.astype(np.int64) + (1 << bits - 1)
    filled = codes.reshape(rows, words, len(shifts)) << shifts
    result: bytes = np.bitwise_or.reduce(filled, axis=2).astype("<u4").tobytes()
    return result


def _unpacked(data: NDArray[np.uint32], rows: int, n: int, bits: int) -> NDArray[np.int8]:
    words = data.reshape(rows, row_words(n, bits), 1)
    codes = words >> _shifts(bits) & (1 << bits) - 1
    codes = codes.reshape(rows, words.shape[1] * codes.shape[2])[:, :n].astype(np.int64)
    return (codes - (1 << bits - 1)).astype(np.int8)


def row_words(n: int, bits: int) -> int:
    return -(-n * bits // 32)


def decode_layers(data: dict[int, bytes], populations: tuple[Population, ...]) -> tuple[Layer, ...]:
    """The layers of a blob. Raises BlobError for a number or an index out of range."""
    count = sum(p.layer for p in populations)
    raw = data.get(LAYERS, b"")
    require(len(raw) == LAYER.size * count, f"LAYERS has {len(raw)} bytes for {count} layers")
    if not count:
        require(not any(k in data for k in NAMES), "there are sections of layers, and no layer")
        return ()
    require(len(data.get(VECTORS, b"")) % 4 == 0, "VECTORS is not of whole words")
    require(len(data.get(PATHS, b"")) % PATH.size == 0, "PATHS is not of whole records")
    require(len(data.get(WEIGHTS, b"")) % 4 == 0, "WEIGHTS is not of whole words")
    reader = _Reader(
        np.frombuffer(data.get(VECTORS, b""), "<i4").astype(np.int64),
        list(PATH.iter_unpack(data.get(PATHS, b""))),
        np.frombuffer(data.get(WEIGHTS, b""), "<u4"),
    )
    layers: list[Layer] = []
    for record in LAYER.iter_unpack(raw):
        layers.append(reader.layer(record, populations, layers))
    require(
        [p.first for p in populations if p.layer] == [x.first for x in layers],
        "LAYERS names other populations than those that are layers",
    )
    reader.path_at = 0
    result = tuple(reader.with_paths(layer, layers) for layer in layers)
    reader.end()
    return result


class _Reader:
    def __init__(self, vectors: Ints, paths: list[Any], weights: NDArray[np.uint32]) -> None:
        self.vectors, self.paths, self.weights = vectors, paths, weights
        self.at = self.path_at = self.weight_at = 0
        self._multipliers: dict[int, list[Ints]] = {}

    def take(self, n: int) -> Ints:
        require(self.at + n <= len(self.vectors), "VECTORS is too short")
        self.at += n
        return self.vectors[self.at - n : self.at]

    def layer(
        self,
        record: tuple[Any, ...],
        populations: tuple[Population, ...],
        before: list[Layer],
    ) -> Layer:
        number, period, paths, current, emit, most, reset, at, flags, varies = record
        where = f"layer of population {number}"
        ok = number < len(populations)
        if ok and before:
            ok = before[-1].first < populations[number].first
        require(ok, f"{where}: there is none, or out of order")
        p = populations[number]
        require(p.layer and period and p.count % period == 0, f"{where} has the period {period}")
        require(
            current < len(CURRENTS) and emit < len(EMITS) and reset < len(RESETS)
            and at < len(TIMES) and flags < 8 and varies < 128,
            f"{where} has an unknown rule",
        )  # fmt: skip
        require((emit == 0) == (most == 0) and (emit != 1 or most == 1), f"{where} emits {most}")
        require(emit > 0 or reset == at == flags == 0, f"{where} resets without a spike")
        require(reset > 0 or at == 0, f"{where} resets nothing, and later")
        require(not flags & 1 or (reset == 2 and at == 0), f"{where} gives back what it keeps")
        values: dict[str, Ints] = {}
        for i, name in enumerate(FIELDS):
            n = period if varies >> i & 1 else 1
            if name.startswith("leak"):
                values[name] = self.take(3 * n).reshape(n, 3)
                require(_leaks(values[name]), f"{where} has a leak out of range")
            else:
                values[name] = self.take(n)
                require(
                    bool((np.abs(values[name]) <= LIMIT).all()), f"{where}: {name} is too large"
                )
            require(period > 1 or not varies, f"{where} has a vector of one entry that varies")
        require(bool((values["size"] >= (1 if emit == 2 or reset == 2 else 0)).all()),
                f"{where} counts spikes in nothing")  # fmt: skip
        least = int(values["threshold"].min())
        require(p.threshold == least, f"{where}: its population says {p.threshold}")
        require(p.low >= -LIMIT and p.high <= LIMIT, f"{where} keeps {p.low}..{p.high}")
        multipliers: list[Ints] = []
        for i in range(paths):
            require(self.path_at + i < len(self.paths), f"{where} has {paths} paths")
            many = self.paths[self.path_at + i][3]
            require(
                many == 0 or (many == 1 and period > 1), f"{where} has a path that varies {many}"
            )
            n = period if many else 1
            multiplier = self.take(n)
            require(bool((multiplier > 0).all() and (multiplier < 1 << 24).all()),
                    f"{where} multiplies out of range")  # fmt: skip
            multipliers.append(multiplier)
        self.path_at += paths
        self._multipliers[p.first] = multipliers
        return Layer(
            first=p.first, count=p.count, period=period, current=current, emit=emit, most=most,
            reset=reset, at=at, gives_back=bool(flags & 1), loses_input=bool(flags & 2),
            from_old=bool(flags & 4), low=p.low, high=p.high,
            threshold=values["threshold"], size=values["size"], reset_to=values["reset_to"],
            bias=values["bias"], drift=values["drift"], leak=values["leak"],
            leak_current=values["leak_current"],
        )  # fmt: skip

    def with_paths(self, layer: Layer, layers: list[Layer]) -> Layer:
        found: list[Path] = []
        before: tuple[Any, ...] = ()
        for multiplier in self._multipliers[layer.first]:
            path = self._path(self.paths[self.path_at], layer, layers, multiplier)
            place = path.place()
            require(
                before <= place, f"path {self.path_at} comes behind one that it should come before"
            )
            before = place
            found.append(path)
            self.path_at += 1
        return replace(layer, paths=tuple(found))

    def _path(
        self, record: tuple[Any, ...], layer: Layer, layers: list[Layer], multiplier: Ints
    ) -> Path:
        source, conv, bits = record[:3]
        s, t = record[4:7], record[7:10]
        pool, stride, before, kernel = (record[i : i + 2] for i in (10, 12, 14, 16))
        where = f"path {self.path_at}"
        require(source < len(layers), f"{where} comes from layer {source}")
        require(conv < 2 and bits in (2, 4, 8), f"{where} has an unknown form")
        require(
            math.prod(s) == layers[source].count and math.prod(t) == layer.count
            and layers[source].most > 0,
            f"{where} is for other layers",
        )  # fmt: skip
        pooled: Dims = (s[0] // max(pool[0], 1), s[1] // max(pool[1], 1), s[2])
        require(min(pool) > 0 and min(pooled) > 0, f"{where} pools {pool}")
        ok = min(kernel) > 0 and min(stride) > 0 and bits == 8 if conv else (
            kernel == before == (0, 0) and stride == (1, 1) and t[:2] == (1, 1))  # fmt: skip
        require(ok, f"{where} has the kernel {kernel} and the stride {stride}")
        rows = pooled[2] * kernel[0] * kernel[1] if conv else math.prod(pooled)
        words = self._words(rows * row_words(t[2], bits))
        weight = _unpacked(words, rows, t[2], bits)
        if conv:
            weight = weight.reshape(pooled[2], *kernel, t[2])
            weight[:, :, columns_in_order(kernel[1], stride[1])] = weight.copy()
        return Path(source, bool(conv), bits, multiplier, weight, s, t, pool, stride, before)

    def _words(self, n: int) -> NDArray[np.uint32]:
        require(self.weight_at + n <= len(self.weights), "WEIGHTS is too short")
        self.weight_at += n
        return self.weights[self.weight_at - n : self.weight_at]

    def end(self) -> None:
        for name, at, all_ in (
            ("VECTORS", self.at, self.vectors),
            ("PATHS", self.path_at, self.paths),
            ("WEIGHTS", self.weight_at, self.weights),
        ):
            require(at == len(all_), f"{name} goes on behind its end")


def _leaks(leak: Ints) -> bool:
    code, shift, fine = leak[:, 0], leak[:, 1], leak[:, 2]
    none = (code == 0) & (shift == 0) & (fine == 0)
    some = (code > 0) & (code <= 32_767) & (shift >= 14) & (shift <= 30)
    some &= (fine == 0) | ((code >= 16_384) & (fine >= -16_384) & (fine < 16_384))
    some[some] = ((code << 15) + fine)[some] <= 1 << shift[some] + 15
    return bool((none | some).all())
