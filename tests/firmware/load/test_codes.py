"""Every rule of SPEC 5 that a loader checks: a device's code and detail, and a host's refusal."""

import struct

import pytest

from ganglion.blob.container import brain_id, decode
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
            print(0, 0, binascii.hexlify(net.id).decode(), "" if test is None else "golden")
        except Refused as refused:
            print(refused.code, refused.detail)
load("long", "board-of-16-byte")  # whose name is as long as one can be
try:
    load("one", "board", bytes(384))
except Refused as refused:
    print(refused.code, refused.detail)
"""


@pytest.fixture(scope="module")
def told(micropython, tmp_path_factory) -> dict[str, tuple[int, int]]:
    """What the firmware says of each."""
    directory = tmp_path_factory.mktemp("codes")
    blobs = [case.blob for case in cases().values()]
    (directory / "blobs").write_bytes(
        b"".join(struct.pack("<I", len(blob)) + blob for blob in blobs)
    )
    (directory / "long").write_bytes(cases()["the board board-of-16-byte"].blob)
    lines = micropython(ASK, directory).decode().split("\n")
    *answered, signature = [line.split() for line in lines if line]
    assert signature == ["26", "0"]
    answers = dict(zip(cases(), answered, strict=True))
    for name, words in answers.items():  # what is whole is read as it was meant
        if name.startswith("good"):
            assert words == ["0", "0", brain_id(cases()[name].blob).hex()], (name, words)
    return {name: (int(words[0]), int(words[1])) for name, words in answers.items()}


def test_the_device_refuses_what_breaks_a_rule_by_its_code_and_its_detail(told):
    expected = {name: (case.code, case.detail) for name, case in cases().items()}
    assert {n: (told[n], right) for n, right in expected.items() if told[n] != right} == {}


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
