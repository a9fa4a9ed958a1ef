"""The board refuses the robots that the host refuses, and reads nothing outside of the section."""

import random
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

from ganglion.blob.robot import decode_robot, encode_robot
from ganglion.errors import BlobError
from tests.support import ROOT
from tests.support.questions import Question, answers
from tests.support.refusals_of_robots import PARTS, N, header, output, robot
from tests.support.robots import driven_network

NETWORK = driven_network()
assert NETWORK.robot is not None
DATA = encode_robot(NETWORK.robot)

WORDS = """
from binascii import crc32
from ganglion.load import robot
from ganglion.load.refusal import Refused
def answer(data):
    try:
        n, data = data[0] | data[1] << 8, data[2:]
        return 0, 0, crc32(bytes(robot.load(bytearray(data), len(data), n)))
    except Refused as refused:
        return refused.code, refused.detail
"""
PROGRAM = """
import sys
sys.path.insert(0, "lib")
from ganglion.load import robot
from ganglion.load.refusal import Refused
from binascii import unhexlify

for line in open("cases"):
    data = bytearray(unhexlify(line.strip()))
    try:
        robot.load(data, len(data), N)
        print("ok")
    except Refused as refused:
        print(refused.code, refused.detail)
"""


def question() -> Question:
    """Every program of refusals_of_robots.py: why it is refused, or its words."""
    asked = [(DATA, NETWORK.n_neurons, f"0 0 {zlib.crc32(DATA)}")]
    for part in PARTS:
        for _, blob, code, detail, _ in part():
            data = blob.of(40)
            padded = data + bytes(-len(data) % 4)
            asked.append((data, N, f"{code} {detail}" if code else f"0 0 {zlib.crc32(padded)}"))
    taps = [output("odd", [121, 0], [], [])]
    asked.append((robot(header([], [], taps), *taps).of(40), 121, "22 40"))  # the last is 120
    return Question(WORDS, [(struct.pack("<H", n) + data, words) for data, n, words in asked])


def test_a_board_keeps_the_words_of_a_program_that_it_takes(tmp_path, micropython) -> None:
    asked = question()
    assert answers(asked, micropython, tmp_path) == [words for _, words in asked.cases]


def test_robots_changed_in_any_word_are_judged_alike_on_both_sides(
    tmp_path: Path, micropython: Callable[..., bytes]
) -> None:
    seed = 1510
    pick = random.Random(seed)
    words = struct.unpack(f"<{len(DATA) // 4}i", DATA)
    cases = [DATA, DATA[:-4], DATA + bytes(4), DATA[:32]]
    for at in range(len(words)):
        values = (words[at] + 1, -1, 0, pick.randrange(-(1 << 31), 1 << 31), 1 << 16)
        for value in pick.sample(values, 2):
            changed = [*words[:at], value, *words[at + 1 :]]
            cases.append(struct.pack(f"<{len(changed)}i", *changed))
    (tmp_path / "lib").symlink_to(ROOT / "firmware" / "lib")
    (tmp_path / "cases").write_text("\n".join(case.hex() for case in cases))
    told = micropython(PROGRAM.replace("N)", f"{NETWORK.n_neurons})"), tmp_path).decode()
    verdicts = told.splitlines()
    assert len(verdicts) == len(cases)
    assert verdicts[0] == "ok"
    unlike = []
    only_host = ("name", "2^30 is too much")
    for case, verdict in zip(cases, verdicts, strict=True):
        try:
            decode_robot(case, NETWORK.n_neurons)
            ours = "ok"
        except BlobError as error:
            ours = str(error)
        # A host alone reads names and bounds products; all else is judged alike.
        if (ours == "ok") != (verdict == "ok") and not any(w in ours for w in only_host):
            unlike.append((ours, verdict))
    assert not unlike, f"seed {seed}: {unlike[:3]}"
    assert {v.split()[1] for v in verdicts if v != "ok"} == {"40"}
    assert {v.split()[0] for v in verdicts if v != "ok"} == {"21", "22"}
