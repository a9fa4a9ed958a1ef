"""Bench simulators: CPU time per burst of the same network on ours and on other simulators.

In:  neurons, synapses; the engines whose packages are installed here.
Out: a Markdown row per engine and rate of firing: spikes, milliseconds of CPU per burst, memory.
     With --memory a row per engine: what it needs at most, to load the network and run a little.
Never: wall time; a row of an engine that fired otherwise than the reference without saying so.

`python -m tools.bench.simulators [--neurons 10000] [--engine NAME]`, or
`python -m tools.bench.simulators --memory --neurons 1000000`, in an environment that has
all of them: `pip install brian2 'numpy<2.4' nest-simulator numba onnx onnxruntime`.

One thread each. The network has no leak and whole weights, so that every simulator can compute it
exactly: a fifth of the neurons are inputs; the others gather 20 spikes and fire. The time of an
engine is that of its last bursts, read as they begin and as the run ends; of "brian, integers" it
is a long run less a short one, each a process of its own. Every row is the median of several. The
brain is compiled before, so that the peak of memory is of loading and running it: ours read the
blob and prove it again, the others are given the columns of the synapses as they are. "brian" is
the network as one writes it in Brian2; "brian, integers" is the burst of SPEC.md 2 in its language.
"""

import argparse
import json
import os
import pickle
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ganglion.blob.container import decode
from ganglion.compiler import compile_connectome
from ganglion.connectome.model import Area, Connectome
from ganglion.network.model import QuantizedNetwork
from ganglion.quantization.options import QuantizeOptions
from ganglion.reference.engine import reference_of

THRESHOLD, SYNAPSES_EACH = 20, 10
RATES = (0.06, 0.3)  # of the inputs; a third of that of all
ENGINES = (
    "ours, numba",
    "ours, numpy",
    "ours, float32",
    "onnx event",
    "onnx sparse",
    "torch",
    "torch, 16 at once",
    "brian, numpy",
    "brian, cython",
    "brian, integers",
    "nest",
)
FEW = ("ours, numba", "ours, numpy", "brian, cython", "brian, numpy", "nest", "onnx event")
PACKAGES = {"ours": "numba", "onnx": "onnxruntime", "brian": "brian2", "nest": "nest-simulator"}
MOST_GIB = 12  # of address space that an engine may take: beyond it, its row says so


def connectome(n: int) -> Connectome:
    """n neurons and 10·n synapses of weight 1."""
    rng = np.random.default_rng(1)
    inputs = n // 5
    areas = tuple(
        Area(
            id=name, name=name, group=group, dimensions=(count, 1, 1), neurons_per_voxel=1,
            position=(0, 0, 0), first=first, count=count, mp_charge_accumulation=first > 0,
            mp_driven_psp=False, psp_uniform=True,
        )
        for name, group, first, count in (
            ("i_in____", "IPU", 0, inputs), ("c_body__", "CUSTOM", inputs, n - inputs)
        )
    )  # fmt: skip
    area = np.repeat([0, 1], [inputs, n - inputs]).astype(np.int32)
    m = n * SYNAPSES_EACH
    zeros = np.zeros(n, np.uint16)
    return Connectome(
        genome_id="bench", title="bench", precision="int8", timestep=0.01, areas=areas,
        power_neuron=None, area=area, threshold=np.array([1, THRESHOLD], np.float32)[area],
        threshold_limit=np.zeros(n, np.float32), leak=np.zeros(n, np.float32),
        refractory_period=zeros, consecutive_fire_limit=zeros, snooze=zeros,
        excitability=np.ones(n, np.float32),
        source=np.repeat(np.arange(n), SYNAPSES_EACH).astype(np.int32),
        target=(inputs + rng.integers(0, n - inputs, m)).astype(np.int32),
        weight=np.ones(m, np.uint8), psp=np.ones(m, np.uint8), inhibitory=np.zeros(m, np.bool_),
        projection=np.zeros(m, np.int32), projections=((0, 1, "random"),),
    )  # fmt: skip


def drawn(n: int, rate: float, bursts: int) -> Iterator[NDArray[np.int64]]:
    """The inputs that are made to fire in each burst."""
    rng = np.random.default_rng(2)
    for _ in range(bursts):
        yield np.flatnonzero(rng.random(n // 5) < rate)


class Given(list[NDArray[np.int64]]):
    """What is given, burst by burst; remembers when the last bursts began."""

    def __init__(self, bursts: Iterable[NDArray[np.int64]], short: int) -> None:
        super().__init__(bursts)
        self.short = short
        self.begun: float | None = None

    def one_by_one(self) -> Iterator[NDArray[np.int64]]:
        for i, neurons in enumerate(self):
            if i == self.short:
                self.begin()
            yield neurons

    def begin(self) -> None:
        """The last bursts begin; told again, it stays as it was."""
        self.begun = self.begun or time.process_time()


def ours(name: str) -> Callable[["QuantizedNetwork", "Given"], int]:
    def run(network: QuantizedNetwork, given: Given) -> int:
        reference = reference_of(network, engine=name)
        amount = network.per_neuron("input_max")
        for neurons in given.one_by_one():
            reference.step((neurons, amount[neurons]))
        return reference.spikes

    return run


def floats(c: Connectome, given: Given) -> int:
    """FEAGI's burst in f32: the engine that also takes more neurons than a brain holds."""
    from ganglion.simulation.engines import FloatEngine

    running, spikes = FloatEngine(c), 0
    for neurons in given.one_by_one():
        spikes += len(running.step((neurons, np.ones(len(neurons), np.float32))))
    return spikes


def onnx(delivery: str) -> Callable[["QuantizedNetwork", "Given"], int]:
    def run(network: QuantizedNetwork, given: Given) -> int:
        from ganglion.simulation.accelerators.runtime_device import open_runtime

        runtime = open_runtime(f"onnx:cpu:{delivery}").runtime_of(network)
        amount, n, spikes = network.per_neuron("input_max"), network.n_neurons, 0
        nothing = np.zeros(n, dtype=np.int64)
        for neurons in given.one_by_one():
            stimulus, hit = nothing.copy(), np.zeros(n, dtype=bool)
            stimulus[neurons], hit[neurons] = amount[neurons], True
            runtime.step(stimulus, nothing, hit)
            spikes += len(runtime.fired)
        return spikes

    return run


def torch(count: int) -> Callable[["QuantizedNetwork", "Given"], int]:
    def run(network: QuantizedNetwork, given: Given) -> int:
        import torch as package

        from ganglion.simulation.accelerators.torch_batch import Batch

        package.set_num_threads(1)
        batch = Batch.of(network, count)
        amount = network.per_neuron("input_max")
        for neurons in given.one_by_one():
            stimulus = np.zeros((1, network.n_neurons), dtype=np.int64)
            stimulus[0, neurons] = amount[neurons]
            batch.step(np.broadcast_to(stimulus, (count, network.n_neurons)))
        return int(batch.spikes[0])

    return run


def brian(target: str) -> Callable[["QuantizedNetwork", "Given"], int]:
    """The network as one writes it in Brian2: whole numbers in f64, no leak."""

    def run(network: QuantizedNetwork, given: Given) -> int:
        import brian2

        brian2.prefs.codegen.target = target
        step = brian2.defaultclock.dt = brian2.ms
        n, inputs = network.n_neurons, network.n_neurons // 5
        which = np.concatenate([*given, np.zeros(0, np.int64)])
        when = np.repeat(np.arange(len(given)), [len(neurons) for neurons in given])
        source = brian2.SpikeGeneratorGroup(inputs, which, when * step)
        group = brian2.NeuronGroup(
            n - inputs, "v : 1", threshold=f"v >= {THRESHOLD}", reset="v = 0", method="exact"
        )
        unit = 1 / network.areas[1].unit
        parts = [source, group]
        for before in (source, group):
            first = 0 if before is source else inputs
            mine = (network.source >= first) & (network.source < first + len(before))
            synapses = brian2.Synapses(before, group, "w : 1", on_pre="v_post += w")
            synapses.connect(
                i=network.source[mine].astype(np.int64) - first,
                j=network.target[mine].astype(np.int64) - inputs,
            )
            synapses.w[:] = network.contribution[mine] / unit
            parts.append(synapses)
        monitors = [brian2.SpikeMonitor(part) for part in (source, group)]
        last = given.short * step
        mark = brian2.NetworkOperation(
            lambda t: given.begin() if t >= last - step / 2 else None, dt=last, when="start"
        )
        net = brian2.Network(*parts, *monitors, mark)
        net.schedule = ["start", "groups", "thresholds", "resets", "synapses", "end"]
        net.run(len(given) * step)
        return sum(int(monitor.num_spikes) for monitor in monitors)

    return run


def brian_integers(network: QuantizedNetwork, given: Given) -> int:
    from tools.conformance.brian import fired_in_brian

    amount = network.per_neuron("input_max")
    inputs = np.zeros((len(given), network.n_neurons), dtype=np.int64)
    for row, neurons in zip(inputs, given, strict=True):
        row[neurons] = amount[neurons]
    return sum(map(len, fired_in_brian(network, inputs, inputs > 0)))


def nest(network: QuantizedNetwork, given: Given) -> int:
    """iaf_psc_delta without a leak, in f64, which holds these whole numbers."""
    import nest as package

    package.set_verbosity("M_ERROR")
    package.SetKernelStatus({"resolution": 1.0, "local_num_threads": 1})
    n = network.n_neurons
    unit = 1 / network.areas[1].unit
    threshold = np.where(network.per_neuron("area") == 0, 0.5, THRESHOLD - 0.5)
    cells = package.Create("iaf_psc_delta", n, params={
        "V_th": threshold, "E_L": 0.0, "V_reset": 0.0, "V_m": 0.0, "C_m": 1.0, "tau_m": 1e15,
        "t_ref": 0.0, "I_e": 0.0, "V_min": -1e9,
    })  # fmt: skip
    first = cells[0].global_id
    package.Connect(
        network.source.astype(np.int64) + first, network.target.astype(np.int64) + first,
        "one_to_one", {"weight": network.contribution / unit, "delay": np.ones(network.n_synapses)},
    )  # fmt: skip
    times: list[list[float]] = [[] for _ in range(n // 5)]
    for burst, neurons in enumerate(given):
        for neuron in neurons.tolist():
            times[neuron].append(burst + 1.0)
    sources = package.Create("spike_generator", n // 5, params=[{"spike_times": t} for t in times])
    package.Connect(sources, cells[: n // 5], "one_to_one", {"weight": 1.0, "delay": 1.0})
    recorder = package.Create("spike_recorder")
    package.Connect(cells, recorder)
    package.Simulate(float(given.short))
    given.begin()
    package.Simulate(len(given) + 1.0 - given.short)
    return int(recorder.n_events)


def engine(name: str) -> Callable[["QuantizedNetwork", "Given"], int]:
    return {
        "ours, numba": ours("numba"), "ours, numpy": ours("numpy"),
        "onnx event": onnx("event"), "onnx sparse": onnx("sparse"),
        "torch": torch(1), "torch, 16 at once": torch(16),
        "brian, numpy": brian("numpy"), "brian, cython": brian("cython"),
        "brian, integers": brian_integers, "nest": nest,
    }[name]  # fmt: skip


def one(name: str, n: int, rate: float, bursts: int, short: int, brain: Path) -> dict[str, Any]:
    """What a process of its own measures."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_GIB << 30, MOST_GIB << 30))
    given = Given(drawn(n, rate, bursts), short)
    if name == "ours, float32":
        c = connectome(n)
        begun = time.process_time()
        spikes = floats(c, given)
    else:
        network = given_network(name, brain)
        begun = time.process_time()
        spikes = engine(name)(network, given)
    ended = time.process_time()
    seconds, tail = ended - begun, given.begun and ended - given.begun
    return {"spikes": spikes, "seconds": seconds, "tail": tail, "mib": peak_mib()}


def peak_mib() -> float:
    """The most that this process ever held. (ru_maxrss would begin with what its parent held.)"""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


def given_network(name: str, brain: Path) -> QuantizedNetwork:
    """Ours out of the blob; any other's out of the columns themselves."""
    if name.startswith("ours"):
        return decode(brain.read_bytes())
    with brain.with_suffix(".pickle").open("rb") as file:
        network: QuantizedNetwork = pickle.load(file)
    return network


def measured(
    name: str, n: int, rate: float, bursts: int, short: int, brain: Path
) -> dict[str, Any]:
    words = [name, str(n), str(rate), str(bursts), str(short), str(brain)]
    threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "tools.bench.simulators", "--one", *words],
        capture_output=True, text=True, env={**os.environ, **threads},
    )  # fmt: skip
    if done.returncode:
        return {"why": (done.stderr.strip().splitlines() or ["it ended"])[-1]}
    facts: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return facts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--neurons", type=int, default=10_000)
    parser.add_argument("--bursts", type=int, default=1050, help="of the long run")
    parser.add_argument("--short", type=int, default=50, help="of the run that is taken away")
    parser.add_argument("--repeat", type=int, default=3, help="pairs of runs; the median is told")
    parser.add_argument("--engine", action="append", choices=ENGINES)
    parser.add_argument("--memory", action="store_true", help="only what each needs at most")
    parser.add_argument("--one", nargs=6, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        name, n, rate, *lengths, file = options.one
        bursts, short = map(int, lengths)
        print(json.dumps(one(name, int(n), float(rate), bursts, short, Path(file))))
        return
    with TemporaryDirectory() as place:
        brain = Path(place) / "brain.gbn"
        made = compile_connectome(connectome(options.neurons), QuantizeOptions(state="int16"))
        brain.write_bytes(made.blob)
        with brain.with_suffix(".pickle").open("wb") as file:
            pickle.dump(made.network, file, protocol=5)
        del made
        if options.memory:
            memory(options.neurons, options.engine or FEW, brain)
            return
        lengths = options.bursts, options.short, options.repeat
        table(options.neurons, *lengths, options.engine or ENGINES, brain)


def table(
    n: int, bursts: int, short: int, repeat: int, engines: Sequence[str], brain: Path
) -> None:
    """Prints it, row by row."""
    print("| engine | fire | CPU ms per burst | peak MiB | spikes |\n|---|---|---|---|---|")
    for rate in RATES:
        expected = measured("ours, numpy", n, rate, bursts, short, brain)["spikes"]
        for name in engines:
            long = measured(name, n, rate, short, short, brain)  # what it compiles, it keeps
            each = []
            for _ in range(repeat):
                if "why" in long:
                    break
                long = measured(name, n, rate, bursts, short, brain)
                if "why" in long:
                    break
                seconds = long["tail"]
                if seconds is None:
                    seconds = (
                        long["seconds"] - measured(name, n, rate, short, short, brain)["seconds"]
                    )
                each.append(seconds / (bursts - short) * 1000)
            if "why" in long:
                print(f"| {name} | | not here: {long['why'][:80]} | | |", flush=True)
                continue
            share = 100 * expected / bursts / n
            same = "equal" if long["spikes"] == expected else f"{long['spikes'] - expected:+,}"
            print(
                f"| {name} | {share:.1f} % | {np.median(each):.3g} | {long['mib']:.0f} | {same} |",
                flush=True,
            )


def memory(n: int, engines: Sequence[str], brain: Path) -> None:
    """Prints a row per engine: a process of its own that loads the network and runs 20 bursts."""
    print("| engine | peak MiB | CPU s, load and run | spikes |\n|---|---|---|---|", flush=True)
    expected = None
    for name in engines:
        facts = measured(name, n, RATES[0], 20, 10, brain)
        kind = name.partition(",")[0].partition(" ")[0]
        label = f"{name} ({PACKAGES[kind]} {version(PACKAGES[kind])})"
        if "why" in facts:
            print(f"| {label} | | not in {MOST_GIB} GiB here: {facts['why'][:80]} | |", flush=True)
            continue
        expected = facts["spikes"] if expected is None else expected
        same = "equal" if facts["spikes"] == expected else f"{facts['spikes'] - expected:+,}"
        print(f"| {label} | {facts['mib']:,.0f} | {facts['seconds']:.1f} | {same} |", flush=True)


if __name__ == "__main__":
    main()
