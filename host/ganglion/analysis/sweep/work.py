"""Sweep work: one unit, run: what a worker does, on this machine or another.

In:  a Task: plain values and the bytes of a brain, so that it can be sent anywhere.
Out: what came of it, JSON-ready; an error of ours as a sentence.
Never: reads a file of the machine that made the task; writes a result.
"""

import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from ...brains import NIR_SUFFIX, NirMeaning, nir_meaning
from ...errors import GanglionError, UsageError


@dataclass(frozen=True, slots=True)
class Task:
    """One unit for a worker."""

    name: str
    what: str
    values: Mapping[str, Any]
    settings: Mapping[str, Any]
    suffix: str = ""  # of the brain's file
    brain: bytes = b""
    path: tuple[str, ...] = ()  # where a function of the user's may be found
    meaning: NirMeaning = field(default_factory=NirMeaning)  # of .nir files
    engine: str = ""  # of fidelity


def perform(task: Task) -> dict[str, Any]:
    """The result of a unit: {"result": ...} or {"error": sentence}, and the seconds it took."""
    begun, cpu = time.perf_counter(), time.process_time()
    facts: dict[str, Any]
    try:
        facts = {"result": _run(task)}
    except GanglionError as error:
        facts = {"error": str(error)}
    except Exception as error:  # a user's function may raise anything
        if task.what in ("verify", "fidelity"):
            raise
        facts = {"error": f"{type(error).__name__}: {error}"}
    facts["seconds"] = round(time.perf_counter() - begun, 4)
    facts["cpu_seconds"] = round(time.process_time() - cpu, 4)
    facts["process"] = os.getpid()
    return facts


def perform_together(tasks: Sequence[Task]) -> list[dict[str, Any]]:
    """The result of each unit, as `perform` gives it. What a batch of a user's function raises says
    nothing of its units: then each runs alone."""
    begun, cpu = time.perf_counter(), time.process_time()
    if tasks[0].what == "fidelity":
        from .together import fidelity

        found = fidelity(tasks)
    else:
        function = function_of(tasks[0].what, tasks[0].path)
        try:
            results = function([dict(task.values) for task in tasks], dict(tasks[0].settings))
            found = [{"result": result} for result in results]
            if len(found) != len(tasks):
                raise ValueError(f"{len(found)} results for {len(tasks)} units")
        except Exception as error:
            if len(tasks) == 1:
                found = [{"error": f"{type(error).__name__}: {error}"}]
            else:
                return [perform_together([task])[0] for task in tasks]
    for facts in found:
        facts["seconds"] = round((time.perf_counter() - begun) / len(tasks), 4)
        facts["cpu_seconds"] = round((time.process_time() - cpu) / len(tasks), 4)
        facts["process"] = os.getpid()
    return found


def function_of(what: str, path: tuple[str, ...] = ()) -> Any:
    """A user's function. Raises UsageError if there is none."""
    module, _, name = what.partition(":")
    for place in reversed(path):
        if place not in sys.path:
            sys.path.insert(0, place)
    try:
        found = getattr(import_module(module), name, None)
    except ImportError as error:
        raise UsageError(f"{module} cannot be imported: {error}", "look at its name") from None
    if not callable(found):
        raise UsageError(f"{module} has no function {name}", "look at its name")
    return found


def _run(task: Task) -> Any:
    if task.what not in ("verify", "fidelity"):
        return function_of(task.what, task.path)(dict(task.values), dict(task.settings))
    with tempfile.TemporaryDirectory(prefix="ganglion-sweep-") as place:
        file = Path(place) / f"brain{task.suffix}"
        file.write_bytes(task.brain)
        with nir_meaning(task.meaning):
            if task.what == "verify":
                return _verify(task, file)
            return _fidelity(task, file)


def _options(task: Task) -> Any:
    from ...quantization.options import QuantizeOptions

    return QuantizeOptions(state=task.values["state"], weights=task.values["weights"])


def _verify(task: Task, file: Path) -> dict[str, Any]:
    from ...brains import network_of, nir_brain
    from ...compiler import compile_connectome
    from ...device.open import open_device
    from ...frontends.read import connectome_of
    from ...reference.stimulus import RandomStimulus
    from ...simulation.accelerators.runtime_device import is_runtime, open_runtime
    from ...verification.verify import verify

    if file.suffix == ".gbn":
        network, blob = network_of(file)
    elif file.suffix == NIR_SUFFIX:
        layered = nir_brain(file, _bits(task))
        network, blob = layered.network, layered.blob
    else:
        brain = compile_connectome(connectome_of(file)[0], _options(task))
        network, blob = brain.network, brain.blob
    stimulus = RandomStimulus.parse(task.values["stimulus"])
    spec = task.values["device"]
    with contextlib.ExitStack() as stack:
        if is_runtime(spec):
            runtime = stack.enter_context(open_runtime(spec))
            runtime.put(blob)
            verdict = verify(network, runtime, task.settings["bursts"], stimulus)
        else:
            device = stack.enter_context(open_device(spec))
            device.ensure(blob)
            verdict = verify(network, device, task.settings["bursts"], stimulus)
    return {
        "identical": verdict.identical,
        "bursts": verdict.bursts,
        "spikes": verdict.spikes,
        "divergence": str(verdict.divergence) if verdict.divergence else None,
    }


def _bits(task: Task) -> int:
    return int(task.values["weights"].removeprefix("int"))


def _layers(task: Task, file: Path) -> dict[str, Any]:
    """Fidelity of a .nir file: `identical_values` is the share of values that are the tool's."""
    from ...brains import nir_brain, nir_model
    from ..fidelity.layers import inputs_of, measure

    brain = nir_brain(file, _bits(task))
    inputs = inputs_of(task.values["stimulus"], brain, task.settings["bursts"])
    found = measure(nir_model(file), brain, inputs, _bits(task))
    return {
        "identical_values": 1 - found.different / max(found.values, 1),
        "readout_error": found.readout_error,
        "cause": found.cause,
        "blob_bytes": len(brain.blob),
    }


def _fidelity(task: Task, file: Path) -> dict[str, Any]:
    from ...frontends.read import connectome_of
    from ..fidelity.measure import measure

    if file.suffix == NIR_SUFFIX:
        return _layers(task, file)
    connectome = connectome_of(file)[0]
    stimulus, options, brain = prepared(task, connectome)
    found = measure(connectome, stimulus, task.settings["bursts"], options, brain=brain)
    return figures(found, brain)


def prepared(task: Task, connectome: Any) -> tuple[Any, Any, Any]:
    """The stimulus of a unit of fidelity, the options that suit it, and its brain."""
    from dataclasses import replace

    from ...compiler import compile_connectome
    from ...simulation.stimuli import Ports, parse
    from ..fidelity.measure import options_for

    text, ports = task.values["stimulus"], Ports.of_connectome(connectome)
    if text.startswith("random"):
        options = _options(task)
        brain = compile_connectome(connectome, options)
        return parse(text, ports, brain.network), options, brain
    stimulus = parse(text, ports, connectome=connectome)
    options = options_for(stimulus, task.values["state"])
    options = replace(options, weights=task.values["weights"])
    return stimulus, options, compile_connectome(connectome, options)


def figures(found: Any, brain: Any) -> dict[str, Any]:
    """What a unit of fidelity is told as."""
    return {
        "f1": found.f1,
        "identical_bursts": found.identical_bursts,
        "open_loop": found.open_loop,
        "chaos_floor": found.chaos_floor,
        "lossless": found.lossless,
        "blob_bytes": len(brain.blob),
    }
