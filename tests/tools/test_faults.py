"""A pull request's share of the faults in tools/faults; `make faults` does all, of every row.

GANGLION_SEED=n repeats a run.
"""

import importlib
import os
import random

import pytest

from ganglion.blob.container import sections
from tools.faults import __main__ as faults
from tools.faults.blobs import bases

SEED = int(os.environ.get("GANGLION_SEED", "0")) or random.SystemRandom().getrandbits(32)
# Of what `make faults` does five times. Power: of six places one is cut, which the seed chooses.
SHARES = {
    "link": 0.3, "frames": 0.5, "deploy": 0.5, "power": 1 / 6, "blobs": 0.25, "loop": 0.4,
    "drive": 1, "heaps": 1 / 3,
}  # fmt: skip


@pytest.mark.parametrize("program", faults.PROGRAMS)
def test_nothing_is_lost_whatever_fault_strikes(program: str) -> None:
    rows = importlib.import_module(f"tools.faults.{program}").run(SEED, SHARES[program])
    assert rows
    for row in rows:
        assert row.trials > 0
        assert not row.lost, row.lost[0]


def test_blobs_are_broken_in_every_section_that_there_is() -> None:
    kinds = {section.type for blob in bases() for section in sections(blob)}
    assert kinds == {*range(1, 9), *range(20, 24), *range(30, 38), 40}  # SPEC 5.2 but for 9


def test_a_loss_is_told_with_the_words_that_run_it_again() -> None:
    row = faults.Row("link", "some fault", 7)
    row.survive("well", 2)
    row.check(False, "well", "it broke")
    assert (row.trials, row.seen) == (3, {"well": 2})
    assert row.lost == ["some fault: it broke; again: python -m tools.faults link --seed 7"]
