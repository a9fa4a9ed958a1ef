"""Comparison of what was learnt: two files of `ganglion learned`, or recorded runs after their last
burst.

In:  two words, FILE.npz or FILE.gbr, or FILE.gbr#2 for its second run; of one brain.
Out: which synapses only one of them has, and how far the weights of the others are apart.
Never: a weight of a recording that its digests do not vouch for.
"""

from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...blob.learnt import learnt_in, shape_of, synapses_in, synapses_of
from ...errors import RecordingError, UsageError
from ...recording.replay import RecordedInputs, open_run
from ...reference.integers import Reference
from ...reference.learning import padded

SUFFIX = ".npz"


@dataclass(frozen=True, slots=True)
class LearntComparison:
    """What is to be said of A and B."""

    a: str
    b: str
    synapses_a: int  # plastic ones that there are
    synapses_b: int
    only_in_a: int
    only_in_b: int
    differ: int  # of those that both have
    mean_difference: float  # of the weights that both have, without sign
    largest: tuple[int, int, int, int] | None  # source, target, weight in A, weight in B

    @property
    def identical(self) -> bool:
        return not (self.differ or self.only_in_a or self.only_in_b)

    def as_dict(self) -> dict[str, object]:
        """JSON-ready."""
        return {**asdict(self), "identical": self.identical}

    def __str__(self) -> str:
        if self.identical:
            return f"identical: {self.synapses_a:,} plastic synapses with equal weights"
        words = [
            f"{self.differ:,} of {self.synapses_a - self.only_in_a:,} weights that both have "
            f"differ, on average by {self.mean_difference:.2f}",
            f"{self.only_in_a:,} synapses are only in A, {self.only_in_b:,} only in B",
        ]
        if self.largest is not None:
            source, target, a, b = self.largest
            words.append(f"most: from neuron {source} to {target}, {a} in A and {b} in B")
        return "; ".join(words)


def is_learnt(word: str) -> bool:
    """Whether a word names a file of what was learnt."""
    return word.endswith(SUFFIX) and not word.startswith("sim:")


def compare_learnt(a: str, b: str) -> LearntComparison:
    """Raises UsageError if they are of two brains, RecordingError for what cannot be read."""
    (shape_a, table_a), (shape_b, table_b) = _read(a), _read(b)
    if shape_a != shape_b:
        raise UsageError(
            f"{a} and {b} are what two brains learnt", "compare what one brain learnt, in two runs"
        )
    ours, theirs = _by_synapse(table_a), _by_synapse(table_b)
    both = sorted(ours.keys() & theirs.keys())
    apart = [abs(ours[key] - theirs[key]) for key in both]
    most = int(np.argmax(apart)) if any(apart) else None
    return LearntComparison(
        a=a,
        b=b,
        synapses_a=len(ours),
        synapses_b=len(theirs),
        only_in_a=len(ours) - len(both),
        only_in_b=len(theirs) - len(both),
        differ=sum(d > 0 for d in apart),
        mean_difference=float(np.mean(apart)) if apart else 0.0,
        largest=None if most is None else (
            both[most][0], both[most][1], ours[both[most]], theirs[both[most]],
        ),
    )  # fmt: skip


def _read(word: str) -> tuple[bytes, NDArray[np.int64]]:
    if word.endswith(SUFFIX):
        return synapses_in(Path(word))
    path, _, number = word.partition("#")
    if number and not number.isdigit():
        raise UsageError(f"{word} names no run", "write FILE.gbr#2 for the second run")
    _, network, run = open_run(Path(path), int(number) if number else None)
    inputs = RecordedInputs(network, run)
    reference = Reference(network, drives=inputs.drives)
    if reference.learns is None:
        raise UsageError(f"the brain of {path} learns nothing", "compare its firing")
    told = dict(zip(run.number.tolist(), run.digest.tolist(), strict=True))
    for burst in range(1, run.last + 1):
        inputs.step(reference)
        digest = told.get(burst, -1)
        if digest >= 0 and digest != reference.digest():
            raise RecordingError(
                f"in {word} the device and the reference part in burst {burst}, so that its "
                "weights are not known",
                "ask `ganglion replay --to verify`",
            )
    state = b"".join(padded(part) for part in reference.learns.parts())
    return shape_of(network), synapses_of(network, learnt_in(network, state))


def _by_synapse(table: NDArray[np.int64]) -> dict[tuple[int, int, int, int], int]:
    """Weights by source, target, rule, and which of those that are alike in these."""
    seen: Counter[tuple[int, int, int]] = Counter()
    found = {}
    for source, target, weight, rule in sorted(table.tolist()):
        key = source, target, rule
        found[*key, seen[key]] = weight
        seen[key] += 1
    return found
