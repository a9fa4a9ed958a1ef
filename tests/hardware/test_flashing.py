"""`ganglion flash` on a board: from whatever its flash held to HELLO and the brain."""

import dataclasses
import json
import subprocess
import sys

import pytest

from ganglion.blob.container import brain_id
from ganglion.device.installation.flash import flash, plan
from ganglion.device.open import open_device
from ganglion.errors import BoardError
from ganglion.link.messages import Doing


@pytest.fixture(autouse=True)
def has_flash(erasable):
    if erasable.board.flash is None:
        pytest.skip(f"{erasable.board.name} has no flash")


def test_a_chip_of_another_kind_is_refused_and_nothing_is_written(erasable, small_brain):
    other = dataclasses.replace(
        plan(erasable.board), board=erasable.board.model_copy(update={"chip": "esp32c61"})
    )
    with pytest.raises(BoardError) as caught:
        flash(other, erasable.spec)
    board = erasable.board
    assert str(caught.value) == (
        f"the chip at {erasable.spec} is an {board.chip}, and {board.name} has an esp32c61; "
        "name the board that you have with --board; nothing was written"
    )


def test_a_flash_that_is_too_small_is_refused_and_nothing_is_written(erasable):
    assert erasable.board.flash
    large = erasable.board.flash.model_copy(update={"size": 128 << 20})
    other = dataclasses.replace(
        plan(erasable.board), board=erasable.board.model_copy(update={"flash": large})
    )
    with pytest.raises(BoardError) as caught:
        flash(other, erasable.spec)
    assert f" KiB, and {erasable.board.name} has 131,072; " in str(caught.value)


def test_in_a_fleet_the_good_board_is_flashed_and_runs_its_brain(
    erasable, small_brain, tmp_path, figure
):
    brain = tmp_path / "brain.gbn"
    brain.write_bytes(small_brain.blob)
    done = subprocess.run(
        [
            sys.executable, "-c", "from ganglion.cli.main import main; main()", "flash", str(brain),
            "--board", erasable.board.name, "--port", str(tmp_path / "nowhere"),
            "--port", erasable.spec, "--json",
        ],
        capture_output=True, text=True, timeout=900,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    nowhere, good = json.loads(done.stdout)
    assert not nowhere["ok"]
    assert good["ok"], done.stderr
    assert good["chip"] == erasable.board.chip
    figure(f"flash and first HELLO: {good['seconds']:.1f} s")
    with open_device(erasable.spec, board=erasable.board) as device:
        assert device.greeting.doing == Doing.READY
        assert device.greeting.brain_id == brain_id(small_brain.blob)
        assert device.greeting.board == erasable.board.name
