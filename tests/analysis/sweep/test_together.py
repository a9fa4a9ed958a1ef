"""together.py: units of one worker at once, on PyTorch."""

import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ganglion.analysis.sweep.file import Plan, plan_of
from ganglion.analysis.sweep.run import run
from ganglion.connectome.model import Connectome
from ganglion.connectome.npz import save
from ganglion.errors import ToolError
from ganglion.examples import path as example
from tests.support.sweeps import Here
from tools.networks import random_connectome


def saved(c: Connectome) -> Connectome:
    """A random connectome with a projection for each pair of areas, as a file of one has it."""
    pairs = [c.area[c.source], c.area[c.target]]
    found, projection = np.unique(np.stack(pairs), axis=1, return_inverse=True)
    rules = tuple((int(a), int(b), "random") for a, b in found.T)
    return replace(c, projections=rules, projection=projection.astype(np.int32).reshape(-1))


def test_fidelity_on_torch_is_the_same_to_the_last_digit(place: Path) -> None:
    torch = pytest.importorskip("torch", reason="`pip install 'ganglion[torch]'` brings it")
    torch.set_num_threads(1)  # the tests of other workers have the other cores
    shutil.copy(example("wall_avoider"), place / "robot.json")
    save(saved(random_connectome(1)), place / "driven.npz")
    facts = {
        "what": "fidelity", "settings": {"bursts": 25},
        "matrix": {"brain": ["robot.json", "driven.npz"], "state": ["int8", "int32"],
                   "stimulus": ["graded:1", "random:2:0.2"]},
    }  # fmt: skip
    alone = plan_of({**facts, "out": "alone"}, place)
    settings = {"bursts": 25, "engine": "torch", "together": 3}
    batch = plan_of({**facts, "out": "batch", "settings": settings}, place)
    assert [u.name for u in alone.units] == [u.name for u in batch.units]

    def results(mine: Plan) -> list[Any]:
        outcome = run(mine, executor=Here(), window=1)
        assert not outcome.failed
        return [outcome.results[u.name]["result"] for u in mine.units]

    expected = results(alone)
    assert results(batch) == expected and len({row["f1"] for row in expected}) > 1


def test_without_torch_a_sweep_on_it_is_one_sentence(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(example("wall_avoider"), place / "robot.json")
    facts = {"what": "fidelity", "matrix": {"brain": "robot.json"}, "settings": {"engine": "torch"}}
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ToolError, match="the package torch is not installed; run pip install"):
        run(plan_of(facts, place), executor=Here())
    assert not (place / "results").exists()
