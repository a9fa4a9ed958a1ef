"""messages.py: every record from its bytes, and what makes no sense is refused."""

import dataclasses
import re
import struct

import pytest

from ganglion.errors import DeviceError
from ganglion.link import messages, telemetry
from ganglion.link.codes import sentence
from ganglion.link.frame import Frame, Type
from ganglion.link.messages import (
    SPEC_VERSION,
    Ack,
    Burst,
    Doing,
    Done,
    Fault,
    Hello,
    LearntPiece,
    Spikes,
    State,
    Stats,
    parse,
)  # fmt: skip
from tests.support import ROOT
from tests.support.telemetry import burst, done, frame, spikes

SPEC = (ROOT / "SPEC.md").read_text(encoding="utf-8")


def test_the_numbers_of_hello_are_those_of_the_spec():
    assert f"\nVersion {SPEC_VERSION}. This page" in SPEC
    (told,) = re.findall(r"state u8 \(([^)]*)\)", SPEC)
    words = [f"{doing.value} {doing.name.lower().replace('_', ' ')}" for doing in Doing]
    assert told == ", ".join(words)


def test_no_record_can_be_changed():
    records = [
        value
        for value in {**vars(messages), **vars(telemetry)}.values()
        if dataclasses.is_dataclass(value)
    ]
    assert len(records) > 12
    for record in records:
        assert record.__dataclass_params__.frozen, record
        assert "__dict__" not in dir(record), record
        arrays = any("ndarray" in str(field.type).lower() for field in dataclasses.fields(record))
        assert record.__dataclass_params__.eq != arrays, record  # arrays have no one truth


def test_hello_is_read_field_by_field():
    payload = struct.pack(
        "<HHBBBBBBBBIHI8sB",
        1,
        2,
        0,
        3,
        4,
        2,
        3,
        33,
        5,
        0,
        100_000,
        128,
        0xFEEDBEEF,
        b"brain-id",
        6,
    )
    assert parse(frame(Type.HELLO, payload + "börd5".encode())) == Hello(
        spec=1, blob_version=2, firmware=(0, 3, 4), doing=Doing.RUNNING, reset_cause=3, fault=33,
        boots=5, heap_free=100_000, max_payload=128,
            build=0xFEEDBEEF, brain_id=b"brain-id", board="börd5",
    )  # fmt: skip
    without = payload[:22] + bytes(8) + b"\0"
    assert parse(frame(Type.HELLO, without)).brain_id == b""


def test_the_other_records_are_read_field_by_field():
    assert parse(frame(Type.ACK, struct.pack("<HBBI", 7, 3, 0, 9))) == Ack(7, 3, 9)
    assert parse(frame(Type.STATS, struct.pack("<7I", *range(7)))) == Stats(*range(7))
    assert parse(done(9)) == Done(9, 1, 2, 3)
    fault = parse(frame(Type.FAULT, struct.pack("<BBHI", 32, 0, 0, 8) + b"why"))
    assert fault == Fault(32, 8, "why")
    assert str(fault) == "an exception in the burst loop (burst 8): why"
    assert str(Fault(31, 8, "")) == sentence(31, 8)
    assert str(Fault(22, 8, "why")) == "an index in a section is out of range (section 8): why"
    piece = parse(frame(Type.LEARNT, struct.pack("<II", 112, 9999) + b"learnt"))
    assert piece == LearntPiece(112, 9999, b"learnt")
    some = parse(spikes(0x01020304, 7, 65535))
    assert isinstance(some, Spikes)
    assert (some.number, some.neurons.tolist()) == (0x01020304, [7, 65535])
    state = parse(frame(Type.STATE, struct.pack("<HHii2H2H", 5, 2, -1, 7, 1, 2, 3, 65535)))
    assert isinstance(state, State)
    assert (state.first, state.potential.tolist()) == (5, [-1, 7])
    assert (state.countdown.tolist(), state.consecutive.tolist()) == ([1, 2], [3, 65535])
    one = parse(burst(3, 2, 8, 9))
    assert isinstance(one, Burst)
    assert (one.number, one.digest, one.fired, one.micros) == (3, 0xDEADBEEF, 2, 123)
    assert one.neurons.tolist() == [8, 9]
    without = frame(Type.BURST, struct.pack("<IIHBBI", 3, 5, 0, 0, 0, 1))
    assert parse(without).digest is None


@pytest.mark.parametrize("type", [t for t in Type if t >= 0x80])
def test_a_payload_of_a_length_that_makes_no_sense_is_refused(type):
    with pytest.raises(DeviceError) as caught:
        parse(frame(type, b"\x01\x02\x03"))
    assert str(caught.value) == (
        f"the device sent a frame of type {type:02x} with 3 bytes that makes no sense; "
        "install the firmware of this version with `ganglion flash`"
    )


def test_a_frame_of_a_type_that_is_unknown_or_a_command_is_refused():
    for type in (0x1F, 0x9F, 0xFF, Type.START):
        with pytest.raises(DeviceError):
            parse(Frame(type, 0, bytes(8)))
