"""Every rule of SPEC 5 that a loader checks: a device's code and detail, and a host's refusal."""

import struct

import pytest

from ganglion.blob.container import brain_id, decode, sections
from ganglion.boards import memory
from ganglion.errors import BlobError
from tests.support.refusals import cases

ASK = """
import binascii
import struct
from ganglion.brain import Brain
from ganglion.load.net import load
from ganglion.load.refusal import Refused
with open("blobs", "rb") as file:
    while True:
        size = file.read(4)
        if not size:
            break
        with open("one", "wb") as one:
            one.write(file.read(struct.unpack("<I", size)[0]))
        try:
            net = load("one", "board")
            test = Brain(net).self_test() if net.golden_chain else None
            golden = "golden" if test is None else "another"
            sizes = [len(a) for a in (net.potentials, net.tallies, net.fired, net.psp)]
            sizes.append(len(net.countdowns) + len(net.long_countdowns))
            sizes += [len(net.long_counts), 4 * len(net.classes), 4 * len(net.zones)]
            print(0, 0, binascii.hexlify(net.id).decode(), golden, net.n_populations, *sizes)
        except Refused as refused:
            print(refused.code, refused.detail)
load("long", "board-of-16-byte")  # whose name is as long as one can be
try:
    load("one", "board", bytes(384))
except Refused as refused:
    print(refused.code, refused.detail)
"""


SIZES = (
    "potentials", "tallies", "fired set", "psp", "countdowns", "consecutive fires", "classes",
    "zones",
)  # fmt: skip


@pytest.fixture(scope="module")
def told(micropython, tmp_path_factory) -> dict[str, list[str]]:
    """Of each the code and the detail; of what is taken, its id, self-test and sizes."""
    directory = tmp_path_factory.mktemp("codes")
    blobs = [case.blob for case in cases().values()]
    (directory / "blobs").write_bytes(
        b"".join(struct.pack("<I", len(blob)) + blob for blob in blobs)
    )
    (directory / "long").write_bytes(cases()["the board board-of-16-byte"].blob)
    lines = micropython(ASK, directory).decode().split("\n")
    *answered, signature = [line.split() for line in lines if line]
    assert signature == ["26", "0"]
    return dict(zip(cases(), answered, strict=True))


def test_the_device_refuses_what_breaks_a_rule_by_its_code_and_its_detail(told):
    expected = {name: [str(case.code), str(case.detail)] for name, case in cases().items()}
    assert {n: (told[n], right) for n, right in expected.items() if told[n][:2] != right} == {}


def test_the_device_reads_what_is_whole_as_it_was_meant(told):
    for name, case in cases().items():
        if name.startswith("good"):
            assert told[name][2:4] == [brain_id(case.blob).hex(), "golden"], name


def test_small_neighbours_that_are_alike_are_one_on_a_device(told):
    name = "good: neighbours alike"
    assert len(decode(cases()[name].blob).populations) == 3
    assert told[name][4] == "1"


def test_the_arrays_of_a_device_have_the_sizes_that_the_host_counts(told):
    for name, case in cases().items():
        if case.code or case.host:
            continue
        network = decode(case.blob)
        found = {s.name: s for s in sections(case.blob)}
        counted = memory.state(network) | memory.tables(network, found, case.blob)
        sizes = dict(zip(SIZES, map(int, told[name][5:]), strict=True))
        assert sizes == {part: counted[part] for part in SIZES}, name


def test_the_host_refuses_the_same_in_words():
    wrong = {}
    for name, case in cases().items():
        try:
            decode(case.blob)
            said = ""
        except BlobError as error:
            said = str(error)
        if bool(said) != bool(case.host) or case.host not in said:
            wrong[name] = said
    assert wrong == {}
