"""A Model as layers: whatever lies between two layers of neurons becomes one path.

In:  a Model.
Out: a LayeredConnectome: dense and convolutional paths, biases, each layer's rule.
Never: rounds; multiplies out what is larger than a board could hold: it names the node.
"""

import hashlib
from dataclasses import replace

import numpy as np

from ...connectome.layered import LayeredConnectome, RealLayer, RealPath
from .between import (
    convolution,
    delayed,
    dims_of,
    is_plain_flatten,
    matrix,
    one_to_one,
    order_of,
    overlapping,
    tiles,
)
from .file import NirError
from .floats import FloatModel
from .graph import NEURONS
from .model import Model
from .parameters import Real
from .shapes import Op
from .waiting import arriving, beginner, repeater

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


class _Lowering:
    def __init__(self, model: Model) -> None:
        self.model = model
        self.layers: list[RealLayer] = []
        self.number: dict[str, int] = {}
        self.output = -1
        self.merged: dict[str, str] = {}  # a Threshold that is its read-out's
        self.steps: dict[str, int] = {}  # of a node: the longest delay of what it sends
        self.relays: dict[str, int] = {}  # the number of the layer that sends it so late
        self.begin = 0  # the latest step in which a bias that was delayed begins
        self.begins_at = 0  # the number of the layer that does so

    def run(self) -> None:
        model = self.model
        self._thresholds_of_readouts()
        self._plan_relays()
        for op in model.ops:
            if op.type == "Input":
                self._add(_input(op))
            elif op.type in NEURONS and op.name not in self.merged:
                self._add(self._neurons(op))
            elif op.type == "Output":
                self._result(op)
        for name, steps in self.steps.items():
            self.layers += [self._relay(name, k) for k in range(steps, 0, -1)]
        name = "bias"
        while name in model.graph.nodes:
            name += "_"
        for k in range(self.begin, 0, -1):
            after = self._number_of_bias(k - 1) if k > 1 else None
            self.layers.append(beginner(name, k, after))

    def _plan_relays(self) -> None:
        """A delay of k steps is k layers that send on what they got. They stand behind all others,
        the last first, so that each is seen a step late; their numbers are known beforehand."""
        ends = [op for op in self.model.ops if op.type in (*NEURONS, "Output")]
        for op in ends:
            self.begin = max((self.begin, *arriving(self.model, op)))
            for name, late, between in self._chains(op, ()):
                for steps, _ in delayed(self.model, between):
                    if steps:
                        whole = steps + late
                        self.steps[name] = max(self.steps.get(name, 0), whole)
        count = sum(op.type == "Input" or op.type in NEURONS for op in self.model.ops)
        result = self.model.op(self.model.graph.output).sources
        count -= len(self.merged)
        if not (len(result) == 1 and self._is_layer(result[0])):
            count += 1
        for name, steps in self.steps.items():
            self.relays[name] = count
            count += steps
        self.begins_at = count

    def _is_layer(self, name: str) -> bool:
        return self.model.op(name).type in ("Input", *NEURONS)

    def _relay(self, name: str, steps: int) -> RealLayer:
        op = self.model.op(name)
        many = op.type == "Input" or self.model.rules[name].many
        source = self.number[name] if steps == 1 else self._number_of(name, steps - 1)
        return repeater(op, steps, source, dims_of(op.shape), many=many)

    def _number_of(self, name: str, steps: int) -> int:
        return self.relays[name] + self.steps[name] - steps

    def _number_of_bias(self, steps: int) -> int:
        return self.begins_at + self.begin - steps

    def _thresholds_of_readouts(self) -> None:
        for op in self.model.ops:
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
        """What arrives at a node if nothing fires, from the first step on."""
        found = arriving(self.model, op).get(0)
        return np.zeros(op.into) if found is None else found

    def _paths(self, op: Op) -> tuple[RealPath, ...]:
        chains = self._chains(op, ())
        target = self.number[op.name]
        found: list[RealPath] = []
        for name, late, between in chains:
            rule = self.model.rules.get(name)
            fires = rule is None or rule.threshold is not None or name in self.merged.values()
            if not fires:
                raise NirError(
                    f"node {name} is a read-out and leads to {op.name}",
                    "only spikes go from layer to layer: put neurons with a threshold in between",
                )
            for steps, ops in delayed(self.model, between):
                source = self.number.get(name)
                if steps:
                    source = self._number_of(name, steps + late)
                elif source is None or (late and source < target):
                    raise NirError(
                        f"node {op.name}: what {name} sent one step before reaches it beside the "
                        "loop",
                        "let a recurrent weight lead to its own layer only",
                    )
                found.append(self._path(source, name, ops, op))
        for steps, x in arriving(self.model, op).items():
            if steps and x.any():
                row = x.reshape(-1)[order_of(op.into)][None]
                number, one = self._number_of_bias(steps), (1, 1, 1)
                found.append(RealPath(number, "dense", row, one, (1, 1, op.units)))
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
            o for o in between if o.type != "Delay" and not is_plain_flatten(self.model, o)
        )
        start = self.model.op(name)
        dims = dims_of(start.shape)
        pool, factor, rest = (1, 1), 1.0, list(between)
        if rest and rest[0].type == "Pool" and tiles(rest[0]):
            first = rest.pop(0)
            pool = (first.sizes["kernel"][0], first.sizes["kernel"][1])
            factor = 1.0 / first.sizes["divisor"][0]
        if len(rest) == 1 and rest[0].type == "Conv":
            return convolution(source, dims, pool, factor, rest[0])
        if len(between) == 1 and rest and rest[0].type == "Pool":
            return overlapping(source, dims, rest[0])
        pooled = between[0].shape if pool != (1, 1) else start.shape
        if not rest:
            return one_to_one(source, dims, pool, factor)
        entries = int(np.prod(pooled)) * op.units
        if entries > MOST_ENTRIES:
            raise NirError(
                f"node {rest[0].name}: from {name} to {op.name} {entries:,} weights would have to "
                "be multiplied out",
                "put neurons between the layers, or use fewer channels",
            )
        weight = matrix(self.model, rest, pooled, op)
        weight = weight[order_of(pooled)][:, order_of(op.into)] * factor
        return RealPath(source, "dense", weight, dims, (1, 1, op.units), pool)


def _input(op: Op) -> RealLayer:
    """Fires as often as it is told to."""
    one, zero = np.ones(op.units), np.zeros(op.units)
    return RealLayer(
        op.name, dims_of(op.shape), op.shape, order_of(op.shape), one, one, zero, zero, zero, one,
        zero, zero, at_least=True, many=True, reset="subtract", input=True,
    )  # fmt: skip


def node_of(model: Model, layer: RealLayer) -> str:
    """The node whose output is the layer's: a Threshold's, where that is its read-out's; none of
    a layer that Ganglion added."""
    if layer.late:
        return ""
    op = next((op for op in model.ops if op.name == layer.name), None)
    if op is None:
        return ""
    if op.type in ("LI", "I") and layer.threshold is not None:
        return model.graph.leads_to(op.name)[0]
    return op.name


__all__ = ["FloatModel", "lower", "node_of"]
