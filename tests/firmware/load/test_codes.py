"""Every rule of SPEC 5 that a loader checks: a device's code and detail, and a host's refusal."""

from ganglion.blob.container import brain_id, decode, sections
from ganglion.boards import memory
from ganglion.errors import BlobError
from tests.support.questions import Question, answers
from tests.support.refusals import Case, cases

ASK = """
import binascii
from ganglion.brain import Brain
from ganglion.load.net import load
from ganglion.load.refusal import Refused
def answer(data):
    with open("one", "wb") as file:
        file.write(data[2:])
    try:
        net = load("one", "board", None, data[0])
    except Refused as refused:
        return refused.code, refused.detail
    if not data[1]:
        return 0, 0
    golden = "-"
    if data[1] > 1:
        golden = "golden" if Brain(net).self_test() is None else "another"
    sizes = [len(a) for a in (net.potentials, net.tallies, net.fired, net.psp)]
    sizes.append(len(net.countdowns) + len(net.long_countdowns))
    sizes += [len(net.long_counts), 4 * len(net.classes), 4 * len(net.zones)]
    return (0, 0, binascii.hexlify(net.id).decode(), golden) + tuple(sizes)
"""
NAMED = """
from ganglion.load.net import load
from ganglion.load.refusal import Refused
load("long", "board-of-16-byte")  # whose name is as long as one can be
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


def right(case: Case, depth: int) -> str:
    """The code and the detail; of what is taken, its id, self-test and the sizes of its arrays."""
    if depth == ALONE:
        return f"{case.code} {case.detail}"
    network = decode(case.blob)
    found = {s.name: s for s in sections(case.blob)}
    counted = memory.state(network) | memory.tables(network, found, case.blob)
    sizes = " ".join(str(counted[part]) for part in SIZES)
    return f"0 0 {brain_id(case.blob).hex()} {'golden' if depth == TESTED else '-'} {sizes}"


def question() -> Question:
    """Each blob; those that are good for a self-test, wherever their rows lie."""
    asked = []
    for name, case in cases().items():
        good = name.startswith("good")
        depth = ALONE if case.code or case.host else TESTED if good else SIZED
        for in_file in (0, 1, 2) if good else (0,):
            asked.append((bytes((in_file, depth)) + case.blob, right(case, depth)))
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
    assert micropython(NAMED, tmp_path).decode().split("\n") == ["26 0", "1", ""]


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
