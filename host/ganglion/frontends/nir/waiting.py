"""What waits between two layers of neurons: layers that send on, and biases that begin late.

In:  a Model, and a node of it.
Out: layers that fire as another did some steps before; what arrives at a node if nothing fires.
Never: numbers the layers: lower.py does.
"""

import numpy as np

from ...connectome.layered import RealLayer
from .between import apply, dims_of, one_to_one, order_of
from .graph import NEURONS
from .model import Model
from .parameters import Real
from .shapes import Op

Standing = dict[int, Real]  # what arrives in every step from that one on, the first being 0


def arriving(model: Model, op: Op) -> Standing:
    """What biases bring to a node, in the shape that it takes in."""
    total: Standing = {}
    for source in op.sources:
        for steps, x in _leaving(model, model.op(source)).items():
            total[steps] = total.get(steps, np.zeros(op.into)) + x.reshape(op.into)
    return total


def _leaving(model: Model, op: Op) -> Standing:
    if op.type == "Input" or op.type in NEURONS:
        return {}
    total = arriving(model, op)
    if op.type == "Delay":
        later: Standing = {}
        delays = model.delays[op.name]
        for steps, x in total.items():
            for wait in np.unique(delays).tolist():
                part = np.where(delays == wait, x.reshape(op.shape), 0.0)
                if part.any():
                    at = steps + wait
                    later[at] = later.get(at, np.zeros(op.shape)) + part
        return later
    if "bias" in op.arrays:
        total.setdefault(0, np.zeros(op.into))
    return {s: apply(model, op, x, biased=s == 0) for s, x in total.items()}


def repeater(
    op: Op, steps: int, source: int, dims: tuple[int, int, int], *, many: bool
) -> RealLayer:
    """Fires as the node did; the first reads the node itself, each other the one before."""
    one, zero = np.ones(op.units), np.zeros(op.units)
    return RealLayer(
        f"{op.name} {steps} late", dims, op.shape, order_of(op.shape), one, one, zero, zero, zero,
        one, zero, None, at_least=True, many=many, reset="subtract" if many else "value",
        paths=(one_to_one(source, dims, (1, 1), 1.0),), repeats=op.name, late=steps,
    )  # fmt: skip


def beginner(name: str, steps: int, source: int | None) -> RealLayer:
    """One neuron that fires in every step from `steps` − 1 on, and so reaches the layers before it
    from `steps` on. Without a source it is the first of them."""
    one, zero = np.ones(1), np.zeros(1)
    return RealLayer(
        f"{name} {steps} late", (1, 1, 1), (1,), np.zeros(1, np.int64), one, one, zero,
        one if source is None else zero, zero, one, zero, None, at_least=True,
        paths=() if source is None else (one_to_one(source, dims_of((1,)), (1, 1), 1.0),),
        late=steps,
    )  # fmt: skip
