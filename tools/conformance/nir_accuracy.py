"""NIR accuracy: trained classifiers in their tool's float, in integers, and on the virtual device.

In:  a folder of golden cases; those that hold labelled samples.
Out: a Markdown table: right answers of all samples; the exit code is 1 if one loses more than half
     a percent at int8.
Never: a figure of a device whose bursts were not each compared with the reference.

`python tools/conformance/nir_accuracy.py DIR [--weights 8|4|2|16] [--samples N] [--no-device]`
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
from nir_conformance import meaning, samples

from ganglion.compiler import compile_layers
from ganglion.device.open import open_device
from ganglion.frontends.nir.facts import facts
from ganglion.frontends.nir.lower import lower
from ganglion.frontends.nir.model import load
from ganglion.verification.samples import answers

MOST_LOST = 0.005


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--weights", type=int, choices=(16, 8, 4, 2), default=8, help="bits")
    parser.add_argument("--samples", type=int, help="only so many of each")
    parser.add_argument("--no-device", action="store_true", help="integers here only")
    given = parser.parse_args()
    print(f"| classifier | samples | the tool | int{given.weights} | on the virtual device |")
    print("|---|---|---|---|---|")
    lost, found = False, 0
    for path in sorted(given.folder.glob("*.nir")):
        with np.load(path.with_suffix(".npz")) as file:
            if "labels" not in file.files:
                continue
            data = {key: file[key] for key in file.files if key != "meta"}
        source, words, dt = meaning(json.loads(path.with_suffix(".json").read_text()))
        brain = compile_layers(lower(load(path, facts(source, words, dt))), given.weights)
        inputs, outs = samples(data)
        inputs, outs, labels = (part[: given.samples] for part in (inputs, outs, data["labels"]))
        tool = float((outs.sum(axis=1).argmax(axis=1) == labels).mean())
        ours = float((answers(brain, inputs).argmax(axis=1) == labels).mean())
        there = "–"
        if not given.no_device:
            with open_device("virtual") as device:
                device.put(brain.blob)
                same = answers(brain, inputs, device).argmax(axis=1)
            there = f"{(same == labels).mean():.1%}, each of {inputs[..., 0].size:,} bursts equal"
        print(f"| {path.stem} | {len(labels)} | {tool:.1%} | {ours:.1%} | {there} |", flush=True)
        lost |= ours < tool - MOST_LOST
        found += 1
    sys.exit(1 if lost or not found else 0)


if __name__ == "__main__":
    main()
