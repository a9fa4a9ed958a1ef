"""sign: a brain that is there already gets a signature.

In:  a .gbn file, a private key.
Out: the same brain with the signature behind it, in place of any that it had.
Never: signs what this program would not read; leaves half a file.
"""

from pathlib import Path

import rich_click as click

from ...blob.signature import sign
from ...brains import network_of
from ...files import check_output, write_bytes
from ..options.output import OutputFile


@click.command()
@click.argument("brain", type=click.Path(path_type=Path))
@click.argument("key", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=OutputFile(), help="The signed brain. [BRAIN]")
def command(brain: Path, key: Path, output: Path | None) -> None:
    """Sign BRAIN (.gbn) with the private KEY."""
    _, blob = network_of(brain)
    output = check_output(output or brain, inputs=(key,))
    write_bytes(output, sign(blob, key))
    click.echo(f"{output}: signed")
