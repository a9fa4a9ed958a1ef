"""NIR by tools: random networks that a tool makes, runs and writes, as golden cases.

In:  a folder, a count, a seed; snnTorch 1.0.0, Norse 1.1.0 and SpikingJelly 2.0.0, in an
     environment of their own: they want PyTorch, which the project does not.
Out: cases, as nir_cases.py writes them.
Never: imports Ganglion: the values are the tools' own.

    python -m venv tools-env
    tools-env/bin/pip install snntorch==1.0.0 norse==1.1.0 spikingjelly==2.0.0 nir nirtorch
    tools-env/bin/python tools/search/nir_by_tools.py FOLDER --count 200 --seed 1
    python tools/conformance/nir_conformance.py FOLDER
"""

import sys
from collections.abc import Callable
from typing import Any

sys.path[0] = ""  # not this folder

import torch  # noqa: E402

from tools.search.nir_cases import STEPS, Chances, Seen, run  # noqa: E402

Net = Any


class Dice(Chances):
    """The same as tensors."""

    def weight(self, *shape: int) -> torch.Tensor:
        return torch.tensor(self.weights(*shape))

    def vector(self, low: float, high: float, *shape: int) -> torch.Tensor:
        return torch.tensor(self.values(low, high, *shape))


def linear(dice: Dice, n_in: int, n_out: int) -> torch.nn.Linear:
    made = torch.nn.Linear(n_in, n_out, bias=dice.of.random() < 0.5)
    made.weight.data = dice.weight(n_out, n_in)
    if made.bias is not None:
        made.bias.data = dice.weight(n_out, 1)[:, 0] / 4
    return made


def convolution(dice: Dice, kind: Any, c_in: int, side: int) -> tuple[torch.nn.Module, int, int]:
    """The module, its channels and its side."""
    kernel, stride = dice.of.choice((1, 2, 3, 5)), dice.of.choice((1, 1, 2))
    padding = dice.of.choice((0, 0, kernel // 2))
    dilation = dice.of.choice((1, 1, 2)) if kernel == 3 and side > 6 else 1
    span = dilation * (kernel - 1) + 1
    if side + 2 * padding < span:
        kernel = stride = dilation = span = 1
        padding = 0
    c_out = dice.of.choice((2, 3, 4))
    made = kind(c_in, c_out, kernel, stride, padding, dilation=dilation)
    made.weight.data = dice.weight(*made.weight.shape)
    made.bias.data = dice.weight(c_out, 1)[:, 0] / 4
    return made, c_out, (side + 2 * padding - span) // stride + 1


def snntorch(dice: Dice) -> dict[str, Any]:
    """Leaky, Synaptic, RLeaky and RSynaptic behind weights, convolutions and pools."""
    import snntorch as snn
    from snntorch.export_nir import export_to_nir

    reset = dice.of.choice(("subtract", "zero", "none"))
    late = dice.of.random() < 0.5
    words = {"init_hidden": True, "reset_mechanism": reset, "reset_delay": late}

    def soma(shape: tuple[int, ...], plain: bool) -> torch.nn.Module:
        beta, threshold = dice.vector(0.3, 0.99, *shape), dice.vector(0.5, 1.5, *shape)
        alpha = dice.vector(0.2, 0.9, *shape)
        kind = dice.of.choice(("Leaky", "Synaptic") + (("RLeaky", "RSynaptic") if plain else ()))
        if kind == "RSynaptic" and not late:
            kind = "Synaptic"  # it takes no notice of reset_delay
        if kind == "Leaky":
            return snn.Leaky(beta, threshold=threshold, **words)
        if kind == "Synaptic":
            return snn.Synaptic(alpha, beta, threshold=threshold, **words)
        rest: dict[str, Any] = {"threshold": threshold, **words}
        if dice.of.random() < 0.5:
            rest |= {"all_to_all": False, "V": dice.vector(-0.5, 0.5, *shape)}
        else:
            rest |= {"all_to_all": True, "linear_features": shape[0]}
        rates = (beta,) if kind == "RLeaky" else (alpha, beta)
        made = getattr(snn, kind)(*rates, **rest)
        if rest["all_to_all"]:
            made.recurrent.weight.data = dice.weight(*shape, *shape) / 2
            if made.recurrent.bias is not None:
                made.recurrent.bias.data = dice.weight(shape[0], 1)[:, 0] / 4
        return made

    modules: list[torch.nn.Module] = []
    if dice.of.random() < 0.35:
        channels, side = dice.of.choice((1, 2)), dice.of.choice((6, 8, 9))
        shape: tuple[int, ...] = (channels, side, side)
        for _ in range(dice.of.choice((1, 2))):
            made, channels, side = convolution(dice, torch.nn.Conv2d, channels, side)
            modules += [made, soma((channels, side, side), False)]
        return _finish(dice, modules, shape, export_to_nir, reset, late)
    n = first = dice.of.choice((4, 9, 12))
    for _ in range(dice.of.choice((1, 2, 3))):
        m = dice.of.choice((3, 5, 8))
        modules += [linear(dice, n, m), soma((m,), True)]
        n = m
    return _finish(dice, modules, (first,), export_to_nir, reset, late)


def _finish(
    dice: Dice, modules: list[torch.nn.Module], shape: tuple[int, ...],
    export: Callable[..., Any], reset: str, late: bool,
) -> dict[str, Any]:  # fmt: skip
    net = torch.nn.Sequential(*modules)
    graph = export(net, torch.zeros(1, *shape), ignore_dims=[0])
    for m in modules:
        if hasattr(m, "reset_mem"):
            m.reset_mem()
    short = "sub" if reset == "subtract" else reset
    seen: Seen = {"out": []}
    x = dice.numbers.random((STEPS, *shape)) < dice.of.uniform(0.1, 0.6)
    for t in range(STEPS):
        y = torch.tensor(x[t : t + 1], dtype=torch.float32)
        for i, m in enumerate(modules):
            y = m(y)
            if not hasattr(m, "mem"):
                continue
            name = f"{i}.lif" if type(m).__name__[0] == "R" else str(i)
            seen.setdefault(f"s/{name}", []).append(y)
            seen.setdefault(f"v/{name}", []).append(m.mem)
        seen["out"].append(y)
    when = "" if reset == "none" else ".delay" if late else ".now"
    return {"graph": graph, "input": x, "seen": seen, "semantics": f"snn.{short}{when}",
            "options": {}, "dt": 1e-4}  # fmt: skip


def norse(dice: Dice) -> dict[str, Any]:
    """LIFBox, IAF, LIF and a read-out."""
    from norse.torch import module
    from norse.torch.functional.iaf import IAFParameters
    from norse.torch.functional.leaky_integrator_box import LIBoxParameters
    from norse.torch.functional.lif import LIFParameters
    from norse.torch.functional.lif_box import LIFBoxParameters
    from norse.torch.module.iaf import IAFCell
    from norse.torch.module.leaky_integrator_box import LIBoxCell
    from norse.torch.module.lif import LIFCell
    from norse.torch.module.lif_box import LIFBoxCell
    from norse.torch.utils.export_nir import to_nir

    v_reset = dice.of.choice((0.0, 0.0, -0.25, 0.25))
    cell = dice.of.random() < 0.3
    modules: list[torch.nn.Module] = []
    n = first = dice.of.choice((4, 9, 12))
    for _ in range(dice.of.choice((1, 2, 3))):
        m = dice.of.choice((3, 5, 8))
        modules.append(linear(dice, n, m))
        n = m
        rate, th = dice.vector(60, 700, m), dice.vector(0.3, 1.2, m)
        leak = dice.vector(-0.2, 0.2, m) if dice.of.random() < 0.5 else torch.zeros(m)
        reset = torch.full((m,), v_reset)
        if cell:
            modules.append(LIFCell(LIFParameters(
                tau_syn_inv=dice.vector(100, 600, m), tau_mem_inv=rate, v_leak=leak, v_th=th,
                v_reset=reset)))  # fmt: skip
        elif dice.of.random() < 0.3:
            modules.append(IAFCell(IAFParameters(v_th=th, v_reset=reset)))
        else:
            modules.append(LIFBoxCell(LIFBoxParameters(
                tau_mem_inv=rate, v_leak=leak, v_th=th, v_reset=reset)))  # fmt: skip
    if not cell and dice.of.random() < 0.3:
        m = dice.of.choice((2, 4))
        modules += [linear(dice, n, m), LIBoxCell(LIBoxParameters(
            tau_mem_inv=dice.vector(60, 700, m), v_leak=torch.zeros(m)))]  # fmt: skip
    net = module.sequential.SequentialState(*modules)
    x = dice.numbers.random((STEPS, first)) < dice.of.uniform(0.1, 0.6)
    graph = to_nir(net, torch.zeros(1, first))
    seen: Seen = {"out": []}
    states: dict[int, Any] = {}
    for t in range(STEPS):
        y = torch.tensor(x[t : t + 1], dtype=torch.float32)
        for i, m in enumerate(modules):
            if isinstance(m, torch.nn.Linear):
                y = m(y)
                continue
            y, states[i] = m(y, states.get(i))
            if not isinstance(m, LIBoxCell):
                seen.setdefault(f"s/{i}", []).append(y)
            seen.setdefault(f"v/{i}", []).append(states[i].v)
        seen["out"].append(y)
    options = {"dt": 1e-6} | ({"v_reset": v_reset} if v_reset else {})
    return {"graph": graph, "input": x, "seen": seen,
            "semantics": "norse.cell" if cell else "norse.box", "options": options,
            "dt": 1e-3}  # fmt: skip


def spikingjelly(dice: Dice) -> dict[str, Any]:
    """IF, LIF, parametric LIF and CubaLIF behind weights and convolutions."""
    from spikingjelly.activation_based import functional, layer, neuron
    from spikingjelly.activation_based.nir_exchange.to_nir import export_to_nir

    v_reset = dice.of.choice((0.0, 0.0, -0.25, 0.25))

    def soma() -> torch.nn.Module:
        th = round(dice.of.uniform(0.4, 1.5), 3)
        kind = dice.of.choice(("IF", "LIF", "LIF", "PLIF", "CUBA"))
        if kind == "IF":
            return neuron.IFNode(v_threshold=th, v_reset=v_reset)
        if kind == "CUBA":
            return neuron.CUBALIFNode(
                c_decay=round(dice.of.uniform(0.1, 0.9), 3),
                v_decay=round(dice.of.uniform(0.1, 0.95), 3), v_threshold=th, v_reset=v_reset,
            )  # fmt: skip
        tau, inside = round(dice.of.uniform(1.2, 12), 3), dice.of.random() < 0.5
        if kind == "LIF":
            return neuron.LIFNode(tau, inside, v_threshold=th, v_reset=v_reset)
        return neuron.ParametricLIFNode(tau, inside, v_threshold=th, v_reset=v_reset)

    modules: list[torch.nn.Module] = []
    form = dice.of.choice(("dense", "dense", "image", "line"))
    if form == "dense":
        n = dice.of.choice((4, 9, 12))
        shape: tuple[int, ...] = (n,)
    else:
        channels, side = dice.of.choice((1, 2)), dice.of.choice((6, 8, 9))
        shape = (channels, side, side) if form == "image" else (channels, side)
        kind = layer.Conv2d if form == "image" else layer.Conv1d
        for _ in range(dice.of.choice((1, 2))):
            made, channels, side = convolution(dice, kind, channels, side)
            modules += [made, soma()]
            if form == "image" and side >= 2 and dice.of.random() < 0.4:
                modules.append(layer.AvgPool2d(2, 2))
                side //= 2
                if dice.of.random() < 0.5:
                    modules.append(soma())
        modules.append(layer.Flatten())
        n = channels * side * (side if form == "image" else 1)
    for _ in range(dice.of.choice((1, 2))):
        m = dice.of.choice((3, 5, 8))
        modules += [linear(dice, n, m), soma()]
        n = m
    net = torch.nn.Sequential(*modules)
    graph = export_to_nir(net, torch.zeros(1, *shape), dt=1e-4)
    functional.reset_net(net)
    x = dice.numbers.random((STEPS, *shape)) < dice.of.uniform(0.1, 0.6)
    seen: Seen = {"out": []}
    for t in range(STEPS):
        y = torch.tensor(x[t : t + 1], dtype=torch.float32)
        for i, m in enumerate(modules):
            y = m(y)
            if hasattr(m, "v_threshold"):
                seen.setdefault(f"s/_{i}", []).append(y)
                seen.setdefault(f"v/_{i}", []).append(m.v)
        seen["out"].append(y)
    return {"graph": graph, "input": x, "seen": seen, "semantics": "sj", "options": {}, "dt": 1e-4}


TOOLS: dict[str, Callable[[Dice], dict[str, Any]]] = {
    "snntorch": snntorch, "norse": norse, "spikingjelly": spikingjelly,
}  # fmt: skip


def one(dice: Dice, tool: Callable[[Dice], dict[str, Any]]) -> dict[str, Any]:
    """A case, without gradients."""
    with torch.no_grad():
        return tool(dice)


if __name__ == "__main__":
    found = {name: lambda dice, tool=tool: one(dice, tool) for name, tool in TOOLS.items()}
    run(__doc__, found, Dice, torch.manual_seed)
