"""example: one of our example genomes, as a file to compile and to edit.

In:  a name; the file to write.
Out: the genome, or with NAME.toml the robot that it drives; without a name the list of names.
Never: overwrites a file.
"""

import json
from pathlib import Path

import rich_click as click

from ...errors import UsageError
from ...examples import names, path, robot
from ...files import check_output, write_bytes
from ..options.output import OutputFile
from ..options.talk import remark

ALIASES = {"robot": "wall_avoider"}


@click.command()
@click.argument("name", required=False)
@click.option("-o", "--output", type=OutputFile((".json", ".toml"), new=True),
              help="The file. [NAME.json]")  # fmt: skip
def command(name: str | None, output: Path | None) -> None:
    """Write an example genome here, to compile and to edit.

    NAME is one of those that are listed without it; robot.json is the wall avoider of the demo.
    NAME.toml is the robot of an example that drives one.
    """
    if name is None:
        for known in names():
            title = json.loads(path(known).read_text(encoding="utf-8")).get("genome_title", "")
            click.echo(f"{known:16} {title}")
        return
    driven = name.endswith(".toml")
    stem = name.removesuffix(".toml" if driven else ".json")
    known = ALIASES.get(stem, stem)
    if known not in names():
        raise UsageError(
            f"there is no example genome {name!r}",
            f"use one of {', '.join([*names(), *ALIASES])}",
        )
    source = robot(known) if driven else path(known)
    if not source.exists():
        robots = ", ".join(n for n in names() if robot(n).exists())
        raise UsageError(f"the example {known} drives no robot", f"these do: {robots}")
    output = output or check_output(Path(f"{stem}{source.suffix}"), new=True)
    write_bytes(output, source.read_bytes())
    remark(f"wrote {output}")
