"""Layered: a model with biases, convolutions, pools or recurrence, as layers of SPEC.md 12.

In:  the stages of a torch model; spikes (B, bursts, …) in the shape of its first module.
Out: spikes of the last layer (B, bursts, …): in layers a spike arrives in the burst in which it is
     fired; a LayeredConnectome; a LayeredBrain, whose units the model takes over.
Never: a sum that is rounded otherwise than in the brain.
"""

from typing import Any

import numpy as np

from ..compiler import LayeredBrain, compile_layers
from ..connectome.layered import LayeredConnectome, RealLayer, RealPath
from ..errors import UsageError
from ..frontends.nir.between import dims_of, one_to_one, order_of, shared_kernel
from ..simulation.accelerators.torch_batch import torch_package
from .lif import Arriving, FittedLayer, ratio
from .stages import CONVOLUTIONS, Pool, Stage, fake_of, raw_of, scale_of

torch = torch_package()

Shape = tuple[int, ...]


def run_layers(stages: list[Stage], spikes: Any) -> Any:
    """(B, bursts, …) what the last layer fires, from a state of zeros."""
    shapes = shapes_of(stages, tuple(spikes.shape[2:]))
    matrices = [m for stage in stages for m in stage.matrices]
    weights = {id(m): m.weight for m in matrices}  # faked once, not once per burst
    scales = {id(m): scale_of(m) for m in matrices}
    for stage in stages:
        stage.lif.reset()
    fired = [spikes.new_zeros(len(spikes), *shape) for shape in shapes[1:]]
    out = []
    for t in range(spikes.shape[1]):
        z = spikes[:, t]
        for i, stage in enumerate(stages):
            z = fired[i] = _step(stage, z, fired[i], weights, scales)
        out.append(z)
    for stage in stages:
        stage.lif.reset()  # a model that was run can be copied and saved
    return torch.stack(out, 1)


def _step(stage: Stage, z: Any, own: Any, weights: dict[int, Any], scales: dict[int, Any]) -> Any:
    """What a layer fires, after z of the one before, and what it fired itself a burst before."""
    area = 1
    if stage.pool is not None:
        z, area = stage.pool.sums(z), stage.pool.area
    if stage.flat:
        z = z.flatten(1)
    module, parts = stage.weights, []
    if module is None:
        parts.append(Arriving(z, torch.ones(()), area))
    else:
        sums = _applied(module, weights[id(module)], z)
        parts.append(Arriving(sums, scales[id(module)], area))
    again = stage.lif.recurrent
    if again is not None:
        parts.append(Arriving(own @ weights[id(again)].T, scales[id(again)], 1))
    return stage.lif.step_of_layer(parts, _bias(stage))


def _applied(module: Any, weight: Any, z: Any) -> Any:
    """A module without its bias."""
    if isinstance(module, torch.nn.Linear):
        return z @ weight.T
    convolve = torch.nn.functional.conv1d if isinstance(module, torch.nn.Conv1d) else (
        torch.nn.functional.conv2d)  # fmt: skip
    return convolve(z, weight, None, module.stride, module.padding, module.dilation, module.groups)


def _bias(stage: Stage) -> Any:
    """What its modules' biases bring in each burst, in a shape that fits all samples; or None."""
    total = None
    for module in stage.matrices:
        if module.bias is None:
            continue
        extra = len(module.weight.shape) - 2
        bias = module.bias.double().reshape(-1, *[1] * extra)
        total = bias if total is None else total + bias
    return total


def shapes_of(stages: list[Stage], shape: Shape) -> list[Shape]:
    """The shape of what enters, and of each layer. Raises UsageError where modules do not fit."""
    shapes = [shape]
    for stage in stages:
        z = torch.zeros(1, *shapes[-1])
        try:
            if stage.pool is not None:
                z = stage.pool.sums(z)
            if stage.flat:
                z = z.flatten(1)
            if isinstance(stage.weights, torch.nn.Linear) and z.dim() != 2:
                raise UsageError(
                    f"module {stage.number - 1} of the model is Linear and gets "
                    f"{tuple(z.shape[1:])}",
                    "put torch.nn.Flatten() before it",
                )
            if stage.weights is not None:
                with torch.no_grad():
                    z = _applied(stage.weights, raw_of(stage.weights), z)
        except RuntimeError as error:
            raise UsageError(
                f"what leads to module {stage.number} of the model does not fit the shape "
                f"{shapes[-1]}: {str(error).splitlines()[0]}",
                "give layers that fit each other",
            ) from None
        again = stage.lif.recurrent
        size = tuple(z.shape[1:])
        if again is not None and (len(size) != 1 or raw_of(again).shape != (*size, *size)):
            raise UsageError(
                f"module {stage.number} of the model has recurrent weights of the shape "
                f"{tuple(raw_of(again).shape)} and neurons of the shape {size}",
                "give a Linear from as many neurons to as many, in one row",
            )
        shapes.append(size)
    return shapes


def shape_of(stages: list[Stage], shape: Shape | None) -> Shape:
    """The shape of what enters in a burst: given, or that of a first Linear."""
    first = stages[0]
    if shape is not None:
        return tuple(shape)
    if isinstance(first.weights, torch.nn.Linear) and first.pool is None and not first.flat:
        return (int(first.weights.in_features),)
    raise UsageError(
        "the model does not say which shape enters",
        "give it, as in shape=(channels, rows, columns)",
    )


def layered_connectome(stages: list[Stage], shape: Shape | None) -> LayeredConnectome:
    """What was trained; potentials of each layer are in steps of its smallest k."""
    shapes = shapes_of(stages, shape_of(stages, shape))
    layers = [_input(shapes[0])]
    for i, stage in enumerate(stages, 1):
        layers.append(_layer(i, stage, shapes[i - 1], shapes[i]))
    return LayeredConnectome(tuple(layers), len(stages), 10_000)


def fit_layers(stages: list[Stage], shape: Shape | None) -> LayeredBrain:
    """Compiles what was trained, and gives each LIF the integers that came of it."""
    brain = compile_layers(layered_connectome(stages, shape), _bits(stages))
    for i, stage in enumerate(stages, 1):
        layer, real, note = (
            brain.network.layers[i], brain.connectome.layers[i], brain.quantization.notes[i],
        )  # fmt: skip
        multipliers: list[float] = []
        for path, whole in zip(layer.paths, real.paths, strict=True):
            step = np.abs(whole.weight).max(initial=0) / max(int(np.abs(path.weight).max()), 1)
            one = ratio(_scales_of(stage))[len(multipliers)]  # what w = 1 is, in steps of k
            multipliers.append(int(path.multiplier[0]) * float(one) / (step or 1.0))
        bias = np.empty(layer.count, np.int64)
        bias[real.order] = layer.spread(layer.bias)
        code, shift, fine = (int(x) for x in layer.leak[0])
        stage.lif.of_layer = FittedLayer(
            note.unit, tuple(multipliers), torch.tensor(bias.reshape(real.shape)),
            int(layer.threshold[0]), (code, fine, shift),
        )  # fmt: skip
    return brain


def _bits(stages: list[Stage]) -> int:
    """Of the widest matrix: a convolution has 8 whatever others have."""
    fakes = [fake_of(m) for s in stages for m in s.matrices if not isinstance(m, CONVOLUTIONS)]
    most = max((fake.most for fake in fakes if fake is not None), default=127)
    return 2 if most == 1 else 4 if most <= 7 else 8


def _scales_of(stage: Stage) -> list[Any]:
    """k of what each path brings."""
    area = 1 if stage.pool is None else stage.pool.area
    first = torch.ones(()) if stage.weights is None else scale_of(stage.weights)
    found = [first.double() / area]
    if stage.lif.recurrent is not None:
        found.append(scale_of(stage.lif.recurrent).double())
    return found


def _layer(i: int, stage: Stage, before: Shape, shape: Shape) -> RealLayer:
    for module in stage.matrices:
        if fake_of(module) is None:
            raise UsageError(
                f"the weights of layer {i} are floats", "call ganglion.qat.prepare(model) first"
            )
    scales = _scales_of(stage)
    ones = [float(one) for one in ratio(scales)]
    least = float(min(scales))
    n = int(np.prod(shape))
    one, zero = np.ones(n), np.zeros(n)
    bias = _bias(stage)
    arriving = np.zeros(shape) if bias is None else np.broadcast_to(
        bias.detach().cpu().numpy() / least, shape)  # fmt: skip
    order = order_of(shape)
    leak = float(torch.tensor(stage.lif.leak, dtype=torch.float32))
    paths = [_path(i - 1, stage, before, shape, ones[0])]
    if stage.lif.recurrent is not None:
        whole = _whole(stage.lif.recurrent) * ones[1]
        paths.append(RealPath(i, "dense", whole.T.copy(), dims_of(shape), (1, 1, n)))
    return RealLayer(
        f"layer {i}", dims_of(shape), shape, order, (1 - leak) * one, one, zero,
        arriving.reshape(-1)[order].astype(np.float64), zero, stage.lif.threshold / least * one,
        zero, None, at_least=True, paths=tuple(paths),
    )  # fmt: skip


def _path(source: int, stage: Stage, before: Shape, shape: Shape, one: float) -> RealPath:
    dims, pooled = dims_of(before), before
    pool = (1, 1)
    if stage.pool is not None:
        pool = _rows_and_columns(stage.pool)
        pooled = (before[0], *(n // k for n, k in zip(before[1:], stage.pool.size, strict=True)))
    module = stage.weights
    if module is None:
        return one_to_one(source, dims, pool, one)
    weight = _whole(module) * one
    if isinstance(module, torch.nn.Linear):
        weight = weight.T[order_of(pooled)]
        return RealPath(source, "dense", weight.copy(), dims, (1, 1, len(weight[0])), pool)
    kernel = shared_kernel(weight, module.groups, tuple(module.dilation))
    stride, padding = tuple(module.stride), module.padding
    if padding == "same":
        padding = tuple(d * (k - 1) // 2 for d, k in zip(
            module.dilation, module.kernel_size, strict=True))  # fmt: skip
    before_ = (0,) * len(stride) if padding == "valid" else tuple(padding)
    return RealPath(
        source, "conv", kernel, dims, dims_of(shape), pool,
        (1, stride[0]) if len(stride) == 1 else (stride[0], stride[1]),
        (0, before_[0]) if len(before_) == 1 else (before_[0], before_[1]),
    )  # fmt: skip


def _rows_and_columns(pool: Pool) -> tuple[int, int]:
    return (1, pool.size[0]) if len(pool.size) == 1 else (pool.size[0], pool.size[1])


def _whole(module: Any) -> Any:
    """w of each weight, as float64."""
    fake = fake_of(module)
    assert fake is not None
    return fake.whole(raw_of(module)).double().cpu().numpy()


def _input(shape: Shape) -> RealLayer:
    """Fires as often as it is told to."""
    n = int(np.prod(shape))
    one, zero = np.ones(n), np.zeros(n)
    return RealLayer(
        "input", dims_of(shape), shape, order_of(shape), one, one, zero, zero, zero, one, zero,
        zero, at_least=True, many=True, reset="subtract", input=True,
    )  # fmt: skip
