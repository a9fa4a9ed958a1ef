"""Networks of layers on boards with little memory: weights in flash, convolutions in strips."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("h5py")

from ganglion.boards.board import load_board
from ganglion.boards.memory import arrays, check_fits
from ganglion.compiler import LayeredBrain, compile_layers
from ganglion.device.open import open_device
from ganglion.frontends.nir.facts import facts
from ganglion.frontends.nir.lower import lower
from ganglion.frontends.nir.model import load
from ganglion.reference.stimulus import RandomStimulus
from ganglion.verification.verify import verify
from tests.support import nirfile as nf

RNG = np.random.default_rng(17)


def brain_of(path: Path, nodes: dict[str, Any]) -> LayeredBrain:
    names = ["input", *(n for n in nodes if n not in ("input", "output")), "output"]
    path = nf.write(path, nodes, nf.chain(*names))
    return compile_layers(lower(load(path, facts("snntorch"))))


def conv(out: int, into: int, stride: int) -> dict[str, Any]:
    one = np.array([1, 1])
    weight = (RNG.integers(-40, 100, (out, into, 3, 3)) / 128).astype("f4")
    return {"type": "Conv2d", "weight": weight, "stride": one * stride, "padding": one,
            "dilation": one, "groups": np.array(1), "bias": np.zeros(out)}  # fmt: skip


def proved(brain: LayeredBrain, heap: int, bursts: int, rate: float) -> int:
    """Runs with so much heap, our firmware in it; returns the spikes."""
    board = load_board("virtual-150k")
    memory = board.memory.model_copy(update={"process": heap})
    with open_device("virtual", board=board.model_copy(update={"memory": memory})) as device:
        device.put(brain.blob)
        verdict = verify(brain.network, device, bursts, RandomStimulus.at_rate(1, rate))
    assert verdict.identical, verdict.divergence
    return verdict.spikes


def test_a_strided_convolution_net_of_12000_neurons_runs_within_its_plan(tmp_path: Path) -> None:
    two = np.array([4, 4])
    pool = {"type": "SumPool2d", "kernel_size": two, "stride": two, "padding": np.array([0, 0])}
    nodes = {
        **nf.ends((2, 32, 32), 10), "c1": conv(8, 2, 1), "l1": nf.lif((8, 32, 32)),
        "c2": conv(16, 8, 2), "l2": nf.lif((16, 16, 16)), "p": pool,
        "f": {"type": "Flatten", "start_dim": np.array(0), "end_dim": np.array(-1)},
        "fc": nf.linear(RNG.integers(-9, 9, (10, 256)) / 64), "l3": nf.lif(10),
    }  # fmt: skip
    brain = brain_of(tmp_path / "conv.nir", nodes)
    assert brain.network.n_neurons == 2 * 32 * 32 + 8 * 32 * 32 + 16 * 16 * 16 + 10
    assert sum(p.weight.size for x in brain.network.layers for p in x.paths) == 144 + 1152 + 2560
    board = load_board("esp32")
    check_fits(brain.network, brain.blob, board)
    plan = arrays(brain.network, brain.blob, board.memory)
    assert plan["sums"] < 12_000  # of 49,156 if all were updated at once
    assert sum(plan.values()) < 95_000
    # 120 KB beside the firmware, which takes 60 here; objects are twice as large as on a board
    assert proved(brain, 180_000, 8, 0.05) > 5_000


def test_784_500_10_with_397_kb_of_weights_runs_from_flash(tmp_path: Path) -> None:
    nodes = {
        **nf.ends(784, 10), "a": nf.linear(RNG.integers(-127, 128, (500, 784)) / 128),
        "l1": nf.lif(500), "b": nf.linear(RNG.integers(-127, 128, (10, 500)) / 128),
        "l2": nf.lif(10),
    }  # fmt: skip
    brain = brain_of(tmp_path / "dense.nir", nodes)
    assert sum(p.weight.size for x in brain.network.layers for p in x.paths) == 397_000
    board = load_board("virtual-150k")
    check_fits(brain.network, brain.blob, board)
    plan = arrays(brain.network, brain.blob, board.memory)
    assert plan["weights"] == 0
    assert plan["rows of weights"] == 4 * 500
    assert len(brain.blob) < 397_000 + 12_000  # a byte for each weight, and no target
    assert proved(brain, 158_720, 12, 0.1) > 1_000
