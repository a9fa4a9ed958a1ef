"""codes.py: the names and the sentences of SPEC.md 7.3, and the remedies."""

import re

from ganglion.link.codes import SENTENCES, Code, Refused, sentence
from ganglion.link.frame import Type
from tests.support import ROOT

SPEC = (ROOT / "SPEC.md").read_text(encoding="utf-8")


def test_every_code_has_the_name_and_the_sentence_of_the_spec():
    table = SPEC[SPEC.index("### 7.3 ") : SPEC.index("### 7.4 ")]
    rows = re.findall(r"^\| (\d+) \| ([A-Z]+) \| ([^;|]+?)(?:; [^|]*)? \|$", table, re.MULTILINE)
    assert {(int(n), name, words) for n, name, words in rows} == {
        (code.value, code.name, SENTENCES[code]) for code in Code
    }


DAMAGED = "compile it again; the file was damaged or altered"


REMEDIES = {
    0: "", 1: "", 2: "", 7: "", 32: "", 33: "",
    3: "give values that SPEC.md 7.2 allows",
    4: "stop the run, or put a brain first",
    5: "free some space on it, or format it with `ganglion flash`",
    6: "put it again; if that repeats itself, the flash is worn out",
    8: "choose a smaller brain, or a board with more memory",
    9: "send inputs earlier, or run slower",
    10: "send fewer inputs at a time",
    11: "choose a smaller brain, or a board with more flash",
    12: "flash it, or press Ctrl-C while it starts",
    16: DAMAGED, 18: DAMAGED, 19: DAMAGED, 20: DAMAGED, 21: DAMAGED, 22: DAMAGED,
    17: "compile it with the ganglion that matches the firmware, or flash the firmware anew",
    23: "tell us: this board computes something else than SPEC.md says",
    24: "compile it for this board, or for any (without --only)",
    25: "compile it anew, or force it",
    26: "sign it with the key that the board knows",
}  # fmt: skip


def test_every_refusal_has_the_remedy_that_fits_its_code():
    assert set(REMEDIES) == {code.value for code in Code}
    for code, remedy in REMEDIES.items():
        refused = Refused(Type.PUT_END, code, 7)
        assert refused.remedy == (remedy or "see SPEC.md 7.3 for what the code means")
        assert refused.fact == f"the device refused PUT_END: {sentence(code, 7)}"
        assert (refused.code, refused.detail) == (code, 7)


def test_a_sentence_tells_the_detail_where_it_says_something():
    assert sentence(0) == "done"
    assert sentence(3, 5) == "a field is out of range (field 5)"
    assert sentence(5, 28) == "the file system refused (errno 28)"
    assert sentence(8) == "not enough heap"
    assert sentence(8, 5) == "not enough heap (5 bytes asked for)"
    assert sentence(20, 5) == "the SHA-256 is wrong"
    assert sentence(23, 255) == "the golden vector was not reproduced (000000ff came out)"
    assert sentence(99, 7) == "code 99, which this version does not know (detail 7)"
