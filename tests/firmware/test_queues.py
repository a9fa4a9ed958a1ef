"""The queues of populations: made from a Net, which is left as it is."""

import json
from collections.abc import Callable
from itertools import pairwise

import pytest

from ganglion.compiler import compile_connectome
from ganglion.quantization.options import QuantizeOptions
from tests.support.tiny import Box, Net, Wire

COLUMNS, QUEUE = 32, 7
BOXES = {  # one population of each kind
    "icalm___": Box(count=70, group="IPU"),
    "ctouched": Box(count=70, threshold=2.0, keeps=True, leak=0.25),
    "climited": Box(count=70, threshold=2.0, keeps=True, consecutive=3),
    "cgeneral": Box(count=70, excitability=0.7),
    "cevery__": Box(count=70, threshold=2.0, keeps=True, leak=0.3, every=True),
    "codd____": Box(count=70, excitability=0.7, every=True),
}
KINDS = {1, 2, 3, 4, 5, 6}


@pytest.fixture(scope="module")
def said(
    tmp_path_factory: pytest.TempPathFactory, micropython: Callable[..., bytes]
) -> dict[str, list[list[int]]]:
    """What the real MicroPython says of a Net before and after Queues and Brains are made of it."""
    directory = tmp_path_factory.mktemp("queues")
    names = list(BOXES)
    net = Net(dict(BOXES))
    for source, target in pairwise(names):
        net.wires += [Wire((source, i), (target, i), 3) for i in range(70)]
    brain = compile_connectome(net.build(), QuantizeOptions(anywhere=True))
    (directory / "brain.gbn").write_bytes(brain.blob)
    found: dict[str, list[list[int]]] = json.loads(micropython(PROGRAM, directory))
    return found


def test_queues_write_nothing_into_the_tables_of_a_net(said: dict[str, list[list[int]]]) -> None:
    loaded, queued, again = said["populations"][:3]
    assert loaded == queued == again
    assert loaded[QUEUE::COLUMNS] == [0] * len(said["kinds"][0])
    assert said["zones"][0] == said["zones"][1]


def test_a_brain_writes_where_the_queue_of_each_kind_lies_and_nothing_else(
    said: dict[str, list[list[int]]],
) -> None:
    loaded, _, _, once, twice = said["populations"]
    assert once == twice, "a second brain of a net changed it once more"
    kinds, stride = said["kinds"][0], said["stride"][0][0]
    assert set(kinds) == KINDS
    assert once[QUEUE::COLUMNS] == [2 * stride * kind for kind in kinds]
    once[QUEUE::COLUMNS] = loaded[QUEUE::COLUMNS]
    assert once == loaded


def test_two_brains_of_one_net_both_reproduce_the_golden_vector(
    said: dict[str, list[list[int]]],
) -> None:
    assert said["golden"] == [[1, 1]]


PROGRAM = """
import json
from ganglion.brain import Brain
from ganglion.load.net import load
from ganglion.queues import Queues
net = load("brain.gbn")
tables, zones = [list(net.populations)], [list(net.zones)]
for _ in range(2):
    stride = Queues(net).stride
    tables.append(list(net.populations))
zones.append(list(net.zones))
golden = []
for _ in range(2):
    brain = Brain(net)
    tables.append(list(net.populations))
    golden.append(int(brain.self_test() is None))
kinds = list(net.kinds)[: net.n_populations]
print(json.dumps({"populations": tables, "zones": zones, "kinds": [kinds], "stride": [[stride]],
                  "golden": [golden]}))
"""
