"""Recordings that a real MicroPython made, for the tests of watching."""

import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ganglion.compiler import Brain
from ganglion.device.device import Device
from ganglion.link.frame import Receiver
from ganglion.link.messages import parse
from ganglion.recording.file import Recorder, Recording
from ganglion.recording.replay import network_of
from ganglion.recording.runs import Run, runs
from ganglion.reference.stimulus import RandomStimulus, parameters
from ganglion.verification.recorded import check
from tests.support import command

FULL = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, resource.RLIM_INFINITY))
from ganglion.cli.main import main
main()
"""
PATIENCE = 120  # seconds after which a test gives up waiting; nothing is measured
BURSTS = 300
INJECTED = ((5, 0, 1 << 22), (5, 3, 1 << 22), (17, 0, 1 << 22))  # burst, neuron, amount


@dataclass(frozen=True)
class Recorded:
    path: Path
    brain: Brain

    @property
    def recording(self) -> Recording:
        return Recording(self.path)


def record_run(
    device: Device, recorder: Recorder, stimulus: str, bursts: int = BURSTS, **more: object
) -> None:
    """One run, recorded, with a mark in it."""
    device.link.tap = marking(recorder, bursts // 2)
    device.configure(
        stimulus=parameters(RandomStimulus.parse(stimulus)),
        lossless=True, stats_every=50, **more,  # type: ignore[arg-type]
    )  # fmt: skip
    for burst, neuron, amount in INJECTED:
        device.inject([(neuron, amount)], burst)
    device.start(bursts)
    for _ in device.events():
        pass
    device.link.tap = None


def marking(recorder: Recorder, burst: int) -> Callable[[bytes, bool], None]:
    """A tap that marks where that burst comes, however far behind the reader of events is."""
    receiver = Receiver()

    def tap(data: bytes, sent: bool) -> None:
        for piece in [data] if sent else re.findall(rb"[^\0]*\0|[^\0]+$", data):
            recorder.tap(piece, sent)
            for frame in [] if sent else receiver.feed(piece):
                if getattr(parse(frame), "number", 0) == burst:
                    recorder.mark("half")

    return tap


def ganglion(*words: object, code: int = 0) -> subprocess.CompletedProcess[str]:
    """The command line, which must end with `code`."""
    done = command.ganglion(*words)
    assert done.returncode == code, done.stdout + done.stderr
    return done


def verified(path: Path) -> list[Run]:
    """The runs of a recording, each equal to the reference."""
    recording = Recording(path)
    found = runs(recording)
    for run in found:
        assert check(network_of(recording), run).identical
    return found
