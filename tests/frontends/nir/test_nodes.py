"""Every type of node, in integers as in the float reference."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("h5py")

from ganglion.analysis.fidelity.layers import inputs_of, measure
from ganglion.compiler import compile_layers
from ganglion.errors import QuantizeError
from ganglion.frontends.nir.facts import facts
from ganglion.frontends.nir.lower import lower
from ganglion.frontends.nir.model import load
from tests.support import nirfile as nf

NIR = facts("nir", {"reset": "zero"}, dt=1e-4)
RNG = np.random.default_rng(11)
ONE = np.array([1, 1])


def eighths(*shape: int) -> Any:
    return RNG.integers(-4, 9, shape) / 8


def conv2d(out: int, into: int, **more: Any) -> dict[str, Any]:
    node = {"type": "Conv2d", "weight": eighths(out, into, 3, 3), "stride": ONE, "padding": ONE,
            "dilation": ONE, "groups": np.array(1), "bias": np.zeros(out)}  # fmt: skip
    return node | more


def pool(kind: str, size: int) -> dict[str, Any]:
    return {"type": kind, "kernel_size": ONE * size, "stride": ONE * size, "padding": ONE * 0}


FLAT = {"type": "Flatten", "start_dim": np.array(0), "end_dim": np.array(-1)}
LI = {"type": "LI", "tau": np.full(4, 1e-3), "r": np.full(4, 10.0), "v_leak": np.zeros(4)}
GRAPHS: dict[str, dict[str, Any]] = {
    "Conv1d": {
        **nf.ends((2, 9), (3, 5)),
        "c": {"type": "Conv1d", "weight": eighths(3, 2, 3), "stride": np.array(2),
              "padding": np.array(1), "dilation": np.array(1), "groups": np.array(1),
              "bias": eighths(3)}, "lif": nf.lif((3, 5)),
    },
    "Conv2d of groups": {
        **nf.ends((2, 5, 6), (4, 5, 6)), "c": conv2d(4, 1, groups=np.array(2)),
        "lif": nf.lif((4, 5, 6)),
    },
    "Conv2d, dilated": {
        **nf.ends((2, 7, 6), (3, 5, 4)), "c": conv2d(3, 2, dilation=2 * ONE),
        "lif": nf.lif((3, 5, 4)),
    },
    "SumPool2d and Flatten": {
        **nf.ends((2, 6, 6), 4), "p": pool("SumPool2d", 2), "f": FLAT,
        "fc": nf.linear(eighths(4, 18)), "lif": nf.lif(4),
    },
    "AvgPool2d before a convolution": {
        **nf.ends((2, 8, 8), (3, 4, 4)), "p": pool("AvgPool2d", 2), "c": conv2d(3, 2),
        "lif": nf.lif((3, 4, 4)),
    },
    "Scale and Affine": {
        **nf.ends(6, 4), "s": {"type": "Scale", "scale": np.full(6, 0.5)},
        "fc": nf.linear(eighths(4, 6), type="Affine", bias=eighths(4)), "lif": nf.lif(4),
    },
    "IF": {
        **nf.ends(6, 4), "fc": nf.linear(eighths(4, 6)),
        "if": {"type": "IF", "r": np.full(4, 1e4), "v_threshold": np.full(4, 2.0)},
    },
    "Threshold": {
        **nf.ends(6, 4), "fc": nf.linear(eighths(4, 6)),
        "t": {"type": "Threshold", "threshold": np.full(4, 0.75)},
    },
    "LI as a read-out": {**nf.ends(6, 4), "fc": nf.linear(eighths(4, 6)), "li": LI},
    "I as a read-out": {
        **nf.ends(6, 4), "fc": nf.linear(eighths(4, 6)), "i": {"type": "I", "r": np.full(4, 1e4)},
    },
    "a Threshold behind an LI": {
        **nf.ends(6, 4), "fc": nf.linear(eighths(4, 6)), "li": LI,
        "t": {"type": "Threshold", "threshold": np.ones(4)},
    },
}  # fmt: skip


@pytest.mark.parametrize("name", GRAPHS)
def test_integers_do_as_the_float_reference(tmp_path: Path, name: str) -> None:
    nodes = GRAPHS[name]
    between = [n for n in nodes if n not in ("input", "output")]
    path = nf.write(tmp_path / "a.nir", nodes, nf.chain("input", *between, "output"))
    model = load(path, NIR)
    brain = compile_layers(lower(model))
    found = measure(model, brain, inputs_of("random:3:0.3", brain, 40))
    assert found.different == 0, found.first
    assert found.readout_error < 1e-5
    assert sum(layer.spikes for layer in found.layers) > 10 or "read-out" in name


@pytest.mark.parametrize(
    ("weight", "changes", "words"),
    [
        (1, {"v_leak": 1e30}, "layer lif: its drift of 6.5536e+33 is not below 2^29 − 1"),
        (1, {"v_threshold": 1e30}, "layer lif gathers up to 8e+30 times its smallest weight"),
        (5e-324, {}, "the smallest weight of layer lif is 0"),
    ],
    ids=str,
)
def test_what_no_integer_of_32_bits_holds_is_refused_by_name(
    tmp_path: Path, weight: float, changes: dict[str, float], words: str
) -> None:
    lif = nf.lif() | {key: np.full(2, value) for key, value in changes.items()}
    path = nf.small(tmp_path / "a.nir", fc=nf.linear(weight * np.eye(2)), lif=lif)
    with pytest.raises(QuantizeError) as refusal:
        compile_layers(lower(load(path, NIR)))
    assert str(refusal.value).startswith(f"{words}; ")
