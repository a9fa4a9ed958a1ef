"""sweep: a matrix of runs on many processes, or many machines, one result each.

In:  a TOML file: what to run, the matrix, where results go.
Out: a file per unit, table.csv and picture.png; exit code 1 if a unit failed, 4 if one differed.
Never: a run that was done before; a result that is lost because a worker died.
"""

import json
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from typing import Any

import rich_click as click
from rich.console import Console
from rich.table import Table

from ...analysis.sweep.file import read_plan
from ...analysis.sweep.run import Executor, run
from ...analysis.sweep.summary import figure_of, means, picture, rows_of, to_csv
from ...errors import DeviceError, GanglionError, MismatchError, ToolError
from ...files import write_bytes
from ..options.device import progress
from ..options.nir import nir_options
from ..options.tables import show


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--workers", type=click.IntRange(0, 4096), default=0,
              help="Processes. [one per processor]")  # fmt: skip
@click.option("--dask", "address", metavar="ADDRESS",
              help="Run on this dask scheduler (tcp://HOST:8786).")  # fmt: skip
@click.option("--figure", metavar="NAME", help="The number to draw. [identical, f1, or the first]")
@nir_options
@click.option("--json", "as_json", is_flag=True, help="Print all rows as JSON.")
def command(
    file: Path, workers: int, address: str | None, figure: str | None, as_json: bool
) -> None:
    """Run the matrix of FILE (.toml), and go on where an earlier run of it ended."""
    plan = read_plan(file)
    with ExitStack() as stack:
        executor = stack.enter_context(_client(address)) if address else None
        advance = stack.enter_context(progress("sweep", len(plan.units)))
        outcome = run(plan, workers, executor, workers or 32, advance)
    rows = rows_of(plan, outcome)
    chosen = figure_of(plan, rows, figure)
    write_bytes(plan.out / "table.csv", to_csv(rows))
    console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    made = [str(plan.out / "table.csv")]
    if chosen:
        picture(plan, rows, chosen, plan.out / "picture.png")
        made.append(str(plan.out / "picture.png"))
    if as_json:
        click.echo(json.dumps(rows, indent=1))
    elif chosen:
        _print(*means(plan, rows, chosen), chosen)
    new = len(outcome.results) - outcome.earlier
    console.print(
        f"{len(outcome.results):,} of {len(plan.units):,} units have a result, {new:,} of them "
        f"new; wrote {' and '.join(made)}"
    )
    if outcome.deaths:
        console.print("a worker ended suddenly; the units that were under way were run again")
    units = {unit.name: unit for unit in plan.units}
    for name, why in outcome.failed.items():
        console.print(f"failed: {units[name]}: {why}")
    parted = [row for row in rows if row.get("identical") is False]
    for row in parted:
        console.print(f"not identical: {units[row['unit']]}: {row['divergence']}")
    if parted:
        raise MismatchError(f"{len(parted):,} units are not identical", "verify one of them alone")
    if outcome.failed:
        raise GanglionError(
            f"{len(outcome.failed):,} of {len(plan.units):,} units failed",
            "mend what they say; running the sweep again runs only these",
        )


def _client(address: str) -> Any:
    try:
        distributed = import_module("distributed")
    except ImportError:
        raise ToolError(
            "the package distributed is not installed", "run pip install dask distributed"
        ) from None
    try:
        client = distributed.Client(address, timeout="10s", set_as_default=False)
    except (OSError, ValueError) as error:
        raise DeviceError(
            f"no dask scheduler answers at {address}: {error}", "start one with `dask scheduler`"
        ) from None
    return _Dask(client)


class _Dask:
    """A dask client as an Executor: functions here are not pure, each call is its own."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __enter__(self) -> Executor:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def submit(self, function: Any, /, *arguments: Any) -> Any:
        return self._client.submit(function, *arguments, pure=False)


def _print(x: str, line: str, groups: dict[str, dict[str, Any]], figure: str) -> None:
    table = Table(box=None)
    for column in (*([line] if line else []), x, figure, "least", "most", "units"):
        table.add_column(column)
    for name, points in groups.items():
        for at, (mean, low, high, count) in points.items():
            table.add_row(*([name] if line else []), at, f"{mean:.4g}", f"{low:.4g}",
                          f"{high:.4g}", f"{count}")  # fmt: skip
    show(table)
