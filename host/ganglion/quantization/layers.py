"""Layers quantized: a LayeredConnectome as Layers of integers (SPEC 12.5).

In:  a LayeredConnectome, and the width of its weights.
Out: Layers, the real unit of each, and how far each weight is from what it was.
Never: lets a sum leave 32 bits; loses anything where weights are whole multiples of one unit.
"""

from dataclasses import dataclass, replace
from math import ceil, floor

import numpy as np
from numpy.typing import NDArray

from ..connectome.layered import LayeredConnectome, Real, RealLayer
from ..errors import QuantizeError
from ..network.layers import CURRENTS, LIMIT, RESETS, TIMES, Ints, Layer, Path
from .layer_weights import (
    PLANE,
    Scaled,
    in_steps,
    meant,
    planes_of,
    scaled_by,
    scales_of,
    width_of,
)
from .populations import leak_code

FINEST = 16  # fraction bits of a potential, beyond those of a weight
MOST_MULTIPLIER = 1 << 23
NOISE = 1e-6  # of factors that would be equal but for their rounding
MOST_SPIKES, MOST_INPUTS = 63, 15  # of a neuron that counts, and of an input, in one burst


@dataclass(frozen=True)
class LayerNote:
    """What came of one layer. `unit` is the real potential of the integer 1, `start` of 0."""

    name: str
    unit: float
    start: Real  # (count,)
    fraction_bits: int
    exact_weights: bool
    weight_error: float  # the largest, as a share of the largest weight of its target
    whose: tuple[int, ...] = ()  # of each path, which of the connectome's; of two if 16 bits


@dataclass(frozen=True)
class QuantizedLayers:
    layers: tuple[Layer, ...]
    notes: tuple[LayerNote, ...]


def quantize_layers(connectome: LayeredConnectome, bits: int = 8) -> QuantizedLayers:
    """Raises QuantizeError, which names the layer, if 32 bits have no room for it."""
    layers: list[Layer] = []
    notes: list[LayerNote] = []
    first = 0
    for layer in connectome.layers:
        most = [
            most_spikes(connectome.layers[p.source]) * p.pool[0] * p.pool[1] for p in layer.paths
        ]
        made, note = _layer(layer, first, most, bits)
        layers.append(made)
        notes.append(note)
        first += made.count
    if first > 65_535:
        raise QuantizeError(
            f"the network has {first:,} neurons with its inputs", "a brain has at most 65,535"
        )
    return QuantizedLayers(tuple(layers), tuple(notes))


def most_spikes(layer: RealLayer) -> int:
    """Of one of its neurons in one burst."""
    if layer.threshold is None:
        return 0
    return MOST_INPUTS if layer.input else MOST_SPIKES if layer.many else 1


def _layer(layer: RealLayer, first: int, most: list[int], bits: int) -> tuple[Layer, LayerNote]:
    inner = layer.gain if layer.gain_current is None else layer.gain * layer.gain_current
    inner = np.where(np.abs(inner - 1) < NOISE, 1.0, inner)  # of r·dt/tau in float32
    even = bool((np.abs(inner - inner[0]) <= NOISE * inner[0]).all()) and inner[0] > 0
    gain = float(inner[0]) if even else 1.0  # goes into the unit; else into the weights
    scaled = [Scaled(p, p.weight) if even else scaled_by(layer, p, inner) for p in layer.paths]
    bias = layer.bias if even else layer.bias * inner
    wide = [width_of(x.path, x.weight, bits) for x in scaled]
    own = [scales_of(x.weight, b) for x, b in zip(scaled, wide, strict=True)]
    scales = [x.of_neurons(s) for x, (s, _) in zip(scaled, own, strict=True)]
    base = min((float(s.min()) for s in scales), default=1.0)
    reach = _reach(scaled, most, bias)
    steps = [s * (PLANE if b == 16 else 1) for s, b in zip(scales, wide, strict=True)]
    fine, base = (0, base) if layer.input else _fraction_bits(
        layer, base, reach, gain, steps, 16 in wide
    )  # fmt: skip
    x_unit = base / 2**fine
    unit = x_unit * gain
    planes = []
    for x, (s, _), scale, b in zip(scaled, own, scales, wide, strict=True):
        short = b == 16 or scale.min() < x_unit  # a whole number of units, or weights lose by it
        if x.factor is not None:
            scale = np.maximum(np.round(scale / x_unit), 1) * x_unit
        elif short:
            s = scale = in_steps(scale, x_unit)
        planes.append(planes_of(x.path, x.weight, s, scale, x_unit, b))
    every = [(i, q) for i, qs in enumerate(planes) for q in qs]
    made = _integers(layer, first, unit, bias / x_unit, tuple(q for _, q in every))
    order = sorted(range(len(every)), key=lambda k: made.paths[k].place())
    made = replace(made, paths=tuple(made.paths[k] for k in order))
    errors = [
        float((np.abs(w - meant(qs, x_unit)) / np.abs(w).max(initial=1e-30)).max(initial=0))
        for w, qs in ((x.at_first, qs) for x, qs in zip(scaled, planes, strict=True))
    ]
    worst = max(errors, default=0.0)
    exact = all(exact for _, exact in own) and worst < 1e-9
    whose = tuple(every[k][0] for k in order)
    note = LayerNote(layer.name, unit, layer.start, fine, exact, worst, whose)
    return made, note


def _reach(scaled: list[Scaled], most: list[int], bias: Real) -> tuple[float, float]:
    """The largest sum that can arrive at one neuron in one step; and if none counts beyond 4."""
    beside = float(np.abs(bias).max(initial=0))
    sums = [
        np.abs(x.weight).reshape(-1, x.weight.shape[-1]).sum(axis=0).max(initial=0)
        * (1.0 if x.factor is None else float(np.abs(x.factor).max()))
        for x in scaled
    ]
    most_of = sum(float(s) * z for s, z in zip(sums, most, strict=True))
    usual = sum(float(s) * min(z, 4) for s, z in zip(sums, most, strict=True))
    return beside + most_of, beside + usual


def _fraction_bits(
    layer: RealLayer, base: float, reach: tuple[float, float], gain: float, steps: list[Real],
    wide: bool,
) -> tuple[int, float]:  # fmt: skip
    """The most that leave room for what a neuron can gather, and the unit that they divide:
    weights of 16 bits may have a larger one, so that they have fewer."""
    if not base / 2**FINEST:  # it has no parts that are floats
        raise QuantizeError(
            f"the smallest weight of layer {layer.name} is {base:.3g}",
            "scale its weights and thresholds up",
        )
    kept = float(layer.keep.max(initial=0))
    most, held = reach
    if layer.keep_current is not None:
        held = held / max(1 - float(layer.keep_current.max()), 1 / 64)
    top = held / max(1 - kept, 1 / 64)
    if layer.threshold is not None:
        top = max(top, 8 * float(np.abs(layer.threshold - layer.start).max()) / gain)
    top = max(top, float(np.abs(layer.reset_to - layer.start).max(initial=0)) / gain, base)
    widest = max((float(s.max()) for s in steps), default=base)
    for fine in range(FINEST, -1, -1):
        unit = base / 2**fine
        if max(top, 1.02 * most) / unit <= LIMIT / 2 and widest / unit < MOST_MULTIPLIER:
            return fine, base
    if wide:
        return 0, max(top, 1.02 * most) / (LIMIT / 2)
    raise QuantizeError(
        f"layer {layer.name} gathers up to {max(top, most) / base:.3g} times its smallest weight",
        "32 bits have no room for it: scale its weights and thresholds closer together",
    )


def _integers(
    layer: RealLayer, first: int, unit: float, bias: Real, paths: tuple[Path, ...]
) -> Layer:
    """Every real parameter in units of the layer."""
    n = layer.count
    near = np.vectorize(lambda x: floor(x + 0.5), otypes=[np.int64])
    above = np.zeros(n) if layer.threshold is None else (layer.threshold - layer.start) / unit
    size = np.zeros(n) if layer.threshold is None else layer.threshold / unit
    compare = np.vectorize(
        lambda x: _at_least(x) if layer.at_least else _more_than(x), otypes=[np.int64]
    )
    emit = 0 if layer.threshold is None else 2 if layer.many else 1
    drift = (layer.drift - (1 - layer.keep) * layer.start) / unit
    floor_ = -float(LIMIT) if layer.floor is None else float(
        ((layer.floor - layer.start) / unit).min())  # fmt: skip
    if floor_ > 0:
        raise QuantizeError(
            f"layer {layer.name} begins below its least potential", "use a v_min of at most 0"
        )
    none = np.zeros(n)
    whole = layer.reset == "subtract" or layer.many
    reals = {
        "threshold": above if emit else none,
        "size": size if whole else none,
        "reset_to": (layer.reset_to - layer.start) / unit
        if layer.reset == "value" and emit else none,
        "bias": bias,
        "drift": drift,
    }  # fmt: skip
    for name, values in reals.items():
        largest = float(np.abs(values).max(initial=0))
        if not largest < LIMIT:  # nor is it a number: before anything is made an integer of it
            raise QuantizeError(
                f"layer {layer.name}: its {name.replace('_', ' ')} of {largest:.10g} is "
                "not below 2^29 − 1",
                "scale its weights and thresholds closer together",
            )
    vectors = {name: near(values) for name, values in reals.items()}
    if emit:
        vectors["threshold"] = compare(above)
    if whole:
        vectors["size"] = np.maximum(vectors["size"], 1)
    vectors["leak"] = _leaks(1 - layer.keep)
    vectors["leak_current"] = _leaks(none if layer.keep_current is None else 1 - layer.keep_current)
    period, short = _periodic(vectors, layer.dims[2], [len(p.multiplier) for p in paths])
    paths = tuple(_with_period(p, period) for p in paths)
    return Layer(
        first=first,
        count=n,
        period=period,
        current=CURRENTS.index(layer.current),
        emit=emit,
        most=most_spikes(layer),
        reset=RESETS.index(layer.reset) if emit else 0,
        at=TIMES.index(layer.reset_at) if emit and layer.reset != "none" else 0,
        gives_back=layer.gives_back,
        loses_input=layer.loses_input,
        from_old=layer.from_old and emit > 0,
        low=max(floor(floor_ + 0.5), -LIMIT),
        high=LIMIT,
        threshold=short["threshold"],
        size=short["size"],
        reset_to=short["reset_to"],
        bias=short["bias"],
        drift=short["drift"],
        leak=short["leak"],
        leak_current=short["leak_current"],
        paths=paths,
    )


def _with_period(path: Path, period: int) -> Path:
    if len(path.multiplier) in (1, period):
        return path
    return replace(path, multiplier=np.tile(path.multiplier, period // len(path.multiplier)))


def _periodic(
    vectors: dict[str, NDArray[np.int64]], channels: int, multipliers: list[int]
) -> tuple[int, dict[str, Ints]]:
    """The smallest period that all vectors share, and the vectors cut to 1 entry or to it. Of
    `multipliers` a path has one, one for each channel or, of a matrix, for each neuron."""
    n = len(vectors["threshold"])
    period = max([1, *(channels if m == channels else n for m in multipliers if m > 1)])
    for values in vectors.values():
        if (values == values[0]).all():
            continue
        rows = values.reshape(n // channels, channels, -1)
        period = max(period, channels if (rows == rows[0]).all() else n)
    short = {k: v[:1] if (v == v[0]).all() else v[:period] for k, v in vectors.items()}
    return period, short


def _leaks(lost: Real) -> Ints:
    """(n, 3) L, s, f of each (SPEC 6.3)."""
    values, where = np.unique(lost, return_inverse=True)
    codes = []
    for value in values:
        code, fine, shift = leak_code(float(value), 32)
        codes.append((code, shift, fine))
    return np.array(codes, dtype=np.int64)[where]


def _more_than(x: float) -> int:
    """The least whole number above x, where what is whole but for its rounding is whole."""
    near = floor(x + 0.5)
    return near + 1 if abs(x - near) <= abs(x) * 2.0**-22 + 1e-6 else floor(x) + 1


def _at_least(x: float) -> int:
    near = floor(x + 0.5)
    return near if abs(x - near) <= abs(x) * 2.0**-22 + 1e-6 else ceil(x)
