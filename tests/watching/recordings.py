"""Recordings that a real MicroPython made, for the tests of watching."""

from dataclasses import dataclass
from pathlib import Path

from ganglion.compare import parameters
from ganglion.compiler import Brain
from ganglion.device import Device
from ganglion.recording import Recorder, Recording
from ganglion.stimulus import RandomStimulus

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
    device.link.tap = recorder.tap
    device.configure(
        stimulus=parameters(RandomStimulus.parse(stimulus)),
        lossless=True, stats_every=50, **more,  # type: ignore[arg-type]
    )  # fmt: skip
    for burst, neuron, amount in INJECTED:
        device.inject([(neuron, amount)], burst)
    device.start(bursts)
    for event in device.events():
        if getattr(event, "number", 0) == bursts // 2:
            recorder.mark("half")
    device.link.tap = None
