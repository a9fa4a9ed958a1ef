"""A generation as one batch: each robot drives as it drives alone."""

import json

import pytest

from tools.evolution import HIGH, LOW, fitness


def test_robots_of_a_batch_drive_as_they_drive_alone() -> None:
    torch = pytest.importorskip("torch", reason="`pip install 'ganglion[torch]'` brings it")
    torch.set_num_threads(1)  # the tests of other workers have the other cores
    share = (0.1, 0.5, 0.8)
    robots = [{"genes": json.dumps((LOW + s * (HIGH - LOW)).round(3).tolist())} for s in share]
    settings = {"bursts": 150}
    together = fitness(robots, settings)
    assert together == [fitness(robot, settings) for robot in robots]
    assert len({robot["chain"] for robot in together}) == 3
