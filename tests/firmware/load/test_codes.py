"""Every rule of SPEC 5 that a loader checks: a device's code and detail."""

import pytest

from ganglion.blob.container import brain_id, decode, sections
from ganglion.boards import memory
from ganglion.errors import BlobError
from tests.support.merging import on_a_board
from tests.support.questions import Question, answers
from tests.support.refusals import Case, cases
from tools.faults.blobs import REASONS

ASK = """
import binascii
from ganglion.brain import Brain
from ganglion.load import net as module
from ganglion.load.refusal import Refused
opened = []
def keep(*words):
    opened.append(open(*words))
    return opened[-1]
module.open = keep
def is_open(file):
    try:
        return file.seek(0) == 0
    except (OSError, ValueError):
        return False
def answer(data):
    with open("one", "wb") as file:
        file.write(data[2:])
    opened.clear()
    try:
        net = module.load("one", "board", None, *data[:1] if data[0] else ())
    except Refused as refused:
        return (refused.code, refused.detail) + tuple(map(is_open, opened))
    if not data[1]:
        return 0, 0, False
    golden = "-"
    if data[1] > 1:
        golden = "golden" if Brain(net).self_test() is None else "another"
    sizes = [len(a) for a in (net.potentials, net.tallies, net.fired, net.psp)]
    sizes.append(len(net.countdowns) + len(net.long_countdowns))
    sizes += [len(net.long_counts), 4 * len(net.classes), 4 * len(net.zones)]
    sizes += [net.n_populations, len(net.populations)]
    parts = is_open(opened[0]), bool(net.learn), bool(net.robot), len(net.layers)
    return (0, 0, parts[0], binascii.hexlify(net.id).decode(), golden) + parts[1:] + tuple(sizes)
"""
NAMED = """
from ganglion.load.net import load
from ganglion.load.refusal import Refused
long = load("long", "board-of-16-byte")  # whose name is as long as one can be
print(long.file is None)  # its rows are in memory
try:
    load("one", "board", bytes(384))
except Refused as refused:
    print(refused.code, refused.detail)
print(load("alike").n_populations)
"""
SIZES = (
    "potentials", "tallies", "fired set", "psp", "countdowns", "consecutive fires", "classes",
    "zones",
)  # fmt: skip


ALONE, SIZED, TESTED = range(3)  # how much is asked of a blob


def right(case: Case, in_file: int, depth: int) -> str:
    """The code and the detail, and whether the file is still open; of what is taken, its id,
    self-test, features and the sizes of its arrays."""
    if depth == ALONE:
        return f"{case.code} {case.detail} False"
    network = decode(case.blob)
    found = {s.name: s for s in sections(case.blob)}
    counted = memory.state(network) | memory.tables(network, found, case.blob)
    dense = any(not p.conv for layer in network.layers for p in layer.paths)
    stays = in_file > 0 and ("ROWS" in found or dense)
    features = bool(network.learning), network.robot is not None, len(network.layers)
    said = stays, brain_id(case.blob).hex(), "golden" if depth == TESTED else "-", *features
    sizes = *(counted[part] for part in SIZES), *on_a_board(case.blob, not stays)
    return " ".join(map(str, (0, 0, *said, *sizes)))


def question() -> Question:
    """Each blob; those that are good for a self-test, wherever their rows lie."""
    asked = []
    for name, case in cases().items():
        good = name.startswith("good")
        depth = ALONE if case.code or case.host else TESTED if good else SIZED
        for in_file in (0, 1, 2) if good else (0,):
            asked.append((bytes((in_file, depth)) + case.blob, right(case, in_file, depth)))
    return Question(ASK, asked)


def test_the_device_refuses_what_breaks_a_rule_and_takes_the_rest_as_it_was_meant(
    micropython, tmp_path
):
    asked = question()
    said = answers(asked, micropython, tmp_path)
    names = [name for name, case in cases().items() for _ in range(3 if "good: " in name else 1)]
    told = zip(names, said, asked.cases, strict=True)
    assert [(name, words, right) for name, words, (_, right) in told if words != right] == []


def test_a_long_name_a_key_and_neighbours_that_are_alike(micropython, tmp_path):
    alike = cases()["good: neighbours alike"].blob
    (tmp_path / "long").write_bytes(cases()["the board board-of-16-byte"].blob)
    (tmp_path / "one").write_bytes(alike)
    (tmp_path / "alike").write_bytes(alike)
    assert len(decode(alike).populations) == 3
    assert micropython(NAMED, tmp_path).decode().split("\n") == ["True", "26 0", "1", ""]


def test_what_a_host_alone_refuses_is_known_to_the_table_of_faults():
    alone = {name: case for name, case in cases().items() if case.host and not case.code}
    unknown = {}
    for name, case in alone.items():
        with pytest.raises(BlobError) as caught:
            decode(case.blob)
        if not any(reason in str(caught.value) for reason in REASONS):
            unknown[name] = str(caught.value)
    assert len(alone) > 20
    assert unknown == {}
