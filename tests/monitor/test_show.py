"""`ganglion monitor` as a person meets it: in a terminal, off one, and when it ends suddenly."""

import fcntl
import json
import os
import pty
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

from ganglion.compiler import Brain
from ganglion.device.open import open_device
from ganglion.recording.file import Recording
from ganglion.recording.runs import runs
from tests.support.command import GANGLION
from tests.support.recordings import BURSTS, FULL, PATIENCE, Recorded, ganglion, verified

LEFT = b"\x1b[?1049l"  # the alternate screen
SHOWN = b"\x1b[?25h"  # the cursor


@pytest.fixture(scope="module")
def brain_file(small_brain: Brain, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("brain") / "small.gbn"
    path.write_bytes(small_brain.blob)
    return path


class Terminal:
    """A program in a real terminal of 80 by 24."""

    def __init__(self, *words: object, cwd: Path) -> None:
        self.master, self.slave = pty.openpty()
        self.resize(24, 80)
        self.before = termios.tcgetattr(self.slave)
        self.output = b""
        environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "", "LINES": ""}
        del environment["COLUMNS"], environment["LINES"]
        self.process = subprocess.Popen(
            [*GANGLION, *map(str, words)], cwd=cwd, env=environment, start_new_session=True,
            stdin=self.slave, stdout=self.slave, stderr=self.slave,
        )  # fmt: skip

    def resize(self, lines: int, columns: int) -> None:
        size = struct.pack("HHHH", lines, columns, 0, 0)
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, size)

    def read(self) -> None:
        if select.select([self.master], [], [], 0.05)[0]:
            self.output += os.read(self.master, 65536)

    def until(self, pattern: bytes) -> None:
        """Until something new on the screen matches."""
        start, given_up = len(self.output), time.monotonic() + PATIENCE
        while not re.search(pattern, self.output[start:]):
            assert self.process.poll() is None, self.output[-2000:].decode()
            assert time.monotonic() < given_up, (pattern, self.output[-2000:].decode())
            self.read()

    def press(self, keys: bytes) -> None:
        os.write(self.master, keys)

    def end(self) -> int:
        """The exit code; the terminal must be as it was."""
        given_up = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            assert time.monotonic() < given_up, self.output[-2000:].decode()
            self.read()
        for _ in range(3):
            self.read()
        after = termios.tcgetattr(self.slave)
        os.close(self.master)
        os.close(self.slave)
        assert after == self.before
        assert self.output.rindex(LEFT) > self.output.rindex(b"\x1b[?1049h")
        assert self.output.rindex(SHOWN) > self.output.rindex(b"\x1b[?25l")
        assert b"Traceback" not in self.output
        return self.process.returncode


def test_keys_pause_select_inject_mark_record_and_stop(brain_file: Path, tmp_path: Path):
    terminal = Terminal("monitor", brain_file, "--period", "25", cwd=tmp_path)
    terminal.until(rb"identical [1-9]")
    terminal.press(b"r")
    terminal.until(rb"recording to ganglion-\d+-\d+.gbr")
    terminal.press(b"i")
    terminal.until(rb"input into 20 neurons")
    terminal.press(b"\x1b[B")
    terminal.until("▶out".encode())
    terminal.press(b"m")
    terminal.until(rb"mark at burst")
    terminal.press(b" ")
    terminal.until(b"PAUSED")
    terminal.resize(40, 120)
    os.killpg(terminal.process.pid, signal.SIGWINCH)
    terminal.press(b" ")
    terminal.until(rb"identical [1-9]")
    terminal.press(b"r")
    terminal.until(b"stopped by hand")
    terminal.press(b"s")
    terminal.until(b"STOPPED")
    terminal.press(b"s")
    terminal.until(b"the run began")
    terminal.press(b"q")
    assert terminal.end() == 0
    (file,) = tmp_path.glob("*.gbr")
    (run,) = verified(file)
    assert [said.text for _, said in run.said if said.kind == "mark"]
    assert len(run.injected) == 20
    assert run.configuration.period_us == 25_000


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_ended_from_outside_the_terminal_is_left_sane_and_the_recording_whole(
    brain_file: Path, tmp_path: Path, number: int
):
    terminal = Terminal("monitor", brain_file, "--record", "a.gbr", "--period", "2", cwd=tmp_path)
    terminal.until(rb"identical \d\d")
    terminal.process.send_signal(number)
    assert terminal.end() == 130
    recording = Recording(tmp_path / "a.gbr")
    (run,) = verified(recording.path)
    assert run.whole
    (*_, end) = recording.entries()
    assert (recording.torn, end.text) == (0, "closed")


def test_off_a_terminal_it_prints_lines(brain_file: Path):
    text = ganglion("monitor", brain_file, "--bursts", 150, "--period", 0).stdout
    assert "the run began" in text
    assert re.search(r"burst 150  [\d.,]+/s  [\d,]+ spikes  late 0  lost 0  dropped 0  ident", text)
    assert text.rstrip().endswith("identical 150")
    assert "\x1b" not in text


def test_json_is_one_object_per_burst_and_a_verdict(brain_file: Path):
    text = ganglion("monitor", brain_file, "--bursts", 100, "--period", 0, "--json").stdout
    told = [json.loads(line) for line in text.splitlines()]
    bursts = [one for one in told if "burst" in one]
    assert [one["burst"] for one in bursts] == list(range(1, 101))
    assert all(one["complete"] and len(one["digest"]) == 8 for one in bursts)
    assert (told[-1]["verdict"], told[-1]["compared"]) == ("identical", 100)
    assert not any(told[-1]["lost"].values())


def test_a_recording_is_replayed_to_the_monitor(recorded: Recorded):
    text = ganglion("replay", recorded.path, "--run", 2, "--speed", 1e6, "--json").stdout
    told = [json.loads(line) for line in text.splitlines()]
    run = runs(recorded.recording)[1]
    bursts = [one for one in told if "burst" in one]
    assert [one["burst"] for one in bursts] == run.number.tolist()
    assert [n for one in bursts for n in one["fired"]] == run.spike_neuron.tolist()
    assert (told[-1]["verdict"], told[-1]["compared"]) == ("identical", BURSTS)


def test_a_brain_that_only_the_device_has_is_watched_without_names(
    tmp_path: Path, small_brain: Brain
):
    with open_device(f"virtual:{tmp_path}") as device:
        device.put(small_brain.blob)
    text = ganglion("monitor", "--device", f"virtual:{tmp_path}", "--bursts", 50, "--json").stdout
    told = [json.loads(line) for line in text.splitlines()]
    assert sum("burst" in one for one in told) == 50
    assert max(n for one in told for n in one.get("fired", [])) < small_brain.network.n_neurons
    assert told[-1]["verdict"] == "off"


def test_a_device_without_a_brain_and_nobody_who_names_one_is_refused(tmp_path: Path):
    done = ganglion("monitor", "--device", f"virtual:{tmp_path}", code=1)
    assert done.stderr == (
        f"ganglion: virtual:{tmp_path} has no brain; name one: `ganglion monitor BRAIN.gbn`\n"
    )


def test_a_recording_that_exists_is_not_overwritten(brain_file: Path, recorded: Recorded):
    before = recorded.path.read_bytes()
    done = ganglion("monitor", brain_file, "--record", recorded.path, "--bursts", 5, code=1)
    assert "is never overwritten; name another file" in done.stderr
    assert recorded.path.read_bytes() == before


def test_figures_are_bridged_to_teleplot_and_plotjuggler(recorded: Recorded):
    with (
        socket.socket(type=socket.SOCK_DGRAM) as teleplot,
        socket.socket(type=socket.SOCK_DGRAM) as juggler,
    ):
        for sock in (teleplot, juggler):
            sock.bind(("127.0.0.1", 0))
            sock.settimeout(10)
        ports = [sock.getsockname()[1] for sock in (teleplot, juggler)]
        words = ("replay", recorded.path, "--speed", 1e6, "--json")
        ganglion(*words, "--teleplot", f":{ports[0]}", "--plotjuggler", f"127.0.0.1:{ports[1]}")
        lines = teleplot.recv(65536).decode().splitlines()
        told = json.loads(juggler.recv(65536))
    assert all(re.fullmatch(r"[^:|;§]+:\d{13}:[-+.\de]+(§[^|]+)?", line) for line in lines), lines
    names = {line.split(":")[0] for line in lines}
    assert {"burst", "fired", "burst_time", "rate/in", "rate/out", "rate/slow"} <= names
    assert told["timestamp"] > 1e9
    assert told["ganglion"]["burst"] >= 1
    assert set(told["ganglion"]["rate"]) == {"in", "out", "slow"}


def test_without_its_server_the_page_says_what_to_install(brain_file: Path):
    program = (
        "import sys; sys.modules['aiohttp'] = None; from ganglion.cli.main import main; main()"
    )
    words = [sys.executable, "-c", program, "monitor", str(brain_file), "--web"]
    done = subprocess.run(words, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (
        1,
        "ganglion: the page needs aiohttp, which is not installed; `pip install 'ganglion[web]'`\n",
    )


def test_a_full_disk_ends_the_recording_and_not_the_run(brain_file: Path, tmp_path: Path):
    words = ["monitor", brain_file, "--record", tmp_path / "a.gbr", "--bursts", 3000, "--period", 0]
    done = subprocess.run([sys.executable, "-c", FULL, *map(str, words)], capture_output=True)
    size = (tmp_path / "a.gbr").stat().st_size
    said = f"cannot be written after {size:,} bytes, which are kept"
    assert done.returncode == 1
    assert said in done.stdout.decode()
    assert said in done.stderr.decode()
    assert "identical 3,000" in done.stdout.decode()  # it went on
    (run,) = verified(tmp_path / "a.gbr")
    assert 10 < len(run.number) < 3000


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--teleplot", "a:b"), "'a:b' has no port that can be; write HOST or HOST:PORT"),
        (("--plotjuggler", "a:0"), "'a:0' has no port that can be; write HOST or HOST:PORT"),
    ],
)
def test_an_address_that_is_none_is_refused(brain_file: Path, words: tuple[str, ...], said: str):
    assert said in ganglion("monitor", brain_file, *words, code=2).stderr
