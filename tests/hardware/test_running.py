"""A board that runs: deploy, verify, a deploy that is cut, a brain that is refused, a bad cable."""

import dataclasses
import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ganglion.blob.container import brain_id, encode
from ganglion.boards.image import flash_image
from ganglion.boards.official import official_image
from ganglion.compiler import Brain, compile_connectome
from ganglion.device.device import Device
from ganglion.device.installation.deploy import deploy
from ganglion.device.open import open_device
from ganglion.errors import DeviceError
from ganglion.link.frame import Type
from ganglion.link.messages import Burst, Doing, Done
from ganglion.reference.stimulus import RandomStimulus
from ganglion.verification.verify import verify
from tests.support.brains import small_connectome
from tests.support.targets import Target
from tools.faults.noise import NoisyPort

SEED = int(os.environ.get("GANGLION_SEED", "0")) or random.SystemRandom().getrandbits(32)
STIMULUS = RandomStimulus.at_rate(5, 0.2)
BURSTS = 1000
STEPS = 60
Figure = Callable[[str], None]


class Cut(Exception):
    """The power, or the host."""


@contextmanager
def quiet(title: str, total: int) -> Iterator[Callable[[int], None]]:
    yield lambda done: None


def put(target: Target, blob: bytes, progress=quiet):
    return deploy(target.spec, blob, progress, board=target.board)


@pytest.fixture
def device(erasable: Target, small_brain: Brain) -> Iterator[Device]:
    """The board with the small brain and this version's firmware."""
    put(erasable, small_brain.blob)
    with open_device(erasable.spec, board=erasable.board) as opened:
        yield opened


def test_a_micropython_without_our_firmware_becomes_a_board_of_ours(
    erasable: Target, small_brain: Brain, figure: Figure, tmp_path: Path
):
    if not erasable.emulated:
        pytest.skip("only an emulated board can be had without firmware at once")
    chip = tmp_path / "chip.bin"
    chip.write_bytes(flash_image(erasable.board, official_image(erasable.board).data, {}))
    begun = time.monotonic()
    done = put(dataclasses.replace(erasable, spec=f"qemu:{chip}"), small_brain.blob)
    assert done.installed
    assert done.hello.brain_id == brain_id(small_brain.blob)
    figure(f"firmware by mpremote, then a brain: {time.monotonic() - begun:.0f} s")


def test_every_burst_is_identical(device: Device, small_brain: Brain, figure: Figure):
    begun = time.monotonic()
    verdict = verify(small_brain.network, device, BURSTS, STIMULUS)
    seconds = time.monotonic() - begun
    assert verdict.divergence is None
    assert verdict.bursts == BURSTS
    assert device.losses.none
    figure(f"{BURSTS:,} bursts identical, {verdict.spikes:,} spikes: {seconds:.1f} s")


def test_a_deploy_that_is_cut_leaves_the_old_brain_and_a_repeat_completes_it(
    erasable: Target, device: Device, small_brain: Brain, figure: Figure
):
    other = compile_connectome(dataclasses.replace(small_connectome(), timestep=0.02))
    device.close()

    with open_device(erasable.spec, board=erasable.board) as opened:

        def cut(done: int, total: int) -> None:
            if done > total // 2:
                if erasable.emulated:
                    opened.virtual.cut()
                elif opened.virtual:
                    opened.virtual.reset()
                raise Cut

        with pytest.raises(Cut):
            opened.put(other.blob, cut)
    with open_device(erasable.spec, board=erasable.board) as opened:
        assert opened.greeting.doing == Doing.READY
        assert opened.greeting.brain_id == brain_id(small_brain.blob)
        assert verify(small_brain.network, opened, 50, STIMULUS).divergence is None
    done = put(erasable, other.blob)
    assert done.replaced
    with open_device(erasable.spec, board=erasable.board) as opened:
        assert opened.greeting.brain_id == brain_id(other.blob)
        assert verify(other.network, opened, 50, STIMULUS).divergence is None
    figure(f"a deploy cut at half, then repeated: {done.seconds:.1f} s for the repeat")


def test_a_brain_that_is_refused_leaves_the_old_one(device: Device, small_brain: Brain):
    golden = small_brain.network.golden
    wrong = dataclasses.replace(golden, chain=golden.chain ^ 1)
    network = dataclasses.replace(small_brain.network, golden=wrong)
    with pytest.raises(DeviceError) as caught:
        device.put(encode(network), force=True)
    assert str(caught.value).startswith(
        f"the device refused PUT_END: the golden vector was not reproduced ({golden.chain:08x} "
    )
    assert device.greeting.brain_id == brain_id(small_brain.blob)
    assert verify(small_brain.network, device, 50, STIMULUS).divergence is None


def test_over_a_bad_cable_every_command_is_executed_once_and_every_loss_is_counted(
    erasable: Target, device: Device, figure: Figure, monkeypatch: pytest.MonkeyPatch
):
    device.close()
    ports: list[NoisyPort] = []

    def noisy(path: str, baud: int) -> NoisyPort:
        ports.append(NoisyPort(path, random.Random(SEED)))
        return ports[-1]

    monkeypatch.setattr("ganglion.device.open.open_port", noisy)
    with open_device(erasable.spec, board=erasable.board) as opened:
        opened.configure(stimulus=(5, 0, 13107), stepped=True)
        opened.start()
        ports[0].rate = 1e-4
        for _ in range(STEPS):
            opened.link.command(Type.STEP, patience=(1.0,) * 30)
        ports[0].rate = 0.0
        opened.stop()
        events = list(opened.events())
        assert isinstance(events[-1], Done)
        assert events[-1].burst == STEPS, f"GANGLION_SEED={SEED}"
        bursts = [event for event in events if isinstance(event, Burst)]
        assert len(bursts) + opened.losses.missing == STEPS, f"GANGLION_SEED={SEED}"
        losses = opened.losses
        figure(
            f"{STEPS} commands at a bit error rate of 1e-4: each executed once; "
            f"{ports[0].flipped} pieces struck, {losses.lost} frames lost, all counted"
        )
