"""What a recording says happened is what happened."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganglion.errors import RecordingError
from ganglion.link.frame import Type, encode
from ganglion.link.messages import Done
from ganglion.recording.file import Kind, Recorder, Recording
from ganglion.recording.runs import longest, runs
from ganglion.recording.summary import lines
from ganglion.reference.integers import Reference
from ganglion.reference.stimulus import RandomStimulus, StimulusStream
from tests.support.recordings import BURSTS, INJECTED, Recorded


def test_both_runs_are_there_whole_and_equal_to_the_reference(recorded: Recorded):
    first, second = runs(recorded.recording)
    for run, seed in ((first, 1), (second, 2)):
        assert run.configuration.stimulus == RandomStimulus.at_rate(seed)
        assert run.injected == INJECTED
        assert run.number.tolist() == list(range(1, BURSTS + 1))
        assert (run.whole, run.missing, run.lost, run.damaged) == (True, 0, 0, 0)
        assert isinstance(run.end, Done)
        assert run.end.spikes == len(run.spike_burst) == run.fired.sum()
        assert [stats.burst for _, stats in run.stats][:6] == [50, 100, 150, 200, 250, 300]
        assert [said.text for _, said in run.said if said.kind == "mark"] == ["half"]
        assert np.all(np.diff(run.time) >= 0)
        assert run.time[0] >= run.began
        network = recorded.brain.network
        reference = Reference(network)
        stream = StimulusStream(network, RandomStimulus.at_rate(seed))
        for burst in range(1, BURSTS + 1):
            inputs = [(n, a) for b, n, a in INJECTED if b == burst]
            neurons, amounts = np.array(inputs or [(0, 0)], dtype=np.int64).T
            fired = reference.step(stream.draw(), (neurons, amounts) if inputs else None)
            assert run.spike_neuron[run.spike_burst == burst].tolist() == fired.tolist()
            assert run.digest[burst - 1] == reference.digest()


def test_the_spikes_of_one_neuron_are_its_bursts(recorded: Recorded):
    run = runs(recorded.recording)[0]
    neuron = int(run.spike_neuron[0])
    expected = [b for b, n in zip(run.spike_burst, run.spike_neuron, strict=True) if n == neuron]
    assert run.spikes_of(neuron).tolist() == expected


def test_a_recording_cut_off_gives_what_came_until_then(recorded: Recorded, tmp_path: Path):
    data = recorded.path.read_bytes()
    cut = tmp_path / "cut.gbr"
    cut.write_bytes(data[: len(data) // 3])
    if not Recording(cut).torn:  # an entry ends just there
        cut.write_bytes(data[: len(data) // 3 + 1])
    recording = Recording(cut)
    (run,) = runs(recording)
    assert run.end == "the recording was cut off"
    assert recording.torn > 0
    whole = runs(recorded.recording)[0]
    came = len(run.number)
    assert 0 < came < BURSTS
    assert np.array_equal(run.number, whole.number[:came])
    assert np.array_equal(run.digest, whole.digest[:came])


def test_bursts_that_were_lost_are_counted_and_not_made_up(recorded: Recorded, tmp_path: Path):
    holed = tmp_path / "holed.gbr"
    received = [e for e in recorded.recording.entries() if e.kind == Kind.RECEIVED]
    stream = b"".join(e.data for e in received)
    third = len(stream) // 6
    with Recorder(holed, recorded.brain.blob) as recorder:
        recorder.frame(stream[: third // 2] + stream[third : 3 * third])
    run = runs(Recording(holed))[0]
    assert run.missing > 0
    assert run.lost >= run.missing
    assert not run.whole
    whole = runs(recorded.recording)[0]
    digests = dict(zip(whole.number.tolist(), whole.digest.tolist(), strict=True))
    assert all(digests[int(n)] == d for n, d in zip(run.number, run.digest, strict=True))


def test_a_recording_that_begins_within_a_run_blames_nobody(recorded: Recorded, tmp_path: Path):
    late = tmp_path / "late.gbr"
    received = [e for e in recorded.recording.entries() if e.kind == Kind.RECEIVED]
    stream = b"".join(e.data for e in received)
    with Recorder(late, recorded.brain.blob) as recorder:
        recorder.frame(stream[len(stream) // 6 + 3 :])
    run = runs(Recording(late))[0]
    assert run.number[0] > 1
    assert (run.missing, run.lost, run.damaged, run.whole) == (0, 0, 0, False)


def test_a_recording_without_a_burst_is_refused_where_one_is_needed(tmp_path: Path):
    path = tmp_path / "empty.gbr"
    Recorder(path, b"").close()
    assert runs(Recording(path)) == []
    with pytest.raises(RecordingError, match=r"empty\.gbr holds no burst; record a run"):
        longest(Recording(path), [])


FRAMES = st.tuples(
    st.sampled_from([*Type, 0x7E, 0xFE]), st.integers(0, 3), st.binary(max_size=64), st.booleans()
)


@given(st.lists(st.one_of(FRAMES, st.binary(max_size=200))))
def test_whatever_frames_a_recording_holds_it_is_read(parts):
    """Well-formed frames that make no sense, and bytes that are none, in both directions."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "odd.gbr"
        with Recorder(path, b"") as recorder:
            for part in parts:
                if isinstance(part, bytes):
                    recorder.frame(part)
                else:
                    type_, sequence, payload, sent = part
                    recorder.tap(encode(type_, sequence, payload), sent)
        recording = Recording(path)
        for run in runs(recording):
            assert len(run.spike_burst) == len(run.spike_neuron)
            assert len(run.number) == len(run.digest) == len(run.complete)
            assert run.lost >= 0
        assert lines(recording)
