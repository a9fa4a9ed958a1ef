"""Sweeps: a matrix of runs on many processes, or many machines, one result each.

In:  a TOML file: what to run, the matrix, where results go.
Out: a file per unit, table.csv and picture.png; a Swept: what there is to say of them.
Never: a run that was done before; a result that is lost because a worker died.
"""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

from ..analysis.sweep.file import Plan, read_plan
from ..analysis.sweep.run import Outcome, run
from ..analysis.sweep.summary import figure_of, means, picture, rows_of, to_csv
from ..closing import Closing
from ..errors import DeviceError, ToolError
from ..files import write_bytes
from .progress import Progress, silent

__all__ = ["Swept", "sweep"]


@dataclass(frozen=True)
class Swept:
    """What came of a sweep."""

    plan: Plan
    outcome: Outcome
    rows: list[dict[str, Any]]
    figure: str | None
    """the column that was drawn"""
    files: tuple[Path, ...]

    @property
    def new(self) -> int:
        """Units that were run now."""
        return len(self.outcome.results) - self.outcome.earlier

    @property
    def failed(self) -> list[tuple[str, str]]:
        """Units without a result, in words, and why."""
        return [(self._named(name), why) for name, why in self.outcome.failed.items()]

    @property
    def parted(self) -> list[tuple[str, str]]:
        """Units that were not identical, in words, and where they part."""
        return [
            (self._named(row["unit"]), str(row["divergence"]))
            for row in self.rows
            if row.get("identical") is False
        ]

    def means(self) -> tuple[str, str, dict[str, dict[str, Any]]]:
        """Of the figure: the key along x, the key of its lines, and per line and value of x its
        mean, least, most and count."""
        assert self.figure is not None
        return means(self.plan, self.rows, self.figure)

    def _named(self, name: str) -> str:
        return next(str(unit) for unit in self.plan.units if unit.name == name)


def sweep(
    path: Path, workers: int = 0, *, dask: str | None = None, figure: str | None = None,
    lines: Mapping[str, bool] | None = None, progress: Progress = silent,
) -> Swept:  # fmt: skip
    """Runs the matrix of a file, and goes on where an earlier run of it ended.

    `workers`: processes, 0 = one per processor. `dask`: the address of a scheduler to run on
    instead. `figure`: the number to draw. `lines`: the levels of `dtr` and `rts` of every board's
    port. Raises UsageError, ToolError, DeviceError.
    """
    plan = replace(read_plan(path), lines=lines or {})
    with ExitStack() as stack:
        executor = stack.enter_context(_Dask(dask)) if dask else None
        advance = stack.enter_context(progress("sweep", len(plan.units)))
        outcome = run(plan, workers, executor, workers or 32, advance)
    rows = rows_of(plan, outcome)
    chosen = figure_of(plan, rows, figure)
    files = [plan.out / "table.csv"]
    write_bytes(files[0], to_csv(rows))
    if chosen:
        files.append(plan.out / "picture.png")
        picture(plan, rows, chosen, files[1])
    return Swept(plan, outcome, rows, chosen, tuple(files))


class _Dask(Closing):
    """A dask client as an Executor: functions here are not pure, each call is its own."""

    def __init__(self, address: str) -> None:
        try:
            distributed = import_module("distributed")
        except ImportError:
            raise ToolError(
                "the package distributed is not installed", "run pip install dask distributed"
            ) from None
        try:
            self._client = distributed.Client(address, timeout="10s", set_as_default=False)
        except (OSError, ValueError) as error:
            raise DeviceError(
                f"no dask scheduler answers at {address}: {error}",
                "start one with `dask scheduler`",
            ) from None

    def close(self) -> None:
        self._client.close()

    def submit(self, function: Any, /, *arguments: Any) -> Any:
        return self._client.submit(function, *arguments, pure=False)
