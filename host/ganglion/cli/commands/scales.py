"""scales: the scale factors of a brain: saved, compared, or what every width would make of them.

In:  a brain (.gbn), a genome or a connectome, or a file that this command wrote; perhaps a second.
Out: a table by area; with -o a file to edit and to give back with `compile --scales`.
Never: changes a brain.
"""

import json
from pathlib import Path

import rich_click as click
from rich.console import Console
from rich.table import Table

from ...api.quantization import Prospect, compare_scales, prospects_of, scales_of
from ...errors import UsageError
from ..options.nir import nir_options
from ..options.output import OutputFile


@click.command()
@click.argument("first", metavar="A", type=click.Path(path_type=Path))
@click.argument("second", metavar="[B]", type=click.Path(path_type=Path), required=False)
@click.option("-o", "--output", type=OutputFile((".json",)), help="Save the scales of A here.")
@nir_options
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def command(first: Path, second: Path | None, output: Path | None, as_json: bool) -> None:
    """Show the scales of A, or how those of A and B differ.

    A and B are brains (.gbn), genomes or files of scales. Of a genome alone, what each state
    width would give every area is shown too.
    """
    mine = scales_of(first)
    if output is not None:
        if second is not None:
            raise UsageError("-o saves the scales of one brain", "leave B out")
        mine.save(output)
    console = Console(highlight=False, markup=False)
    if second is not None:
        differences = compare_scales(mine, scales_of(second))
        if as_json:
            click.echo(json.dumps([d.as_dict() for d in differences], indent=2))
            return
        table = _table("area", str(first), str(second), "ratio")
        for d in differences:
            table.add_row(
                d.area, _number(d.first), _number(d.second),
                "one unit" if d.same else "–" if d.ratio is None else f"{d.ratio:g}",
            )  # fmt: skip
        console.print(table)
        same = sum(d.same for d in differences)
        console.print(f"{same} of {len(differences)} areas speak one unit")
        return
    outlook = prospects_of(first)
    if as_json:
        facts: dict[str, object] = {"areas": [c.as_dict() for c in mine.areas]}
        if outlook:
            facts["widths"] = [p.as_dict() for p in outlook]
        click.echo(json.dumps(facts, indent=2))
        return
    table = _table("area", "state", "integer 1 stands for", "weight scales")
    for c in mine.areas:
        table.add_row(
            c.area, f"int{c.state_width}", _number(c.activation_scale),
            ", ".join(f"{s:g}" for s in c.weight_scale[:4]) + (" …" if c.weight_scale[4:] else ""),
        )  # fmt: skip
    console.print(table)
    if outlook:
        console.print(_widths(outlook))


def _widths(outlook: list[Prospect]) -> Table:
    table = _table("area", "width", "unit", "threshold in units", "what can be lost")
    for p in outlook:
        lost = ", ".join(p.losses) if p.losses else "nothing"
        table.add_row(
            p.area, f"int{p.bits}", _number(p.unit), f"{p.threshold:,}" if p.unit else "–",
            p.refusal or lost,
        )  # fmt: skip
    return table


def _table(*columns: str) -> Table:
    table = Table(box=None)
    for column in columns:
        table.add_column(column)
    return table


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.9g}"
