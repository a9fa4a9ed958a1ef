"""sweep: a matrix of runs on many processes, or many machines, one result each.

In:  a TOML file: what to run, the matrix, where results go.
Out: a file per unit, table.csv and picture.png; exit code 1 if a unit failed, 4 if one differed.
Never: a run that was done before; a result that is lost because a worker died.
"""

import json
from pathlib import Path
from typing import Any

import rich_click as click
from rich.console import Console
from rich.table import Table

from ...api.sweeps import sweep
from ...errors import GanglionError, MismatchError
from ..options.device import level_options
from ..options.nir import nir_options
from ..options.progress import progress
from ..options.tables import show


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--workers", type=click.IntRange(0, 4096), default=0,
              help="Processes. [one per processor]")  # fmt: skip
@click.option("--dask", "address", metavar="ADDRESS",
              help="Run on this dask scheduler (tcp://HOST:8786).")  # fmt: skip
@click.option("--figure", metavar="NAME", help="The number to draw. [identical, f1, or the first]")
@level_options
@nir_options
@click.option("--json", "as_json", is_flag=True, help="Print all rows as JSON.")
def command(
    file: Path, workers: int, address: str | None, figure: str | None, dtr: str | None,
    rts: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Run the matrix of FILE (.toml), and go on where an earlier run of it ended."""
    levels = {name: level == "on" for name, level in (("dtr", dtr), ("rts", rts)) if level}
    swept = sweep(file, workers, dask=address, figure=figure, lines=levels, progress=progress)
    console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    if as_json:
        click.echo(json.dumps(swept.rows, indent=1))
    elif swept.figure:
        _print(*swept.means(), swept.figure)
    units = len(swept.plan.units)
    console.print(
        f"{len(swept.outcome.results):,} of {units:,} units have a result, {swept.new:,} of them "
        f"new; wrote {' and '.join(map(str, swept.files))}"
    )
    if swept.outcome.deaths:
        console.print("a worker ended suddenly; the units that were under way were run again")
    for unit, why in swept.failed:
        console.print(f"failed: {unit}: {why}")
    for unit, where in swept.parted:
        console.print(f"not identical: {unit}: {where}")
    if swept.parted:
        raise MismatchError(
            f"{len(swept.parted):,} units are not identical", "verify one of them alone"
        )
    if swept.failed:
        raise GanglionError(
            f"{len(swept.failed):,} of {units:,} units failed",
            "mend what they say; running the sweep again runs only these",
        )


def _print(x: str, line: str, groups: dict[str, dict[str, Any]], figure: str) -> None:
    table = Table(box=None)
    for column in (*([line] if line else []), x, figure, "least", "most", "units"):
        table.add_column(column)
    for name, points in groups.items():
        for at, (mean, low, high, count) in points.items():
            table.add_row(*([name] if line else []), at, f"{mean:.4g}", f"{low:.4g}",
                          f"{high:.4g}", f"{count}")  # fmt: skip
    show(table)
