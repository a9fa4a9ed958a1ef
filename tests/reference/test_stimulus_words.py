"""A stimulus is told in the words that a person types for it."""

from dataclasses import asdict
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from ganglion.recording.file import Recorder, Recording
from ganglion.recording.summary import lines
from ganglion.reference.stimulus import RandomStimulus


@given(st.integers(0, 2**32 - 1), st.floats(0, 1))
def test_the_words_of_a_stimulus_lead_back_to_it(seed: int, rate: float) -> None:
    stimulus = RandomStimulus.at_rate(seed, rate)
    assert RandomStimulus.parse(str(stimulus)) == stimulus


def test_they_are_as_short_as_they_were_typed() -> None:
    for words in ("random:1", "random:7:0.05", "random:7:0.5", "random:3:1", "random:3:0"):
        assert str(RandomStimulus.parse(words)) == words


def test_a_summary_tells_the_stimulus_as_it_was_typed(tmp_path: Path) -> None:
    stimulus = RandomStimulus.parse("random:7:0.2")
    assert stimulus is not None
    Recorder(tmp_path / "a.gbr", b"", {"stimulus": asdict(stimulus)}).close()
    assert "stimulus random:7:0.2" in lines(Recording(tmp_path / "a.gbr"))[0]
