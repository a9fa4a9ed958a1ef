"""Command: `ganglion`, run in a process of its own as a shell would run it.

In:  its words, a directory.
Out: its exit code, and what it wrote.
Never: anything of the test's own process but its environment.

Each process is forked from one that has loaded what most commands load (command_server.py).
"""

import functools
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support import ROOT, ask

GANGLION = [sys.executable, "-c", "from ganglion.cli.main import main; main()"]
PATIENCE = 300  # seconds after which a test gives up waiting; nothing is measured


def ganglion(*words: object) -> "subprocess.CompletedProcess[str]":
    """Runs the command to its end, in the directory of the test."""
    return ganglion_in(Path.cwd(), *words)


def ganglion_in(
    directory: Path, *words: object, python: str | None = None
) -> "subprocess.CompletedProcess[str]":
    """Runs the command to its end, in `directory`; or a Python program, given as its text."""
    told = [str(word) for word in words]
    temporary = tempfile.TemporaryFile
    with Path(os.devnull).open() as none, temporary() as out, temporary() as err:
        asked = ask.Asked(
            _socket(), told, str(directory), dict(os.environ, PATH=path()),
            (none.fileno(), out.fileno(), err.fileno()), python,
        )  # fmt: skip
        try:
            code = asked.wait(PATIENCE)
        except TimeoutError:
            os.kill(asked.pid, signal.SIGKILL)
            raise subprocess.TimeoutExpired([*GANGLION, *told], PATIENCE) from None
        texts = []
        for stream in (out, err):
            stream.seek(0)
            texts.append(stream.read().decode())
    return subprocess.CompletedProcess([*GANGLION, *told], code, *texts)


def path() -> str:
    """PATH for a reader's shell: its `ganglion` is run by the command server."""
    program = Path(_socket()).parent / "bin" / "ganglion"
    if not program.exists():
        program.parent.mkdir()
        program.write_text(
            f'#!/bin/sh\nexec {sys.executable} -IS {ask.__file__} {_socket()} "$@"\n'
        )
        program.chmod(0o755)
    places = (program.parent, Path(sys.executable).parent, os.environ["PATH"])
    return os.pathsep.join(map(str, places))


@functools.cache
def _socket() -> str:
    """Where the command server of this process listens; it is started when first asked for."""
    place = tempfile.TemporaryDirectory(prefix="ganglion")
    path = f"{place.name}/socket"
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.support.command_server", path],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    assert server.stdout is not None
    assert server.stdout.readline() == b"ready\n"
    _kept.append((server, place))
    return path


_kept: list[object] = []  # as long as this process lives
