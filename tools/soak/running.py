"""Running: a brain for millions of bursts while the link, the power and the brain are struck.

In:  a seed, and how many bursts; the schedule of strikes and the brains follow from the seed.
Out: a line now and then, and at the end how many bursts' digests were compared with the reference,
     what was done meanwhile, and how many bursts the strikes took away; exit code 1 at the first
     burst that differs, and where a board came back with neither the old brain nor the new one.
Never: compares a burst twice, or counts one whose digest did not come; a mock of our protocol.

A leg that is struck is compared digest by digest, as they come. One that is not is quiet: the
device sends the chain of its digests at the end, which one wrong digest changes (SPEC 3), and that
is compared. The two are counted apart.

python -m tools.soak.running --bursts 10000000 --seed 1
"""

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

from ganglion.compiler import Brain, compile_connectome
from ganglion.device.device import Device
from ganglion.device.virtual import VirtualDevice
from ganglion.errors import DeviceError
from ganglion.link.handshake import greet
from ganglion.link.link import Link
from ganglion.link.messages import Burst, Done
from ganglion.quantization.options import QuantizeOptions
from ganglion.reference.engine import reference_of, stream_of
from ganglion.reference.stimulus import RandomStimulus, parameters
from tools.faults import robot
from tools.faults.noise import NoisyPort
from tools.networks import STATES, random_connectome

LEG = 20_000  # bursts of one run: then something else is done
RUNS = 100  # in a whole soak, at least: whether loading numba pays
RANDOM = 6  # brains with every feature of the contract, beside two robots'
NOISE = 1e-5  # bits that flip in a leg on a bad cable
STRIKES = ("nothing", "power cut", "noise", "deploy", "cut deploy")


class Soak:
    """One device, its strikes, and the count of what was compared."""

    def __init__(self, seed: int, virtual: VirtualDevice) -> None:
        self.rng = random.Random(seed)
        self.virtual = virtual
        self.done = Counter[str]()
        self.one_by_one = self.by_chain = 0  # bursts whose digests were compared, and how
        self.asked = self.ended = 0  # bursts of all runs; runs that a strike ended
        self.brains = [robot(1), robot(2), *(self.random_brain() for _ in range(RANDOM))]
        self.port: NoisyPort | None = None

    def random_brain(self) -> Brain:
        state = self.rng.choice(STATES)
        connectome = random_connectome(self.rng.getrandbits(32))
        return compile_connectome(connectome, QuantizeOptions(state=state, anywhere=True))

    def open(self) -> Device:
        """The device as a host finds it, whatever happened to it."""
        for _ in range(5):
            self.port = NoisyPort(self.virtual.path, self.rng)
            link = Link(self.port, "the device")
            try:
                return Device(link, greet(link))
            except DeviceError:
                link.close()
        raise SystemExit("the device does not come back")

    def leg(self, bursts: int) -> None:
        """One strike, and a run of so many bursts; ends earlier if the strike ends it."""
        strike = self.rng.choice(STRIKES)
        self.done[strike] += 1
        with self.open() as device:
            if "deploy" in strike:
                self.deploy(device, cut=strike == "cut deploy")
        with self.open() as device:
            if not device.greeting.brain_id.strip(b"\0"):
                device.put(self.brains[0].blob)
            running = device.greeting.brain_id
            brain = next((b for b in self.brains if b.blob[-32:-24] == running), None)
            if brain is None:
                raise SystemExit(f"a brain {running.hex()} that nobody put; {self.report()}")
            self.asked += bursts
            try:
                self.run(device, brain, bursts, strike)
            except DeviceError:  # the strike: a reset, or noise that a run does not survive
                if strike not in ("noise", "power cut"):
                    raise
                self.ended += 1

    def deploy(self, device: Device, *, cut: bool) -> None:
        """Another brain; perhaps the power goes while it is put. It is the old one, or the new."""
        at = self.rng.random()

        def progress(done: int, total: int) -> None:
            if cut and done >= at * total:
                self.virtual.reset()

        with suppress(DeviceError):
            device.put(self.rng.choice(self.brains).blob, progress, force=True)

    def run(self, device: Device, brain: Brain, bursts: int, strike: str) -> None:
        stimulus = RandomStimulus.at_rate(self.rng.getrandbits(32), 0.2)
        struck = strike in ("noise", "power cut")
        device.configure(stimulus=parameters(stimulus), bursts=struck, lossless=strike != "noise")
        reference = reference_of(brain.network, bursts=RUNS * bursts)
        stream = stream_of(brain.network, stimulus, bursts=RUNS * bursts)
        strikes_at = self.rng.randrange(bursts)
        digest = 0
        device.start(bursts)
        assert self.port is not None
        self.port.rate = NOISE if strike == "noise" else 0.0
        while not struck and reference.burst < bursts:  # meanwhile the device computes it too
            reference.step(stream.draw())
            reference.digest()
        for event in device.events():
            if isinstance(event, Done):
                if not struck:
                    if event.burst != bursts:
                        raise SystemExit(f"{event.burst} bursts of {bursts}; {self.report()}")
                    self.by_chain += event.burst
                    self.compare(event.burst, event.chain, reference.chain)
                return
            if not isinstance(event, Burst):
                continue
            while reference.burst < event.number:
                reference.step(stream.draw())
                digest = reference.digest()
            if event.digest is not None:
                self.one_by_one += 1
                self.compare(event.number, event.digest, digest)
            if strike == "power cut" and event.number >= strikes_at:
                self.virtual.reset()
                strike = "done"

    def compare(self, burst: int, theirs: int, ours: int) -> None:
        if theirs != ours:
            found = f"burst {burst} differs: {theirs:08x}, {ours:08x}"
            raise SystemExit(f"{found}; after {self.report()}")

    @property
    def compared(self) -> int:
        return self.one_by_one + self.by_chain

    def report(self) -> str:
        done = ", ".join(f"{count} {name}" for name, count in sorted(self.done.items()))
        return (
            f"{self.compared:,} bursts compared ({self.one_by_one:,} digest by digest, "
            f"{self.by_chain:,} by the chain of their run), none differs; "
            f"{self.asked - self.compared:,} of {self.asked:,} taken away by strikes, which ended "
            f"{self.ended:,} runs; legs: {done}"
        )


def soak(seed: int, bursts: int, leg: int = LEG) -> Soak:
    """Runs until so many bursts' digests were compared."""
    with tempfile.TemporaryDirectory() as directory, VirtualDevice(Path(directory)) as virtual:
        run = Soak(seed, virtual)
        with run.open() as device:
            device.put(run.brains[0].blob)
        begun = told = time.monotonic()
        while run.compared < bursts:
            run.leg(leg)
            if time.monotonic() - told > 60:
                told = time.monotonic()
                print(f"{told - begun:8.0f} s  {run.report()}", file=sys.stderr, flush=True)
        return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bursts", type=int, default=10_000_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    print(f"seed {given.seed}: {soak(given.seed, given.bursts).report()}")


if __name__ == "__main__":
    main()
