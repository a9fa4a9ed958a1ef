"""slots.py of a board under the real MicroPython: on files, and on a flash whose power is cut."""

import hashlib

from ganglion.blob.learnt import begin_with, learnt_in
from ganglion.compiler import compile_connectome, finished
from ganglion.examples import path as example
from ganglion.frontends.read import connectome_of
from ganglion.reference.integers import Reference
from ganglion.reference.learning import padded
from ganglion.reference.stimulus import RandomStimulus, StimulusStream
from tools.faults.power import BRAIN, FLASH, NEW, OLD, PUT, cut_everywhere


def test_a_brain_is_current_after_it_is_switched_and_the_one_before_stays(micropython, tmp_path):
    told = micropython(
        PUT
        + """
s = slots.Slots()
print(s.current(), s.other(), s.was_cut())
s = put(OLD, False)
print(s.current(), s.other(), slots.Slots().was_cut())
s.confirm()
print(slots.Slots().current(), slots.Slots().was_cut())
s = put(NEW)
print(s.current(), s.other(), read(s.current()) == NEW, read(s.other()) == OLD)
s = put(OLD)
print(s.current(), s.other(), read(s.current()) == OLD, read(s.other()) == NEW)
""",
        tmp_path,
    )
    assert told.decode().splitlines() == [
        "None None False",
        "brain.a None True",
        "brain.a False",
        "brain.b brain.a True True",
        "brain.a brain.b True True",
    ]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["brain.a", "brain.b", "brain.ptr"]


def test_going_back_leads_to_the_brain_before_or_to_none(micropython, tmp_path):
    told = micropython(
        PUT
        + """
s = put(OLD, False)
s.roll_back()
print(s.current(), slots.Slots().current())
put(OLD)
s = put(NEW, False)
s.roll_back()
print(slots.Slots().current(), slots.Slots().was_cut(), read(slots.Slots().current()) == OLD)
""",
        tmp_path,
    )
    assert told.decode().splitlines() == ["None None", "brain.a False True"]


def test_what_is_not_what_was_announced_is_forgotten(micropython, tmp_path):
    told = micropython(
        PUT
        + """
s = slots.Slots()
s.begin(10, bytes(32))
print(s.write(1, b"x"), s.write(0, b"12345678901"), s.write(0, b"1234567890"), s.finish())
print(os.listdir(), s.size, s.write(0, b"x"))
s.begin(10, hashlib.sha256(b"1234567890").digest())
print(s.write(0, b"12345"), s.write(0, b"12345"), s.write(3, b"4567890"), s.staged, s.finish())
s.forget()
print(os.listdir(), s.current())
""",
        tmp_path,
    )
    assert told.decode().splitlines() == [
        "False False True False",
        "[] 0 False",
        "True True True 10 True",
        "[] None",
    ]


def test_an_aborted_upload_leaves_the_live_brain_alone(micropython, tmp_path):
    told = micropython(
        PUT
        + """
import gc
put(OLD)
s = slots.Slots()
s.begin(len(NEW), hashlib.sha256(NEW).digest())
s.write(0, NEW[:500])
s = None
gc.collect()
print(slots.Slots().current(), read(slots.Slots().current()) == OLD)
put(NEW)
print(read(slots.Slots().current()) == NEW)
""",
        tmp_path,
    )
    assert told.decode().splitlines() == ["brain.a True", "True"]


def test_a_pointer_that_cannot_be_read_is_no_pointer(micropython, tmp_path):
    for letters in (b"", b"a", b"xc", b"acc", b"\xff\xff"):
        (tmp_path / "brain.ptr").write_bytes(letters)
        program = PUT + "s = slots.Slots(); print(s.current(), s.was_cut(), s.other())"
        assert micropython(program, tmp_path) == b"None False None\n", letters


def test_a_brain_that_is_too_large_takes_the_spare_slot_or_is_refused(micropython, tmp_path):
    told = micropython(
        PUT
        + FLASH
        + """
mount(Flash(before))
put(NEW)
print(sorted(os.listdir()))
s = slots.Slots()
print(s.begin(1 << 20, bytes(32)), 0 < s.free < 1 << 20, s.size)
print(sorted(os.listdir()), read(s.current()) == NEW)
""",
        tmp_path,
    )
    assert told.decode().splitlines() == [
        "['brain.a', 'brain.b', 'brain.ptr']",
        "False True 0",
        "['brain.b', 'brain.ptr'] True",
    ]


def test_power_cut_at_every_write_leaves_the_old_brain_or_the_new():
    results = cut_everywhere(BRAIN)
    assert len(results) > 3 * 50  # three ways to tear, each write and erase of a put
    assert {found for found, _ in results} == {"old", "new"}
    assert results[-1][0] == "new"
    assert all(again for _, again in results)


def test_power_cut_at_every_write_leaves_the_weights_of_before_or_those_that_were_learnt():
    """`learned --keep` puts a brain that begins with what was learnt: two copies, checked."""
    brain = compile_connectome(connectome_of(example("pairing"))[0])
    reference = Reference(brain.network)
    stream = StimulusStream(brain.network, RandomStimulus.at_rate(3, 0.4))
    for _ in range(60):
        reference.step(stream.draw())
    state = b"".join(padded(part) for part in reference.learns.parts())
    network, kept = finished(begin_with(brain.network, learnt_in(brain.network, state)))
    assert network.learning.projections[0].weight.any()
    assert not brain.network.learning.projections[0].weight.any()
    results = cut_everywhere(BRAIN, brains=(brain.blob, kept))
    assert len(results) > 3 * 30
    assert {found for found, _ in results} == {"old", "new"}
    assert results[-1][0] == "new"
    assert all(again for _, again in results)


def test_power_cut_before_the_trial_is_confirmed_leaves_the_old_brain():
    results = cut_everywhere(BRAIN, confirm=False)
    assert {found for found, _ in results} == {"old"}
    assert all(again for _, again in results)


def test_the_brains_of_this_file_differ():
    assert hashlib.sha256(OLD).digest() != hashlib.sha256(NEW).digest()


def test_what_is_to_be_tried_is_known_until_the_trial_begins(micropython, tmp_path):
    told = micropython(
        PUT
        + """
for forced in (False, True):
    s = slots.Slots()
    s.begin(len(NEW), hashlib.sha256(NEW).digest())
    assert s.write(0, NEW) and s.finish()
    s.switch(forced)
    s = slots.Slots()
    print(s.is_new(), s.was_cut(), s.begin_trial(), s.is_new(), s.was_cut())
    s.confirm()
    s = slots.Slots()
    print(s.is_new(), s.was_cut(), hex(s.other_counter()))
""",
        tmp_path,
    )
    assert told.decode().splitlines() == [
        "True False False False True",
        "False False 0x0",
        "True False True False True",
        "False False 0xd0d1d2d3",
    ]
