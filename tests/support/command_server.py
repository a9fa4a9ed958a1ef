"""Command server: forks a process that has loaded what a command needs, for each that asks.

In:  over a Unix socket: arguments, directory and environment, and the three standard streams.
Out: the process's id, then its exit code.
Never: runs anything in itself, so that no run finds what another left.

Loading takes longer than most commands run. What is run is `ganglion` (its words), or Python
(`-c TEXT`, as `python -c` runs it).
"""

import array
import atexit
import contextlib
import gc
import json
import os
import signal
import socket
import struct
import sys
import threading
import traceback
import warnings

_LENGTH = struct.Struct("<I")


def serve(path: str) -> None:
    """Answers at `path` until standard input ends: then whoever started it has gone."""
    warnings.simplefilter("ignore")
    import matplotlib.figure
    import numpy  # noqa: F401
    import rich_click  # noqa: F401

    import ganglion.api.drives
    import ganglion.api.monitors
    import ganglion.cli.main  # noqa: F401

    matplotlib.figure.Figure()  # the first one finds the fonts
    warnings.resetwarnings()
    gc.collect()
    gc.freeze()
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen(16)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the children
    threading.Thread(target=_end_with_starter, daemon=True).start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        connection, _ = server.accept()
        if os.fork() == 0:
            server.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _run(connection)
        connection.close()


def _end_with_starter() -> None:
    sys.stdin.read()
    os._exit(0)


def _run(connection: socket.socket) -> None:
    """In the new process: takes on what was asked, runs it, says its code, ends."""
    fds = array.array("i")
    room = socket.CMSG_SPACE(3 * fds.itemsize)
    head, ancillary, _, _ = connection.recvmsg(_LENGTH.size, room)
    fds.frombytes(ancillary[0][2][: 3 * fds.itemsize])
    data = b""
    while len(data) < _LENGTH.unpack(head)[0]:
        data += connection.recv(1 << 16)
    asked = json.loads(data)
    connection.sendall(_LENGTH.pack(os.getpid()))
    for number, fd in enumerate(fds):
        os.dup2(fd, number)
        os.close(fd)
    sys.stdin, sys.stdout, sys.stderr = os.fdopen(0), os.fdopen(1, "w"), os.fdopen(2, "w")
    os.chdir(asked["directory"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    code = 1
    try:
        code = _code(asked["words"], asked["python"])
        threading._shutdown()  # type: ignore[attr-defined]  # as an interpreter waits at its end
        atexit._run_exitfuncs()
        sys.stdout.flush()
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(BaseException):
            sys.stderr.flush()
        connection.sendall(_LENGTH.pack(code & 255))
        os._exit(code & 255)


def _code(words: list[str], python: str | None) -> int:
    try:
        if python is not None:
            sys.argv = ["-c", *words]
            sys.path.insert(0, "")
            space = {"__name__": "__main__", "__builtins__": __builtins__}
            exec(compile(python, "<string>", "exec"), space)
        else:
            sys.argv = ["ganglion", *words]
            from ganglion.cli.main import main

            main()
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        print(end.code, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    serve(sys.argv[1])
