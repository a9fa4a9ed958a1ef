"""FEAGI conformance: runs every golden trace of a directory through the float reference.

In:  a directory of traces in the format of feagi-golden/FORMAT.md, plastic or not
     (FORMAT_PLASTIC.md): then weights, created synapses and memory are compared too.
Out: one line per failing trace, with the first differing burst, then `N passed, M failed`;
     exit code 0 if none failed.
Never: writes anything; tolerates a difference that FORMAT.md does not allow.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

from ganglion.errors import GanglionError
from ganglion.frontends import learning_trace as golden_learning
from ganglion.frontends.learning_trace import LearningTrace
from ganglion.frontends.trace import Trace
from ganglion.reference.floats import FloatReference
from ganglion.reference.learning_floats import LearningFloatReference

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run as a script, it finds tools
from tools.conformance.learning_conformance import (
    final_learned_difference,
    first_learned_difference,
)

INEXACT_TOLERANCE = 1e-5
"""Relative: where input sums depend on the order of addition, potentials may differ by this."""


def first_difference(golden: LearningTrace) -> str | None:
    """Where the reference leaves the trace, in words, or None if it never does."""
    trace = golden.trace
    learns = LearningFloatReference(trace.connectome, golden.learning)
    plain = not golden.learning and not golden.fatigue
    reference = FloatReference(trace.connectome) if plain else learns
    for burst in range(1, trace.bursts + 1):
        learns.fatigue = golden.fatigue.get(burst, learns.fatigue)
        fired = reference.step(trace.inputs(burst))
        expected = golden.fired[burst - 1]
        if not np.array_equal(fired, expected):
            extra = np.setdiff1d(fired, expected)
            missing = np.setdiff1d(expected, fired)
            return (
                f"burst {burst} of {trace.bursts}: {len(fired)} fired and {len(expected)} should; "
                f"extra {_few(extra)}, missing {_few(missing)}"
            )
        if reference is learns:
            difference = first_learned_difference(golden, learns, burst)
            if difference is not None:
                return difference
    difference = _state_difference(trace, reference)
    if difference is None and reference is learns:
        difference = final_learned_difference(golden, learns)
    return difference


def _state_difference(trace: Trace, reference: FloatReference) -> str | None:
    if trace.inexact:
        same = np.isclose(
            reference.potential, trace.potential, rtol=INEXACT_TOLERANCE, atol=INEXACT_TOLERANCE
        )
    else:
        same = reference.potential.view(np.uint32) == trace.potential.view(np.uint32)
    for name, equal, ours, theirs in (
        ("potential", same, reference.potential, trace.potential),
        ("countdown", reference.countdown == trace.countdown, reference.countdown, trace.countdown),
        (
            "consecutive fires",
            reference.consecutive_fires == trace.consecutive_fires,
            reference.consecutive_fires,
            trace.consecutive_fires,
        ),
    ):
        if not equal.all():
            neuron = int(np.argmin(equal))
            differ = int((~equal).sum())
            return (
                f"after burst {trace.bursts}: {name} of neuron {neuron} is {ours[neuron]:.9g} "
                f"and should be {theirs[neuron]:.9g}; neurons that differ: {differ}"
            )
    return None


def _few(neurons: np.ndarray) -> str:
    shown = ", ".join(str(n) for n in neurons[:5])
    return f"[{shown}{', ...' if len(neurons) > 5 else ''}]"


def main(arguments: list[str] | None = None) -> int:
    """The command line. Returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("directory", type=Path, help="directory of .json or .json.gz traces")
    directory = parser.parse_args(arguments).directory
    paths = sorted([*directory.glob("*.json.gz"), *directory.glob("*.json")])
    if not paths:
        print(f"{directory} holds no trace; name a directory of .json.gz files", file=sys.stderr)
        return 2
    failed = 0
    for path in paths:
        try:
            difference = first_difference(golden_learning.read(path))
        except GanglionError as error:
            difference = str(error)
        if difference is not None:
            failed += 1
            print(f"{path.name}: {difference}")
    print(f"{len(paths) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
