"""layers.py: sections 20 to 23, written once more from SPEC 12.4, and read back as they were."""

import struct
from dataclasses import fields, replace
from itertools import product

import numpy as np
import pytest

from ganglion.blob.layers import decode_layers, encode_layers, packed
from ganglion.errors import BlobError
from ganglion.network.layers import Layer, Path
from ganglion.network.model import Population
from tests.support import by_hand
from tests.support.layers import populations_of, random_layers

SEED = 14


def row(weights: list[int], bits: int) -> bytes:
    """Of whole words, the first weight in the lowest bits."""
    number = sum(w + 2 ** (bits - 1) << bits * i for i, w in enumerate(weights))
    return number.to_bytes((len(weights) * bits + 31) // 32 * 4, "little")


def weights(path: Path) -> bytes:
    if not path.conv:
        return b"".join(row(targets.tolist(), path.bits) for targets in path.weight)
    channels, rows, columns, _ = path.weight.shape
    data = b""
    for c, ky, phase in product(range(channels), range(rows), range(path.stride[1])):
        for kx in reversed(range(columns)):
            if kx % path.stride[1] == phase:
                data += row(path.weight[c, ky, kx].tolist(), 8)
    return data


def sections(found: list[Layer], populations: tuple[Population, ...]) -> dict[int, bytes]:
    """What they are of these layers."""
    layers, numbers, paths, rows = b"", [], b"", b""
    for layer in found:
        vectors = (
            layer.threshold, layer.size, layer.reset_to, layer.bias, layer.drift, layer.leak,
            layer.leak_current,
        )  # fmt: skip
        varies = sum(2**i for i, vector in enumerate(vectors) if len(vector) > 1)
        flags = 1 * layer.gives_back + 2 * layer.loses_input + 4 * layer.from_old
        population = [p.first for p in populations].index(layer.first)
        layers += struct.pack("<HHH", population, layer.period, len(layer.paths)) + bytes(
            (layer.current, layer.emit, layer.most, layer.reset, layer.at, flags, varies, 0, 0, 0)
        )
        for vector in (*vectors, *(path.multiplier for path in layer.paths)):
            numbers += vector.ravel().tolist()
        for path in layer.paths:
            kernel = path.weight.shape[1:3] if path.conv else (0, 0)
            paths += struct.pack("<HBBBx", path.source, path.conv, path.bits,
                                 len(path.multiplier) > 1)  # fmt: skip
            paths += struct.pack("<6H", *path.source_dims, *path.target_dims)
            paths += bytes((*path.pool, *path.stride, *path.before, *kernel, 0, 0))
            rows += weights(path)
    return {20: layers, 21: struct.pack(f"<{len(numbers)}i", *numbers), 22: paths, 23: rows}


def assert_alike(found: object, expected: object, where: str) -> None:
    assert type(found) is type(expected)
    for field in fields(expected):
        a, b = getattr(found, field.name), getattr(expected, field.name)
        if field.name == "paths":
            assert len(a) == len(b), where
            for one, other in zip(a, b, strict=True):
                assert_alike(one, other, f"{where}, a path")
        elif isinstance(b, np.ndarray):
            assert a.dtype == b.dtype and np.array_equal(a, b), f"{where}: {field.name}"
        else:
            assert (type(a), a) == (type(b), b), f"{where}: {field.name}"


def several() -> dict[str, list[Layer]]:
    made = {f"seed {SEED + i}": random_layers(SEED + i) for i in range(20)}
    made["by hand"] = by_hand.layers()
    vary = {"threshold": 20, "size": 9, "reset_to": -4, "bias": 0, "drift": 7}
    vectors = {name: np.arange(value, value + 3) for name, value in vary.items()}
    leaks = np.array([[20_000, 16, 3], [0, 0, 0], [1, 30, 0]])
    made["all that can vary"] = conv(**vectors, leak=leaks, leak_current=leaks[::-1])
    path = replace(by_hand.layers()[1].paths[0], multiplier=np.array([2**24 - 1, 1]))
    two = {name: values[:2] for name, values in vectors.items()}
    made["two in turn"] = conv(**two, period=2, leak=leaks[:2], leak_current=leaks[1:],
                               paths=(path, path))  # fmt: skip
    kernel = np.arange(-60, 60, dtype=np.int8).reshape(2, 3, 5, 4)
    for width, stride in product((2, 4, 5), (1, 3, 7)):  # some phases have no columns
        weight = np.ascontiguousarray(kernel[:, :, :width, :3])
        path = replace(by_hand.layers()[1].paths[0], weight=weight, stride=(2, stride))
        made[f"{width} columns in {stride} phases"] = conv(paths=(path,))
    return made


def conv(**changes: object) -> list[Layer]:
    """Those made by hand, with another convolution."""
    made = by_hand.layers()
    made[1] = replace(made[1], **changes)
    return made


def test_sections_of_layers_are_what_the_specification_says_and_read_back():
    for name, layers in several().items():
        populations = populations_of(layers)
        data = encode_layers(tuple(layers), populations)
        assert data == sections(layers, populations), name
        back = decode_layers(data, populations)
        assert len(back) == len(layers)
        for found, expected in zip(back, layers, strict=True):
            assert_alike(found, expected, name)
        for path in (path for layer in layers for path in layer.paths):
            assert packed(path) == weights(path), name


def test_a_network_without_layers_has_no_section_of_them():
    plain = (Population(first=0, count=3, area=0, threshold=1, high=0, low=0, input_max=1),)
    assert encode_layers((), plain) == {}
    assert decode_layers({}, plain) == ()
    for kind in (21, 22, 23):
        with pytest.raises(BlobError, match="there are sections of layers, and no layer; "):
            decode_layers({kind: bytes(4)}, plain)


def test_a_layer_that_claims_more_paths_than_there_are_is_refused():
    layers = by_hand.layers()
    populations = populations_of(layers)
    data = encode_layers(tuple(layers), populations)
    for number, has in enumerate((0, 1, 2, 1)):
        records = bytearray(data[20])
        struct.pack_into("<H", records, 16 * number + 4, has + 1)
        if number < 3:  # it takes one of the layer behind, whose matrix is for other layers
            with pytest.raises(BlobError):
                decode_layers(data | {20: bytes(records)}, populations)
            continue
        with pytest.raises(BlobError, match="layer of population 3 has 2 paths; "):
            decode_layers(data | {20: bytes(records)}, populations)


def test_weights_that_a_record_claims_and_that_are_not_there_take_no_memory():
    """Of a convolution of 65,535 channels to as many, 255 by 255: 2.8e14 weights."""
    layers = by_hand.layers()[:2]
    dims = (1, 1, 65_535)
    layers = [
        replace(layer, first=65_535 * i, count=65_535, period=1, leak=layer.leak[:1],
                threshold=layer.threshold[:1], size=layer.size[:1])
        for i, layer in enumerate(layers)
    ]  # fmt: skip
    path = replace(
        layers[1].paths[0], multiplier=np.array([1]), source_dims=dims, target_dims=dims,
        stride=(1, 1), weight=np.zeros((1, 1, 1, 1), np.int8),
    )  # fmt: skip
    layers[1] = replace(layers[1], paths=(path,))
    populations = populations_of(layers)
    data = encode_layers(tuple(layers), populations)
    most = data[22][:-4] + bytes((255, 255, 0, 0))
    with pytest.raises(BlobError, match="WEIGHTS is too short; "):
        decode_layers(data | {22: most}, populations)
