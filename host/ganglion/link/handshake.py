"""Session: from an open port to an application that answers, whatever is at the other end.

In:  a Link whose device may be booting, serving, running, at its REPL, or in safe mode; or whose
     other end is none of that: it says what it is by what it prints (first_words.py).
Out: the HELLO of an idle application of our specification, and nothing of the past in the Link; or
     what came instead, and the remedy for that.
Never: sends Ctrl-C before all gentler means have failed, or a REPL has shown that it edits a line:
       a boot window would take it for a wish.
"""

import re
import time
from contextlib import suppress

from ..errors import DeviceError
from .codes import sentence
from .first_words import FLASH, meaning, something
from .frame import Type
from .link import Link
from .messages import SPEC_VERSION, Doing, Fault, Hello, parse

BOOT = 90.0  # seconds without a sign of life that a boot may take, golden vector included
_TRIES = 8
_TALKATIVE = 3  # tries, one after another, in which something is printed all the time
_MUCH = 40  # bytes in one try; a boot of our firmware prints less than twice as much in all
_ENDLESS = 2000  # bytes that no boot of our firmware prints before its HELLO
_ASK = 3.0  # seconds before a device that restarts is asked
_PROMPT = b">>> "
# What a REPL answers to Ctrl-B where something is typed: the cursor goes back; or it is pasted.
_EDITS = (b"\x08", b"\x02")
_BREAK = b"\r\x03\x03\x02"  # ends what is typed, what runs, and a raw REPL
_RESET = b"\x04"
# Asked at a prompt, it answers GANGLION, GANGNONE, or GANGMAIN where another main.py runs than that
# of our firmware, and which Python it is. The echo has none of them.
_ASKED = (
    b"import os,sys;f=os.listdir();print('GANG'+('NONE' if 'firmware.id' not in f or 'lib' not in f"
    b" else 'LION' if 'main.py' in f and 'ganglion' in open('main.py').read() else 'MAIN'),"
    b"sys.implementation.name)\r"
)
_RESCUE = b"from ganglion import server; server.start(True)\r"  # the application, without its brain


class NoFirmware(DeviceError):
    """A MicroPython answers, but no application that this version can talk to."""

    def __init__(self, fact: str, serving: bool = False) -> None:
        super().__init__(fact, FLASH)
        self.serving = serving  # it is an application, of another version


def greet(link: Link, fresh: bool = False) -> Hello:
    """Begins a session. `fresh`: the device is booting now and says HELLO by itself."""
    hello = (fresh and await_boot(link)) or _find(link)
    if hello.doing == Doing.SAFE_MODE:
        # The REPL has it. The application can still be given another brain.
        link.write(_BREAK + _RESCUE)
        safe = hello
        hello = await_boot(link) or safe
        if hello is safe:
            raise NoFirmware(f"{link.name} is in safe mode, and its firmware does not start")
    if hello.spec != SPEC_VERSION:
        fact = f"{link.name} speaks version {hello.spec} of SPEC.md, this is {SPEC_VERSION}"
        raise NoFirmware(fact, serving=True)
    link.command(Type.QUERY)
    if hello.doing == Doing.RUNNING:
        link.command(Type.STOP)
    # Once this is answered, so is all that was sent before: what has come is of the past.
    link.command(Type.PING)
    link.take(0)
    return hello


def greet_again(link: Link) -> tuple[Hello, Fault | None]:
    """A device that begins anew by itself: its HELLO, and the first FAULT on the way to it."""
    fault: Fault | None = None
    begun = link.spoken
    said, until = link.spoken, time.monotonic() + BOOT * link.slowness
    while time.monotonic() < until:
        if said < link.spoken <= begun + _ENDLESS:
            said, until = link.spoken, time.monotonic() + BOOT * link.slowness
        for frame in link.take(_ASK * link.slowness):
            record = parse(frame)
            if isinstance(record, Fault):
                fault = fault or record
            elif isinstance(record, Hello):
                link.command(Type.PING)  # what is on its way until this is answered is of the past
                link.take(0)
                return record, fault
        with suppress(DeviceError):  # its HELLO was damaged, or it boots and reads this later
            link.command(Type.QUERY, patience=(0.4,))
    refuse_hopeless(link)
    raise DeviceError(
        f"{link.name} does not come back after its restart", "reset it, then put the brain again"
    )


def began_anew(link: Link, hello: Hello) -> DeviceError:
    """The error that ends a run in whose midst a device says this HELLO."""
    why = f", {sentence(hello.fault)}" if hello.fault else ""
    return DeviceError(
        f"{link.name} began anew during the run (reset cause {hello.reset_cause}{why})",
        "look at its power supply; run again",
    )


def refuse_hopeless(link: Link) -> None:
    """Raises DeviceError if what the device printed says that no waiting will help."""
    found = meaning(_words(link))
    if found and found.certain:
        raise DeviceError(f"{link.name} {found.fact}", found.remedy)


def _words(link: Link) -> str:
    return link.heard.decode("utf-8", "replace")


def await_boot(link: Link) -> Hello | None:
    """The HELLO of a device that boots, for as long as it goes on to give signs of life.

    None once it is silent for BOOT seconds, prompts as a REPL, or says more than a boot does.
    Raises DeviceError as refuse_hopeless does.
    """
    begun = said = link.spoken
    until = time.monotonic() + BOOT * link.slowness
    while (left := until - time.monotonic()) > 0:
        if hello := await_hello(link, min(left, 1.0)):
            return hello
        if link.tail.endswith(_PROMPT) or link.spoken - begun > _ENDLESS:
            return None
        refuse_hopeless(link)
        if link.spoken != said:
            said, until = link.spoken, time.monotonic() + BOOT * link.slowness
    return None


def await_hello(link: Link, wait: float) -> Hello | None:
    """The HELLO that comes by itself within `wait` seconds; none once a REPL prompts instead."""
    until = time.monotonic() + wait
    while (left := until - time.monotonic()) > 0:
        for frame in link.take(min(left, 0.1)):
            try:
                record = parse(frame)
            except DeviceError as error:
                raise NoFirmware(f"{link.name}: {error.fact}", serving=True) from None
            if isinstance(record, Hello):
                return record
        if link.tail.endswith(_PROMPT):
            return None
    return None


def _find(link: Link) -> Hello:
    """Asks, and looks for a REPL, by turns: the board may have been reset by opening its port."""
    talkative = 0
    for _ in range(_TRIES):
        before = link.spoken
        try:
            link.command(Type.QUERY, patience=(0.4,))
            hello = await_hello(link, 1.0)
            if hello:
                return hello
        except NoFirmware:  # it greets in words that are not ours: asking again changes nothing
            raise
        except DeviceError:
            pass
        refuse_hopeless(link)
        told = link.converse(b"\x02", _PROMPT, 0.2)
        if _PROMPT in told:
            return _start(link)
        if told in _EDITS:
            break
        # A program that prints without end is no boot.
        talkative = talkative + 1 if link.spoken - before > _MUCH else 0
        if talkative == _TALKATIVE:
            break
    if link.expect(_BREAK, _PROMPT, 1.0):
        return _start(link)
    found = something(_words(link))
    raise DeviceError(f"{link.name} {found.fact}", found.remedy)


def _start(link: Link) -> Hello:
    """From the REPL, a soft reset, if our firmware is there: boot.py and main.py run again."""
    told = link.converse(_ASKED, b"\n" + _PROMPT, 2.0)
    if found := re.search(rb"\nGANGNONE (\w+)", told):
        name = {b"micropython": "MicroPython", b"circuitpython": "CircuitPython"}
        kind = name.get(found[1], found[1].decode())
        raise NoFirmware(f"{link.name} is a {kind} without Ganglion's firmware")
    if b"\nGANGMAIN " in told:
        raise NoFirmware(
            f"{link.name} has Ganglion's firmware, and a main.py that does not start it"
        )
    link.write(_RESET)
    if hello := await_boot(link):
        return hello
    raise NoFirmware(f"{link.name} is a MicroPython without Ganglion's firmware")
