"""Machine code: the kernels as RV32 and Xtensa code, for a million bursts each.

In:  an instruction set, a back end, a seed, and how many bursts; or the genome of one brain.
Out: a line now and then, and at the end how many bursts' digests were compared with the reference;
     exit code 1 at the first burst that differs.
Never: compares a chain: each digest by itself; unless a genome is given, runs one brain only, or
       one stimulus for long.

What bursts.py serves runs a few hundred bursts a call; else each kernel is a call of its own.

python -m tools.soak.machine_code rv32imc --bursts 1000000 --seed 1
python -m tools.soak.machine_code xtensawin --genome pairing.json --bursts 100000
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

from ganglion.analysis.bench.emulator import CORES, load_brain
from ganglion.analysis.bench.machine import BACK_ENDS
from ganglion.compiler import compile_connectome
from ganglion.frontends.read import connectome_of
from ganglion.quantization.options import QuantizeOptions
from ganglion.reference.engine import reference_of, stream_of
from ganglion.reference.stimulus import RandomStimulus
from tools.networks import STATES, random_connectome
from tools.soak.bursts import Bursts, serves

LEG = 2_000  # bursts from one START
LEGS = 5  # of one brain
AT_ONCE = 500  # bursts by one call


def soak(
    march: str, back_end: str, seed: int, bursts: int, leg: int = LEG, legs: int = LEGS,
    genome: Path | None = None,
) -> int:  # fmt: skip
    """How many digests were compared. Raises SystemExit at the first that differs.

    With a `genome`, all bursts are of its brain, from one START.
    """
    if genome is not None:
        leg, legs = bursts, 1
    compared = brains = 0
    begun = told = time.monotonic()
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "brain.gbn"
        for number in count(seed):
            rng = random.Random(f"{march} {number}")
            state = rng.choice(STATES)
            if genome is None:
                options = QuantizeOptions(state=state, anywhere=True)
                brain = compile_connectome(random_connectome(number), options)
            else:
                brain = compile_connectome(connectome_of(genome)[0])
                state = genome.name
            path.write_bytes(brain.blob)
            device, machine = load_brain(path, march=march, back_end=back_end)
            many = Bursts(device, machine, min(leg, AT_ONCE)) if serves(device) else None
            brains += 1
            for _ in range(legs):
                stimulus = RandomStimulus.at_rate(rng.getrandbits(32), rng.choice((0.05, 0.2, 0.5)))
                device.stimulus(1, stimulus.seed, stimulus.group_bits, stimulus.chance)
                device.reset()
                reference = reference_of(brain.network, bursts=min(bursts, leg * legs))
                stream = stream_of(brain.network, stimulus, bursts=min(bursts, leg * legs))
                for burst, theirs in enumerate(_digests(device, many, leg), 1):
                    reference.step(stream.draw())
                    ours = reference.digest()
                    if theirs != ours:
                        raise SystemExit(
                            f"{march} by {back_end}, brain {number} ({state}), {stimulus}: burst "
                            f"{burst} differs: {theirs:08x}, {ours:08x}; {compared:,} were equal"
                        )
                    compared += 1
                    if compared == bursts:
                        machine.close()
                        return compared
                    if compared % 100 == 0 and time.monotonic() - told > 60:
                        told = time.monotonic()
                        print(
                            f"{told - begun:8.0f} s  {march}: {compared:,} digests of {brains} "
                            "brains", file=sys.stderr, flush=True,
                        )  # fmt: skip
            machine.close()
    raise AssertionError


def _digests(device: Any, many: Bursts | None, count: int) -> Iterator[int]:
    """The digest of each burst of a leg."""
    if many is None:
        for _ in range(count):
            device.step()
            device.digest()
            yield int(device.digest_bytes[0])
        return
    for done in range(0, count, many.most):
        yield from many.run(min(many.most, count - done))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("march", choices=sorted(CORES))
    parser.add_argument("--back-end", choices=BACK_ENDS, default="ganglion")
    parser.add_argument("--bursts", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--genome", type=Path, help="of the one brain to run; else random ones")
    given = parser.parse_args()
    compared = soak(given.march, given.back_end, given.seed, given.bursts, genome=given.genome)
    what = f"seed {given.seed}" + (f", {given.genome.name}" if given.genome else "")
    print(f"{given.march} by {given.back_end}, {what}: {compared:,} digests, all equal")


if __name__ == "__main__":
    main()
