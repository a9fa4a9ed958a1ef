"""Soak what watches: long recordings, a fast brain in the monitor, a page that stays open.

In:  which soak, and for how long.
Out: a table on stdout; exit code 1 if anything was lost, grew or read back unequal.
Never: part of the tests: these take minutes.

    python -m tools.soak.monitor record --bursts 100000
    python -m tools.soak.monitor pace --seconds 60
    python -m tools.soak.monitor page --minutes 10
"""

import csv
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from ganglion.compiler import compile_connectome
from ganglion.examples import __path__ as genomes
from ganglion.export.material import export
from ganglion.frontends.synthetic import network
from ganglion.link.messages import Burst
from ganglion.monitor.live import Live, Settings
from ganglion.monitor.source import Request
from ganglion.monitor.state import MonitorState
from ganglion.monitor.terminal import View
from ganglion.recording.material import RecordedRun
from ganglion.recording.replay import open_run
from ganglion.reference.stimulus import RandomStimulus
from ganglion.verification.recorded import check

GENOME = Path(genomes[0]) / "wall_avoider.json"
GANGLION = [sys.executable, "-c", "from ganglion.cli.main import main; main()"]
Pairs = NDArray[np.int64]  # (spikes, 2): burst, neuron; sorted


def resident(pid: int | str = "self") -> float:
    """MiB."""
    words = Path(f"/proc/{pid}/statm").read_text().split()
    return int(words[1]) * resource.getpagesize() / 2**20


@click.group()
def main() -> None:
    """Soak what watches."""


# ---- record


def _ordered(burst: NDArray[np.integer], neuron: NDArray[np.integer]) -> Pairs:
    pairs = np.stack([burst, neuron], axis=1).astype(np.int64)
    return pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]


def _bursts(material: RecordedRun, seconds: NDArray[np.floating]) -> Pairs:
    return np.floor(np.asarray(seconds) / material.seconds).astype(np.int64) + 1


def read_csv(path: Path, material: RecordedRun) -> Pairs:
    with path.open(newline="") as file:
        rows = [(int(row["burst"]), int(row["neuron"])) for row in csv.DictReader(file)]
    return _ordered(*np.array(rows, dtype=np.int64).reshape(-1, 2).T)


def read_parquet(path: Path, material: RecordedRun) -> Pairs:
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(path)
    return _ordered(table["burst"].to_numpy(), table["neuron"].to_numpy())


def read_nir(path: Path, material: RecordedRun) -> Pairs:
    import nir

    graph = nir.read_data(path)
    burst, neuron = [], []
    areas = material.network.per_neuron("area")
    for index, area in enumerate(material.network.areas):
        events = graph.nodes[area.id].observables["spikes"]
        burst.append(_bursts(material, events.time[0]))
        neuron.append(np.flatnonzero(areas == index)[events.idx[0]])
    return _ordered(np.concatenate(burst), np.concatenate(neuron))


def read_nwb(path: Path, material: RecordedRun) -> Pairs:
    import pynwb

    with pynwb.NWBHDF5IO(path, "r") as io:
        units = io.read().units
        trains = [units["spike_times"][n] for n in range(material.network.n_neurons)]
    neuron = np.repeat(np.arange(len(trains)), [len(train) for train in trains])
    return _ordered(_bursts(material, np.concatenate(trains)), neuron)


def read_nix(path: Path, material: RecordedRun) -> Pairs:
    import neo

    with neo.NixIO(str(path), mode="ro") as io:
        trains = io.read_block().segments[0].spiketrains
    bursts = [_bursts(material, train.rescale("s").magnitude) for train in trains]
    neuron = [np.full(len(b), t.annotations["neuron"]) for b, t in zip(bursts, trains, strict=True)]
    return _ordered(np.concatenate(bursts), np.concatenate(neuron))


READERS: dict[str, Callable[[Path, RecordedRun], Pairs]] = {
    ".csv": read_csv, ".parquet": read_parquet, ".h5": read_nir, ".nwb": read_nwb,
    ".nix": read_nix,
}  # fmt: skip


@main.command()
@click.option("--bursts", default=100_000, show_default=True)
def record(bursts: int) -> None:
    """Record, replay, export to every format and read it back."""
    equal = True
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "soak.gbr"
        begun = time.monotonic()
        words = ["record", str(GENOME), "-o", str(path), "--bursts", str(bursts)]
        subprocess.run([*GANGLION, *words], check=True)
        _row("recorded", time.monotonic() - begun, path)
        begun = time.monotonic()
        material = RecordedRun(*open_run(path))
        _row("read", time.monotonic() - begun)
        begun = time.monotonic()
        verdict = check(material.network, material.run)
        equal &= verdict.identical and verdict.losses.none
        _row(f"verified: {verdict.bursts:,} bursts, {verdict.identical}", time.monotonic() - begun)
        own = _ordered(material.run.spike_burst, material.run.spike_neuron)
        for suffix, reader in READERS.items():
            out = path.with_suffix(suffix)
            begun = time.monotonic()
            export(material, out)
            written = time.monotonic() - begun
            same = np.array_equal(reader(out, material), own)
            equal &= same
            _row(f"{suffix}: {len(own):,} spikes, read back equal: {same}", written, out)
    sys.exit(0 if equal else 1)


def _row(what: str, seconds: float, path: Path | None = None) -> None:
    size = f"{path.stat().st_size:>14,} bytes" if path else ""
    click.echo(f"{what:<52} {seconds:>8.1f} s {size}")


# ---- pace


@main.command()
@click.option("--seconds", default=60, show_default=True)
@click.option("--neurons", default=10_000, show_default=True)
@click.option("--rate", default=0.02, show_default=True, help="Share that fires per burst.")
@click.option("--period", default=2.0, show_default=True, help="Milliseconds.")
def pace(seconds: int, neurons: int, rate: float, period: float) -> None:
    """A brain of 10,000 neurons at 500 bursts a second, watched in a terminal."""
    brain = compile_connectome(network(neurons, 10))
    settings = Settings(0, RandomStimulus.at_rate(1, 3.3 * rate), round(period * 1000))
    live = Live("virtual", brain.network, brain.blob, settings)
    state = MonitorState(brain.network, live)
    view = View(state)
    begun, next_picture, next_line = 0.0, 0.0, 0.0
    sizes: list[float] = []
    with Path(os.devnull).open("w") as out, closing(live.events()) as events:
        console = Console(
            file=out, width=80, height=24, force_terminal=True, color_system="truecolor"
        )
        for event in events:
            state.see(event)
            now = time.monotonic()
            if isinstance(event, Burst):
                begun = begun or now
            if now >= next_picture:
                console.print(view, end="")
                next_picture = now + 0.1
            if begun and now >= next_line:
                next_line = now + 5
                sizes.append(resident())
                click.echo(
                    f"{now - begun:6.0f} s  {state.pace()[0]:7.1f}/s  {state.spikes:>12,} spikes  "
                    f"late {state.stats.late if state.stats else 0:,}  {live.losses}  "
                    f"{state.verdict}  {sizes[-1]:.0f} MiB"
                )
            if begun and now - begun > seconds:
                live.request(Request.QUIT)
    used = resource.getrusage(resource.RUSAGE_SELF)
    share = 100 * state.spikes / max(1, state.bursts) / brain.network.n_neurons
    click.echo(
        f"{state.bursts:,} bursts in {seconds} s, {share:.2f} % firing, {live.losses}, "
        f"{state.verdict}; host {used.ru_utime + used.ru_stime:.1f} s of CPU"
    )
    grew = sizes[-1] - sizes[min(3, len(sizes) - 1)]
    click.echo(f"memory after 15 s and at the end: {grew:+.1f} MiB")
    sys.exit(0 if live.losses.none and grew < 10 else 1)


# ---- page


@main.command()
@click.option("--minutes", default=10.0, show_default=True)
@click.option("--period", default=10.0, show_default=True, help="Milliseconds.")
def page(minutes: float, period: float) -> None:
    """The page in a browser for a while: memory of the server and of the page."""
    from selenium import webdriver

    with tempfile.TemporaryDirectory() as directory:
        words = ["monitor", str(GENOME), "--web", "--bind", "127.0.0.1:0"]
        process = subprocess.Popen(
            [*GANGLION, *words, "--period", str(period)],
            stdout=subprocess.PIPE, text=True, cwd=directory,
        )  # fmt: skip
        assert process.stdout is not None
        url = re.search(r"http://\S+", process.stdout.readline())
        assert url is not None
        options = webdriver.ChromeOptions()
        for word in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage"):
            options.add_argument(word)
        driver = webdriver.ChromeService(shutil.which("chromedriver"))
        browser = webdriver.Chrome(options=options, service=driver)
        samples: list[tuple[float, float]] = []
        try:
            browser.get(url[0])
            begun = time.monotonic()
            while (now := time.monotonic() - begun) < 60 * minutes:
                time.sleep(15)
                browser.execute_cdp_cmd("HeapProfiler.collectGarbage", {})
                metrics = browser.execute_cdp_cmd("Runtime.getHeapUsage", {})
                samples.append((metrics["usedSize"] / 2**20, resident(process.pid)))
                burst = browser.find_element("id", "span-right").text
                verdict = browser.find_element("id", "verdict-text").text
                click.echo(
                    f"{now:6.0f} s  burst {burst}  {verdict}  page {samples[-1][0]:.2f} MiB  "
                    f"server {samples[-1][1]:.1f} MiB"
                )
        finally:
            browser.quit()
            process.terminate()
            process.wait()
    grown = [samples[-1][i] - samples[len(samples) // 4][i] for i in (0, 1)]
    click.echo(f"since a quarter of the time: page {grown[0]:+.2f} MiB, server {grown[1]:+.2f} MiB")
    sys.exit(0 if grown[0] < 5 and grown[1] < 5 else 1)


if __name__ == "__main__":
    main()
