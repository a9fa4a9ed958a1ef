"""A Model as layers: whatever lies between two layers of neurons becomes one path.

In:  a Model.
Out: a LayeredConnectome: dense and convolutional paths, biases, each layer's rule.
Never: rounds; multiplies out what is larger than a board could hold: it names the node.
"""

import hashlib
from dataclasses import replace

import numpy as np

from ...connectome.layered import Dims, LayeredConnectome, RealLayer, RealPath
from .file import NirError
from .floats import FloatModel
from .graph import NEURONS
from .model import Model
from .parameters import Real
from .shapes import Op

MOST_ENTRIES = 1 << 22  # of a matrix that is multiplied out
MOST_CHAINS = 64  # ways from one layer to another

Chain = tuple[str, bool, tuple[Op, ...]]  # the source, whether it is a step late, what lies between


def lower(model: Model) -> LayeredConnectome:
    """The layers of a model. Raises NirError for what no board can hold."""
    made = _Lowering(model)
    made.run()
    steps = model.facts.dt if model.facts.dt < 1 else 0.0
    names = sorted(model.graph.nodes)
    sha = hashlib.sha256(repr((names, sorted(model.facts.said.items()))).encode())
    for name in names:
        for key, value in sorted(model.graph.nodes[name].values.items()):
            sha.update(key.encode())
            sha.update(value.encode() if isinstance(value, str) else value.tobytes())
    return LayeredConnectome(tuple(made.layers), made.output, round(steps * 1e6), sha.digest()[:8])


def dims_of(shape: tuple[int, ...]) -> Dims:
    """Rows, columns, channels of what a file calls (C, H, W), (C, L) or (N,)."""
    if len(shape) == 3:
        return shape[1], shape[2], shape[0]
    if len(shape) == 2:
        return 1, shape[1], shape[0]
    return 1, 1, int(np.prod(shape))


def order_of(shape: tuple[int, ...]) -> np.ndarray:
    """For each neuron in our order, its place in the file's flattened array."""
    index = np.arange(int(np.prod(shape))).reshape(shape)
    if len(shape) > 1:
        index = np.moveaxis(index, 0, -1)
    return index.reshape(-1)


class _Lowering:
    def __init__(self, model: Model) -> None:
        self.model = model
        self.layers: list[RealLayer] = []
        self.number: dict[str, int] = {}
        self.output = -1
        self.merged: dict[str, str] = {}  # a Threshold that is its read-out's

    def run(self) -> None:
        model = self.model
        self._relays_of_delays()
        for op in model.ops:
            if op.type == "Input":
                self._add(_input(op))
            elif op.type in NEURONS and op.name not in self.merged:
                self._add(self._neurons(op))
            elif op.type == "Output":
                self._result(op)

    def _relays_of_delays(self) -> None:
        for op in self.model.ops:
            if op.type == "Delay" and self.model.delays[op.name].any():
                raise NirError(
                    f"node {op.name}: a delay of {int(self.model.delays[op.name].max())} steps",
                    "integers run without delays as yet: take it out, or run it in float",
                )
            if op.type == "Threshold" and len(op.sources) == 1:
                reader = self.model.op(op.sources[0])
                if reader.type in ("LI", "I"):
                    others = [n for n in self.model.graph.leads_to(reader.name) if n != op.name]
                    if others:
                        raise NirError(
                            f"node {reader.name} leads to {op.name} and to {', '.join(others)}",
                            "what is read out may lead to one Threshold or to the output",
                        )
                    self.merged[op.name] = reader.name

    def _add(self, layer: RealLayer) -> None:
        self.number[layer.name] = len(self.layers)
        self.layers.append(layer)

    def _neurons(self, op: Op) -> RealLayer:
        rule = self.model.rules[op.name]
        threshold = rule.threshold
        for other, reader in self.merged.items():
            if reader == op.name:
                threshold = self.model.op(other).arrays["threshold"]
                self.number[other] = len(self.layers)
                rule = replace(rule, reset="none", reset_at="now")
        order = order_of(op.shape)

        def ours(array: Real) -> Real:
            return np.ascontiguousarray(array.reshape(-1)[order], np.float64)

        zero = np.zeros(op.units)
        layer = RealLayer(
            op.name, dims_of(op.shape), op.shape, order,
            ours(rule.keep), ours(rule.gain), ours(rule.drift), ours(self._bias(op)),
            ours(rule.start), None if threshold is None else ours(threshold),
            zero if rule.reset_to is None else ours(rule.reset_to),
            None if rule.floor is None else ours(rule.floor),
            rule.current.kind if rule.current else "none",
            ours(rule.current.keep) if rule.current else None,
            ours(rule.current.gain) if rule.current and rule.current.gain is not None else None,
            rule.at_least, rule.many, rule.reset, rule.reset_at, rule.gives_back,
            rule.loses_input, rule.from_old,
        )  # fmt: skip
        self.number[op.name] = len(self.layers)
        return replace(layer, paths=self._paths(op))

    def _result(self, op: Op) -> None:
        """What leaves: a layer as it is, or a read-out of what is between it and the output."""
        if len(op.sources) == 1 and op.sources[0] in self.number:
            self.output = self.number[op.sources[0]]
            return
        order = order_of(op.shape)
        zero = np.zeros(op.units)
        layer = RealLayer(
            op.name, dims_of(op.shape), op.shape, order, zero, zero + 1, zero,
            self._bias(op).reshape(-1)[order], zero, None, zero, None, reset="none",
        )  # fmt: skip
        self.output = self.number[op.name] = len(self.layers)
        self.layers.append(replace(layer, paths=self._paths(op)))

    def _bias(self, op: Op) -> Real:
        """What arrives at a node if nothing fires."""
        return sum((self._silent(s) for s in op.sources), np.zeros(op.into)).reshape(op.into)

    def _silent(self, name: str) -> Real:
        op = self.model.op(name)
        if op.type == "Input" or name in self.number or op.type in NEURONS:
            return np.zeros(op.shape)
        total = np.zeros(op.into)
        for s in op.sources:
            total = total + self._silent(s).reshape(op.into)
        return _apply(self.model, op, total, biased=True)

    def _paths(self, op: Op) -> tuple[RealPath, ...]:
        chains = self._chains(op, ())
        target = self.number[op.name]
        found = []
        for name, late, between in chains:
            source = self.number.get(name)
            if source is None or (late and source < target):
                raise NirError(
                    f"node {op.name}: what {name} sent one step before reaches it beside the loop",
                    "let a recurrent weight lead to its own layer only",
                )
            reader = self.layers[source] if source < target else None
            if reader is not None and reader.threshold is None:
                raise NirError(
                    f"node {name} is a read-out and leads to {op.name}",
                    "only spikes go from layer to layer: put neurons with a threshold in between",
                )
            found.append(self._path(source, name, between, op))
        return tuple(found)

    def _chains(self, op: Op, after: tuple[Op, ...]) -> list[Chain]:
        result: list[Chain] = []
        for s in op.sources:
            late = (s, op.name) in self.model.graph.late
            source = self.model.op(s)
            if source.type == "Input" or source.type in NEURONS:
                result.append((s, late, after))
            else:
                result += self._chains(source, (source, *after))
            if len(result) > MOST_CHAINS:
                raise NirError(
                    f"node {op.name}: more than {MOST_CHAINS} ways lead to it", "use fewer"
                )
        return result

    def _path(self, source: int, name: str, between: tuple[Op, ...], op: Op) -> RealPath:
        between = tuple(
            o for o in between if o.type not in ("Delay",) and not _is_plain_flatten(self.model, o)
        )
        start = self.model.op(name)
        dims = dims_of(start.shape)
        pool, factor, rest = (1, 1), 1.0, list(between)
        if rest and rest[0].type == "Pool" and _tiles(rest[0]):
            first = rest.pop(0)
            pool = (first.sizes["kernel"][0], first.sizes["kernel"][1])
            factor = 1.0 / first.sizes["divisor"][0]
        if len(rest) == 1 and rest[0].type == "Conv" and set(rest[0].sizes["dilation"]) == {1}:
            return _convolution(source, dims, pool, factor, rest[0])
        pooled = between[0].shape if pool != (1, 1) else start.shape
        if not rest:
            return _one_to_one(source, dims, pool, factor, op)
        entries = int(np.prod(pooled)) * op.units
        if entries > MOST_ENTRIES:
            raise NirError(
                f"node {rest[0].name}: from {name} to {op.name} {entries:,} weights would have to "
                "be multiplied out",
                "put neurons between the layers, or use fewer channels",
            )
        weight = _matrix(self.model, rest, pooled, op)
        weight = weight[order_of(pooled)][:, order_of(op.into)] * factor
        return RealPath(source, "dense", weight, dims, (1, 1, op.units), pool)


def _is_plain_flatten(model: Model, op: Op) -> bool:
    return op.type == "Flatten" and len(op.into) == 1


def _tiles(op: Op) -> bool:
    """Whether each value lies in at most one window."""
    return op.sizes["kernel"] == op.sizes["stride"] and set(op.sizes["before"]) == {0}


def _convolution(
    source: int, dims: Dims, pool: tuple[int, int], factor: float, conv: Op
) -> RealPath:
    weight = conv.arrays["weight"] * factor
    if weight.ndim == 3:
        weight = weight[:, :, None, :]
    (groups,) = conv.sizes["groups"]
    if groups > 1:
        whole = np.zeros((len(weight), weight.shape[1] * groups, *weight.shape[2:]))
        per_out, per_in = len(weight) // groups, weight.shape[1]
        for g in range(groups):
            rows = slice(g * per_out, (g + 1) * per_out)
            whole[rows, g * per_in : (g + 1) * per_in] = weight[rows]
        weight = whole
    stride, before = conv.sizes["stride"], conv.sizes["before"]
    return RealPath(
        source, "conv", np.ascontiguousarray(weight.transpose(1, 2, 3, 0)), dims,
        dims_of(conv.shape), pool,
        (1, stride[0]) if len(stride) == 1 else (stride[0], stride[1]),
        (0, before[0]) if len(before) == 1 else (before[0], before[1]),
    )  # fmt: skip


def _one_to_one(source: int, dims: Dims, pool: tuple[int, int], factor: float, op: Op) -> RealPath:
    """Neuron to neuron: a convolution of one place, so that nothing grows with the layer."""
    h, w, c = dims[0] // pool[0], dims[1] // pool[1], dims[2]
    if h * w == 1 and pool == (1, 1):  # a plain row: as many channels as lie well in a word
        c = 4 if dims[2] % 4 == 0 else 1
        w = dims[2] // c
        dims = (1, w, c)
    weight = np.eye(c)[:, None, None, :] * factor
    return RealPath(source, "conv", weight, dims, (h, w, c), pool)


def _input(op: Op) -> RealLayer:
    """Fires as often as it is told to."""
    one, zero = np.ones(op.units), np.zeros(op.units)
    return RealLayer(
        op.name, dims_of(op.shape), op.shape, order_of(op.shape), one, one, zero, zero, zero, one,
        zero, zero, at_least=True, many=True, reset="subtract", input=True,
    )  # fmt: skip


def _matrix(model: Model, ops: list[Op], shape: tuple[int, ...], target: Op) -> Real:
    """(sources, targets) in the file's orders: what a spike of each source brings."""
    if len(ops) == 1 and ops[0].type == "Dense":
        return ops[0].arrays["weight"].T.copy()
    if len(ops) == 2 and ops[0].type == "Flatten" and ops[1].type == "Dense":
        weight = np.empty((int(np.prod(shape)), target.units))
        weight[model.flattens[ops[0].name]] = ops[1].arrays["weight"].T
        return weight
    units = int(np.prod(shape))
    result = np.empty((units, target.units))
    for i in range(units):
        x = np.zeros(units)
        x[i] = 1.0
        x = x.reshape(shape)
        for op in ops:
            x = _apply(model, op, x.reshape(op.into), biased=False)
        result[i] = x.reshape(-1)
    return result


def _apply(model: Model, op: Op, x: Real, *, biased: bool) -> Real:
    """One map in float64."""
    from .floats import convolve, pool

    a = op.arrays
    if op.type == "Dense":
        y = a["weight"] @ x
        return y + a["bias"] if biased and "bias" in a else y
    if op.type == "Scale":
        return x * a["scale"]
    if op.type == "Conv":
        y = np.asarray(convolve(op, a["weight"], x), np.float64)  # type: ignore[arg-type]
        if biased and "bias" in a:
            y = y + a["bias"].reshape(-1, *[1] * (len(op.shape) - 1))
        return y
    if op.type == "Pool":
        return np.asarray(pool(op, x), np.float64)  # type: ignore[arg-type]
    if op.type == "Flatten":
        return x.reshape(-1)[model.flattens[op.name]]
    assert op.type in ("Delay", "Output"), op.type
    return x


__all__ = ["FloatModel", "lower"]
