"""telemetry.py: every record from its bytes, the codes of SPEC.md, and what a Collector counts."""

import dataclasses
import re
import struct

import pytest

from ganglion.errors import DeviceError
from ganglion.link import messages
from ganglion.link.drive import Drive
from ganglion.link.frame import Frame, Type
from ganglion.link.messages import (
    NO_LOSSES,
    SENTENCES,
    SPEC_VERSION,
    Ack,
    Burst,
    Code,
    Collector,
    Doing,
    Done,
    Fault,
    Hello,
    LearntPiece,
    Refused,
    Spikes,
    State,
    Stats,
    TelemetryLoss,
    parse,
    sentence,
)
from tests.support import ROOT

SPEC = (ROOT / "SPEC.md").read_text(encoding="utf-8")


def frame(type: Type, payload: bytes) -> Frame:
    return Frame(type, 0, payload)


def spikes(burst: int, *neurons: int) -> Frame:
    return frame(Type.SPIKES, struct.pack(f"<I{len(neurons)}H", burst, *neurons))


def burst(number: int, fired: int, *neurons: int) -> Frame:
    head = struct.pack("<IIHBBI", number, 0xDEADBEEF, fired, 1, 0, 123)
    return frame(Type.BURST, head + struct.pack(f"<{len(neurons)}H", *neurons))


def done(number: int) -> Frame:
    return frame(Type.DONE, struct.pack("<IIII", number, 1, 2, 3))


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


def test_the_numbers_of_hello_are_those_of_the_spec():
    assert f"\nVersion {SPEC_VERSION}. This page" in SPEC
    (told,) = re.findall(r"state u8 \(([^)]*)\)", SPEC)
    words = [f"{doing.value} {doing.name.lower().replace('_', ' ')}" for doing in Doing]
    assert told == ", ".join(words)


def test_no_record_can_be_changed():
    records = [value for value in vars(messages).values() if dataclasses.is_dataclass(value)]
    assert len(records) > 12
    for record in records:
        assert record.__dataclass_params__.frozen, record
        assert "__dict__" not in dir(record), record
        arrays = any("ndarray" in str(field.type).lower() for field in dataclasses.fields(record))
        assert record.__dataclass_params__.eq != arrays, record  # arrays have no one truth


def test_nothing_is_lost_only_if_each_count_is_nothing():
    assert NO_LOSSES.none is True
    for name in ("missing", "incomplete", "lost", "damaged", "dropped"):
        assert getattr(NO_LOSSES, name) == 0
        assert dataclasses.replace(NO_LOSSES, **{name: 1}).none is False
    assert not TelemetryLoss(1, 2, 3, 4, 5).none


def test_a_sentence_tells_the_detail_where_it_says_something():
    assert sentence(0) == "done"
    assert sentence(3, 5) == "a field is out of range (field 5)"
    assert sentence(5, 28) == "the file system refused (errno 28)"
    assert sentence(8) == "not enough heap"
    assert sentence(8, 5) == "not enough heap (5 bytes asked for)"
    assert sentence(20, 5) == "the SHA-256 is wrong"
    assert sentence(23, 255) == "the golden vector was not reproduced (000000ff came out)"
    assert sentence(99, 7) == "code 99, which this version does not know (detail 7)"


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


def test_spikes_and_burst_become_one_record():
    collector = Collector()
    assert collector.add(spikes(1, 1, 2, 3)) is None
    assert collector.add(spikes(1, 4, 5)) is None
    record = collector.add(burst(1, 6, 6))
    assert record.neurons.tolist() == [1, 2, 3, 4, 5, 6]
    assert record.complete
    assert (collector.missing, collector.incomplete) == (0, 0)


def test_a_burst_whose_spikes_were_lost_is_incomplete():
    collector = Collector()
    record = collector.add(burst(1, 70, *range(8)))
    assert not record.complete
    assert (collector.missing, collector.incomplete) == (0, 1)


def test_spikes_whose_burst_was_lost_do_not_slip_into_the_next():
    collector = Collector()
    collector.add(spikes(1, 1, 2, 3))
    record = collector.add(burst(2, 1, 9))
    assert record.neurons.tolist() == [9]
    assert (collector.missing, collector.incomplete) == (1, 0)
    collector.add(spikes(3, 1))
    collector.add(spikes(4, 2))
    assert collector.add(burst(4, 2, 3)).neurons.tolist() == [2, 3]
    assert collector.missing == 2


def test_bursts_that_nothing_came_of_are_counted_up_to_the_end_of_the_run():
    collector = Collector()
    for number in (1, 2, 5):
        collector.add(burst(number, 0))
    assert collector.missing == 2
    collector.add(done(9))
    assert collector.missing == 2 + 4


def test_gaps_are_no_losses_when_not_every_burst_is_sent():
    collector = Collector(every_burst=False)
    for number in (3, 70):
        collector.add(burst(number, 1, 1))
    collector.add(done(100))
    assert collector.missing == 0


def test_a_burst_that_comes_twice_makes_up_for_no_other():
    collector = Collector()
    for number in (1, 4, 4):
        collector.add(burst(number, 0))
    assert collector.missing == 2


def sensed(number: int, again: bool = False) -> Frame:
    flags = 128 if again else 0
    return frame(Type.SENSED, struct.pack("<IBBBBi", number, 0, 1, flags, 0, 5) + b"\1")


def test_what_a_robot_sensed_comes_with_its_burst_and_what_was_asked_for_by_itself():
    collector = Collector()
    assert collector.add(sensed(1)) is None
    assert collector.add(burst(1, 0)).drive == Drive((1,), (5,), ())
    assert collector.add(burst(2, 0)).drive is None
    asked = collector.add(sensed(2, again=True))
    assert asked.again
    assert collector.add(burst(2, 0)).drive is None
