"""Pytests: a module's tests under pytest, in a process in which the module has another source.

In:  a module's file, a source for it, files of tests and words for pytest.
Out: the exit code.
Never: writes the module's file; runs a test in a process that has imported the module as it is.

One process imports, once, all that the tests import and that does not import the module. Each
mutant is a fork of it, which imports the rest: the module, as the mutant has it, and what depends
on it.
"""

import gc
import importlib
import os
import resource
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import NoReturn

from .modules import FIRMWARE

MORE = 3  # times the processor time of the tests: a mutant that takes more hangs, and is noticed
FIRST = 300  # seconds of processor time, of the run that shows how much they take
WAIT = 900  # seconds until one that waits for ever is ended, and noticed
OURS = ("ganglion", "tests")
PLAIN = ("-x", "-q", "--assert=plain", "--tb=no", "-p", "no:cacheprovider")
BROKEN = "raise ImportError"


class Pytests:
    """Tests of one module; `directory` is for a copy of the firmware."""

    def __init__(self, path: Path, tests: tuple[str, ...], directory: Path) -> None:
        self._path, self._tests, self._directory = path, tests, directory
        self._of_firmware = path.is_relative_to(FIRMWARE)
        self._seconds = FIRST
        self._prepare(path.read_text())

    def kill(self, source: str) -> bool:
        """Whether one of them fails if the module has that source."""
        return self._run(source) != 0

    def _run(self, source: str, told: int | None = None) -> int:
        child = os.fork()
        if child == 0:
            self._test(source, told)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    def _test(self, source: str, told: int | None) -> NoReturn:
        import pytest

        if self._of_firmware:
            self._replace_firmware(source)
        os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        signal.alarm(WAIT)
        resource.setrlimit(resource.RLIMIT_CPU, (self._seconds, self._seconds))
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        code = 1
        try:
            with self._module_is(source):
                code = int(pytest.main([*PLAIN, *self._tests]))
            if told is not None:
                with os.fdopen(told, "w") as pipe:
                    pipe.write("\n".join(sys.modules))
        finally:
            os._exit(code)

    @contextmanager
    def _module_is(self, source: str) -> Iterator[None]:
        """Whoever imports the module gets this source."""
        plain = SourceFileLoader.get_code

        def get_code(loader: SourceFileLoader, name: str) -> object:
            if Path(loader.path).resolve() == self._path:
                return compile(source, loader.path, "exec")
            return plain(loader, name)

        SourceFileLoader.get_code = get_code  # type: ignore[method-assign,assignment]
        try:
            yield
        finally:
            SourceFileLoader.get_code = plain  # type: ignore[method-assign]

    def _replace_firmware(self, source: str) -> None:
        """Has all that is imported from now on take the firmware from a copy with that source."""
        from ganglion.boards import programs

        place = self._directory / "firmware"
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(FIRMWARE, place)
        (place / self._path.relative_to(FIRMWARE)).write_text(source)
        whole = programs.firmware_dir
        for module in list(sys.modules.values()):
            if getattr(module, "firmware_dir", None) is whole:
                module.firmware_dir = lambda: place  # type: ignore[attr-defined]

    def _prepare(self, source: str) -> None:
        """Imports what the tests import and the module does not reach, so that no mutant has to."""
        if not self._of_firmware:
            for name in list(sys.modules):
                if name.partition(".")[0] in OURS:
                    del sys.modules[name]  # it may have imported the module
        read, write = os.pipe()
        if self._run(source, write):
            raise SystemExit(f"the tests of {self._path} fail without any change: {self._tests}")
        os.close(write)
        with os.fdopen(read, "rb") as pipe:
            names = pipe.read().decode().split("\n")
        with self._module_is(BROKEN):
            for name in names:
                with suppress(Exception):  # what depends on the module, each mutant imports anew
                    importlib.import_module(name)
        gc.freeze()
        before = _processor_time()
        if self._run(source):  # else every mutant would seem to be noticed
            raise SystemExit(
                f"the tests of {self._path} fail in a process that imported the same before"
            )
        self._seconds = 2 + int(MORE * (_processor_time() - before))
        if not self._run(BROKEN):  # else none would be
            raise SystemExit(f"the tests of {self._path} do not import it: {self._tests}")


def _processor_time() -> float:
    """Of all processes that have been waited for, in seconds."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
