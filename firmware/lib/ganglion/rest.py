"""Rest: the motors of a drive that a reset has cut come to rest at the next start.

In:  the motors of a robot that is about to drive; at a start, those of the last that did.
Out: motors.json, which slots.py removes with the brain; each motor told to stop by its driver.
Never: keeps a board from starting: what a driver raises is passed over.
"""

import json
import os

from micropython import const

from . import drivers

_FILE = const("motors.json")


def note(motors):
    """Keeps name and parameters of each motor's driver; they are about to turn."""
    text = json.dumps(motors)
    try:
        with open(_FILE) as file:
            if file.read() == text:
                return
    except OSError:  # no robot has driven here
        pass
    with open(_FILE + ".new", "w") as file:
        file.write(text)
    os.rename(_FILE + ".new", _FILE)


def now():
    """Called by main.py, in safe mode too: a chip beside the processor keeps what it was told."""
    try:
        with open(_FILE) as file:
            motors = json.load(file)
    except (OSError, ValueError):
        return
    for name, params in motors:
        try:
            module(name).Driver(tuple(params)).stop()
        except Exception:
            pass


def module(name):
    """A driver of ours, or one of the user's own in /lib."""
    if name in drivers.NAMES:
        return __import__("ganglion.drivers." + name, None, None, (name,))
    return __import__(name)
