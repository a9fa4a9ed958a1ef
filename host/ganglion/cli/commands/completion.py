"""completion: a shell that completes verbs and options.

In:  the name of a shell.
Out: a script for it, on stdout.
Never: changes a file of the shell's.
"""

import rich_click as click
from click.shell_completion import get_completion_class


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print what makes SHELL complete ganglion's words.

    For bash, put the line of the example into ~/.bashrc; for zsh into ~/.zshrc. For fish, write
    the output to ~/.config/fish/completions/ganglion.fish.
    """
    from ..main import cli

    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(cli, {}, "ganglion", "_GANGLION_COMPLETE").source())
