"""policies: what --policy can settle.

In:  nothing.
Out: one line per policy: its name and values.
Never: reads a genome.
"""

import rich_click as click

from ...api.genomes import policies


@click.command()
def command() -> None:
    """List what --policy can settle: names, values and their meaning.

    Old files and today's FEAGI disagree on some things, and a genome may be too large to be meant.
    """
    for line in policies():
        click.echo(line)
    click.echo("feagi: FEAGI's reading of everything")
