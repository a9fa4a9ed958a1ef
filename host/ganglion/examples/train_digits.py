"""Train digits: a small classifier by snnTorch, from training to a verified device.

In:  scikit-learn's digits, 1,437 to train and 360 to test.
Out: digits.nir and digits.gbn here; the share of right answers in snnTorch's float, in integers of
     8 bits, and on a virtual device (or --device PORT), each burst of it verified.
Never: a figure of samples that it was trained with.

`pip install 'ganglion[train]'`, then `python -m ganglion.examples.train_digits`.
"""

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ganglion.brains import NirMeaning, nir_brain, nir_meaning
from ganglion.device.open import open_device
from ganglion.files import write_bytes
from ganglion.verification.samples import answers

STEPS, HIDDEN, BETA, EPOCHS, SEED = 20, 32, 0.9, 12, 1


def digits() -> tuple[NDArray[Any], ...]:
    """Images (n, 64) from 0 to 1 and their labels, to train and to test."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    images, labels = load_digits(return_X_y=True)
    images = (images / 16).astype("f4")
    return tuple(train_test_split(images, labels, test_size=360, random_state=0, stratify=labels))


def spikes(images: NDArray[Any], seed: int) -> NDArray[Any]:
    """(n, steps, 64) a pixel fires in a step as often as it is bright."""
    draw = np.random.default_rng(seed).random((len(images), STEPS, images.shape[1]))
    return (draw < images[:, None, :]).astype("u1")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="virtual")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--samples", type=int, default=360, help="to run on the device")
    given = parser.parse_args()
    try:
        import nir
        import snntorch
        import torch
        from snntorch.export_nir import export_to_nir
    except ModuleNotFoundError as error:
        raise SystemExit(f"{error.name} is missing: pip install 'ganglion[train]'") from None

    torch.set_num_threads(1)  # the layers are too small for more
    torch.manual_seed(SEED)
    x_train, x_test, y_train, y_test = digits()

    def leaky(n: int) -> Any:
        """Of n neurons: export_to_nir takes parameters of one value for each."""
        one = torch.ones(n)
        return snntorch.Leaky(BETA * one, threshold=one, init_hidden=True)

    net = torch.nn.Sequential(
        torch.nn.Linear(64, HIDDEN, bias=False), leaky(HIDDEN),
        torch.nn.Linear(HIDDEN, 10, bias=False), leaky(10),
    )  # fmt: skip

    def run(batch: Any) -> Any:
        """(n, 10) spikes of each output in all steps."""
        for module in net:
            if isinstance(module, snntorch.Leaky):
                module.reset_hidden()
        return sum(net(batch[:, t]) for t in range(STEPS))

    begun = time.perf_counter()
    optimizer = torch.optim.Adam(net.parameters(), 1e-2)
    target = torch.tensor(y_train)
    for epoch in range(given.epochs):
        order = torch.randperm(len(target))
        batches = torch.tensor(spikes(x_train, SEED + epoch), dtype=torch.float32)
        for some in order.split(128):
            loss = torch.nn.functional.cross_entropy(run(batches[some]), target[some])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    seconds = time.perf_counter() - begun

    samples = spikes(x_test, 0)
    with torch.no_grad():
        theirs = run(torch.tensor(samples, dtype=torch.float32)).numpy()
        for module in net:
            if isinstance(module, snntorch.Leaky):
                module.reset_hidden()
        graph = export_to_nir(net, torch.zeros(1, 64), ignore_dims=[0])
    nir.write("digits.nir", graph)

    with nir_meaning(NirMeaning("snntorch")):  # reset by subtraction, as snntorch.Leaky's default
        brain = nir_brain(Path("digits.nir"))
    write_bytes(Path("digits.gbn"), brain.blob)
    ours = answers(brain, samples)
    some = samples[: given.samples]
    with open_device(given.device) as device:
        device.put(brain.blob)
        there = answers(brain, some, device)

    def right(sums: NDArray[Any]) -> str:
        return f"{(sums.argmax(axis=1) == y_test[: len(sums)]).mean():6.1%}"

    print(f"trained in {seconds:.0f} s; digits.nir, digits.gbn: {len(brain.blob):,} bytes")
    print(f"snnTorch, float    {right(theirs)} of {len(samples)}")
    print(f"integers, 8 bits   {right(ours)}")
    bursts = len(some) * STEPS
    print(f"{given.device:18} {right(there)} of {len(some)}, all {bursts:,} bursts equal")


if __name__ == "__main__":
    main()
