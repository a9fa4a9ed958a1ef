"""Pytests: a module's tests under pytest, in a process in which the module has another source.

In:  a module's file, a source for it, files of tests and words for pytest.
Out: the exit code.
Never: writes the module's file.
"""

import importlib
import os
import resource
import shutil
import signal
import sys
from contextlib import suppress
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import NoReturn

from .modules import FIRMWARE

SECONDS = 60  # of processor time: a mutant that takes more hangs, and so is noticed
WAIT = 900  # seconds until one that waits for ever is ended, and noticed
TESTS = ("conftest", "_pytest", "pytest")
OURS = ("ganglion", "tests", "tools", *TESTS)
PLAIN = ("-x", "-q", "--assert=plain", "-p", "no:cacheprovider")


class Pytests:
    """Tests of one module; `directory` is for a copy of the firmware."""

    def __init__(self, path: Path, tests: tuple[str, ...], directory: Path) -> None:
        self._path, self._tests, self._directory = path, tests, directory
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

        path = self._path
        of_firmware = path.is_relative_to(FIRMWARE)
        if of_firmware:
            self._replace_firmware(source)
        plain = SourceFileLoader.get_code

        def get_code(self: SourceFileLoader, name: str) -> object:
            if Path(self.path).resolve() == path:
                return compile(source, self.path, "exec")
            return plain(self, name)

        SourceFileLoader.get_code = get_code  # type: ignore[method-assign,assignment]
        os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        signal.alarm(WAIT)
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        code = 1
        try:
            code = int(pytest.main([*PLAIN, *self._tests]))
            if told is not None:
                # The host is whole where the firmware is not: then it can be there before, too.
                ours = TESTS if of_firmware else OURS
                names = [name for name in sys.modules if name.partition(".")[0] not in ours]
                with os.fdopen(told, "w") as pipe:
                    pipe.write("\n".join(names))
        finally:
            os._exit(code)

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
        """Imports what the tests import of other projects, so that no mutant has to."""
        read, write = os.pipe()
        if self._run(source, write):
            raise SystemExit(f"the tests of {self._path} fail without any change: {self._tests}")
        os.close(write)
        with os.fdopen(read, "rb") as pipe:
            names = pipe.read().decode().split("\n")
        for name in names:
            with suppress(Exception):
                importlib.import_module(name)
        if self._run(source):  # else every mutant would seem to be noticed
            raise SystemExit(
                f"the tests of {self._path} fail in a process that imported the same before"
            )
