"""telemetry.py: every record from its bytes, the codes of SPEC.md, and what a Collector counts."""

import re
import struct

import pytest

from ganglion.errors import DeviceError
from ganglion.link.frame import Frame, Type
from ganglion.link.messages import (
    SENTENCES,
    Ack,
    Burst,
    Code,
    Collector,
    Doing,
    Done,
    Fault,
    Hello,
    State,
    Stats,
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


def test_a_sentence_tells_the_detail_where_it_says_something():
    assert sentence(0) == "done"
    assert sentence(3, 5) == "a field is out of range (field 5)"
    assert sentence(5, 28) == "the file system refused (errno 28)"
    assert sentence(8) == "not enough heap"
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
