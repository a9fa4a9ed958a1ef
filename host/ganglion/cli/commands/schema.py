"""schema: the JSON Schema of the files that people write.

In:  the name of a kind of file.
Out: its JSON Schema on stdout.
Never: validates (that is `ganglion lint`).
"""

import json

import rich_click as click

from ...frontends.feagi.schema import genome_schema
from ...robot.file import robot_schema
from ...robot.world import world_schema

SCHEMAS = {"genome": genome_schema, "robot": robot_schema, "world": world_schema}


@click.command()
@click.argument("kind", type=click.Choice(list(SCHEMAS)))
def command(kind: str) -> None:
    """Print the JSON Schema of a KIND of file."""
    click.echo(json.dumps(SCHEMAS[kind](), indent=2))
