"""Random networks of layers, of every rule, form and size, with whole-number parameters."""

from dataclasses import replace

import numpy as np

from ganglion.network.layers import LIMIT, Layer, Path
from ganglion.network.model import AreaInfo, Golden, InputRange, Population, QuantizedNetwork
from ganglion.network.proof import prove
from ganglion.quantization.populations import leak_code
from ganglion.reference.run import reference_run
from ganglion.reference.stimulus import RandomStimulus

Rng = np.random.Generator
HALF = RandomStimulus(1, 0, 32768)  # one input in two


def network_of(
    layers: list[Layer], bursts: int = 8, stimulus: RandomStimulus = HALF, amount: int = 1
) -> QuantizedNetwork:
    """A brain of layers, the first of which is its input, gets `amount`, and is stimulated in its
    golden vector as said: not as a compiler would choose (SPEC 6.9), which costs several runs."""
    populations = populations_of(layers)
    areas = tuple(
        AreaInfo(f"layer{i:03}", f"l{i}", "CORE", (1, 1, x.count), 1, (i, 0, 0), 1.0)
        for i, x in enumerate(layers)
    )
    none = np.zeros(0, np.uint16)
    total = layers[-1].stop
    network = QuantizedNetwork(
        storage=32, state=32, populations=populations, classes=(),
        inputs=(InputRange(0, layers[0].count, amount),), areas=areas,
        offset=np.zeros(total, np.int8),
        place=np.concatenate([np.arange(x.count) for x in layers]), source=none, target=none,
        klass=none, weight=none.astype(np.int8), layers=tuple(layers),
    )  # fmt: skip
    prove(network)
    run = reference_run(network, stimulus)
    for _ in range(bursts):
        reference, _ = next(run)
    s = stimulus
    vector = Golden(s.seed, s.chance, s.group_bits, bursts, reference.chain, reference.spikes)
    return replace(network, golden=vector)


def populations_of(layers: list[Layer]) -> tuple[Population, ...]:
    """One of each, in an area of its own."""
    return tuple(
        Population(
            first=x.first, count=x.count, area=i, layer=True, threshold=int(x.threshold.min()),
            low=x.low, high=x.high, input_max=3 if i == 0 else 0, accumulates=True,
            every_burst=True,
        )
        for i, x in enumerate(layers)
    )  # fmt: skip


def random_network(seed: int) -> QuantizedNetwork:
    """An input and two or three layers; each may feed any, itself too."""
    return network_of(random_layers(seed))


def random_layers(seed: int) -> list[Layer]:
    """Those of a random network."""
    rng = np.random.default_rng(seed)
    dims = [_dims(rng) for _ in range(int(rng.integers(3, 5)))]
    layers: list[Layer] = []
    first = 0
    for i, size in enumerate(dims):
        count = int(np.prod(size))
        layers.append(random_layer(rng, first, size, i == 0))
        first += count
    for i, layer in enumerate(layers[1:], 1):
        sources = {i - 1, *rng.integers(0, len(layers), 2).tolist()}
        emit = [s for s in sorted(sources) if layers[s].most]
        paths = [path_of(rng, s, dims[s], dims[i], layer.period) for s in emit]
        layers[i] = replace(layer, paths=tuple(paths))
    return layers


def random_layer(rng: Rng, first: int, size: tuple[int, int, int], is_input: bool) -> Layer:
    count = int(np.prod(size))
    return _input(first, count) if is_input else _layer(rng, first, count, size[2])


def _dims(rng: Rng) -> tuple[int, int, int]:
    if rng.random() < 0.4:
        return 1, 1, int(rng.integers(1, 40))
    h, w, c = rng.integers(1, 7, 3).tolist()
    return int(h), int(w), int(c)


def _one(value: int) -> np.ndarray:
    return np.array([value], np.int64)


def _leak(rng: Rng, n: int) -> np.ndarray:
    rows = []
    for _ in range(n):
        lost = float(rng.choice([0, 0, 1e-4, 0.03, 0.1, 0.25, 0.5, 0.77, 0.999, 1.0]))
        code, fine, shift = leak_code(lost, 32)
        rows.append((code, shift, fine))
    return np.array(rows, np.int64)


def _input(first: int, count: int) -> Layer:
    zero, none = _one(0), np.zeros((1, 3), np.int64)
    return Layer(
        first, count, 1, 0, 2, 4, 2, 0, False, False, False, 0, LIMIT, _one(1), _one(1), zero,
        zero, zero, none, none,
    )  # fmt: skip


def _layer(rng: Rng, first: int, count: int, channels: int) -> Layer:
    period = int(rng.choice([1, channels, count]))

    def vector(low: int, high: int) -> np.ndarray:
        n = period if period > 1 and rng.random() < 0.5 else 1
        return rng.integers(low, high, n, dtype=np.int64)

    emit = int(rng.choice([0, 1, 1, 1, 2]))
    reset = int(rng.integers(0, 3)) if emit else 0
    at = int(rng.integers(0, 3)) if reset else 0
    flags = (rng.random(3) < 0.3) & (emit > 0)
    return Layer(
        first, count, period, int(rng.integers(0, 4)), emit,
        0 if not emit else 1 if emit == 1 else int(rng.choice([2, 9, 255])), reset, at,
        bool(flags[0] and reset == 2 and at == 0), bool(flags[1]), bool(flags[2]),
        int(rng.choice([-LIMIT, -300, 0])), int(rng.choice([LIMIT, 5000])),
        vector(-50 if rng.random() < 0.2 else 1, 600), vector(1, 400),
        vector(-100, 100), vector(-40, 60), vector(-20, 30),
        _leak(rng, period if period > 1 and rng.random() < 0.3 else 1),
        _leak(rng, period if period > 1 and rng.random() < 0.3 else 1),
    )  # fmt: skip


def path_of(
    rng: Rng,
    source: int,
    s: tuple[int, int, int],
    t: tuple[int, int, int],
    period: int,
    conv: bool = False,
) -> Path:
    """From layer `source`, of dimensions s, to one of dimensions t; `conv`: a convolution."""
    pool = (int(rng.integers(1, min(3, s[0] + 1))), int(rng.integers(1, min(3, s[1] + 1))))
    pooled = (s[0] // pool[0], s[1] // pool[1], s[2])
    varies = period > 1 and rng.random() < 0.5
    multiplier = rng.integers(1, 9, period if varies else 1, dtype=np.int64)
    if not conv and rng.random() < 0.5:
        bits = int(rng.choice([8, 4, 2]))
        top = 1 << bits - 1
        n = int(np.prod(t))
        weight = rng.integers(-top, top, (int(np.prod(pooled)), n)).astype(np.int8)
        return Path(source, False, bits, multiplier, weight, s, (1, 1, n), pool)
    kernel = rng.integers(1, 5, 2)
    weight = rng.integers(-128, 128, (s[2], *kernel, t[2])).astype(np.int8)
    stride = int(rng.integers(1, 4)), int(rng.integers(1, 4))
    before = int(rng.integers(0, 3)), int(rng.integers(0, 3))
    return Path(source, True, 8, multiplier, weight, s, t, pool, stride, before)
