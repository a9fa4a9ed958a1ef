"""Pytests: a module's tests under pytest, in a process in which the module has another source.

In:  a module's file, a source for it, files of tests and words for pytest.
Out: whether a test fails.
Never: writes the module's file; runs a test in a process that has imported the module as it is.

One process imports, once, all that the tests import and that does not import the module, and begins
pytest. Each mutant is a fork of it where tests are collected: it imports the rest, the module as
the mutant has it and what depends on it, and runs the tests.
"""

import gc
import importlib
import os
import resource
import shutil
import signal
import socket
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import NoReturn

import pytest

from .modules import FIRMWARE

MORE = 3  # times the processor time of the tests: a mutant that takes more hangs, and is noticed
FIRST = 300  # seconds of processor time, of the run that shows how much they take
WAIT = 900  # seconds until one that waits for ever is ended, and noticed
OURS = ("ganglion", "tests")
PLAIN = ("-x", "-q", "--assert=plain", "--tb=native", "-p", "no:cacheprovider")
BROKEN = "raise ImportError"
REQUEST, ANSWER = struct.Struct("<II"), struct.Struct("<id")  # seconds, size; exit code, seconds


class Pytests:
    """Tests of one module; `directory` is for a copy of the firmware."""

    def __init__(self, path: Path, tests: tuple[str, ...], directory: Path) -> None:
        self._path, self._tests, self._directory = path, tests, directory
        self._of_firmware = path.is_relative_to(FIRMWARE)
        self._requests, self._begun = socket.socketpair()
        self._prepare(path.read_text())

    def kill(self, source: str) -> bool:
        """Whether one of them fails if the module has that source."""
        return self._ask(source, self._seconds)[0] != 0

    def _prepare(self, source: str) -> None:
        if not self._of_firmware:
            for name in list(sys.modules):
                if name.partition(".")[0] in OURS:
                    del sys.modules[name]  # it may have imported the module
        names = self._imported()
        with self._module_is(BROKEN):
            for name in names:
                with suppress(Exception):  # what depends on the module, each mutant imports anew
                    importlib.import_module(name)
        gc.freeze()
        if os.fork() == 0:
            self._requests.close()
            self._run()
        self._begun.close()
        code, seconds = self._ask(source, FIRST)
        if code:  # else every mutant would seem to be noticed
            raise SystemExit(f"the tests of {self._path} fail after the same was imported before")
        self._seconds = 2 + int(MORE * seconds)
        if not self.kill(BROKEN):  # else none would be
            raise SystemExit(f"the tests of {self._path} do not import it: {self._tests}")

    def _imported(self) -> list[str]:
        """The modules that the tests import, where nothing is changed."""
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            code = self._pytest([])
            os.write(write, "\n".join(sys.modules).encode())
            os._exit(code)
        os.close(write)
        with os.fdopen(read, "rb") as pipe:
            names = pipe.read().decode().split("\n")
        if os.waitpid(child, 0)[1]:
            raise SystemExit(f"the tests of {self._path} fail without any change: {self._tests}")
        return names

    def _run(self) -> NoReturn:
        code = 1
        try:
            code = self._pytest([self])
        finally:
            os._exit(code)

    def _pytest(self, plugins: list[object]) -> int:
        os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        return int(pytest.main([*PLAIN, *self._tests], plugins=plugins))

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> None:
        """Comes back in a fork for each source that is asked for: there pytest goes on."""
        while head := self._begun.recv(REQUEST.size, socket.MSG_WAITALL):
            seconds, size = REQUEST.unpack(head)
            source = self._begun.recv(size, socket.MSG_WAITALL).decode()
            child = os.fork()
            if child == 0:
                signal.alarm(WAIT)
                resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
                if self._of_firmware:
                    self._replace_firmware(source)
                else:
                    self._replace(source)
                return
            _, status, used = os.wait4(child, 0)
            code = os.waitstatus_to_exitcode(status)
            self._begun.sendall(ANSWER.pack(code, used.ru_utime + used.ru_stime))
        os._exit(0)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            os._exit(1)  # what pytest would say of it is most of the time

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            os._exit(1)

    def _ask(self, source: str, seconds: int) -> tuple[int, float]:
        """The exit code of the tests, and the processor time that they took."""
        data = source.encode()
        self._requests.sendall(REQUEST.pack(seconds, len(data)) + data)
        code, taken = ANSWER.unpack(self._requests.recv(ANSWER.size, socket.MSG_WAITALL))
        return code, taken

    def _replace(self, source: str) -> None:
        """Whoever imports the module from now on gets this source."""
        plain = SourceFileLoader.get_code

        def get_code(loader: SourceFileLoader, name: str) -> object:
            if Path(loader.path).resolve() == self._path:
                return compile(source, loader.path, "exec")
            return plain(loader, name)

        SourceFileLoader.get_code = get_code  # type: ignore[method-assign,assignment]

    @contextmanager
    def _module_is(self, source: str) -> Iterator[None]:
        plain = SourceFileLoader.get_code
        self._replace(source)
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
