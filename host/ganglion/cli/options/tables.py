"""Tables of results: in columns where they fit, else each row as a few lines.

In:  a table.
Out: it, on stdout, whole at any width.
Never: cuts a word, or takes brackets in a value for markup.
"""

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

_WORD = 20  # characters: what is longer, a path, may be folded


def show(table: Table, console: Console | None = None) -> None:
    """Prints a table. Where a word of it would be cut, each row becomes lines of name and value."""
    console = console or Console(highlight=False, markup=False)
    table.box = None
    for column in table.columns:
        column.overflow = "fold"
    least = sum(
        max(
            (
                min(_WORD, Measurement.get(console, console.options, cell).minimum)
                for cell in column.cells
            ),
            default=0,
        )
        + 2
        for column in table.columns
    )
    if least <= console.width:
        console.print(table)
        return
    columns = [[str(cell) for cell in column._cells] for column in table.columns]
    for row in zip(*columns, strict=True):
        for column, value in zip(table.columns, row, strict=True):
            if value:
                name = f"{column.header}: " if table.show_header and column.header else ""
                console.print(f"{name}{value}", soft_wrap=True)
        console.print()
