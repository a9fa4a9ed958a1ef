"""example: one of our example genomes, as a file to compile and to edit.

In:  a name; the file to write.
Out: the genome; without a name the list of names.
Never: overwrites a file.
"""

import json
from pathlib import Path

import rich_click as click

from ...errors import UsageError
from ...examples import names, path
from ...files import check_output, write_bytes
from ..options.output import OutputFile
from ..options.talk import remark

ALIASES = {"robot": "wall_avoider"}


@click.command()
@click.argument("name", required=False)
@click.option("-o", "--output", type=OutputFile((".json",), new=True), help="The file. [NAME.json]")
def command(name: str | None, output: Path | None) -> None:
    """Write an example genome here, to compile and to edit.

    NAME is one of those that are listed without it; robot.json is the wall avoider of the demo.
    """
    if name is None:
        for known in names():
            title = json.loads(path(known).read_text(encoding="utf-8")).get("genome_title", "")
            click.echo(f"{known:16} {title}")
        return
    stem = name.removesuffix(".json")
    known = ALIASES.get(stem, stem)
    if known not in names():
        raise UsageError(
            f"there is no example genome {name!r}",
            f"use one of {', '.join([*names(), *ALIASES])}",
        )
    output = output or check_output(Path(f"{stem}.json"), new=True)
    write_bytes(output, path(known).read_bytes())
    remark(f"wrote {output}")
