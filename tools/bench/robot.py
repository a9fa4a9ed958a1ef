#!/usr/bin/env python3
"""Bench of a robot: what sensing and acting cost a burst, and what a drive sends.

In:  nothing; a MicroPython.
Out: microseconds of sense() and of act() in the real MicroPython of this machine, with drivers on
     pins behind which nothing is; bytes on the wire for each burst.
Never: a figure of a physical board.
"""

import struct
import tempfile
from pathlib import Path

from ganglion.blob.robot import encode_robot
from ganglion.brains import open_brain
from ganglion.examples import path as example
from ganglion.examples import robot as example_robot
from ganglion.robot.compile import compile_robot
from ganglion.robot.file import read_robot
from tests.firmware.test_allocation import MEASURED
from tests.support import ROOT
from tools.faults import micropython

BURSTS = 5000
TIMED = """
import time
gc.enable()
sensing = acting = 0
for n in range(1, BURSTS + 1):
    for i in range(len(fired)):
        fired[i] = n * 37 + i * 11 & 255
    a = time.ticks_us()
    robot.sense(brain, n)
    b = time.ticks_us()
    robot.act(fired)
    robot.drive(False)
    c = time.ticks_us()
    sensing += time.ticks_diff(b, a)
    acting += time.ticks_diff(c, b)
print(sensing / BURSTS, acting / BURSTS)
"""


def main() -> None:
    for name in ("wall_avoider", "two_eyes", "three_infrared"):
        robot, _ = read_robot(example_robot(name))
        network, _ = open_brain(example(name))
        program = compile_robot(robot, network)
        data = encode_robot(program)
        words = struct.unpack(f"<{len(data) // 4}i", data)
        text = MEASURED.replace("WORDS", str(list(words))).replace("N)", f"{network.n_neurons})")
        text += TIMED.replace("BURSTS", str(BURSTS))
        with tempfile.TemporaryDirectory() as place:
            (Path(place) / "lib").symlink_to(ROOT / "firmware" / "lib")
            sensing, acting = (float(w) for w in micropython(text, Path(place)).split()[-2:])
        slots, outputs = program.slots, len(program.outputs)
        wire = (8 + 5 * slots + 11) + (8 + 4 * outputs + 11)
        print(
            f"{name}: {slots} readings, {outputs} motors: sense {sensing:.1f} us, act {acting:.1f} "
            f"us; {wire} bytes of SENSED and DRIVEN a burst, program {len(data)} bytes"
        )


if __name__ == "__main__":
    main()
