"""ganglion doctor: what ganglion needs of this machine, what is there, and how to get the rest.

In:  this machine.
Out: one line per thing, with its version or the way to get it; exit code 1 if one is missing
     that even the virtual device needs.
Never: installs anything, opens a port, or fails because something is missing.
"""

import json
from dataclasses import asdict

import rich_click as click
from rich.table import Table

from ...api.machine import Finding, examine
from ..options.tables import show


@click.command(name="doctor")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@click.pass_context
def command(context: click.Context, as_json: bool) -> None:
    """Say what is there of all that ganglion can use, and how to get what is not."""
    findings = examine()
    if as_json:
        print(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        _print(findings)
    context.exit(int(any(finding.needed and not finding.there for finding in findings)))


def _print(findings: list[Finding]) -> None:
    table = Table("", "")
    for heading in ("what is there", "how to get it"):
        table.add_column(heading, overflow="fold")
    for finding in findings:
        mark = "yes" if finding.there else "no"
        style = None if finding.there else "bold red" if finding.needed else "yellow"
        table.add_row(finding.name, mark, finding.what, finding.remedy, style=style)
    show(table)
