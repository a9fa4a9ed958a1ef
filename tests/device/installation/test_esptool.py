"""esptool.py: the program itself, its version and its settings; test_flash.py has it talk."""

import re
import sys

import pytest

from ganglion.boards.programs import find_program
from ganglion.device.installation import esptool
from ganglion.errors import NoDeviceError, ToolError


def test_another_version_of_esptool_is_told_before_anything_is_tried(monkeypatch, tmp_path):
    old = tmp_path / "esptool"
    old.write_text("#!/bin/sh\necho esptool.py v4.8.1\necho 4.8.1\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(ToolError) as caught:
        esptool.identify("/dev/ttyUSB7")
    assert str(caught.value) == (
        f"{old} is version 4.8.1, and 5 or newer is needed; `pip install --upgrade esptool`"
    )


def test_without_esptool_one_is_told_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(ToolError) as caught:
        esptool.identify("/dev/ttyUSB7")
    assert str(caught.value) == "there is no `esptool` program here; `pip install esptool`"


def test_a_port_that_is_not_there_is_no_device(tmp_path):
    with pytest.raises(NoDeviceError) as caught:
        esptool.identify(str(tmp_path / "ttyUSB7"))
    assert caught.value.exit_code == 3


def test_esptool_waits_longer_for_what_is_behind_a_socket_unless_the_user_says_how_long(
    monkeypatch, tmp_path
):
    def told(port: str) -> str:
        program = str(find_program("esptool"))
        return esptool.run([program, "--port", port, "version"])

    monkeypatch.delenv(esptool.CONFIG, raising=False)
    monkeypatch.chdir(tmp_path)
    assert "Loaded custom configuration" not in told("/dev/ttyUSB0")
    for port in ("socket://localhost:1", "rfc2217://localhost:1"):
        assert re.search(
            r"Loaded custom configuration from \S*ganglion-\S+/esptool.cfg", told(port)
        )
    own = tmp_path / "own.cfg"
    own.write_text("[esptool]\ntimeout = 7\n")
    monkeypatch.setenv(esptool.CONFIG, str(own))
    assert f"Loaded custom configuration from {own}" in re.sub(r"\s*\n", " ", told("socket://a:1"))
