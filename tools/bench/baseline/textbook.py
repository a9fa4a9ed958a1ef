"""Textbook: how much longer plain MicroPython takes than the kernel, in one process.

In:  a QuantizedNetwork without mp-driven classes, its blob, a stimulus.
Out: the time of bytecode.py's loop over that of the kernel, both under the real MicroPython.
Never: a ratio of runs that fired different neurons.
"""

import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from ganglion.boards.programs import firmware_dir
from ganglion.device.virtual import micropython_command
from ganglion.network.model import Population, QuantizedNetwork
from ganglion.reference.stimulus import RandomStimulus


def described(network: QuantizedNetwork, stimulus: RandomStimulus, bursts: int) -> dict[str, Any]:
    """The network as bytecode.py reads it."""
    power = -1 if network.power_neuron is None else network.power_neuron
    rows = np.searchsorted(network.source, np.arange(network.n_neurons + 1))
    return {
        "bursts": bursts,
        "seed": stimulus.seed,
        "group_bits": stimulus.group_bits,
        "chance": stimulus.chance,
        "power": power,
        "power_amount": network.power_amount,
        "inputs": [(r.first, r.first + r.count, r.amount) for r in network.inputs],
        "populations": [_population(p) for p in network.populations],
        "population_of": network.population_of.tolist(),
        "threshold": network.threshold.tolist(),
        "rows": rows.tolist(),
        "targets": network.target.tolist(),
        "amounts": network.contribution.tolist(),
    }


def _population(p: Population) -> tuple[int, ...]:
    flags = p.accumulates | p.every_burst << 1 | (p.upper is not None) << 2 | p.always << 3
    return (
        p.first, p.stop, flags, p.upper or 0, p.leak, p.leak_fine, p.shift, p.refractory,
        p.snoozed, p.limit, p.low, p.high, p.excitability, p.id,
    )  # fmt: skip


def ratio(
    network: QuantizedNetwork, blob: bytes, stimulus: RandomStimulus, bursts: int = 40
) -> float:
    """How many times as long the median burst of plain MicroPython takes."""
    if any(c.mp_driven for c in network.classes):
        raise ValueError("the textbook loop has no mp-driven synapses")
    with tempfile.TemporaryDirectory() as directory:
        here = Path(directory)
        (here / "brain.gbn").write_bytes(blob)
        (here / "network.json").write_text(json.dumps(described(network, stimulus, bursts)))
        program = Path(__file__).with_name("bytecode.py").resolve()
        done = subprocess.run(
            [*micropython_command(), "-X", "heapsize=256M", str(program)],
            cwd=here,
            env={"MICROPYPATH": f".frozen:{firmware_dir() / 'lib'}"},
            capture_output=True,
            text=True,
        )
    if done.returncode:
        raise AssertionError(done.stdout + done.stderr)
    slow, fast, spikes = (float(word) for word in done.stdout.split())
    if not spikes:
        raise ValueError("nothing fired, so nothing was compared")
    return slow / fast
