"""Command: `ganglion`, run in a process of its own as a shell would run it.

In:  its words, a directory.
Out: its exit code, and what it wrote.
Never: anything of the test's own process but its environment.

Each process is forked from one that has loaded what most commands load, which takes longer than
most of them run.
"""

import atexit
import multiprocessing
import os
import subprocess
import sys
import tempfile
from pathlib import Path

GANGLION = [sys.executable, "-c", "from ganglion.cli.main import main; main()"]
PATIENCE = 300  # seconds after which a test gives up waiting; nothing is measured

_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(
    ["numpy", "rich_click", "ganglion.api", "ganglion.cli.main", "ganglion.monitor.live"]
)


def ganglion(*words: object) -> "subprocess.CompletedProcess[str]":
    """Runs the command to its end, in the directory of the test."""
    return ganglion_in(Path.cwd(), *words)


def ganglion_in(directory: Path, *words: object) -> "subprocess.CompletedProcess[str]":
    """Runs the command to its end, in `directory`."""
    told = [str(word) for word in words]
    with tempfile.TemporaryDirectory() as place:
        streams = [Path(place) / name for name in ("out", "err")]
        process = _processes.Process(
            target=_main, args=(told, str(directory), dict(os.environ), streams)
        )
        process.start()
        process.join(PATIENCE)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired([*GANGLION, *told], PATIENCE)
        code, (out, err) = process.exitcode, (path.read_text() for path in streams)
        process.close()
    return subprocess.CompletedProcess([*GANGLION, *told], code, out, err)


def _main(words: list[str], cwd: str, environment: dict[str, str], streams: list[Path]) -> None:
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    for number, path in enumerate(streams, start=1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), number)
    sys.stdin, sys.stdout, sys.stderr = os.fdopen(0), os.fdopen(1, "w"), os.fdopen(2, "w")
    sys.argv = ["ganglion", *words]
    from ganglion.cli.main import main

    try:
        main()
    finally:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
