"""Stages: a torch model as what leads to neurons, and the neurons, in turn.

In:  torch.nn.Sequential of pools, Flatten, Linear, Conv1d, Conv2d and LIF; sequences within it too.
Out: a Stage for each LIF; whether a brain of synapses has all that they need.
Never: a layer that it does not know is left out: it is refused by its name.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..errors import UsageError
from ..simulation.accelerators.torch_batch import torch_package
from .fake_weight import FakeWeight
from .lif import LIF

torch = torch_package()
LPPool2d: Any = torch.nn.LPPool2d

CONVOLUTIONS = (torch.nn.Conv1d, torch.nn.Conv2d)
MEANS = (torch.nn.AvgPool1d, torch.nn.AvgPool2d)
SUMS = (torch.nn.LPPool1d, torch.nn.LPPool2d)
KNOWN = "Linear, Conv1d, Conv2d, AvgPool, qat.SumPool2d, Flatten and ganglion.qat.LIF"


class SumPool2d(LPPool2d):  # type: ignore[misc]
    """The sum of each window, as NIR's SumPool2d."""

    def __init__(self, kernel_size: int | tuple[int, int]) -> None:
        super().__init__(1, kernel_size)


@dataclass(frozen=True, slots=True)
class Pool:
    """Windows that lie side by side. `area` is what sums are divided by: 1 unless it is a mean."""

    size: tuple[int, ...]  # (rows, columns) or (columns,)
    area: int

    def sums(self, z: Any) -> Any:
        """(B, C, …) the sum of each window, whole."""
        pool = torch.nn.functional.avg_pool1d if len(self.size) == 1 else (
            torch.nn.functional.avg_pool2d)  # fmt: skip
        count = 1
        for n in self.size:
            count *= n
        return (pool(z, self.size) * count).round()


@dataclass(frozen=True, slots=True)
class Stage:
    """What leads to a layer of neurons, in this order, and the neurons."""

    number: int  # of the LIF among the modules
    pool: Pool | None
    flat: bool
    weights: Any  # Linear, Conv1d, Conv2d, or None where a pool leads to neurons
    lif: LIF

    @property
    def matrices(self) -> list[Any]:
        """The modules whose weights are trained: forward, then recurrent."""
        return [m for m in (self.weights, self.lif.recurrent) if m is not None]

    @property
    def plain(self) -> bool:
        """Whether synapses alone have all of it."""
        return (
            self.pool is None and not self.flat and isinstance(self.weights, torch.nn.Linear)
            and self.weights.bias is None and self.lif.recurrent is None
        )  # fmt: skip


def fake_of(module: Any) -> FakeWeight | None:
    """How its weights are faked, if they are."""
    found = getattr(module, "parametrizations", None)
    for step in found["weight"] if found and "weight" in found else ():
        if isinstance(step, FakeWeight):
            return step
    return None


def raw_of(module: Any) -> Any:
    """Its weights as the optimizer sees them."""
    return module.weight if fake_of(module) is None else module.parametrizations.weight.original


def scale_of(module: Any) -> Any:
    """k, or None where its weights are not faked."""
    fake = fake_of(module)
    return None if fake is None else fake.scale(raw_of(module))


def stages_of(model: Any) -> list[Stage]:
    """The stages of a model. Raises UsageError for what no brain can hold."""
    stages: list[Stage] = []
    pool, flat, weights, waiting = None, False, None, False
    for i, module in enumerate(_modules(model)):
        name = type(module).__name__
        if isinstance(module, LIF):
            if weights is None and pool is None:
                raise UsageError(
                    f"module {i} of the model is a LIF that no weights lead to",
                    "give Linear, Conv1d, Conv2d or a pool before it",
                )
            stages.append(Stage(i, pool, flat, weights, module))
            pool, flat, weights, waiting = None, False, None, False
            continue
        waiting = True
        if weights is not None:
            raise UsageError(
                f"module {i} of the model is {name}, behind weights that reached no neurons",
                "put a ganglion.qat.LIF between them",
            )
        if isinstance(module, (torch.nn.Linear, *CONVOLUTIONS)):
            _possible(module, i)
            weights = module
        elif isinstance(module, torch.nn.Flatten):
            if (module.start_dim, module.end_dim) != (1, -1):
                raise UsageError(
                    f"module {i} of the model flattens dimensions {module.start_dim} to "
                    f"{module.end_dim}",
                    "use Flatten() as it is: all of a sample",
                )
            flat = True
        elif isinstance(module, (*MEANS, *SUMS)):
            if pool is not None or flat:
                raise UsageError(
                    f"module {i} of the model is {name}, behind another pool or a Flatten",
                    "put one pool right behind a ganglion.qat.LIF",
                )
            pool = _pool(module, i)
        else:
            raise UsageError(f"module {i} of the model is {name}", f"use {KNOWN}")
    if waiting or not stages:
        raise UsageError(
            "the model does not end in a LIF", f"use {KNOWN}, and end in a ganglion.qat.LIF"
        )
    return stages


def in_layers(stages: list[Stage]) -> bool:
    """Whether they become layers (SPEC.md 12), and not synapses. Raises UsageError where they
    need what layers do not have."""
    if all(stage.plain for stage in stages):
        return False
    for stage in stages:
        lif = stage.lif
        if lif.refractory or lif.limit:
            raise UsageError(
                f"module {stage.number} of the model has a refractory period or a limit of fires, "
                "and a brain with biases, convolutions, pools or recurrence has none",
                "leave either out",
            )
        if lif.state != "int32":
            raise UsageError(
                f"module {stage.number} of the model has the state {lif.state}, and a brain with "
                "biases, convolutions, pools or recurrence has 32 bits",
                'use state="int32"',
            )
    return True


def _modules(model: Any) -> Iterator[Any]:
    for module in model.children():
        if isinstance(module, torch.nn.Sequential):
            yield from _modules(module)
        else:
            yield module


def _possible(module: Any, i: int) -> None:
    if getattr(module, "padding_mode", "zeros") != "zeros":
        raise UsageError(
            f"module {i} of the model pads by {module.padding_mode}", 'use padding_mode="zeros"'
        )


def _pool(module: Any, i: int) -> Pool:
    """Of a module whose windows lie side by side, without padding."""
    dimensions = 1 if isinstance(module, (torch.nn.AvgPool1d, torch.nn.LPPool1d)) else 2

    def several(value: Any) -> tuple[int, ...]:
        return tuple(value) if isinstance(value, (tuple, list)) else (value,) * dimensions

    size = several(module.kernel_size)
    stride = size if module.stride is None else several(module.stride)
    padded = any(several(getattr(module, "padding", 0)))
    if stride != size or padded or module.ceil_mode or getattr(module, "divisor_override", None):
        raise UsageError(
            f"module {i} of the model is a pool whose windows overlap, leave gaps or are padded",
            "use a stride as large as the kernel and no padding, or a convolution with a stride",
        )
    if isinstance(module, SUMS) and module.norm_type != 1:
        raise UsageError(
            f"module {i} of the model is a pool of the norm {module.norm_type:g}",
            "use the norm 1, which is a sum",
        )
    area = 1
    for n in size if isinstance(module, MEANS) else ():
        area *= n
    return Pool(size, area)
