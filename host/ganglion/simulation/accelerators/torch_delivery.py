"""Torch delivery: R1 of B runs at once, synapse by synapse or as products of matrices.

In:  a Batch, and the synapses of its networks.
Out: what they add to potentials (B, N), and who is touched.
Never: a float in which a sum could round: products are refused from 2^24 on.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import UsageError
from .onnx_delivery import Synapses, digits_of, matrix_of

if TYPE_CHECKING:
    from .torch_batch import Batch

EXACT = 1 << 24  # whole numbers up to here are exact in fp32, and so are sums that stay below


class Rows:
    """Synapses of the neurons that fired, one by one."""

    def __init__(self, batch: "Batch", parts: list[Synapses]) -> None:
        self._batch, first = batch, parts[0]
        self.driven = first.driven
        rows = np.searchsorted(first.source, np.arange(batch.neurons + 1))
        self._rows = batch.tensor(rows.astype(np.int64))
        self._target = batch.tensor(first.target)
        names = ("contribution", "multiplier", "shift", "cap") if self.driven else ("contribution",)
        self._of = {name: batch.stack([getattr(p, name) for p in parts]) for name in names}

    def add(self, v: Any, touched: Any) -> None:
        """R1 onto v i32 (B, N)."""
        batch = self._batch
        torch, n = batch.torch, batch.neurons
        run, neuron = batch.fired.nonzero(as_tuple=True)
        start = self._rows[neuron]
        size = self._rows[neuron + 1] - start
        which = torch.repeat_interleave(torch.arange(len(run), device=batch.device), size)
        if not len(which):
            return
        before = torch.cumsum(size, 0) - size
        synapse = torch.arange(len(which), device=batch.device) + (start - before)[which]
        run = run[which]
        place = run * n + self._target[synapse]
        amount = self._pick("contribution", run, synapse)
        if self.driven:
            shift = self._pick("shift", run, synapse)
            size = batch.psp[run, neuron[which]].to(torch.int64)
            size = (size * self._pick("multiplier", run, synapse) + ((1 << shift) >> 1)) >> shift
            amount = amount * torch.minimum(size, self._pick("cap", run, synapse))
        v.view(-1).index_add_(0, place, amount.to(torch.int32))
        touched.view(-1)[place] = True

    def _pick(self, name: str, run: Any, synapse: Any) -> Any:
        values = self._of[name]
        return values[0, synapse] if len(values) == 1 else values[run, synapse]


class Matrices:
    """Synapses as products of spikes and digits of base 256: the form of tensor cores."""

    driven = False

    def __init__(self, batch: "Batch", parts: list[Synapses]) -> None:
        self._batch = batch
        torch, s = batch.torch, parts[0]
        if any(not np.array_equal(s.contribution, p.contribution) for p in parts[1:]):
            raise UsageError(
                "a dense batch has one matrix, and these networks have several weights",
                "use the delivery event",
            )
        matrix = matrix_of(s)
        matrices = [*digits_of(matrix.sums), matrix.reached]
        worst = max(int(np.abs(d.astype(np.int64)).sum(0).max()) for d in matrices)
        if worst >= EXACT:
            raise UsageError(f"sums of {worst:,} are not exact in fp32", "use the delivery event")
        self._sources, self._targets = batch.tensor(matrix.sources), batch.tensor(matrix.targets)
        *self._digits, self._reached = (batch.tensor(d).to(torch.float32) for d in matrices)

    def add(self, v: Any, touched: Any) -> None:
        """R1 onto v i32 (B, N)."""
        torch = self._batch.torch
        spikes = self._batch.fired[:, self._sources].to(torch.float32)
        total = torch.zeros(1, dtype=torch.int64, device=self._batch.device)
        for power, digit in enumerate(self._digits):
            total = total + (spikes @ digit).to(torch.int64) * 256**power
        v.index_add_(1, self._targets, total.to(torch.int32))
        touched[:, self._targets] |= (spikes @ self._reached) > 0
