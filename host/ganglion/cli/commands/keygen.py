"""keygen: a pair of keys, to sign brains with and to pin on boards.

In:  a name.
Out: NAME.key, for its owner's eyes only, and NAME.pub, for everybody's.
Never: replaces a key: a board that has pinned it would take no brain any more.
"""

from pathlib import Path

import rich_click as click

from ...api.signatures import generate_keys
from ..options.output import OutputFile


@click.command()
@click.argument("name", type=OutputFile(stem=True))
def command(name: Path) -> None:
    """Make the RSA keys NAME.key (keep it secret) and NAME.pub (pin it on boards)."""
    private, public = generate_keys(name)
    click.echo(f"{private}: sign with it, and let nobody have it")
    click.echo(f"{public}: a board that has pinned it runs nothing else")
