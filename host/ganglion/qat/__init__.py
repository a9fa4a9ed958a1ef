"""qat: training in PyTorch with a brain's own integers in the loop.

In:  a torch model of linear layers, convolutions, pools and LIF neurons; the extra `torch`.
Out: weights faked to the classes of a blob at 8, 4 or 2 bits, neurons that round as SPEC.md 2 does,
     a connectome of what was trained, and a comparison of the two, sample by sample.
Never: a parameter of the training loop: loss, optimizer and data are yours.

    from ganglion import qat
    model = torch.nn.Sequential(
        torch.nn.Linear(64, 64, bias=False), qat.LIF(threshold=1.0, leak=0.125),
        torch.nn.Linear(64, 10, bias=False), qat.LIF(threshold=1.0, leak=0.125),
    )
    qat.prepare(model, bits=4)
    ...  # train on qat.run(model, spikes)
    brain = qat.fit(model, QuantizeOptions(weights="int4"))
    print(qat.verify(model, brain, spikes))
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .agreement import Agreement, verify
    from .fake_weight import FakeWeight
    from .lif import LIF
    from .model import connectome, fit, prepare, run
    from .stages import SumPool2d

__all__ = [
    "LIF",
    "Agreement",
    "FakeWeight",
    "SumPool2d",
    "connectome",
    "fit",
    "prepare",
    "run",
    "verify",
]

_HOME = {
    "FakeWeight": "fake_weight", "LIF": "lif", "connectome": "model", "fit": "model",
    "prepare": "model", "run": "model", "Agreement": "agreement", "verify": "agreement",
    "SumPool2d": "stages",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    """Imports torch with the first name that is used, and says what to install without it."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f".{_HOME[name]}", __name__), name)
