"""The command line: a thin skin over the package, one module of `commands` per verb.

In:  words typed by a person or a script.
Out: results on stdout, refusals as one sentence on stderr (as JSON if --json was given), and an
     exit code: 0 ok, 1 error, 2 usage, 3 no device, 4 mismatch, 5 does not fit, 130 interrupted.
Never: a traceback for bad input; a decision that the package does not make itself.
"""

import importlib
import json
import signal
import sys
import traceback
from collections.abc import Sequence
from importlib.util import find_spec

import rich_click as click

from .. import __version__
from ..errors import GanglionError
from . import commands
from .options import talk
from .verbs import GROUPS, VERBS

INTERRUPTED = 130  # 128 + SIGINT, as shells have it
click.rich_click.COMMAND_GROUPS = {
    "ganglion": [
        {"name": name, "commands": [verb.name for verb in group]} for name, group in GROUPS.items()
    ]
}


class Verbs(click.RichGroup):
    """Finds `ganglion VERB` in the module commands/VERB.py, and loads only that one."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """As much of a command as a list of commands shows."""
        return click.Command(name, help=VERBS[name].line) if name in VERBS else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and (args[0] in VERBS or _is_there(args[0])):
            return args[0], load(args[0]), args[1:]
        return super().resolve_command(ctx, args)


def _is_there(name: str) -> bool:
    """Whether a module of commands has that name, though nobody listed it."""
    return name.isidentifier() and find_spec(f"{commands.__name__}.{name}") is not None


def load(name: str) -> click.Command:
    """The command of a verb, with its examples and the options that all verbs take."""
    module = importlib.import_module(f"{commands.__name__}.{name}")
    command = module.command
    assert isinstance(command, click.Command)
    command.name = name
    lines = "\n".join(f"  {line}" for line in VERBS[name].examples) if name in VERBS else ""
    if "Examples:" not in (command.help or ""):
        command.help = f"{command.help}\n\n\b\nExamples:\n{lines}"
        known = {word for param in command.params for word in param.opts}
        command.params += [o for o in talk.options() if not known & set(o.opts)]
    return command


@click.group(
    name="ganglion", cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]}
)  # fmt: skip
@click.version_option(__version__, prog_name="ganglion")
def cli() -> None:
    """Compile a spiking brain to integers, run it on an ESP32, and prove that the robot
    runs exactly what was simulated.

    `ganglion VERB --help` shows a verb's options and examples.
    """


def main(words: Sequence[str] | None = None) -> None:
    """The entry point of the installed command; `words` instead of the command line's own."""
    given = list(sys.argv[1:] if words is None else words)
    as_json = "--json" in given
    if words is None:
        signal.signal(signal.SIGTERM, _ended)
    talk.begin(given)
    try:
        code = cli.main(given, prog_name="ganglion", standalone_mode=False)
        talk.settle()
    except BrokenPipeError:
        sys.stderr.close()
        code = 1
    except (click.Abort, KeyboardInterrupt):
        print("ganglion: interrupted", file=sys.stderr)
        code = INTERRUPTED
    except click.ClickException as error:
        code = error.exit_code
        if as_json:
            _tell(type(error).__name__, error.format_message(), "see --help", code, as_json)
        else:
            error.show()
    except GanglionError as error:
        code = error.exit_code
        _tell(type(error).__name__, error.fact, error.remedy, code, as_json)
    except Exception as error:
        code = 1
        _tell(type(error).__name__, *_unforeseen(error), code, as_json)
    sys.exit(code if isinstance(code, int) else 0)


def _ended(number: int, frame: object) -> None:
    """Whoever ends this program wants it to leave nothing half written behind."""
    raise SystemExit(128 + number)


def _tell(kind: str, fact: str, remedy: str, code: int, as_json: bool) -> None:
    """An error on stderr: a sentence, or with --json an object."""
    if as_json:
        told = {"kind": kind, "fact": fact, "remedy": remedy, "exit_code": code}
        print(json.dumps({"error": told}), file=sys.stderr)
    else:
        print(f"ganglion: {fact}; {remedy}", file=sys.stderr)
    if talk.TALK.verbose:
        traceback.print_exc()


def _unforeseen(error: Exception) -> tuple[str, str]:
    """Fact and remedy of what nobody foresaw."""
    if isinstance(error, MemoryError):
        return (
            "this machine has not enough memory for that",
            "close other programs, or take a smaller brain",
        )
    if isinstance(error, OSError):
        what = f"{error.filename}: " if error.filename else ""
        return (
            f"{what}{error.strerror or error}",
            "check the path, its permissions and the free space",
        )
    return (
        f"ganglion met a bug of its own, {type(error).__name__}: {error}",
        "run it again with -v, and report what that shows",
    )
