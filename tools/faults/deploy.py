"""Deploy: brains put over a bad cable, and deploys that a reset cuts short.

In:  two brains that replace each other on one virtual device.
Out: survived: the deploy completed, or failed with a sentence and the old brain runs on. Lost: any
     other brain, a brain that does not run as the reference does, a device that is not found again.
Never: a look at the device through the bad cable: noise ends with the deploy.
"""

import random
from collections.abc import Callable
from functools import partial

from ganglion.blob.container import brain_id
from ganglion.device.device import Device
from ganglion.device.virtual import VirtualDevice
from ganglion.errors import DeviceError
from ganglion.link.handshake import greet
from ganglion.link.link import Link

from . import Row, at_once, robot, runs_right
from .noise import NoisyPort

DEPLOYS = 4
CUTS = 6
HASTE = 0.1  # a process answers at once: what is late in a deploy is lost, most likely


def run(seed: int, scale: float) -> list[Row]:
    return at_once(
        *(partial(noisy, rate, seed, round(DEPLOYS * scale)) for rate in (1e-5, 1e-4, 3e-4)),
        partial(cut, seed, round(CUTS * scale)),
    )


def noisy(rate: float, seed: int, count: int) -> Row:
    """Deploys over a cable that flips bits both ways."""
    row = Row("deploy", f"deploy: bit errors {rate:.0e}".replace("e-0", "e-"), seed)
    rng = random.Random(f"{seed} {rate}")
    with VirtualDevice() as virtual:
        port = NoisyPort(virtual.path, rng)
        link = Link(port, "the noisy device")
        with Device(link, greet(link)) as device:
            device.put(robot(0).blob)
            for number in range(count):
                port.rate = rate
                told = _attempt(device, number, lambda done: None)
                port.rate = 0.0
                greet(link)  # it may be on its way through a new start, whose HELLO was damaged
                _judge(row, device, number, told)
    return row


def cut(seed: int, count: int) -> Row:
    """Deploys during which the device is reset, after any number of pieces."""
    row = Row("deploy", "deploy: reset in the midst", seed)
    rng = random.Random(f"{seed} reset")
    with VirtualDevice() as virtual:
        link = Link(NoisyPort(virtual.path, rng), "the device")
        with Device(link, greet(link)) as device:
            device.put(robot(0).blob)
            for number in range(count):
                after = rng.randrange(0, len(_brain(number)))

                def reset(done: int, after: int = after) -> None:
                    if done > after:
                        virtual.reset()

                told = _attempt(device, number, reset)
                greet(link)
                _judge(row, device, number, told)
    return row


def _brain(number: int) -> bytes:
    return robot(1 - number % 2).blob


def _attempt(device: Device, number: int, during: Callable[[int], None]) -> str:
    """Puts the next brain: what the host said of it, empty if it went well."""
    device.link.slowness = HASTE
    try:
        device.put(_brain(number), lambda done, _: during(done), force=True)
    except DeviceError as error:
        return str(error)
    finally:
        device.link.slowness = 1.0
    return ""


def _judge(row: Row, device: Device, number: int, told: str) -> None:
    old, new = (brain_id(_brain(n)) for n in (number + 1, number))
    found = device.hello().brain_id
    if found not in (old, new):
        row.lose(f"deploy {number} left {found.hex() or 'no brain'} ({told})")
    elif not told and found == old:
        row.lose(f"deploy {number} was said to have gone well, and the old brain is there")
    elif not runs_right(device):
        row.lose(f"after deploy {number} the brain does not run as the reference does")
    else:
        row.survive("completed" if not told else "old kept" if found == old else "new kept")
    if found != new:  # so that the next deploy replaces this one's brain
        device.put(_brain(number), force=True)
