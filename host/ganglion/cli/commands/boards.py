"""ganglion boards: the boards that a brain can be compiled for, and one of them in full.

In:  nothing, or a name or a board file.
Out: a table, or the fields as JSON.
Never: talks to a board.
"""

import json

import rich_click as click
from rich.table import Table

from ...api.boards import Board, board_names, load_board
from ..options.tables import show


@click.command(name="boards")
@click.argument("board", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print every field as JSON.")
def command(board: str | None, as_json: bool) -> None:
    """List the boards, or check and show BOARD: a name, or the path of a board file."""
    boards = [load_board(board)] if board else [load_board(name) for name in board_names()]
    if as_json:
        print(json.dumps([one.model_dump() for one in boards], indent=2))
        return
    table = Table()
    for heading in ("name", "board", "machine code", "flash", "heap", "link"):
        table.add_column(heading)
    for one in boards:
        table.add_row(*_row(one))
    show(table)


def _row(board: Board) -> tuple[str, ...]:
    flash = f"{board.flash.size >> 20} MiB" if board.flash else "none"
    link = f"{board.link.kind} {board.link.baud}" if board.link.kind == "uart" else board.link.kind
    heap = f"{board.memory.heap // 1000} KB"
    return board.name, board.title, board.architecture, flash, heap, link
