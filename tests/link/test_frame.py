"""frame.py against SPEC.md 7.1 and against the `cobs` package."""

import binascii
import re

import pytest
from cobs import cobs

from ganglion.errors import FrameError
from ganglion.link.frame import (
    MAX_CODED,
    MAX_PAYLOAD,
    MIN_CODED,
    Frame,
    Receiver,
    Type,
    decode,
    encode,
    is_text,
)
from tests.support import ROOT

SPEC = (ROOT / "SPEC.md").read_text(encoding="utf-8")
SAMPLES = [
    (Type.PING, 5, b""),
    (Type.QUERY, 0, b""),
    (Type.PING, 0x0304, bytes(range(16))),
    (Type.SPIKES, 65535, bytes(MAX_PAYLOAD)),
    (Type.BURST, 256, b"\x03\x04" * 64),
]


def hex_after(words: str) -> bytes:
    """The bytes that SPEC.md shows in hexadecimal after these words."""
    found = re.search(re.escape(words) + r"\s+`([0-9A-F ]+)`", SPEC)
    assert found, f"SPEC.md does not show bytes after {words!r}"
    return bytes.fromhex(found[1])


def test_the_worked_example_of_the_spec_is_what_encode_gives():
    wire = encode(Type.PING, 5)
    assert wire == hex_after("and on the wire")
    assert cobs.decode(wire[1:-1]) == hex_after("is the body") + hex_after("and its crc")


def test_the_first_query_holds_no_byte_that_a_repl_takes_for_an_interrupt():
    wire = encode(Type.QUERY, 0)
    assert wire == hex_after("the bytes of QUERY are")
    assert not {3, 4} & set(wire)


def test_every_type_has_the_number_and_name_of_the_spec():
    types = SPEC[SPEC.index("### 7.2 ") : SPEC.index("### 7.3 ")]
    types += SPEC[SPEC.index("### 10.6 ") : SPEC.index("### 10.7 ")]
    rows = re.findall(r"^\| ([0-9A-F]{2}) \| ([A-Z_]+) \|", types, re.MULTILINE)
    assert {name: int(number, 16) for number, name in rows} == {t.name: t.value for t in Type}


@pytest.mark.parametrize(("type", "sequence", "payload"), SAMPLES)
def test_a_frame_is_cobs_between_zeros_and_comes_back_as_it_was(type, sequence, payload):
    wire = encode(type, sequence, payload)
    body = cobs.decode(wire[1:-1])
    assert wire[0] == wire[-1] == 0
    assert wire[1:-1] == cobs.encode(body)
    assert len(wire) <= 139
    assert body[4:-4] == payload
    assert Receiver().feed(wire) == [Frame(type, sequence, payload)]


@pytest.mark.parametrize(("type", "sequence", "payload"), SAMPLES)
def test_a_frame_with_any_single_bit_flipped_is_refused(type, sequence, payload):
    wire = encode(type, sequence, payload)
    for bit in range(8 * len(wire)):
        broken = bytearray(wire)
        broken[bit >> 3] ^= 1 << (bit & 7)
        assert Receiver().feed(bytes(broken) + b"\0") == [], f"bit {bit}"


@pytest.mark.parametrize(("type", "sequence", "payload"), SAMPLES)
def test_a_frame_with_any_byte_missing_doubled_or_inserted_is_refused(type, sequence, payload):
    wire = encode(type, sequence, payload)
    for at in range(1, len(wire) - 1):
        for broken in (
            wire[:at],
            wire[:at] + wire[at + 1 :],
            wire[: at + 1] + wire[at:],
            wire[:at] + b"\x55" + wire[at:],
        ):
            assert Receiver().feed(broken + b"\0") == [], f"byte {at}"


def test_a_payload_that_is_too_long_is_refused_with_its_length():
    with pytest.raises(FrameError) as caught:
        encode(Type.PING, 0, bytes(129))
    assert str(caught.value) == "a payload of 129 bytes does not fit a frame of 128; split it"


def test_frames_glued_by_one_zero_and_cut_anywhere_arrive():
    wires = [encode(*sample) for sample in SAMPLES]
    glued = b"\0".join(wire.strip(b"\0") for wire in wires)
    stream = b"\0" + glued + b"\0\0\0"
    expected = [Frame(*sample) for sample in SAMPLES]
    for cut in range(len(stream)):
        receiver = Receiver()
        assert receiver.feed(stream[:cut]) + receiver.feed(stream[cut:]) == expected
        assert receiver.damaged == 0


def test_text_between_frames_is_kept_and_is_no_damage():
    receiver = Receiver()
    boot = b"ets Jul 29 2019\r\n" + b"x" * 500 + b"\x1b[32mI (31) boot\x1b[0m\r\n"
    stream = boot + encode(Type.PING, 0) + b"Traceback:\n" + encode(Type.PING, 1) + b">>> "
    frames = [frame for byte in stream for frame in receiver.feed(bytes((byte,)))]
    assert [frame.sequence for frame in frames] == [0, 1]
    assert receiver.take_text() == (boot + b"Traceback:\n").decode()
    assert receiver.take_text() == ""
    assert receiver.pending == b">>> "
    assert receiver.damaged == 0


def test_a_string_that_is_neither_frame_nor_text_is_damaged_once_however_long():
    for length in (1, 8, 137, 138, 5000):
        receiver = Receiver()
        receiver.feed(b"\0" + b"\xff" * length + b"\0")
        assert receiver.damaged == 1, length
        assert receiver.take_text() == ""


def test_a_frame_after_any_rubbish_arrives():
    for rubbish in (b"\xff" * 10_000, b"a" * 137, b"\x01\x02\x03", encode(Type.PING, 9)[:-3]):
        assert Receiver().feed(rubbish + encode(Type.PING, 1)) == [Frame(Type.PING, 1, b"")]


def test_gaps_in_the_sequence_are_counted_and_hello_begins_anew():
    receiver = Receiver()

    def lost_after(type: Type, sequence: int) -> int:
        receiver.feed(encode(type, sequence))
        return receiver.lost

    assert lost_after(Type.STATS, 65530) == 0  # the first that is heard
    assert lost_after(Type.STATS, 65534) == 3
    assert lost_after(Type.STATS, 1) == 5  # 65535 and 0
    assert lost_after(Type.HELLO, 0) == 5
    assert lost_after(Type.ACK, 1) == 5
    assert lost_after(Type.ACK, 0) == 6  # backwards: the device began anew, its HELLO was lost
    assert lost_after(Type.ACK, 1) == 6


def test_a_body_of_the_wrong_length_is_refused_even_with_a_right_crc():
    wire = encode(Type.PING, 0, b"abcd")
    body = bytearray(cobs.decode(wire[1:-1]))
    for length in set(range(256)) - {4}:
        head = bytes((length,)) + bytes(body[1:-4])
        sealed = head + binascii.crc32(head).to_bytes(4, "little")
        assert decode(cobs.encode(sealed)) is None


def test_the_shortest_and_the_longest_frame_have_the_lengths_of_the_spec():
    assert len(encode(Type.PING, 1)) - 2 == MIN_CODED == 9
    assert len(encode(Type.PING, 1, bytes(MAX_PAYLOAD))) - 2 == MAX_CODED == 137
    assert len(encode(Type.PING, 1, b"\1" * MAX_PAYLOAD)) - 2 == MAX_CODED


def test_text_is_what_a_terminal_shows_and_no_other_byte():
    shown = [8, 9, 10, 11, 12, 13, 27, *range(32, 127)]
    assert [byte for byte in range(1, 256) if is_text(bytes((byte,)))] == shown


@pytest.mark.parametrize("length", [MAX_CODED - 1, MAX_CODED, MAX_CODED + 1, 500])
def test_a_byte_that_is_no_text_is_seen_anywhere_in_the_length_of_a_frame(length):
    for at in (0, 70, min(length, MAX_CODED + 1) - 1):
        string = bytearray(b"a" * length)
        string[at] = 0xFF
        assert not is_text(string), at
    assert is_text(b"a" * (MAX_CODED + 1) + b"\xff")  # of what is longer, the beginning decides


def test_what_is_too_long_for_a_frame_is_not_kept_while_it_comes():
    receiver = Receiver()
    for n in range(1, MAX_CODED + 1):
        receiver.feed(b"a")
        assert receiver.pending == b"a" * n
        assert receiver.take_text() == ""
    for piece, text in ((b"a", "a" * (MAX_CODED + 1)), (b"bc", "bc"), (b"d", "d")):
        receiver.feed(piece)
        assert receiver.pending == b""
        assert receiver.take_text() == text
    assert receiver.feed(b"e" + encode(Type.PING, 1)) == [Frame(Type.PING, 1, b"")]
    assert receiver.take_text() == "e"
    assert receiver.damaged == 0


def test_half_the_sequence_is_a_gap_backwards_and_one_less_is_forwards():
    for ahead, lost in ((32767, 32767), (32768, 1), (40000, 1), (65535, 1), (25000, 25000)):
        receiver = Receiver()
        receiver.feed(encode(Type.STATS, 9) + encode(Type.STATS, (10 + ahead) % 65536))
        assert receiver.lost == lost, ahead


def test_a_frame_cannot_be_changed_and_has_no_room_for_more():
    frame = Frame(Type.PING, 1, b"")
    with pytest.raises(AttributeError):
        frame.type = 2
    assert not hasattr(frame, "__dict__")
