"""Brian: the reference against Brian2, another laboratory's simulator, in integers.

In:  random brains of both dynamics and widths, without the hash and without mp-driven PSPs.
Out: a line per brain that differs, and one that counts; exit code 1 if one does.
Never: our arithmetic: the burst is written below in Brian's own language, from SPEC.md 2.

Brian2 2.9 does not import with numpy 2.4: give it an environment of its own with
`pip install brian2 'numpy<2.4'`. `python -m tools.conformance.brian [--count 20] [--bursts 100]`

Brian's integers have 32 bits; the leak is the form of SPEC.md 2 that stays within them. Synapses
run after the thresholds of a step, so that what fires in one burst is delivered in the next.
"""

import argparse
import sys
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ganglion.compiler import compile_connectome
from ganglion.connectome.model import Connectome, Dynamics
from ganglion.network.model import QuantizedNetwork
from ganglion.quantization.options import QuantizeOptions
from ganglion.reference.integers import Reference
from ganglion.reference.stimulus import RandomStimulus, StimulusStream
from ganglion.simulation.accelerators.parameters import Parameters
from tools.networks import random_connectome

FIXED = ("T", "U", "L", "f", "half", "parts", "twice", "low_half", "low_parts", "is_wide", "LO",
         "HI", "REF", "SNO", "LIM", "every", "power", "powered")  # fmt: skip
MODEL = (
    "\n".join(f"{name} : integer (constant)" for name in FIXED)
    + """
v : integer
R : integer
C : integer
touched : integer
fires : integer
"""
)
BURST = """
v = v + power + int(given_amount(t, i))
reached = int(touched + powered + every + int(given_hit(t, i)) > 0)
resting = int(R > 0)*reached
R = R - resting
C = C*(1 - resting*int(R == 0)*int(LIM > 0)*int(C >= LIM))
active = reached*(1 - resting)
window = active*int(v >= T)*int(v <= U)
tired = window*int(LIM > 0)*int(C >= LIM)
fires = window*(1 - tired)
size = abs(v)
h = size // 32768
x = (size - h*32768)*L + h*f
wide = (h*L + x // 32768 + half) // parts
narrow = h*L*twice + (x + low_half) // low_parts
loss = is_wide*wide + (1 - is_wide)*narrow
loss = loss + int(loss == 0)*int(size > 0)*int(L > 0)
left = v - loss*(int(v > 0) - int(v < 0))
left = tired*v + (1 - tired)*left
left = left + int(left < LO)*(LO - left)
left = left - int(left > HI)*(left - HI)
more = C + int(C < 65535)
C = fires*int(LIM > 0)*more + (1 - active)*C
spent = int(LIM > 0)*int(C >= LIM)
R = fires*(spent*SNO + (1 - spent)*REF) + (1 - fires)*R
v = active*(1 - fires)*left + (1 - reached)*v
touched = 0
"""


def witness(seed: int, dynamics: Dynamics) -> Connectome:
    """A random connectome without what Brian is not told of."""
    c = random_connectome(seed)
    areas = tuple(replace(a, mp_driven_psp=False, dynamics=dynamics) for a in c.areas)
    return replace(c, areas=areas, excitability=np.ones(c.n_neurons, np.float32))


def values_of(network: QuantizedNetwork) -> dict[str, NDArray[np.int64]]:
    """The constants of MODEL."""
    p = Parameters(network)
    wide = p.shift >= 16
    big, small = np.maximum(p.shift, 16), np.where(wide, 15, p.shift)
    power = np.zeros(network.n_neurons, dtype=np.int64)
    powered = power.copy()
    if network.power_neuron is not None:
        power[network.power_neuron] = network.power_amount
        powered[network.power_neuron] = 1
    return {
        "T": p.threshold, "U": p.upper, "L": p.leak, "f": p.leak_fine, "LO": p.low, "HI": p.high,
        "REF": p.refractory, "SNO": p.snoozed, "LIM": p.limit, "every": p.every_burst,
        "half": (1 << (big - 15)) >> 1, "parts": 1 << (big - 15), "is_wide": wide,
        "twice": np.where(wide, 0, 1 << (15 - small)), "low_parts": 1 << small,
        "low_half": np.where(wide, 0, 1 << (small - 1)), "power": power, "powered": powered,
    }  # fmt: skip


def fired_in_brian(
    network: QuantizedNetwork, given: NDArray[np.int64], hit: NDArray[np.bool_]
) -> list[list[int]]:
    """Who fires in each burst; `given` and `hit` are (bursts, N)."""
    import brian2

    brian2.prefs.codegen.target = "numpy"
    step = brian2.ms
    brian2.defaultclock.dt = step
    names: dict[str, Any] = {
        "given_amount": brian2.TimedArray(given.astype(float), dt=step),
        "given_hit": brian2.TimedArray(hit.astype(float), dt=step),
    }
    group = brian2.NeuronGroup(
        network.n_neurons, MODEL, threshold="fires == 1", reset="", namespace=names, method="exact"
    )
    for name, values in values_of(network).items():
        getattr(group, name)[:] = values.astype(np.int32)
    group.run_regularly(BURST, when="groups")
    synapses = brian2.Synapses(
        group, group, "w : integer (constant)", on_pre="v_post += w\ntouched_post = 1"
    )
    if network.n_synapses:
        synapses.connect(i=network.source.astype(int), j=network.target.astype(int))
        # Brian may order them otherwise.
        order = np.lexsort((synapses.j[:], synapses.i[:]))
        mine = np.lexsort((network.target, network.source))
        weights = np.zeros(network.n_synapses, dtype=np.int32)
        weights[order] = network.contribution[mine]
        synapses.w[:] = weights
    monitor = brian2.SpikeMonitor(group)
    parts = [group, monitor, *([synapses] if network.n_synapses else [])]
    net = brian2.Network(*parts)
    net.schedule = ["start", "groups", "thresholds", "synapses", "resets", "end"]
    net.run(len(given) * step)
    found: list[list[int]] = [[] for _ in given]
    bursts = np.rint(np.asarray(monitor.t / step)).astype(int)
    for burst, neuron in zip(bursts.tolist(), np.asarray(monitor.i).tolist(), strict=True):
        found[burst].append(neuron)
    return [sorted(neurons) for neurons in found]


def difference(seed: int, state: str, dynamics: Dynamics, bursts: int) -> str | None:
    """Where the two part, if they do."""
    options = QuantizeOptions(state=state)
    network = compile_connectome(witness(seed, dynamics), options).network
    stream = StimulusStream(network, RandomStimulus.at_rate(seed, 0.3))
    reference = Reference(network)
    given = np.zeros((bursts, network.n_neurons), dtype=np.int64)
    hit = np.zeros(given.shape, dtype=bool)
    expected = []
    for burst in range(bursts):
        neurons, amounts = stream.draw()
        given[burst, neurons] = amounts
        hit[burst, neurons] = True
        expected.append(reference.step((neurons, amounts)).tolist())
    for burst, (theirs, ours) in enumerate(
        zip(fired_in_brian(network, given, hit), expected, strict=True), 1
    ):
        if theirs != ours:
            return f"burst {burst}: Brian fires {theirs}, the reference {ours}"
    return None if sum(map(len, expected)) else "nothing ever fires"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--bursts", type=int, default=100)
    options = parser.parse_args()
    equal = total = 0
    for seed in range(options.count):
        for state in ("int16", "int32"):
            for dynamics in Dynamics:
                total += 1
                found = difference(seed, state, dynamics, options.bursts)
                equal += found is None
                if found:
                    print(f"brain {seed}, {state}, {dynamics.value}: {found}", flush=True)
    print(f"{equal} of {total} brains fire the same in Brian2, {options.bursts} bursts each")
    sys.exit(equal < total)


if __name__ == "__main__":
    main()
