"""Properties of the host's codec, with hypothesis; the failing example is printed by it."""

import itertools

from cobs import cobs
from hypothesis import given, settings
from hypothesis import strategies as st

from ganglion.link.frame import Frame, Receiver, decode, encode

payloads = st.binary(max_size=128)
frames = st.tuples(st.integers(0, 255), st.integers(0, 65535), payloads)


@given(frames)
@settings(max_examples=1000)
def test_every_frame_comes_back_as_it_was(frame):
    wire = encode(*frame)
    assert 0 not in wire[1:-1]
    assert wire[1:-1] == cobs.encode(cobs.decode(wire[1:-1]))
    assert decode(wire[1:-1]) == Frame(*frame)


@given(st.lists(frames, max_size=20), st.lists(st.integers(0, 3000), max_size=10))
@settings(max_examples=300)
def test_how_a_stream_is_cut_makes_no_difference(sent, cuts):
    stream = b"".join(encode(*frame) for frame in sent)
    places = sorted({0, len(stream), *(cut % (len(stream) + 1) for cut in cuts)})
    receiver = Receiver()
    came = []
    for start, stop in itertools.pairwise(places):
        came += receiver.feed(stream[start:stop])
    assert came == [Frame(*frame) for frame in sent]
    assert receiver.damaged == 0


@given(st.binary(max_size=600), frames)
@settings(max_examples=1000)
def test_whatever_came_before_a_frame_arrives(rubbish, frame):
    assert Receiver().feed(rubbish + encode(*frame))[-1] == Frame(*frame)


@given(st.binary(max_size=400))
@settings(max_examples=1000)
def test_what_is_accepted_is_canonical(string):
    for frame in Receiver().feed(b"\0" + string + b"\0"):
        wire = encode(frame.type, frame.sequence, frame.payload)
        assert wire.strip(b"\0") in string
