"""load/populations.py: which records a board takes, and what it makes of each of them."""

import random
from functools import cache

import pytest

from tests.support.populations import Net
from tests.support.questions import Question, answers

SEED = 14
NETS = 1000
ASK = """
import binascii, io, struct
from ganglion.load import populations
from ganglion.load.refusal import Refused
class Net: pass
def answer(data):
    file = io.BytesIO(data)
    head = file.read(21)
    net = Net()
    net.wide, net.n, net.power, net.power_amount, areas, count, at, offsets = struct.unpack(
        "<BIIiHHHH", head)
    data = file.read(at + offsets)
    try:
        sections = {1: (0, at), 2: (at, offsets)} if offsets else {1: (0, at)}
        populations.load(net, io.BytesIO(data), count, areas, sections)
        return (binascii.hexlify(bytes(net.populations)).decode(),
            binascii.hexlify(net.kinds).decode(), binascii.hexlify(net.offsets).decode() or "-",
            net.n_populations, int(net.any_psp), net.tallied, net.counted, net.long_counted,
            net.long_limited)
    except Refused as refused:
        return refused.code, refused.detail
"""


@cache
def nets() -> list[Net]:
    chance = random.Random(SEED)
    return [Net(chance) for _ in range(NETS)]


def question() -> Question:
    return Question(ASK, [(net.sent(), net.answer()) for net in nets()])


@pytest.fixture(scope="module")
def told(micropython, tmp_path_factory) -> list[tuple[Net, str]]:
    said = answers(question(), micropython, tmp_path_factory.mktemp("populations"))
    return list(zip(nets(), said, strict=True))


def test_a_board_takes_the_records_that_the_specification_allows_and_no_others(told):
    wrong = [
        (net.refusal(), said, net.populations)
        for net, said in told
        if (said if len(said) < 9 else "") != net.refusal()
    ]
    assert wrong == [], f"of the nets of seed {SEED}"
    refused = sum(net.refusal() != "" for net, _ in told)
    assert NETS / 4 < refused < NETS * 3 / 4


def test_a_board_makes_of_each_record_the_row_that_the_kernels_read(told):
    wrong = [(said, net.answer(), net.populations) for net, said in told if said != net.answer()]
    assert wrong == [], f"of the nets of seed {SEED}"
    taken = {
        kind for net, _ in told if not net.refusal() for kind in map(net.kernel, net.populations)
    }
    assert taken == set(range(1, 7))
