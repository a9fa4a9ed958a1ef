"""Layouts: images of MicroPython 1.22 to 1.28 on chips of 4, 8 and 16 MB, as a table.

In:  the published partition tables, as images made of their numbers.
Out: a table in Markdown: where the file system goes and how large it is, or why it is refused.
Never: mounts anything: tests/boards/test_layout.py does, each of these with MicroPython's VfsLfs2.

python -m tools.layouts
"""

from ganglion.boards.image import layout_of
from ganglion.errors import BoardError
from tests.boards.test_layout import BOARD, CASES
from tests.support.images import MB, image


def cell(version: str, table: list, header: int, chip: int) -> str:
    """Where files go on a chip of so many MB."""
    banner = (
        f"MicroPython v{version}.0 on 2026-01-01".encode() if version >= "1.25" else b"MicroPython"
    )
    try:
        layout = layout_of(BOARD, image(table, flash=header * MB, banner=banner), "it")
        size = layout.on_chip(chip * MB)
    except BoardError as error:
        return "refused: " + error.fact.partition(":")[0].removeprefix("it is ")
    return f"{layout.files_offset:#x}, {size >> 10:,} KiB"


def rows() -> list[str]:
    """The table, without its head."""
    found: dict[tuple[str, str], list[str]] = {}
    for version, name, table, header, chip in CASES:
        found.setdefault((version, name), []).append(cell(version, table, header, chip))
    return [f"| {version} | {name} | {' | '.join(c)} |" for (version, name), c in found.items()]


def main() -> None:
    print("| MicroPython | table | on 4 MB | on 8 MB | on 16 MB |\n|---|---|---|---|---|")
    print(*rows(), sep="\n")


if __name__ == "__main__":
    main()
