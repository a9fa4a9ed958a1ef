"""schema: the JSON Schema of the files that people write.

In:  the name of a kind of file.
Out: its JSON Schema on stdout.
Never: validates (that is `ganglion lint`).
"""

import json

import rich_click as click

from ...api.genomes import SCHEMAS, schema


@click.command()
@click.argument("kind", type=click.Choice(SCHEMAS))
def command(kind: str) -> None:
    """Print the JSON Schema of a KIND of file."""
    click.echo(json.dumps(schema(kind), indent=2))
