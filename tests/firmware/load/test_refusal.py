"""What a device refuses of a stranger: one code, one sentence, and the old brain goes on."""

import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ganglion.blob.container import encode
from ganglion.brains import network_of
from ganglion.cli.commands.compile import command as compile_command
from ganglion.compiler import Brain, compile_connectome
from ganglion.device.device import Device
from ganglion.device.open import open_device
from ganglion.errors import UsageError
from ganglion.examples import path as example
from ganglion.frontends import synthetic
from ganglion.link.codes import SENTENCES, Code, Refused
from tests.support.brains import small_connectome


def of_version(number: int) -> Callable[[Brain], bytes]:
    return lambda brain: brain.blob[:8] + struct.pack("<H", number) + brain.blob[10:]


def altered(brain: Brain) -> bytes:
    return brain.blob[:300] + bytes((brain.blob[300] ^ 1,)) + brain.blob[301:]


def for_board(name: str) -> Callable[[Brain], bytes]:
    return lambda brain: encode(replace(brain.network, board=name))


def with_a_wrong_golden(brain: Brain) -> bytes:
    golden = replace(brain.network.golden, spikes=brain.network.golden.spikes + 1)
    return encode(replace(brain.network, golden=golden))


REFUSALS = [
    ("not a brain", lambda _: b"GIF89a" * 100, Code.MAGIC, "not a blob; compile it again; "),
    (
        "from the future", of_version(2), Code.VERSION,
        "a blob version that this firmware does not run (version 2); compile it with the ganglion ",
    ),
    (
        "from the past", of_version(0), Code.VERSION,
        "a blob version that this firmware does not run (version 0); compile it with the ganglion ",
    ),
    (
        "truncated", lambda brain: brain.blob[:-1], Code.SIZE,
        "the length field, a section's bounds or padding is wrong; compile it again; ",
    ),
    (
        "longer", lambda brain: brain.blob + b"\0", Code.SIZE,
        "the length field, a section's bounds or padding is wrong; compile it again; ",
    ),
    ("altered", altered, Code.SHA, "the SHA-256 is wrong; compile it again; "),
    (
        "for another board", for_board("esp32"), Code.BOARD,
        "the blob is for another board; compile it for this board, or for any ",
    ),
    (
        "of other arithmetic", with_a_wrong_golden, Code.GOLDEN,
        "the golden vector was not reproduced (",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("what", "make", "code", "told"), REFUSALS, ids=[r[0] for r in REFUSALS])
def test_a_strangers_brain_is_refused_by_its_code_and_sentence(
    robot: Device, small_brain: Brain, what, make, code, told
):
    before = robot.hello().brain_id
    with pytest.raises(Refused) as caught:
        robot.put(make(small_brain))
    assert caught.value.code == code
    assert str(caught.value).startswith(f"the device refused PUT_END: {told}")
    assert robot.hello().brain_id == before
    assert robot.greeting.fault == code


def test_an_older_brain_is_refused_unless_forced(device: Device):
    old, new = (compile_connectome(small_connectome(), counter=counter) for counter in (6, 7))
    there = device.put(new.blob).brain_id
    with pytest.raises(Refused) as caught:
        device.put(old.blob)
    assert caught.value.code == Code.OLDER
    assert str(caught.value) == (
        "the device refused PUT_END: the blob's counter is below that of the brain it would "
        "replace; compile it anew, or force it"
    )
    assert device.hello().brain_id == there
    assert device.put(new.blob).brain_id == there  # the same is not older
    assert device.put(old.blob, force=True).brain_id != there


# Behind slots.py: the real one, on a small file system.
CRAMPED = """
def _free():
    return 5000
"""


def test_a_brain_that_the_file_system_has_no_room_for_is_refused_before_it_is_sent(
    small_brain: Brain, alter_firmware
):
    alter_firmware("slots", CRAMPED)
    with open_device("virtual") as device:
        sent = []
        with pytest.raises(Refused) as caught:
            device.put(bytes(5001), lambda done, _: sent.append(done))
        assert caught.value.code == Code.ROOM
        assert str(caught.value) == (
            "the device refused PUT_BEGIN: the file system has no room for it (5000 bytes are "
            "free); choose a smaller brain, or a board with more flash"
        )
        assert sent == []
        assert device.put(small_brain.blob).brain_id


def test_a_brain_that_the_heap_has_no_room_for_is_refused_and_the_old_one_stays(
    small_brain: Brain,
):
    large = compile_connectome(synthetic.network(20_000, 1))
    with open_device("virtual", heap=200_000) as device:
        before = device.put(small_brain.blob).brain_id
        with pytest.raises(Refused) as caught:
            device.put(large.blob)
        assert caught.value.code == Code.MEMORY
        assert str(caught.value).startswith("the device refused PUT_END: not enough heap")
        assert device.hello().brain_id == before


def test_every_code_has_a_sentence_of_its_own():
    assert set(SENTENCES) == set(Code)
    assert len(set(SENTENCES.values())) == len(SENTENCES)


def test_a_brain_can_be_compiled_for_one_board_only(tmp_path: Path):
    out = tmp_path / "robot.gbn"
    words = [str(example("wall_avoider")), "-o", str(out), "--board", "esp32"]
    compile_command.main(words, standalone_mode=False)
    assert network_of(out)[0].board == ""
    compile_command.main([*words, "--only"], standalone_mode=False)
    assert network_of(out)[0].board == "esp32"
    with pytest.raises(UsageError) as caught:
        compile_command.main([*words[:3], "--only"], standalone_mode=False)
    assert str(caught.value) == "--only says nothing without a board; name one with --board"
