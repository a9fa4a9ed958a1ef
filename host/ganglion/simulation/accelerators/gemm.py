"""Gemm: the synapses of each area as one matrix product, in the form that INT8 compilers take.

In:  a QuantizedNetwork.
Out: an ONNX file of Gemm nodes with whole numbers as f32 weights, and per area whether its
     numbers fit an INT8 accelerator with unsigned outputs.
Never: a claim that a compiler took it, or that a chip computed it: neither was ever tried.

An accelerator of this kind (Hailo's is one) multiplies 8-bit activations by 8-bit weights and shows
the sums only after scaling them to 8 or 16 unsigned bits. They are exact if the weights fit a
signed byte and the range of sums, by the bounds of SPEC.md 6.6, fits those bits with a scale of 1.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import UsageError
from ...network.model import QuantizedNetwork
from .features import require_known
from .onnx_delivery import digits_of, parts_of
from .onnx_graph import IR, OPSET, onnx_package

NEVER = "never compiled by a vendor's compiler, and never run on a chip"
EXACT_F32 = 1 << 24
MOST_NEURONS = 4096  # of a brain: each of its matrices has a row for every neuron


@dataclass(frozen=True, slots=True)
class AreaFit:
    """One area whose neurons are reached by synapses."""

    area: str
    sources: int
    targets: int
    step: int  # the largest number that divides all contributions; the host multiplies by it
    layers: int  # matrices of signed bytes that its contributions need, in steps
    lowest: int  # of the sums that one burst can give a neuron, in steps
    highest: int
    driven: int  # synapses that the potential of their source drives: no product gives those

    @property
    def output_bits(self) -> int:
        """8, 16 or 32: unsigned bits that the range of sums needs at a scale of 1."""
        span = self.highest - self.lowest
        return 8 if span < 2**8 else 16 if span < 2**16 else 32

    @property
    def qualifies(self) -> bool:
        """Whether one layer of 8-bit weights and an output of at most 16 bits give its sums."""
        return self.layers == 1 and self.output_bits <= 16 and not self.driven

    @property
    def reason(self) -> str:
        """Why it is not, or what it takes."""
        if self.driven:
            return f"{self.driven:,} synapses are driven by their source's potential"
        if self.layers > 1:
            return f"contributions need {self.layers} layers of 8-bit weights"
        if self.output_bits > 16:
            return f"sums from {self.lowest:,} to {self.highest:,} need more than 16 bits"
        return (
            f"sums from {self.lowest:,} to {self.highest:,} fit {self.output_bits} bits at scale 1"
        )


def areas_of(network: QuantizedNetwork) -> list[AreaFit]:
    """Which areas an INT8 accelerator could sum exactly, in order of the areas."""
    plain, driven = parts_of(network)
    area_of = network.per_neuron("area")
    found = []
    for index, area in enumerate(network.areas):
        mine = area_of[plain.target] == index
        other = int((area_of[driven.target] == index).sum())
        if not mine.any() and not other:
            continue
        target, step = plain.target[mine], step_of(plain.contribution[mine])
        amount = plain.contribution[mine] // step
        up, down = np.zeros((2, network.n_neurons), dtype=np.int64)
        np.add.at(up, target, np.maximum(amount, 0))
        np.add.at(down, target, np.minimum(amount, 0))
        found.append(
            AreaFit(
                area.id, len(np.unique(plain.source[mine])), len(np.unique(target)), step,
                len(digits_of(amount)), int(down.min()), int(up.max()), other,
            )
        )  # fmt: skip
    return found


def step_of(contributions: NDArray[np.int64]) -> int:
    """The largest whole number of which all are multiples; 1 if there is none but 0."""
    return max(1, int(np.gcd.reduce(contributions, initial=0)))


def gemm_model(network: QuantizedNetwork, name: str = "") -> Any:
    """One input `spikes` f32 (1, N), and per area one output `sums_ID` f32 (1, its neurons), to be
    multiplied by the model's metadata `step_ID`.

    Only R1 of SPEC.md 2, of synapses that add a constant; the update stays on the host. Raises
    UsageError for a brain of too many neurons, or one whose sums f32 does not hold.
    """
    require_known(network, "the Gemm export")
    n = network.n_neurons
    if n > MOST_NEURONS:
        raise UsageError(
            f"matrices of {n:,} neurons would have up to {n * n:,} weights",
            f"use a brain of at most {MOST_NEURONS:,} neurons",
        )
    onnx = onnx_package()
    helper, f32 = onnx.helper, onnx.TensorProto.FLOAT
    plain, _ = parts_of(network)
    area_of = network.per_neuron("area")
    nodes, weights, outputs = [], [], []
    for fit in areas_of(network):
        index = next(i for i, area in enumerate(network.areas) if area.id == fit.area)
        neurons = np.flatnonzero(area_of == index)
        mine = area_of[plain.target] == index
        matrix = np.zeros((n, len(neurons)), dtype=np.int64)
        columns = plain.target[mine] - neurons[0]
        amount = plain.contribution[mine] // fit.step
        np.add.at(matrix, (plain.source[mine], columns), amount)
        most = int(np.abs(matrix).sum(0).max(initial=0))
        if most >= EXACT_F32:
            raise UsageError(
                f"sums into {fit.area} reach {most:,}, beyond what f32 holds exactly",
                "use another delivery",
            )
        weights.append(onnx.numpy_helper.from_array(_f32(matrix), f"weights_{fit.area}"))
        nodes.append(
            helper.make_node("Gemm", ["spikes", f"weights_{fit.area}"], [f"sums_{fit.area}"])
        )
        outputs.append(helper.make_tensor_value_info(f"sums_{fit.area}", f32, [1, len(neurons)]))
    spikes = helper.make_tensor_value_info("spikes", f32, [1, n])
    graph = helper.make_graph(nodes, "synapses", [spikes], outputs, weights)
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR,
        producer_name="ganglion", doc_string=f"Synapses of the Ganglion brain {name}; {NEVER}",
    )  # fmt: skip
    helper.set_model_props(model, {f"step_{fit.area}": str(fit.step) for fit in areas_of(network)})
    return model


def _f32(matrix: NDArray[np.int64]) -> NDArray[np.float32]:
    return matrix.astype(np.float32)
