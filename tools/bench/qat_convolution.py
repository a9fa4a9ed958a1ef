"""QAT convolution: a convolutional net with biases and recurrence, trained in the loop, as layers.

In:  scikit-learn's digits, inside that package (pip install it first).
Out: for 8, 4 and 2 bits the accuracy of the model, and how many samples the brain fires as it does.
Never: downloads anything.

`python -m tools.bench.qat_convolution [--seeds 3] [--epochs 8]`
"""

import argparse
from typing import Any

import numpy as np
import torch
from sklearn.datasets import load_digits

from ganglion import qat
from tools.bench.qat_digits import TRAIN, accuracy, rate_code, train


def network() -> Any:
    nn = torch.nn
    return nn.Sequential(
        nn.Conv2d(1, 6, 3, padding=1), qat.LIF(threshold=1.0, leak=0.125),
        nn.AvgPool2d(2), nn.Flatten(), nn.Linear(96, 10),
        qat.LIF(threshold=1.0, leak=0.125, recurrent=nn.Linear(10, 10, bias=False)),
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--samples", type=int, default=100, help="to compare with the brain")
    options = parser.parse_args()
    torch.set_num_threads(1)
    digits = load_digits()
    spikes = rate_code(digits.data).reshape(len(digits.data), -1, 1, 8, 8)
    labels = torch.tensor(digits.target)
    print("| weights | right | fires as trained |")
    print("|---|---|---|")
    for bits in (8, 4, 2):
        right, equal = [], []
        for seed in range(options.seeds):
            torch.manual_seed(seed)
            order = torch.randperm(len(spikes))
            learn, test = order[:TRAIN], order[TRAIN:]
            model = qat.prepare(network(), bits)
            train(model, spikes[learn], labels[learn], options.epochs, 5e-3, False)
            brain = qat.fit(model, shape=(1, 8, 8))
            right.append(accuracy(model, spikes[test], labels[test]))
            found = qat.verify(model, brain, spikes[test][: options.samples])
            equal.append(100 * found.share)
        told = f"{np.mean(right):.1f} ± {np.std(right):.1f} %"
        print(f"| {bits} bits | {told} | {np.mean(equal):.0f} % |", flush=True)


if __name__ == "__main__":
    main()
