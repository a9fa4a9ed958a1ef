"""Float reference: a Model step by step in float32, as the tool that means it.

In:  a Model, and per step what enters.
Out: per step what leaves; each layer's spikes (or counts), membranes and currents.
Never: quantizes; depends on the order in which a file lists its edges.

Held to values that the tools computed themselves: tools/conformance/nir_conformance.py.
"""

import numpy as np
from numpy.typing import NDArray

from .model import Model
from .rule import Rule
from .shapes import Op

Floats = NDArray[np.float32]


class FloatModel:
    """A model, running. `v`, `i` and `z` hold the last values of each layer by name."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._rules = {name: _Layer(rule) for name, rule in model.rules.items()}
        with np.errstate(over="ignore"):  # a weight beyond float32 is infinite, in the tool too
            self._weights = {
                op.name: {k: a.astype(np.float32) for k, a in op.arrays.items()} for op in model.ops
            }
        self.reset()

    def reset(self) -> None:
        """Back to the state before the first step."""
        self.v: dict[str, Floats] = {}
        self.i: dict[str, Floats] = {}
        self.z: dict[str, Floats] = {}
        for op in self.model.ops:
            self.z[op.name] = np.zeros(op.shape, np.float32)
            if op.name in self._rules:
                self.v[op.name] = self._rules[op.name].start.copy()
                self.i[op.name] = np.zeros(op.shape, np.float32)
        most = {n: int(d.max(initial=0)) for n, d in self.model.delays.items()}
        self._past = {
            n: np.zeros((k + 1, *self.model.op(n).shape), np.float32) for n, k in most.items()
        }

    def step(self, x: NDArray[np.number]) -> Floats:
        """One step: what leaves the output when x (of the input's shape) enters."""
        before = dict(self.z)
        for name, layer in self._rules.items():
            if layer.rule.from_old:  # Spyx: what fires in this step is known at its beginning
                before[name] = layer.fires(self.v[name])
        late = self.model.graph.late
        for op in self.model.ops:
            if op.type == "Input":
                self.z[op.name] = np.asarray(x, np.float32).reshape(op.shape)
                continue
            parts = [
                (before[s] if (s, op.name) in late else self.z[s]).reshape(op.into)
                for s in op.sources
            ]
            total = np.asarray(sum(parts[1:], start=parts[0]), np.float32)
            self.z[op.name] = self._apply(op, total)
        return self.z[self.model.graph.output]

    def _apply(self, op: Op, x: Floats) -> Floats:
        if op.name in self._rules:
            v, i, z = self._rules[op.name].step(self.v[op.name], self.i[op.name], x)
            self.v[op.name], self.i[op.name] = v, i
            return z
        w = self._weights[op.name]
        if op.type == "Dense":
            y = w["weight"] @ x
            return np.asarray(y + w["bias"] if "bias" in w else y, np.float32)
        if op.type == "Scale":
            return x * w["scale"]
        if op.type == "Conv":
            y = convolve(op, w["weight"], x)
            if "bias" in w:
                y = y + w["bias"].reshape(-1, *[1] * (len(op.shape) - 1))
            return np.asarray(y, np.float32)
        if op.type == "Pool":
            return pool(op, x)
        if op.type == "Flatten":
            return x.reshape(-1)[self.model.flattens[op.name]]
        if op.type == "Delay":
            past = self._past[op.name]
            past[1:] = past[:-1].copy()
            past[0] = x
            out: Floats = np.take_along_axis(past, self.model.delays[op.name][None], 0)[0]
            return out
        assert op.type == "Output"
        return x


class _Layer:
    """A Rule with its arrays in float32."""

    def __init__(self, rule: Rule) -> None:
        def short(array: NDArray[np.float64] | None) -> Floats:
            with np.errstate(over="ignore"):  # beyond float32 it is infinite, in the tool too
                return np.zeros(0, np.float32) if array is None else array.astype(np.float32)

        self.rule = rule
        self.keep, self.gain, self.drift = short(rule.keep), short(rule.gain), short(rule.drift)
        self.threshold, self.start = short(rule.threshold), short(rule.start)
        current = rule.current
        self.keep_current = short(current.keep if current else None)
        self.gain_current = short(current.gain if current else None)
        self.steps = short(rule.steps)
        self.whole = bool((np.abs(rule.gain - 1) < 1e-3).all())
        self.reset_to, self.floor = short(rule.reset_to), short(rule.floor)

    def fires(self, v: Floats) -> Floats:
        """How often v fires: once or not, or as often as the threshold fits into it."""
        rule = self.rule
        if rule.threshold is None:
            return np.zeros_like(v)
        if rule.many:
            return np.where(v > 0, np.floor(v / self.threshold), 0).astype(np.float32)
        above = v >= self.threshold if rule.at_least else v > self.threshold
        return above.astype(np.float32)

    def step(self, v: Floats, i: Floats, x: Floats) -> tuple[Floats, Floats, Floats]:
        """Potential, current and output after one step in which x arrived."""
        rule = self.rule
        before = self.fires(v)
        j = x
        if rule.current is None:
            pass
        elif rule.current.kind == "after":
            scaled = x if rule.current.gain is None else x * self.gain_current
            i = j = self.keep_current * i + scaled
        elif rule.current.kind == "decayed":
            i = j = self.keep_current * (i + x)
        else:
            j = i + x
            i = self.keep_current * j
        z = before
        if rule.reset_at == "next-before":
            v = v - before * self.threshold if rule.reset == "subtract" else v * (1 - before)
        if rule.loses_input:
            j = np.asarray(j * (1 - before), np.float32)
        if rule.steps is None:
            v = self.keep * v + self.gain * j + self.drift
        elif self.whole:  # SpikingJelly's order of operations, without and with decay_input
            v = np.asarray(v - (v - self.start) / self.steps + j, np.float32)
        else:
            v = np.asarray(v + (j - (v - self.start)) / self.steps, np.float32)
        if (rule.reset_at == "next-after" and rule.reset == "subtract") or rule.gives_back:
            v = v - before * self.threshold
        if not rule.from_old:
            z = self.fires(v)
        if rule.gives_back:
            v = v - (z - before) * self.threshold
        elif rule.reset_at == "now" and rule.reset == "subtract" and rule.threshold is not None:
            v = v - z * self.threshold
        elif rule.reset_at == "now" and rule.reset == "value" and rule.threshold is not None:
            v = np.where(z > 0, self.reset_to, v)
        out = v if rule.threshold is None else z  # sinabs reads out what it then limits
        if rule.floor is not None:
            v = np.maximum(v, self.floor)
        return v, i, out


def patches(op: Op, x: Floats) -> Floats:
    """(C, kernel…, out…) what lies under the kernel at each place of the output."""
    kernel = op.sizes.get("kernel") or op.arrays["weight"].shape[2:]
    dilation = op.sizes.get("dilation", (1,) * len(kernel))
    width = [(0, 0), *zip(op.sizes["before"], op.sizes["after"], strict=True)]
    padded = np.pad(x, width)
    span = tuple(d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True))
    axes = tuple(range(1, 1 + len(kernel)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, span, axis=axes)
    at = [slice(None)]
    at += [slice(None, None, s) for s in op.sizes["stride"]]
    at += [slice(None, None, d) for d in dilation]
    found: Floats = windows[tuple(at)]
    n = len(kernel)
    return found.transpose(0, *range(1 + n, 1 + 2 * n), *range(1, 1 + n))


def convolve(op: Op, weight: Floats, x: Floats) -> Floats:
    """(O, out…) the correlation of x (C, in…) with weight (O, C / groups, kernel…)."""
    columns = patches(op, x)
    (groups,) = op.sizes["groups"]
    out = op.shape[1:]
    per = weight.shape[1]
    size = int(np.prod(weight.shape[1:]))
    parts = []
    for g in range(groups):
        w = weight[g * (len(weight) // groups) : (g + 1) * (len(weight) // groups)]
        parts.append(w.reshape(len(w), size) @ columns[g * per : (g + 1) * per].reshape(size, -1))
    return np.concatenate(parts).reshape(len(weight), *out)


def pool(op: Op, x: Floats) -> Floats:
    """(C, out…) sums of windows, or their means."""
    n = len(op.shape) - 1
    total = patches(op, x).sum(axis=tuple(range(1, 1 + n)), dtype=np.float32)
    return np.asarray(total / np.float32(op.sizes["divisor"][0]), np.float32)
