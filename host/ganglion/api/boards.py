"""Boards: what a brain can be compiled for, as data.

In:  a name, or the path of a board file.
Out: a Board.
Never: talks to one.
"""

from ..boards.board import Board, board_names, load_board

__all__ = ["Board", "board_names", "load_board"]
