"""load/populations.py: which records a board takes, and what it makes of each of them."""

from tests.support.populations import Net
from tests.support.questions import at_random

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


nets, question, told = at_random(ASK, Net, NETS, SEED)


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
