"""The command line: a thin skin over the package, one module of `commands` per verb.

In:  words typed by a person or a script.
Out: results on stdout, refusals as one sentence on stderr, and an exit code:
     0 ok, 1 error, 2 usage or interrupt, 3 no device, 4 mismatch, 5 does not fit.
Never: a traceback for bad input; a decision that the package does not make itself.
"""

import importlib
import pkgutil
import sys
from collections.abc import Sequence

import rich_click as click

from .. import __version__
from ..errors import GanglionError
from . import commands

VERBS = sorted(module.name for module in pkgutil.iter_modules(commands.__path__))


class Verbs(click.RichGroup):
    """Finds `ganglion VERB` in the module commands/VERB.py, and loads only that one."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return VERBS

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in VERBS:
            return None
        module = importlib.import_module(f"{commands.__name__}.{name}")
        command = module.command
        assert isinstance(command, click.Command)
        command.name = name
        return command


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="ganglion")
def cli() -> None:
    """Compile a spiking brain to INT8, run it on an ESP32, and prove that the robot
    runs exactly what was simulated."""


def main(words: Sequence[str] | None = None) -> None:
    """The entry point of the installed command; `words` instead of the command line's own."""
    try:
        code = cli.main(list(words) if words is not None else None, standalone_mode=False)
    except GanglionError as error:
        print(f"ganglion: {error}", file=sys.stderr)
        code = error.exit_code
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        print("ganglion: interrupted", file=sys.stderr)
        code = 2
    except BrokenPipeError:
        sys.stderr.close()
        code = 1
    except OSError as error:
        print(f"ganglion: {_system(error)}", file=sys.stderr)
        code = 1
    except MemoryError:
        print(
            "ganglion: this machine has not enough memory for that; "
            "close other programs, or take a smaller brain",
            file=sys.stderr,
        )
        code = 1
    sys.exit(code if isinstance(code, int) else 0)


def _system(error: OSError) -> str:
    """What the system refused and nobody foresaw, as fact and remedy."""
    what = f"{error.filename}: " if error.filename else ""
    return f"{what}{error.strerror or error}; check the path, its permissions and the free space"
