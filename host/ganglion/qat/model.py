"""Model: a torch model as layers of weights and neurons, run burst by burst, and as a connectome.

In:  torch.nn.Sequential of Linear and LIF in turn, with no bias; spikes (B, bursts, inputs).
     Biases, convolutions, pools and recurrence: see layered.py.
Out: spikes of the last layer (B, bursts + layers, outputs), as a brain gives them; a connectome; a
     brain, whose units the model takes over.
Never: a layer that it does not know is left out.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..compiler import Brain, LayeredBrain, compile_connectome
from ..connectome.layered import LayeredConnectome
from ..connectome.model import Area, Connectome, Dynamics
from ..errors import UsageError
from ..quantization.options import QuantizeOptions
from ..simulation.accelerators.torch_batch import torch_package
from .fake_weight import FakeWeight
from .layered import fit_layers, layered_connectome, run_layers
from .lif import LIF, Fitted
from .stages import (
    CONVOLUTIONS,
    Stage,
    fake_of,
    in_layers,
    raw_of,
    scale_of,
    stages_of,
)

torch = torch_package()

INPUT = "i_in____"


@dataclass(frozen=True, slots=True)
class Layer:
    """Weights (outputs, inputs) and the neurons that they reach."""

    linear: Any
    lif: LIF

    @property
    def fake(self) -> FakeWeight | None:
        """How its weights are faked, if they are."""
        return fake_of(self.linear)

    @property
    def raw(self) -> Any:
        """The weights as the optimizer sees them."""
        return raw_of(self.linear)

    @property
    def scale(self) -> Any:
        """k, or None where weights are not faked."""
        return scale_of(self.linear)


def layers_of(stages: list[Stage]) -> list[Layer]:
    """Stages of Linear and LIF as they are. Raises UsageError where they do not fit."""
    layers: list[Layer] = []
    for stage in stages:
        linear = stage.weights
        if layers and layers[-1].linear.out_features != linear.in_features:
            raise UsageError(
                f"module {stage.number - 1} of the model takes {linear.in_features} inputs and "
                f"gets {layers[-1].linear.out_features}",
                "give layers that fit each other",
            )
        layers.append(Layer(linear, stage.lif))
    return layers


def prepare(model: Any, bits: int = 8) -> Any:
    """Registers FakeWeight on all weights that have none; the model, for chaining.

    Where there are biases, convolutions, pools or recurrence, 4 and 2 bits hold the sign too, and
    kernels take 8.
    """
    stages = stages_of(model)
    signed = in_layers(stages)
    for module in (m for stage in stages for m in stage.matrices):
        if fake_of(module) is None:
            fake = FakeWeight(8 if isinstance(module, CONVOLUTIONS) else bits, signed)
            torch.nn.utils.parametrize.register_parametrization(module, "weight", fake)
    return model


def run(model: Any, spikes: Any) -> Any:
    """The model from a state of zeros: spikes (B, bursts + layers, outputs).

    Row t is what fires in burst t + 1 of a brain whose inputs fire in burst t + 1: each layer sees
    what the one before it did in the burst before. With biases, convolutions, pools or recurrence
    it is (B, bursts, …), from spikes of any shape: each layer sees what the one before it did in
    the same burst.
    """
    stages = stages_of(model)
    if in_layers(stages):
        if spikes.dim() < 3:
            raise UsageError(
                f"the spikes have the shape {tuple(spikes.shape)}", "give (samples, bursts, …)"
            )
        return run_layers(stages, spikes)
    layers = layers_of(stages)
    if spikes.dim() != 3 or spikes.shape[2] != layers[0].linear.in_features:
        raise UsageError(
            f"the spikes have the shape {tuple(spikes.shape)}",
            f"give (samples, bursts, {layers[0].linear.in_features})",
        )
    scales = [layer.scale for layer in layers]
    weights = [layer.linear.weight for layer in layers]  # faked once, not once per burst
    for layer in layers:
        layer.lif.reset()
    samples, bursts, _ = spikes.shape
    silent = torch.zeros_like(spikes[:, 0])
    before = [silent, *(spikes.new_zeros(samples, w.shape[0]) for w in weights[:-1])]
    out = []
    for t in range(bursts + len(layers)):
        now = [spikes[:, t] if t < bursts else silent]
        for layer, weight, scale, source in zip(layers, weights, scales, before, strict=True):
            now.append(layer.lif(source @ weight.T, scale))
        before = now[:-1]
        out.append(now[-1])
    for layer in layers:
        layer.lif.reset()  # a model that was run can be copied and saved
    return torch.stack(out, 1)


def connectome(
    model: Any, title: str = "trained in PyTorch", shape: tuple[int, ...] | None = None
) -> Connectome | LayeredConnectome:
    """What was trained, as areas `i_in____`, `c_l001__`, … and the outputs `o_out___`; with biases,
    convolutions, pools or recurrence as layers. `shape` is that of what enters in a burst, where
    the first module is no Linear.

    Potentials are in steps of w, so that thresholds are divided by k. Raises UsageError if weights
    are not faked.
    """
    stages = stages_of(model)
    if in_layers(stages):
        return layered_connectome(stages, shape)
    return _synapses(layers_of(stages), title)


def _synapses(layers: list[Layer], title: str) -> Connectome:
    counts = [layers[0].linear.in_features, *(layer.linear.out_features for layer in layers)]
    first = np.concatenate([[0], np.cumsum(counts)])
    area = np.repeat(np.arange(len(counts)), counts).astype(np.int32)
    n = len(area)
    columns: dict[str, Any] = {
        "threshold": np.ones(n, np.float32), "leak": np.zeros(n, np.float32),
        "refractory_period": np.zeros(n, np.uint16), "snooze": np.zeros(n, np.uint16),
        "consecutive_fire_limit": np.zeros(n, np.uint16),
    }  # fmt: skip
    parts = []
    for i, layer in enumerate(layers):
        fake = layer.fake
        if fake is None:
            raise UsageError(
                f"the weights of layer {i + 1} are floats", "call ganglion.qat.prepare(model) first"
            )
        mine = slice(first[i + 1], first[i + 2])
        scale = layer.scale.double()
        columns["threshold"][mine] = float((layer.lif.threshold / scale).to(torch.float32))
        columns["leak"][mine] = layer.lif.leak
        columns["refractory_period"][mine] = layer.lif.refractory
        columns["consecutive_fire_limit"][mine] = layer.lif.limit
        columns["snooze"][mine] = layer.lif.snooze
        whole = fake.whole(layer.raw).cpu().numpy().astype(np.int64)
        target, source = np.nonzero(whole)
        parts.append((source + first[i], target + first[i + 1], whole[target, source], i))
    source, target, weight = (
        np.concatenate([part[column] for part in parts]) for column in range(3)
    )
    projection = np.concatenate([np.full(len(part[0]), part[3]) for part in parts])
    order = np.lexsort((target, source))
    last = len(layers)
    return Connectome(
        genome_id="qat",
        title=title,
        precision="int8",
        timestep=0.01,
        areas=tuple(_area(i, last, int(first[i]), count) for i, count in enumerate(counts)),
        power_neuron=None,
        area=area,
        threshold_limit=np.zeros(n, np.float32),
        excitability=np.ones(n, np.float32),
        source=source[order].astype(np.int32),
        target=target[order].astype(np.int32),
        weight=np.abs(weight[order]).astype(np.uint8),
        psp=np.ones(len(source), np.uint8),
        inhibitory=weight[order] < 0,
        projection=projection[order].astype(np.int32),
        projections=tuple((i, i + 1, "linear") for i in range(last)),
        **columns,
    )


def fit(
    model: Any, options: QuantizeOptions | None = None, shape: tuple[int, ...] | None = None
) -> Brain | LayeredBrain:
    """Compiles what was trained, and gives the model the units and clamps that came of it.

    The state is that of the neurons. In training, call it now and then (once an epoch is enough),
    and the last time before verify. `shape`: see connectome. Raises what compile_connectome or
    compile_layers raises, and UsageError for options that layers do not have.
    """
    stages = stages_of(model)
    if in_layers(stages):
        if options and replace(options, weights="int8") != QuantizeOptions():
            raise UsageError(
                "biases, convolutions, pools and recurrence make a brain of layers, and the "
                "options are for one of synapses",
                "give no options but weights, which the model's own bits decide",
            )
        return fit_layers(stages, shape)
    layers = layers_of(stages)
    states = {layer.lif.state for layer in layers}
    if len(states) > 1:
        raise UsageError(f"the layers have the states {sorted(states)}", "give one to all")
    options = replace(options or QuantizeOptions(), state=states.pop())
    brain = compile_connectome(_synapses(layers, "trained in PyTorch"), options)
    network, note = brain.network, brain.quantization
    for i, layer in enumerate(layers, 1):
        if i not in note.areas:
            continue
        rank = note.areas.index(i)
        scale = note.scales[rank]
        mine = np.flatnonzero(network.per_neuron("area") == rank)
        layer.lif.fitted = Fitted(
            scale.unit, scale.exact, int(network.threshold[mine[0]]), scale.low, scale.high
        )
        if layer.fake is not None:
            layer.fake.unit = None if scale.exact else scale.unit
    return brain


def _area(i: int, last: int, first: int, count: int) -> Area:
    name = INPUT if i == 0 else "o_out___" if i == last else f"c_l{i:03d}__"
    return Area(
        id=name, name=name.strip("_"), group="IPU" if i == 0 else "OPU" if i == last else "CUSTOM",
        dimensions=(count, 1, 1), neurons_per_voxel=1, position=(i, 0, 0), first=first, count=count,
        mp_charge_accumulation=i > 0, mp_driven_psp=False, psp_uniform=True,
        dynamics=Dynamics.EVERY_BURST if i else Dynamics.ON_INPUT,
    )  # fmt: skip
