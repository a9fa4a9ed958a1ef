"""QAT digits: how much a brain of few bits gains by training with its own rounding in the loop.

In:  scikit-learn's digits: 1,797 pictures of 8 by 8, inside that package (pip install it first).
Out: one table: accuracy in floats, rounded after training, and trained in the loop, at 8, 4 and 2
     bits, mean and spread over seeds; and how many samples the brain fires as the model does.
Never: downloads anything.

`python -m tools.bench.qat_digits [--seeds 5] [--epochs 20] [--device virtual]`
"""

import argparse
import copy
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.datasets import load_digits

from ganglion import qat
from ganglion.device.open import open_device
from ganglion.quantization.options import QuantizeOptions

BURSTS, TRAIN = 12, 1300
STATES = ("int32", "int16", "int8")


def rate_code(pictures: NDArray[np.float64]) -> Any:
    """(samples, BURSTS, 64) spikes: pixel p of 0..16 fires p·BURSTS/16 times, evenly, no chance."""
    share = pictures / 16.0
    steps = np.arange(BURSTS + 1)[None, :, None]
    counts = np.floor(share[:, None, :] * steps + 0.5)
    return torch.tensor(np.diff(counts, axis=1), dtype=torch.float32)


def network(state: str = "int32") -> Any:
    def lif() -> Any:
        return qat.LIF(threshold=1.0, leak=0.125, state=state)

    first = torch.nn.Linear(64, 64, bias=False)
    second = torch.nn.Linear(64, 10, bias=False)
    for layer in (first, second):
        torch.nn.init.normal_(layer.weight, 0.02, 0.15)
    return torch.nn.Sequential(first, lif(), second, lif())


def train(model: Any, spikes: Any, labels: Any, epochs: int, rate: float, refit: bool) -> None:
    optimizer = torch.optim.Adam(model.parameters(), lr=rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    model.train()
    for _ in range(epochs):
        if refit:
            qat.fit(model)
        order = torch.randperm(len(spikes))
        for some in order.split(100):
            optimizer.zero_grad()
            counts = qat.run(model, spikes[some]).sum(1)
            torch.nn.functional.cross_entropy(counts, labels[some]).backward()
            optimizer.step()
        schedule.step()


def accuracy(model: Any, spikes: Any, labels: Any) -> float:
    model.eval()
    with torch.no_grad():
        found = qat.run(model, spikes).sum(1).argmax(1)
    return float((found == labels).double().mean()) * 100


@dataclass
class Row:
    after: list[float] = field(default_factory=list)
    within: list[float] = field(default_factory=list)
    equal: dict[str, list[float]] = field(default_factory=dict)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--samples", type=int, default=100, help="to compare with the brain")
    parser.add_argument("--device", help="compare int32 on a device (virtual), not the reference")
    options = parser.parse_args()
    torch.set_num_threads(1)
    digits = load_digits()
    spikes, labels = rate_code(digits.data), torch.tensor(digits.target)
    floats: list[float] = []
    rows = {bits: Row() for bits in (8, 4, 2)}
    for seed in range(options.seeds):
        torch.manual_seed(seed)
        order = torch.randperm(len(spikes))
        learn, test = order[:TRAIN], order[TRAIN:]
        half = options.epochs // 2
        begun = network()
        train(begun, spikes[learn], labels[learn], half, 2e-3, False)
        floating = copy.deepcopy(begun)
        train(floating, spikes[learn], labels[learn], options.epochs - half, 1e-3, False)
        floats.append(accuracy(floating, spikes[test], labels[test]))
        for bits, row in rows.items():
            after = qat.prepare(copy.deepcopy(floating), bits)
            qat.fit(after)
            row.after.append(accuracy(after, spikes[test], labels[test]))
            model = qat.prepare(copy.deepcopy(begun), bits)
            train(model, spikes[learn], labels[learn], options.epochs - half, 1e-3, True)
            for state in STATES:
                for layer in (model[1], model[3]):
                    layer.state, layer.fitted = state, None
                for layer in (model[0], model[2]):
                    layer.parametrizations.weight[0].unit = None
                width = {8: "int8", 4: "int4", 2: "int2"}[bits]
                brain = qat.fit(model, QuantizeOptions(weights=width))
                some = spikes[test][: options.samples]
                if options.device and state == "int32":
                    with open_device(options.device) as device:
                        device.put(brain.blob)
                        found = qat.verify(model, brain, some, device)
                else:
                    found = qat.verify(model, brain, some)
                row.equal.setdefault(state, []).append(100 * found.share)
                if state == "int32":
                    row.within.append(accuracy(model, spikes[test], labels[test]))
        print(f"seed {seed}: float {floats[-1]:.1f}", flush=True)

    def told(values: list[float]) -> str:
        return f"{np.mean(values):.1f} ± {np.std(values):.1f} %"

    print(f"\nfloat: {told(floats)} over {options.seeds} seeds\n")
    print("| weights | after training | in the loop | "
          + " | ".join(f"fires as trained, {state}" for state in STATES) + " |")  # fmt: skip
    print("|---" * (3 + len(STATES)) + "|")
    for bits, row in rows.items():
        equal = " | ".join(f"{np.mean(row.equal[s]):.0f} %" for s in STATES)
        print(f"| {bits} bits | {told(row.after)} | {told(row.within)} | {equal} |")


if __name__ == "__main__":
    main()
