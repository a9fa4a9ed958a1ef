"""telemetry.py: what a Collector makes of the frames of a run, and what it counts."""

import dataclasses
import struct

from ganglion.link.drive import Drive
from ganglion.link.frame import Frame, Type
from ganglion.link.telemetry import NO_LOSSES, Collector, TelemetryLoss
from tests.support.telemetry import burst, done, frame, spikes


def test_a_count_of_losses_cannot_be_changed():
    assert TelemetryLoss.__dataclass_params__.frozen
    assert "__dict__" not in dir(TelemetryLoss)


def test_nothing_is_lost_only_if_each_count_is_nothing():
    assert NO_LOSSES.none is True
    for name in ("missing", "incomplete", "lost", "damaged", "dropped"):
        assert getattr(NO_LOSSES, name) == 0
        assert dataclasses.replace(NO_LOSSES, **{name: 1}).none is False
    assert not TelemetryLoss(1, 2, 3, 4, 5).none


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
