"""Sweep run: every unit of a plan once, on processes or on an engine that somebody has.

In:  a Plan; anything with `submit(function, argument)` whose futures have `add_done_callback` and
     `result` (concurrent.futures, dask.distributed.Client, MPIPoolExecutor).
Out: one file per unit in the plan's directory, complete or not there; what failed, by name.
Never: runs a unit that has a result; writes a result twice; loses one because a worker died.
"""

import json
import os
import queue
import tempfile
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Protocol

from ...brains import said_of_nir
from ...errors import GanglionError
from ...link.ports import with_lines
from ...simulation.accelerators.torch_batch import Batch
from ..fidelity.batched import device_of
from .file import FARM, Plan, Unit
from .work import Task, function_of, perform, perform_together

MOST_DEATHS = 3  # of a worker, over one unit, before the unit is to blame
# of which there are as many as one likes
SHARED = ("virtual", "qemu", "onnx", "torch", "akida")


class Future(Protocol):
    """What an executor gives for a task."""

    def result(self) -> Any: ...

    def add_done_callback(self, function: Callable[[Any], Any], /) -> Any: ...


class Executor(Protocol):
    """Where units run."""

    def submit(self, function: Callable[..., Any], /, *arguments: Any) -> Future: ...


@dataclass
class Outcome:
    """What became of a plan: results by unit name, and why the others have none."""

    results: dict[str, Any] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    earlier: int = 0  # results that were there before
    deaths: int = 0  # of workers


def earlier_results(plan: Plan) -> dict[str, Any]:
    """The results that are there already. A file that is not one counts as none."""
    found = {}
    for unit in plan.units:
        facts = _read(plan.out / f"{unit.name}.json")
        if facts is not None:
            found[unit.name] = facts
    return found


def _read(path: Path) -> dict[str, Any] | None:
    with suppress(OSError, ValueError):
        facts = json.loads(path.read_bytes())
        if isinstance(facts, dict) and "result" in facts:
            return facts
    return None


def run(
    plan: Plan,
    workers: int = 0,
    executor: Executor | None = None,
    window: int = 0,
    progress: Callable[[int], None] = lambda done: None,
) -> Outcome:
    """Runs what has no result yet. `workers` processes (0: as many as there are processors), or an
    executor of the caller's, which gets up to `window` units at a time.

    Raises UsageError for a function that is not there, GanglionError if the directory cannot be
    written.
    """
    if plan.what not in ("verify", "fidelity"):
        function_of(plan.what, _path(plan))
    if plan.engine:
        Batch.require(device_of(plan.engine))
    try:
        plan.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GanglionError(
            f"{plan.out} cannot be made: {error.strerror}", "name another directory as out"
        ) from None
    outcome = Outcome(results=earlier_results(plan))
    outcome.earlier = len(outcome.results)
    waiting = deque(unit for unit in plan.units if unit.name not in outcome.results)
    progress(outcome.earlier)  # so that the time left counts only what this run does
    if not waiting:
        return outcome
    at_once = (window or 32) if executor is not None else (workers or _processors())
    _Run(plan, outcome, waiting, at_once, executor, progress).go()
    return outcome


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class _Run:
    """One go at a plan."""

    def __init__(
        self, plan: Plan, outcome: Outcome, waiting: deque[Unit], workers: int,
        executor: Executor | None, progress: Callable[[int], None],
    ) -> None:  # fmt: skip
        self._plan, self._outcome, self._waiting = plan, outcome, waiting
        self._workers, self._given, self._progress = workers, executor, progress
        self._pool: ProcessPoolExecutor | None = None
        # by the name of the first: the units of a task, their port, and the executor that has it
        self._flying: dict[str, tuple[list[Unit], str, Executor]] = {}
        self._free = list(plan.ports)
        self._busy: set[str] = set()
        self._deaths: dict[str, int] = {}
        self._done: queue.Queue[tuple[str, Any]] = queue.Queue()
        self._brains: dict[Path, bytes] = {}

    def go(self) -> None:
        try:
            while self._waiting or self._flying:
                self._launch()
                name, future = self._done.get()
                self._land(name, future)
                self._progress(len(self._outcome.results) + len(self._outcome.failed))
        finally:
            if self._pool is not None:
                self._pool.shutdown(wait=True, cancel_futures=True)

    def _launch(self) -> None:
        """Submits what there is room for. A unit that was in the air when a worker died twice
        flies alone, so that it is known whose fault a third time is."""
        for _ in range(len(self._waiting)):
            if len(self._flying) >= self._workers or not self._waiting:
                return
            unit = self._waiting.popleft()
            suspect = self._suspect(unit)
            alone = any(self._suspect(u) for units, *_ in self._flying.values() for u in units)
            port = self._port(unit)
            if port is None or alone or (suspect and self._flying):
                self._waiting.append(unit)
                if port:
                    self._release(unit, port)
                continue
            self._submit([unit] if suspect else [unit, *self._companions(unit)], port)

    def _suspect(self, unit: Unit) -> bool:
        return self._deaths.get(unit.name, 0) >= MOST_DEATHS - 1

    def _companions(self, unit: Unit) -> list[Unit]:
        """Units that a worker can run together with this one, out of those that wait: a fair share
        of them, so that no worker is idle."""
        share = -(-(len(self._waiting) + 1) // self._workers)
        room = min(self._plan.together, share) - 1
        some = [u for u in self._waiting if u.brain == unit.brain and not self._suspect(u)]
        chosen = some[: max(room, 0)]
        for one in chosen:
            self._waiting.remove(one)
        return chosen

    def _submit(self, units: list[Unit], port: str) -> None:
        tasks = [self._task(unit, port) for unit in units]
        name = units[0].name
        batch = self._plan.together > 1
        call: tuple[Any, ...] = (perform_together, tasks) if batch else (perform, tasks[0])
        executor = self._executor()
        try:
            future = executor.submit(*call)
        except BrokenProcessPool:
            self._pool = None
            executor = self._executor()
            future = executor.submit(*call)
        self._flying[name] = units, port, executor
        future.add_done_callback(lambda done: self._done.put((name, done)))

    def _executor(self) -> Executor:
        if self._given is not None:
            return self._given
        if self._pool is None:
            self._pool = ProcessPoolExecutor(self._workers, mp_context=get_context("spawn"))
        return self._pool

    def _land(self, name: str, future: Any) -> None:
        units, port, executor = self._flying.pop(name)
        self._release(units[0], port)
        try:
            found = future.result()
        except BrokenProcessPool:
            if self._pool is executor:
                self._pool = None
            self._died(units, "its worker ended suddenly")
            return
        except Exception as error:
            if type(error).__name__ == "KilledWorker":  # dask's word for the same
                self._died(units, "its worker ended suddenly")
                return
            for unit in units:
                self._outcome.failed[unit.name] = f"{type(error).__name__}: {error}"
            return
        for unit, facts in zip(units, found if isinstance(found, list) else [found], strict=True):
            self._keep(unit, facts)

    def _keep(self, unit: Unit, facts: Mapping[str, Any]) -> None:
        if "error" in facts:
            self._outcome.failed[unit.name] = facts["error"]
            return
        try:
            self._outcome.results[unit.name] = _write(self._plan.out, unit, facts)
        except (TypeError, ValueError):
            self._outcome.failed[unit.name] = "its result is nothing that JSON can hold"

    def _died(self, units: list[Unit], why: str) -> None:
        """Every unit that was in the air is told so; all fly again, up to a limit."""
        self._outcome.deaths += 1
        for unit in units:
            deaths = self._deaths[unit.name] = self._deaths.get(unit.name, 0) + 1
            if deaths >= MOST_DEATHS:
                self._outcome.failed[unit.name] = f"{why}, {deaths} times"
            else:
                self._waiting.append(unit)

    def _port(self, unit: Unit) -> str | None:
        """Where a unit runs: "" if that needs no turn, None if it is not free now."""
        word = str(unit.values.get("device", ""))
        if word == FARM:
            return self._free.pop(0) if self._free else None
        if self._plan.what != "verify" or word.partition(":")[0] in SHARED:
            return ""
        if word in self._busy:
            return None
        self._busy.add(word)
        return word

    def _release(self, unit: Unit, port: str) -> None:
        if unit.values.get("device") == FARM:
            self._free.append(port)
        self._busy.discard(port)

    def _task(self, unit: Unit, port: str) -> Task:
        brain, suffix = b"", ""
        if unit.brain is not None and self._plan.what in ("verify", "fidelity"):
            if unit.brain not in self._brains:
                self._brains[unit.brain] = unit.brain.read_bytes()
            brain, suffix = self._brains[unit.brain], unit.brain.suffix
        values: Mapping[str, Any] = dict(unit.values)
        if port:
            values = {**values, "device": with_lines(port, dict(self._plan.lines))}
        if unit.brain is not None and self._plan.what not in ("verify", "fidelity"):
            values = {**values, "brain": str(unit.brain)}
        path = _path(self._plan)
        return Task(
            unit.name, unit.what, values, dict(unit.settings), suffix, brain, path, said_of_nir(),
            self._plan.engine,
        )  # fmt: skip


def _path(plan: Plan) -> tuple[str, ...]:
    return str(plan.out.parent.resolve()), str(Path.cwd())


def _write(out: Path, unit: Unit, facts: Mapping[str, Any]) -> dict[str, Any]:
    """The file of a unit, whole, and only if there is none: another process may run the same
    sweep. Gives what the file says."""
    whole = {"unit": dict(unit.values), "what": unit.what, "settings": dict(unit.settings), **facts}
    data = json.dumps(whole, indent=1, allow_nan=False).encode() + b"\n"
    target = out / f"{unit.name}.json"
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=f".{unit.name}.", dir=out)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
            try:
                os.link(temporary, target)
            except FileExistsError:
                there = _read(target)
                if there is not None:
                    return there
                Path(temporary).replace(target)
        finally:
            Path(temporary).unlink(missing_ok=True)
    except OSError as error:
        raise GanglionError(
            f"{target} cannot be written: {error.strerror}",
            "make room; what is done is kept, and the sweep can be run again",
        ) from None
    return whole
