"""sign: a brain that is there already gets a signature.

In:  a .gbn file, a private key.
Out: the same brain with the signature behind it, in place of any that it had.
Never: signs what this program would not read; leaves half a file.
"""

from pathlib import Path

import rich_click as click

from ...api.signatures import sign_file
from ..options.output import OutputFile


@click.command()
@click.argument("brain", type=click.Path(path_type=Path))
@click.argument("key", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=OutputFile(), help="The signed brain. [BRAIN]")
def command(brain: Path, key: Path, output: Path | None) -> None:
    """Sign BRAIN (.gbn) with the private KEY."""
    click.echo(f"{sign_file(brain, key, output)}: signed")
