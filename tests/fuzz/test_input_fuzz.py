"""What is no genome: frames, blobs, recordings, stimulus words, robot files; a share of the tool's.

More: python -m tools.search.broken_inputs blob --count 1000000
"""

import os
import random

import pytest

from tools.search.broken_inputs import KINDS, search

SEED = int(os.environ.get("GANGLION_SEED", "0")) or random.SystemRandom().getrandbits(32)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_broken_input_is_read_or_refused_in_a_sentence(kind):
    count = 200 if kind == "nir" else 1000  # of graphs, each as far as to its integers
    seen, failures = search(kind, count, SEED)
    assert not failures, "\n".join(failures)
    assert seen.total() == count
    assert seen["refused"] + seen["read in part"] > count // 10
