"""The kernel costs no more than it did: exact counts, held to a committed file."""

import json

from tools.bench.counts import FILE, counts, risen


def test_no_count_of_instructions_has_risen_by_more_than_2_percent() -> None:
    worse = risen(json.loads(FILE.read_text()), counts())
    assert not worse, "\n".join([*worse, "if it must be: `python -m tools.bench.counts --accept`"])


def test_a_rise_of_3_percent_is_told_and_one_of_1_percent_is_not() -> None:
    before = {"a": 1000, "b": 1000, "c": 1000}
    now = {"a": 1030, "b": 1010, "c": 900}
    assert risen(before, now) == ["a: 1030 instructions per burst, 1000 before"]
