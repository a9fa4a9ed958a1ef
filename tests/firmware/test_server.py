"""server.py and runner.py of the firmware on the virtual device, spoken to in frames."""

import hashlib
import struct
from itertools import pairwise

import pytest

from ganglion.compiler import Brain
from ganglion.device.device import Device
from ganglion.device.open import open_device
from ganglion.errors import DeviceError
from ganglion.link.codes import Code, Refused
from ganglion.link.frame import MAX_PAYLOAD, Type, encode
from ganglion.link.messages import Ack, Burst, Doing, Done, Fault, Stats, parse
from ganglion.reference.integers import Reference
from ganglion.reference.stimulus import RandomStimulus, StimulusStream
from tests.support.blobs import driven

UNIT = 1 << 22  # one spike's worth of input to a neuron of the small brain


def records(device: Device, kind: type) -> list:
    return [record for record in device.events() if isinstance(record, kind)]


def refusal(device: Device, command: Type, payload: bytes = b"") -> tuple[Code, int]:
    with pytest.raises(Refused) as caught:
        device.link.command(command, payload)
    return Code(caught.value.code), caught.value.detail


def answers(device: Device, wire: bytes, count: int) -> list[Ack]:
    """The ACKs to raw bytes, past the Link's own bookkeeping."""
    link = device.link
    seen: list[Ack] = []
    genuine = link._sort
    frames = type(link.receiver)()

    def listen(data: bytes) -> None:
        for frame in frames.feed(data):
            if frame.type == Type.ACK:
                seen.append(parse(frame))
        genuine(data)

    link._sort = listen
    link.write(wire)
    assert link._await(lambda: len(seen) >= count, 5.0)
    link._sort = genuine
    return seen


def test_a_device_without_a_brain_says_so_and_refuses_to_run(device):
    assert device.greeting.doing == Doing.NO_BRAIN
    assert device.greeting.brain_id == b""
    assert device.greeting.board == "virtual"
    assert device.greeting.max_payload == MAX_PAYLOAD
    nothing = (Code.STATE, 0)
    assert refusal(device, Type.START, bytes(4)) == nothing
    assert refusal(device, Type.STEP) == nothing
    assert refusal(device, Type.READ, struct.pack("<HH", 0, 1)) == nothing
    assert refusal(device, Type.INJECT, struct.pack("<IHi", 0, 0, 1)) == nothing


def test_an_unknown_command_and_a_wrong_length_are_refused_by_their_codes(robot):
    unknown = encode(0x55, 500) + encode(Type.BURST, 501) + encode(0, 502)
    assert [ack.code for ack in answers(robot, unknown, 3)] == [Code.UNKNOWN] * 3
    for command, payload in (
        (Type.QUERY, b"x"),
        (Type.PUT_BEGIN, bytes(39)),
        (Type.PUT_DATA, bytes(4)),
        (Type.PUT_END, b"x"),
        (Type.CONFIGURE, bytes(23)),
        (Type.START, bytes(3)),
        (Type.STOP, b"x"),
        (Type.INJECT, bytes(4)),
        (Type.INJECT, bytes(11)),
        (Type.READ, bytes(3)),
        (Type.STEP, b"x"),
        (Type.REPL, b"x"),
    ):
        assert refusal(robot, command, payload) == (Code.LENGTH, 0), command


def test_a_field_out_of_range_is_refused_with_its_place(robot):
    good = dict(kind=0, bits=0, telemetry=0, zero=0, seed=0, chance=0, digest=0, stats=0, period=0)
    for place, (field, value) in {
        0: ("kind", 2),
        1: ("bits", 11),
        2: ("telemetry", 16),
        3: ("zero", 1),
        5: ("chance", 65537),
        8: ("period", 1 << 28),
    }.items():
        payload = struct.pack("<BBBBIIIII", *{**good, field: value}.values())
        assert refusal(robot, Type.CONFIGURE, payload) == (Code.VALUE, place)
    assert refusal(robot, Type.READ, struct.pack("<HH", 400, 1)) == (Code.VALUE, 0)
    assert refusal(robot, Type.READ, struct.pack("<HH", 0, 16)) == (Code.VALUE, 1)
    assert refusal(robot, Type.READ, struct.pack("<HH", 399, 2)) == (Code.VALUE, 1)
    assert refusal(robot, Type.INJECT, struct.pack("<IHiHi", 0, 0, 1, 400, 1)) == (Code.VALUE, 3)
    too_much = struct.pack("<IHiHi", 0, 0, 1 << 30, 1, -(1 << 30))
    assert refusal(robot, Type.INJECT, too_much) == (Code.VALUE, 4)


def test_of_a_brain_with_a_robot_inputs_leave_half_of_32_bits_to_its_sensors(robot):
    robot.inject([(0, 1 << 30)])
    robot.put(driven())
    too_much = struct.pack("<IHi", 0, 0, 1 << 30)
    assert refusal(robot, Type.INJECT, too_much) == (Code.VALUE, 2)
    robot.inject([(0, 1 << 29), (1, 1 - (1 << 29))])
    assert refusal(robot, Type.INJECT, struct.pack("<IHi", 0, 2, 1)) == (Code.VALUE, 2)


def test_ping_carries_every_byte_value_both_ways(device):
    for start in (0, 128):
        device.link.command(Type.PING, bytes(range(start, start + 128)))
    assert device.link.receiver.damaged == 0


def test_every_burst_of_a_run_equals_the_reference_in_spikes_and_digest(robot, small_brain):
    stimulus = RandomStimulus.at_rate(11, 0.2)
    robot.configure(stimulus=(stimulus.seed, stimulus.group_bits, stimulus.chance), lossless=True)
    robot.start(1000)
    *bursts, done = robot.events()
    reference = Reference(small_brain.network)
    stream = StimulusStream(small_brain.network, stimulus)
    assert [burst.number for burst in bursts] == list(range(1, 1001))
    for burst in bursts:
        fired = reference.step(stream.draw())
        assert burst.neurons.tolist() == fired.tolist()
        assert burst.digest == reference.digest()
    assert done == Done(1000, reference.chain, reference.spikes, 0)
    assert robot.losses.none
    state = robot.read_state(0, 400)
    assert state.potential.tolist() == reference.potential.tolist()
    assert state.countdown.tolist() == reference.countdown.tolist()
    assert state.consecutive.tolist() == reference.consecutive.tolist()


def test_every_number_of_fires_is_told_in_full(robot):
    robot.configure(stepped=True)
    for number in range(65):
        robot.start(2)
        robot.inject([(neuron, UNIT) for neuron in range(number)])
        (first,) = robot.step()
        assert first.neurons.tolist() == list(range(number))
        second, done = robot.step()
        assert second.neurons.tolist() == list(range(100, 100 + 2 * number))
        assert second.fired == 2 * number
        assert done.spikes == 3 * number


def test_an_input_for_a_later_burst_waits_for_it_and_then_is_gone(robot, small_brain):
    robot.configure(stepped=True)
    robot.inject([(7, UNIT), (9, UNIT)], burst=3)
    robot.inject([(8, UNIT)], burst=1)
    robot.start(5)
    fired = [robot.step()[0].neurons.tolist() for _ in range(4)]
    assert [[n for n in burst if n < 100] for burst in fired] == [[8], [], [7, 9], []]
    with pytest.raises(Refused) as caught:
        robot.inject([(1, UNIT)], burst=4)
    assert str(caught.value) == (
        "the device refused INJECT: that burst has already run; send inputs earlier, or run slower"
    )
    robot.inject([(1, UNIT)], burst=9)  # never comes: the end of the run forgets it
    assert isinstance(robot.step()[-1], Done)
    robot.start(9)
    assert all(robot.step()[0].fired == 0 for _ in range(9))


def test_inputs_beyond_what_can_wait_are_refused_whole(robot):
    for burst in (2, 3):
        for _ in range(8):
            robot.inject([(n, 1) for n in range(8)], burst=burst)
        with pytest.raises(Refused) as caught:
            robot.inject([(99, UNIT)], burst=burst)
        assert caught.value.code == Code.FULL
    robot.inject([(n, 1) for n in range(20)], burst=4)
    with pytest.raises(Refused) as caught:
        robot.inject([(n, 1) for n in range(13)], burst=5)
    assert caught.value.code == Code.FULL
    robot.inject([(n, 1) for n in range(12)], burst=5)
    with pytest.raises(Refused) as caught:
        robot.inject([(0, 1)], burst=6)
    assert caught.value.code == Code.FULL


def test_a_repeated_command_gets_the_same_answer_and_is_not_executed_twice(robot):
    robot.configure(stepped=True)
    robot.start()
    step, ping = encode(Type.STEP, 1000), encode(Type.PING, 1001)
    acks = answers(robot, step + step + step, 3)
    assert [(ack.sequence, ack.code) for ack in acks] == [(1000, 0)] * 3
    bursts = [parse(frame) for frame in robot.link.take(0)]
    assert [record.number for record in bursts] == [1]
    bad = encode(Type.READ, 1002, b"")
    assert [ack.code for ack in answers(robot, ping + bad + bad, 3)] == [0, 2, 2]


def test_a_new_session_may_use_the_sequence_of_the_old_one(robot):
    robot.configure(stepped=True)
    robot.start()
    answers(robot, encode(Type.STEP, 1), 1)
    acks = answers(robot, encode(Type.QUERY, 0) + encode(Type.STEP, 1), 2)
    assert [ack.code for ack in acks] == [0, 0]
    numbers = [r.number for f in robot.link.take(0) if isinstance(r := parse(f), Burst)]
    assert numbers == [1, 2]


def test_while_a_run_goes_on_what_would_disturb_it_is_refused(robot):
    robot.configure()
    robot.start()
    busy = (Code.STATE, 0)
    assert refusal(robot, Type.PUT_BEGIN, bytes(40)) == busy
    assert refusal(robot, Type.PUT_DATA, bytes(5)) == busy
    assert refusal(robot, Type.PUT_END) == busy
    assert refusal(robot, Type.CONFIGURE, bytes(24)) == busy
    assert refusal(robot, Type.START, bytes(4)) == busy
    assert refusal(robot, Type.READ, struct.pack("<HH", 0, 1)) == busy
    assert refusal(robot, Type.REPL) == busy
    assert refusal(robot, Type.STEP) == busy
    assert robot.hello().doing == Doing.RUNNING
    robot.stop()
    assert isinstance(list(robot.events())[-1], Done)
    assert robot.hello().doing == Doing.READY


def test_stop_twice_is_no_error(robot):
    robot.stop()
    robot.start()
    robot.stop()
    robot.stop()
    assert len(records(robot, Done)) == 1


def test_only_bursts_that_fire_are_sent_when_asked(robot, small_brain):
    stimulus = (3, 0, 400)
    robot.configure(stimulus=stimulus, fired_only=True, lossless=True)
    robot.start(2000)
    bursts = records(robot, Burst)
    assert all(burst.fired for burst in bursts)
    assert 0 < len(bursts) < 2000
    robot.configure(stimulus=stimulus, lossless=True)
    robot.start(2000)
    assert [b.number for b in records(robot, Burst) if b.fired] == [b.number for b in bursts]
    assert robot.losses.none


def test_digests_and_figures_come_as_often_as_asked(robot):
    robot.configure(digest_every=7, stats_every=10, lossless=True)
    robot.start(100)
    events = list(robot.events())
    digested = [e.number for e in events if isinstance(e, Burst) and e.digest is not None]
    assert digested == list(range(7, 101, 7))
    stats = [event for event in events if isinstance(event, Stats)]
    assert [figures.burst for figures in stats] == list(range(10, 101, 10))
    assert all(figures.mean_us <= figures.max_us for figures in stats)
    robot.configure(bursts=False, digest_every=0)
    robot.start(50)
    (done,) = robot.events()
    assert done.burst == 50
    assert done.chain == 0


def test_a_burst_allocates_nothing(robot):
    robot.configure(stimulus=(5, 0, 20000), lossless=True, stats_every=1)
    robot.start(2000)
    heaps = [figures.heap_free for figures in records(robot, Stats)]
    # only a write that a full pty cut short costs a slice; the smallest allocation in each burst
    # would make every step a change
    changes = sum(a != b for a, b in pairwise(heaps))
    assert changes < 100


def test_a_period_spaces_the_bursts_and_counts_those_that_were_late(robot):
    robot.configure(period_us=2000, stats_every=50)
    robot.start(50)
    (figures,) = records(robot, Stats)
    assert figures.late <= 50
    robot.configure(period_us=1, stats_every=50)
    robot.start(50)
    (figures,) = records(robot, Stats)
    assert figures.late > 0


def test_a_brain_survives_a_boot_and_is_what_hello_names(small_brain, tmp_path):
    spec = f"virtual:{tmp_path}"
    with open_device(spec) as device:
        put = device.put(small_brain.blob)
        assert put.doing == Doing.READY
        assert put.brain_id == hashlib.sha256(small_brain.blob[:-32]).digest()[:8]
    with open_device(spec) as device:
        assert device.greeting.doing == Doing.READY
        assert device.greeting.brain_id == put.brain_id
        assert device.greeting.fault == Code.OK


def test_pieces_may_be_repeated_but_not_left_out(device, small_brain):
    blob = small_brain.blob
    begin = struct.pack("<I32sI", len(blob), hashlib.sha256(blob).digest(), 0)
    device.link.command(Type.PUT_BEGIN, begin)
    device.link.command(Type.PUT_DATA, struct.pack("<I", 0) + blob[:100])
    assert refusal(device, Type.PUT_DATA, struct.pack("<I", 101) + b"x") == (Code.OFFSET, 100)
    device.link.command(Type.PUT_DATA, struct.pack("<I", 0) + blob[:100])
    device.link.command(Type.PUT_DATA, struct.pack("<I", 50) + blob[50:150])
    assert refusal(device, Type.PUT_END) == (Code.OFFSET, 150)
    for at in range(150, len(blob), 124):
        device.link.command(Type.PUT_DATA, struct.pack("<I", at) + blob[at : at + 124])
    end = struct.pack("<I", len(blob))
    assert refusal(device, Type.PUT_DATA, end + b"x") == (Code.OFFSET, len(blob))
    device.link.command(Type.PUT_END)
    assert device.hello().doing == Doing.READY


def broken(blob: bytes, kind: str) -> bytes:
    if kind == "truncated":
        return blob[:-40]
    if kind == "flipped":
        return blob[:200] + bytes((blob[200] ^ 4,)) + blob[201:]
    return b"this is no brain at all" * 20


@pytest.mark.parametrize(
    ("kind", "code"),
    [("truncated", Code.SIZE), ("flipped", Code.SHA), ("something else", Code.MAGIC)],
)
def test_a_brain_that_is_refused_leaves_the_old_one_running(robot, small_brain, kind, code):
    before = robot.greeting.brain_id
    with pytest.raises(Refused) as caught:
        robot.put(broken(small_brain.blob, kind))
    assert caught.value.code == code
    assert robot.hello().brain_id == before
    robot.configure(stimulus=(1, 0, 20000), lossless=True)
    robot.start(10)
    assert len(records(robot, Burst)) == 10


def test_a_brain_that_is_not_what_was_announced_is_refused_and_forgotten(robot, small_brain):
    blob = small_brain.blob
    begin = struct.pack("<I32sI", len(blob), bytes(32), 0)
    robot.link.command(Type.PUT_BEGIN, begin)
    for at in range(0, len(blob), 124):
        robot.link.command(Type.PUT_DATA, struct.pack("<I", at) + blob[at : at + 124])
    assert refusal(robot, Type.PUT_END) == (Code.HASH, 0)
    assert refusal(robot, Type.PUT_END) == (Code.OFFSET, 0)
    assert robot.hello().doing == Doing.READY


def test_a_brain_larger_than_the_file_system_is_refused_before_it_is_sent(robot):
    assert refusal(robot, Type.PUT_BEGIN, struct.pack("<I32sI", 0, bytes(32), 0)) == (Code.VALUE, 0)
    assert refusal(robot, Type.PUT_BEGIN, struct.pack("<I32sI", 1, bytes(32), 2)) == (Code.VALUE, 2)


# Behind brain.py: the real Brain, with a fault in it.
SABOTAGE = """
_Brain = Brain
class Brain(_Brain):
    armed = False
    def stimulus(self, kind, *rest):
        self.armed = kind == 0
        super().stimulus(kind, *rest)
    def step(self):
        if self.armed and self.burst == 4:
            {fault}
        return super().step()
"""


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("raise ValueError('bad luck')", "ValueError: bad luck"),
        ("bytearray(1 << 30)", "MemoryError: memory allocation failed"),
        ("1 // 0", "ZeroDivisionError: divide by zero"),
    ],
)
def test_a_crash_in_the_loop_is_one_fault_and_the_device_goes_on(
    small_brain: Brain, alter_firmware, fault: str, told: str
):
    alter_firmware("brain", SABOTAGE.format(fault=fault))
    with open_device("virtual") as device:
        device.put(small_brain.blob)
        device.configure(lossless=True)
        device.start()
        *bursts, end = device.events()
        assert len(bursts) == 4
        assert isinstance(end, Fault)
        assert end.code == Code.CRASH
        assert end.text.startswith(told)
        assert str(end).startswith(f"an exception in the burst loop (burst 4): {told}")
        assert device.hello().fault == Code.CRASH
        assert device.greeting.doing == Doing.READY
        device.configure(stimulus=(1, 0, 100))
        device.start(10)
        assert isinstance(list(device.events())[-1], Done)
        assert device.hello().fault == Code.OK


def test_a_device_that_is_reset_during_a_run_is_told_from_one_that_is_slow(robot):
    robot.configure()
    robot.start()
    assert robot.virtual is not None
    robot.virtual.reset()
    with pytest.raises(DeviceError) as caught:
        list(robot.events())
    assert str(caught.value) == (
        "the virtual device began anew during the run (reset cause 0); "
        "look at its power supply; run again"
    )
