"""load/layers.py: what a board keeps of layers in memory, what stays in the file, in which pieces.

Of random networks, some with kernels that are read in parts, in heaps of the sizes at which the
board decides otherwise; each reproduces its golden vector.
"""

import math
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache

import numpy as np

from ganglion.blob.container import encode
from ganglion.boards import layer_memory
from ganglion.network.layers import LIMIT, Dims, Layer, Path
from ganglion.network.model import QuantizedNetwork
from ganglion.reference.stimulus import RandomStimulus
from tests.support import by_hand
from tests.support.layers import network_of, path_of, random_layer, random_network
from tests.support.questions import Question, answers

SEEDS = range(40)
BIG = range(4)
FEW = 8  # of the seeds: those whose heaps are of every size
PLENTY = 1 << 29
ASK = """
import struct
from ganglion.brain import Brain
from ganglion.load.net import load
class Heap:
    def collect(self): pass
class Measured(Heap):
    def mem_free(self): return self.free
def answer(data):
    in_file, tested, free = struct.unpack_from("<BBi", data)
    with open("one", "wb") as file:
        file.write(data[6:])
    from ganglion.load import layers
    layers.gc = Measured() if free else Heap()
    layers.gc.free = free + layers.heap.OBJECTS
    net = load("one", in_file=in_file)
    brain = Brain(net)
    golden = not tested or brain.self_test() is None
    made = brain._layers
    weights = [p.weights and len(p.weights) for layer in net.layers for p in layer.paths]
    sizes = [0 if a is None else len(a) for a in (made._rows, made._part, made._picked)]
    strips = [(layer.strip, layer.strip_rows) for layer in net.layers]
    none = [p.out[6] & 0xFFFFFFFF for layer in net.layers for p in layer.paths]
    met = [p.places for layer in net.layers for p in layer.paths if p.conv]
    four = [p.in_words for layer in net.layers for p in layer.paths]
    tables = [4 * len(t) for layer in net.layers for t in [layer.bias, layer.rows]
        + [p.multipliers for p in layer.paths]]
    sums = 4 * net.sums, 4 * net.lanes
    return (golden, tables, weights, sizes) + sums + (strips, none, met, four, net.file is not None)
"""


@contextmanager
def budget(size: int) -> Iterator[None]:
    """Bytes of sums that a layer has at most."""
    before = layer_memory.SUMS
    layer_memory.SUMS = size
    try:
        yield
    finally:
        layer_memory.SUMS = before


@cache
def networks() -> list[QuantizedNetwork]:
    made = [random_network(seed) for seed in SEEDS] + [big(seed) for seed in BIG]
    made += [dense(129, 127, 128), dense(2049, 3, 0), dense(3, 127, 0, 1 << 23)]
    made += [crowd(16, 16, -128), crowd(257, 1, -128), crowd(37, 7, -128), crowd(30, 9, 127)]
    made += [crowd(64, 16, 1)]  # a kernel of 4 KiB, the most that stays in memory
    alone = random_layer(np.random.default_rng(1), 0, (1, 1, 5), True)
    made += [of_period(2), of_period(5), _all_firing([alone], 1), gives_back()]
    made += [by_rows((4, 3, 2), 4), by_rows((24, 10, 8), 8)]
    made += [large_kernel(2, 8), large_kernel(5, 4), wide_row(), pooled_crowd()]
    return [*made, by_hand.changed({}), by_hand.changed(by_hand.ALL_FLAGS), by_hand.varying()]


def big(seed: int) -> QuantizedNetwork:
    """An input, all of which fires, two layers whose kernels have more than can be read at once,
    or than a sum has room for, and a matrix."""
    rng = np.random.default_rng([seed, 1])
    dims = [(int(rng.integers(5, 9)), int(rng.integers(3, 9)), int(rng.integers(22, 30)))]
    dims += [(int(rng.integers(4, 9)), int(rng.integers(3, 8)), c) for c in (24, 33)]
    layers = []
    first = 0
    for i, size in enumerate(dims):
        layers.append(random_layer(rng, first, size, i == 0))
        first = layers[-1].stop
    for i in (1, 2):
        path = path_of(rng, i - 1, dims[i - 1], dims[i], layers[i].period, conv=True)
        weight = rng.integers(90 if i == 1 else -128, 128, (dims[i - 1][2], 4, 4, dims[i][2]))
        path = replace(path, weight=weight.astype(np.int8))
        layers[i] = replace(layers[i], emit=1, most=1, paths=(path,))
    layers.append(random_layer(rng, first, (1, 1, 5), False))
    weight = rng.integers(-128, 128, (layers[2].count, 5)).astype(np.int8)
    path = Path(2, False, 8, np.array([1]), weight, dims[2], (1, 1, 5))
    layers[3] = replace(layers[3], paths=(path,))
    return _all_firing(layers, 3)


def dense(inputs: int, weight: int, zero: int, multiplier: int = 1) -> QuantizedNetwork:
    """Inputs that all fire into four, with one weight but for that of one input. Of 129, the sums
    are those that a convolution begins with: 128 times 255, and 128; of 2,049, the sums of the
    layer of inputs have a word more than is given to them at once; times 2^23, a sum of two is
    nearly 2^31."""
    rng = np.random.default_rng(1)
    first = replace(random_layer(rng, 0, (1, 1, inputs), True), emit=1, most=1, reset=1)
    last = random_layer(rng, inputs, (1, 1, 4), False)
    weights = np.full((inputs, 4), weight, np.int8)
    weights[zero] = 0
    path = Path(0, False, 8, np.array([multiplier]), weights, (1, 1, inputs), (1, 1, 4))
    return _all_firing([first, replace(last, current=0, paths=(path,))], 2)


def of_period(period: int) -> QuantizedNetwork:
    """Twenty neurons, what a synapse of which is multiplied by recurs after so many."""
    rng = np.random.default_rng(1)
    first = random_layer(rng, 0, (1, 1, 9), True)
    last = replace(random_layer(rng, 9, (1, 1, period), False), count=20, period=period)
    weight = rng.integers(-128, 128, (9, 20)).astype(np.int8)
    times = np.arange(1, period + 1)
    path = Path(0, False, 8, times, weight, (1, 1, 9), (1, 1, 20))
    return _all_firing([first, replace(last, current=0, paths=(path,))], 2)


def by_rows(target: Dims, period: int) -> QuantizedNetwork:
    """A convolution to a shape. (4, 3, 2) with a period of 4: it begins anew within a row, which no
    other axis says; (24, 10, 8): 17 rows have sums of 8 KiB, and their lanes decide how many."""
    rng = np.random.default_rng(1)
    dims = (target[0], target[1], 2)
    first = random_layer(rng, 0, dims, True)
    last = random_layer(rng, first.count, (1, 1, period), False)
    last = replace(last, count=math.prod(target), period=period, current=0)
    kernel = rng.integers(-128, 128, (2, 1, 1, target[2])).astype(np.int8)
    times = np.arange(1, period + 1)
    path = Path(0, True, 8, times, kernel, dims, target)
    return _all_firing([first, replace(last, paths=(path,))], 2)


def large_kernel(channels: int, side: int) -> QuantizedNetwork:
    """A convolution from one place: of 8 x 8 x 68, what one channel of the source has of the kernel
    is more than is read at once; of 4 x 4 x 68, three have room, and a fourth is there."""
    rng = np.random.default_rng(1)
    dims = (1, 1, channels)
    first = replace(random_layer(rng, 0, dims, True), emit=1, most=1, reset=1)
    last = random_layer(rng, channels, (1, 1, 68), False)
    kernel = rng.integers(-128, 128, (channels, side, side, 68)).astype(np.int8)
    path = Path(0, True, 8, np.array([1]), kernel, dims, (1, 1, 68))
    return _all_firing([first, replace(last, current=0, paths=(path,))], 2)


def wide_row() -> QuantizedNetwork:
    """A convolution from 65 places in a row, at every 16th of which it begins: so many spikes that
    of 65 channels 60 are read at once, though of the kernel there were room for 64."""
    rng = np.random.default_rng(1)
    dims = (1, 65, 65)
    first = replace(random_layer(rng, 0, dims, True), emit=1, most=1, reset=1)
    last = replace(random_layer(rng, first.count, (1, 1, 1), False), count=320)
    kernel = rng.integers(-128, 128, (65, 1, 1, 64)).astype(np.int8)
    path = Path(0, True, 8, np.array([1]), kernel, dims, (1, 5, 64), stride=(1, 16))
    return _all_firing([first, replace(last, current=0, paths=(path,))], 1)


def pooled_crowd() -> QuantizedNetwork:
    """A convolution of 1 x 1 whose one place pools 2 x 3 of 43 channels: 258 spikes of -128, which
    leave 16 bits, though there are half or a third as many in a row or a column of the pool."""
    rng = np.random.default_rng(1)
    dims = (2, 3, 43)
    first = replace(random_layer(rng, 0, dims, True), emit=1, most=1, reset=1)
    last = random_layer(rng, first.count, (1, 1, 4), False)
    kernel = np.full((43, 1, 1, 4), -128, np.int8)
    path = Path(0, True, 8, np.array([1]), kernel, dims, (1, 1, 4), (2, 3))
    return _all_firing([first, replace(last, current=0, paths=(path,))], 2)


def gives_back() -> QuantizedNetwork:
    """A neuron that fires and is left between T and T + S; in the second burst it comes there
    again, by what it sends to itself, and fires only if S is not taken off before."""
    rng = np.random.default_rng(1)
    one = (1, 1, 1)
    first = replace(random_layer(rng, 0, one, True), emit=1, most=1, reset=1)
    threshold, size, come, own = 20, 9, 30, -24
    zero, none = np.zeros(1, np.int64), np.zeros((1, 3), np.int64)
    paths = tuple(
        Path(source, False, 8, np.array([1]), np.array([[w]], np.int8), one, one)
        for source, w in ((0, come), (1, own))
    )
    last = Layer(
        1, 1, 1, 0, 1, 1, 2, 0, True, False, False, -LIMIT, LIMIT, zero + threshold, zero + size,
        zero, zero, zero, none, none, paths,
    )  # fmt: skip
    return _all_firing([first, last], 2)


def crowd(channels: int, rows: int, weight: int) -> QuantizedNetwork:
    """A convolution whose one place all of the source reaches, with one weight."""
    rng = np.random.default_rng(1)
    dims = (rows, 1, channels)
    first = replace(random_layer(rng, 0, dims, True), emit=1, most=1, reset=1)
    last = random_layer(rng, first.count, (1, 1, 4), False)
    kernel = np.full((channels, rows, 1, 4), weight, np.int8)
    path = Path(0, True, 8, np.array([1]), kernel, dims, (1, 1, 4))
    return _all_firing([first, replace(last, current=0, paths=(path,))], 2)


def _all_firing(layers: list[Layer], bursts: int) -> QuantizedNetwork:
    """A brain of layers whose golden vector has all of its inputs in each burst."""
    return network_of(layers, bursts, RandomStimulus(1, 0, 65536), amount=2)  # or 1: SPEC 4


def heaps(network: QuantizedNetwork, in_file: int) -> dict[int, int]:
    """Bytes that are free beside the objects of a brain; how much then stays in the file."""
    with budget(0 if in_file else layer_memory.SUMS):
        found = [layer_memory.pieces(network.layers, level) for level in range(3)]
    sums, lanes = found[0]["sums"]
    state = sum(layer.count * (5 if layer.current else 1) for layer in network.layers)
    work = sums + lanes - 4 + state + 16 * max(layer.most for layer in network.layers) + 1200
    paths = [p for layer in network.layers for p in layer.paths]
    whole = sum(found[0]["weights"])
    kernels = sum(layer_memory.weight_bytes(p) for p in paths if p.conv)
    least = kernels + found[1]["rows of weights"][0]
    made = {}
    for free in (PLENTY, whole, whole - 1, least, least - 1):
        level = max(in_file, free < whole)
        made[free + work] = 2 if level and free < least else level
    return made


def right(network: QuantizedNetwork, in_file: int, level: int) -> str:
    with budget(0 if in_file else layer_memory.SUMS):
        found = layer_memory.pieces(network.layers, level)
        strips = [layer_memory.strip(i, layer)[:2] for i, layer in enumerate(network.layers)]
        met = [
            layer_memory.places(i, layer, p)
            for i, layer in enumerate(network.layers) for p in layer.paths if p.conv
        ]  # fmt: skip
    kept = iter(found["weights"])
    weights = [
        None if layer_memory.stays(p, level) else next(kept)
        for layer in network.layers for p in layer.paths
    ]  # fmt: skip
    sizes = [*found["rows of weights"], *found["parts of kernels"]]
    sums, lanes = found["sums"]
    # What no sum of a matrix is, or what two sums of a convolution begin with.
    none = [0x80008000 if p.conv else 0xFFFFFFFF for layer in network.layers for p in layer.paths]
    kept = f"{found['vectors']} {weights} {sizes} {sums} {lanes - 4} {strips}"
    four = [four_at_once(layer, p) for layer in network.layers for p in layer.paths]
    return f"True {kept} {none} {met} {four} {None in weights}"


def four_at_once(layer: Layer, path: Path) -> bool:
    """Whether its sums are emptied four at a time, by a kernel that knows whole words alone."""
    whole = path.bits == 8 and path.target_dims[2] % 4 == 0
    return whole and (len(path.multiplier) == 1 or layer.period % 4 == 0)


def question() -> Question:
    asked = []
    for number, network in enumerate(networks()):
        blob = encode(network)
        every = number < FEW or number >= len(SEEDS)
        tested = set()
        for in_file in range(3):
            sizes = heaps(network, in_file)
            for free, level in list(sizes.items())[: None if every else 1]:
                case = in_file > 0, level
                head = struct.pack("<BBi", in_file, case not in tested, free)
                asked.append((head + blob, right(network, in_file, level)))
                tested.add(case)
    # Where nothing says how much is free, all is kept.
    head = struct.pack("<BBi", 0, False, 0)
    asked.append((head + encode(big(0)), right(big(0), 0, 0)))
    return Question(ASK, asked)


def test_what_a_board_keeps_of_layers_is_what_the_host_counts_and_they_run(micropython, tmp_path):
    asked = question()
    said = answers(asked, micropython, tmp_path)
    right = [words for _, words in asked.cases]
    assert [pair for pair in zip(said, right, strict=True) if pair[0] != pair[1]] == []
    assert sum("None" in words for words in right) > len(right) / 3
