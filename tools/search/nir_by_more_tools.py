"""NIR by more tools: random networks that sinabs, Rockpool or Spyx makes, runs and writes.

In:  a folder, a count, a seed; sinabs 3.1.3, Rockpool 3.1.0 and Spyx 1.0.0, each in an environment
     of its own: two of them want another nir than the third. Rockpool has the licence AGPL-3.0.
Out: cases, as nir_cases.py writes them.
Never: imports Ganglion: the values are the tools' own.

    python -m venv sinabs-env && sinabs-env/bin/pip install sinabs==3.1.3 h5py
    sinabs-env/bin/python tools/search/nir_by_more_tools.py FOLDER --tool sinabs --count 200
    python -m venv rockpool-env
    rockpool-env/bin/pip install rockpool==3.1.0 torch nir==1.0.4 nirtorch==2.0.2 h5py
    python -m venv spyx-env && spyx-env/bin/pip install spyx==1.0.0 nir==1.0.8 h5py
    python tools/conformance/nir_conformance.py FOLDER
"""

import sys
from typing import Any

sys.path[0] = ""  # not this folder

import numpy as np  # noqa: E402

from tools.search.nir_cases import Chances, Made, Seen, run  # noqa: E402


def _torch_linear(dice: Chances, n: int, m: int) -> Any:
    import torch

    made = torch.nn.Linear(n, m, bias=dice.of.random() < 0.5)
    made.weight.data = torch.tensor(dice.weights(m, n))
    if made.bias is not None:
        made.bias.data = torch.tensor(dice.weights(m, 1)[:, 0] / 4)
    return made


def sinabs(dice: Chances) -> Made:
    """IAF, LIF and ExpLeak behind weights, convolutions and sum pools; spikes once or often."""
    import sinabs.activation as act
    import sinabs.layers as sl
    import torch
    from sinabs.nir import to_nir

    norm, single, zero = (dice.of.random() < 0.5 for _ in range(3))
    tau_syn = round(dice.of.uniform(1, 8), 2) if dice.of.random() < 0.3 else None
    least = round(dice.of.uniform(-1.5, -0.2), 2) if dice.of.random() < 0.3 else None
    words: dict[str, Any] = {
        "batch_size": 1, "min_v_mem": least, "record_states": True,
        "spike_fn": act.SingleSpike if single else act.MultiSpike,
        "reset_fn": act.MembraneReset() if zero else act.MembraneSubtract(),
    }  # fmt: skip
    leaky = False

    def soma(n: int) -> Any:
        nonlocal leaky
        plain = n == 0 or dice.of.random() < 0.3  # scalars, which are written as such
        th = torch.tensor(
            round(dice.of.uniform(0.4, 1.5), 3) if plain else dice.values(0.4, 1.5, n)
        )
        if dice.of.random() < 0.4 and tau_syn is None:
            return sl.IAFSqueeze(spike_threshold=th, **words)
        leaky = True
        tau = torch.tensor(round(dice.of.uniform(1.5, 20), 3) if plain else dice.values(1.5, 20, n))
        return sl.LIFSqueeze(
            tau_mem=tau, tau_syn=tau_syn, spike_threshold=th, norm_input=norm, **words
        )

    modules: list[Any] = []
    if dice.of.random() < 0.4:
        channels, side = dice.of.choice((1, 2)), dice.of.choice((6, 8, 9))
        shape: tuple[int, ...] = (channels, side, side)
        for _ in range(dice.of.choice((1, 2))):
            out, kernel, stride = dice.of.choice((2, 4)), dice.of.choice((1, 2, 3)), 1
            stride, padding = dice.of.choice((1, 1, 2)), dice.of.choice((0, kernel // 2))
            groups = channels if dice.of.random() < 0.3 and out % channels == 0 else 1
            conv = torch.nn.Conv2d(
                channels, out, kernel, stride, padding, groups=groups, bias=dice.of.random() < 0.5
            )
            conv.weight.data = torch.tensor(dice.weights(*conv.weight.shape))
            if conv.bias is not None:
                conv.bias.data = torch.tensor(dice.weights(out, 1)[:, 0] / 4)
            modules += [conv, soma(0)]
            channels, side = out, (side + 2 * padding - kernel) // stride + 1
            if side >= 2 and dice.of.random() < 0.5:
                modules.append(sl.SumPool2d(2))
                side //= 2
        modules.append(torch.nn.Flatten())
        n = channels * side * side
    else:
        n = dice.of.choice((4, 9, 12))
        shape = (n,)
    for _ in range(dice.of.choice((1, 2))):
        m = dice.of.choice((3, 5, 8))
        modules += [_torch_linear(dice, n, m), soma(m)]
        n = m
    if leaky and tau_syn is None and dice.of.random() < 0.3:
        modules += [_torch_linear(dice, n, 3), sl.ExpLeakSqueeze(
            tau_mem=torch.tensor(dice.values(2, 20, 3)), batch_size=1, min_v_mem=least,
            norm_input=norm, record_states=True)]  # fmt: skip
    net = torch.nn.Sequential(*modules)
    x = dice.spikes(*shape)
    seen: dict[str, Any] = {}
    with torch.no_grad():
        y = torch.tensor(x, dtype=torch.float32)
        for i, module in enumerate(modules):
            y = module(y)
            if hasattr(module, "recordings"):
                seen[f"v/{i}"] = module.recordings["v_mem"][0].numpy()
                if not isinstance(module, sl.ExpLeakSqueeze):
                    seen[f"s/{i}"] = y.numpy()
        seen["out"] = y.numpy()
        for module in modules:
            if hasattr(module, "reset_states"):
                module.reset_states()
        graph = to_nir(net, torch.zeros(1, *shape))
    graph.infer_types()
    options = {"norm": int(norm)} if leaky else {}
    options |= {"single": 1} if single else {}
    options |= {"zero": 1} if zero else {}
    options |= {"tau_syn": tau_syn} if tau_syn else {}
    options |= {"min": least} if least is not None else {}
    return {"graph": graph, "input": x, "seen": seen, "semantics": "sinabs", "options": options,
            "dt": "step"}  # fmt: skip


def rockpool(dice: Chances) -> Made:
    """LIFTorch, which has a synapse, and LIFNeuronTorch behind weights."""
    import torch
    from rockpool.nn.combinators import Sequential
    from rockpool.nn.modules.torch import LIFNeuronTorch, LIFTorch, LinearTorch
    from rockpool.nn.modules.torch.nir import to_nir

    dt = dice.of.choice((1e-3, 2e-3))
    bias = dice.of.choice((0.0, 0.0, 0.0625, -0.125))
    most = dice.of.choice((None, 1))
    words: dict[str, Any] = {"dt": dt} | ({"max_spikes_per_dt": most} if most else {})
    n = first = dice.of.choice((4, 9, 12))
    modules: list[Any] = []
    for _ in range(dice.of.choice((1, 2, 3))):
        m = dice.of.choice((3, 5, 8))
        has_bias = dice.of.random() < 0.5
        given = {"bias": torch.tensor(dice.weights(m, 1)[:, 0] / 4)} if has_bias else {}
        weight = torch.tensor(dice.weights(m, n).T.copy())
        modules.append(LinearTorch((n, m), weight=weight, has_bias=has_bias, **given))
        th = torch.tensor(dice.values(0.5, 1.5, m))
        tau = torch.tensor(dice.values(3e-3, 4e-2, m)) * (dt / 1e-3)
        b = torch.full((m,), bias)
        if dice.of.random() < 0.5:
            modules.append(LIFNeuronTorch(m, tau_mem=tau, threshold=th, bias=b, **words))
        else:
            syn = torch.tensor(dice.values(2e-3, 2e-2, m))[:, None] * (dt / 1e-3)
            modules.append(LIFTorch(m, tau_mem=tau, tau_syn=syn, threshold=th, bias=b, **words))
        n = m
    x = dice.spikes(first)
    seen: dict[str, Any] = {}
    with torch.no_grad():
        net = Sequential(*modules)
        out, _, record = net(torch.tensor(x[None], dtype=torch.float32), record=True)
        for name, told in record.items():
            if isinstance(told, dict) and "vmem" in told:
                seen[f"v/{name}"] = told["vmem"][0].numpy()
                seen[f"s/{name}"] = told["spikes"][0].numpy()
        seen["out"] = out[0].numpy()
        graph = to_nir(net, torch.zeros(1, 1, first))
    options: dict[str, Any] = {"bias": bias} if bias else {}
    options |= {"single": 1} if most else {}
    return {"graph": graph, "input": x, "seen": seen, "semantics": "rockpool", "options": options,
            "dt": dt}  # fmt: skip


def spyx(dice: Chances) -> Made:
    """All that its exporter writes: IF, LIF, CuBaLIF, their recurrent forms, PSU_LIF, pools."""
    import jax.numpy as jnp
    import spyx.nir
    import spyx.nn as sn
    from flax import nnx

    rngs = nnx.Rngs(0)

    def soma(shape: tuple[int, ...], image: bool) -> Any:
        th = round(dice.of.uniform(0.5, 1.5), 3)
        kinds = ("IF", "LIF", "CuBaLIF", "PSU_LIF", *(() if image else ("RIF", "RLIF", "RCuBaLIF")))
        kind = dice.of.choice(kinds)
        if kind in ("CuBaLIF", "RCuBaLIF"):
            made = getattr(sn, kind)(shape, threshold=th, rngs=rngs)
            made.alpha[...] = jnp.array(dice.values(0.1, 0.9, *shape))
        else:
            made = getattr(sn, kind)(shape, threshold=th, rngs=rngs)
        if hasattr(made, "beta"):
            made.beta[...] = jnp.array(dice.values(0.1, 0.95, *shape))
        if hasattr(made, "recurrent_w"):
            made.recurrent_w[...] = jnp.array(dice.weights(*shape, *shape) / 2)
        return made

    def dense(n: int, m: int) -> Any:
        made = nnx.Linear(n, m, use_bias=dice.of.random() < 0.5, rngs=rngs)
        made.kernel[...] = jnp.array(dice.weights(m, n).T)
        if made.bias is not None:
            made.bias[...] = jnp.array(dice.weights(m, 1)[:, 0] / 4)
        return made

    layers: list[Any] = []
    image = dice.of.random() < 0.35
    if image:
        channels, side = dice.of.choice((1, 2)), dice.of.choice((6, 8))
        shape: tuple[int, ...] = (channels, side, side)
        out, kernel = dice.of.choice((2, 3)), dice.of.choice((1, 3))
        padding = dice.of.choice(("SAME", "VALID"))
        conv = nnx.Conv(channels, out, (kernel, kernel), padding=padding, rngs=rngs)
        conv.kernel[...] = jnp.array(
            dice.weights(out, channels, kernel, kernel).transpose(2, 3, 1, 0)
        )
        conv.bias[...] = jnp.array(dice.weights(out, 1)[:, 0] / 4)
        side = side if padding == "SAME" else side - kernel + 1
        # its exporter takes the parameters of an image in the order of rows, columns, channels
        th = round(dice.of.uniform(0.5, 1.5), 3)
        layers += [conv, sn.IF((side, side, out), threshold=th)]
        if dice.of.random() < 0.6:
            layers.append(sn.SumPool(2, 2, "VALID"))
            side //= 2
        layers.append(sn.Flatten())
        n = out * side * side
    else:
        n = dice.of.choice((4, 9, 12))
        shape = (n,)
    for _ in range(dice.of.choice((1, 2))):
        m = dice.of.choice((3, 5, 8))
        layers += [dense(n, m), soma((m,), False)]
        n = m
    net = sn.Sequential(*layers)
    x = dice.spikes(*shape)
    seen: Seen = {"out": []}
    state = net.initial_state(1)
    for t in range(len(x)):
        y = jnp.array(x[t : t + 1], jnp.float32)
        if image:
            y = y.transpose(0, 2, 3, 1)
        new = []
        for i, (layer, s) in enumerate(zip(net.layers, state, strict=True)):
            if s is None:
                y = layer(y)
                new.append(None)
                continue
            y, s = layer(y, s)
            new.append(s)
            flat = y.transpose(0, 3, 1, 2) if y.ndim == 4 else y
            kind = type(layer).__name__
            name = f"layer_{i}/layer_{i}.lif" if kind[0] == "R" else f"layer_{i}"
            fired = f"layer_{i}_threshold" if kind == "PSU_LIF" else name
            seen.setdefault(f"s/{fired}", []).append(np.array(flat))
            if y.ndim == 2:
                v = s[:, : y.shape[1]]
                seen.setdefault(f"v/{name}", []).append(np.array(v))
        state = new
        seen["out"].append(np.array(y))
    graph = spyx.nir.to_nir(net, {"input": np.array(shape)}, {"output": np.array([n])}, dt=1)
    return {"graph": graph, "input": x, "seen": seen, "semantics": "spyx",
            "options": {"last": 1} if image else {}, "dt": 1}  # fmt: skip


TOOLS = {"sinabs": sinabs, "rockpool": rockpool, "spyx": spyx}


def seeded(number: int) -> None:
    """The tool's own chances, where it has PyTorch."""
    try:
        import torch
    except ImportError:
        return
    torch.manual_seed(number)


if __name__ == "__main__":
    run(__doc__, TOOLS, Chances, seeded)
