"""example: one of our example genomes, as a file to compile and to edit.

In:  a name; the file to write.
Out: the genome, or with NAME.toml the robot that it drives; without a name the list of names.
Never: overwrites a file.
"""

from pathlib import Path

import rich_click as click

from ...api.examples import example, titles
from ...api.files import check_output, write_bytes
from ..options.output import OutputFile
from ..options.talk import remark


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
        for known, title in titles().items():
            click.echo(f"{known:16} {title}")
        return
    source = example(name)
    stem = name.removesuffix(source.suffix)
    output = output or check_output(Path(f"{stem}{source.suffix}"), new=True)
    write_bytes(output, source.read_bytes())
    remark(f"wrote {output}")
