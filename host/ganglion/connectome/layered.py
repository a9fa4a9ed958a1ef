"""A network in layers: what a front end of trained networks gives in place of a Connectome.

In:  layers of neurons with real parameters, and the weights that lead from layer to layer.
Out: frozen records for the quantization.
Never: integers; the name of a tool.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Real = NDArray[np.float64]
Dims = tuple[int, int, int]  # rows, columns, channels; the channel varies fastest


@dataclass(frozen=True)
class RealPath:
    """What one layer sends to another in one step.

    dense: `weight` is (sources, targets). conv: (channels, kernel rows, kernel columns, targets'
    channels); a source at (y, x, c) reaches the target at (ty, tx) if y + top = ty·stride + ky.
    Before either, `pool` rows and columns of the source are one: (y // pool, x // pool, c).
    """

    source: int  # the layer's number; one that is not below the target's own is a step late
    form: str  # dense | conv
    weight: Real
    source_dims: Dims
    target_dims: Dims
    pool: tuple[int, int] = (1, 1)
    stride: tuple[int, int] = (1, 1)
    before: tuple[int, int] = (0, 0)

    @property
    def pooled(self) -> Dims:
        """The source's dimensions behind the pool; what is over at its edge is dropped."""
        h, w, c = self.source_dims
        return h // self.pool[0], w // self.pool[1], c


@dataclass(frozen=True)
class RealLayer:
    """Arrays of one value for each neuron, in the order of `dims`. See frontends/nir/rule.py for
    what they mean; `bias` is added to what arrives, `drift` to the potential."""

    name: str
    dims: Dims
    shape: tuple[int, ...]  # as its file has it
    order: NDArray[np.int64]  # place in the file's flattened array of each neuron
    keep: Real
    gain: Real
    drift: Real
    bias: Real
    start: Real
    threshold: Real | None
    reset_to: Real
    floor: Real | None
    current: str = "none"  # | after | decayed | used
    keep_current: Real | None = None
    gain_current: Real | None = None
    at_least: bool = False
    many: bool = False
    reset: str = "value"  # | subtract | none
    reset_at: str = "now"  # | next-before | next-after
    gives_back: bool = False
    loses_input: bool = False
    from_old: bool = False
    input: bool = False  # fires as often as it is injected
    paths: tuple[RealPath, ...] = ()
    repeats: str = ""  # the node that it fires as, `late` − 1 steps later
    late: int = 0  # of a layer that no node is: without `repeats` it fires from that step on

    @property
    def count(self) -> int:
        return int(np.prod(self.dims))


@dataclass(frozen=True)
class LayeredConnectome:
    """Layers in the order of a step: each sees what those before it sent in the same step."""

    layers: tuple[RealLayer, ...]
    output: int  # the layer whose spikes, or potentials, are the result
    timestep_us: int = 0
    fingerprint: bytes = bytes(8)
    notes: tuple[str, ...] = field(default=())
