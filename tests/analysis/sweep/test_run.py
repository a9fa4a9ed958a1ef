"""A matrix of runs: each result once, whatever dies; rows that cannot be run are refused."""

import json
import os
import shutil
import signal
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ganglion.analysis.sweep.file import plan_of
from ganglion.analysis.sweep.run import earlier_results, run
from ganglion.analysis.sweep.summary import figure_of, means, picture, rows_of, to_csv
from ganglion.compiler import compile_connectome
from ganglion.device.virtual import VirtualDevice
from ganglion.errors import UsageError
from ganglion.examples import path as example
from tests.support.brains import small_connectome
from tests.support.command import ganglion_in
from tests.support.sweeps import Here, plan


def test_every_unit_has_a_result_and_a_second_run_runs_nothing(place: Path) -> None:
    mine = plan(place, "square", more=1)
    outcome = run(mine, executor=Here())
    assert [outcome.results[u.name]["result"]["square"] for u in mine.units] == [1, 2, 5, 10, 17]
    again = Here()
    assert run(mine, executor=again).earlier == 5
    assert again.count == 0
    (place / "results" / f"{mine.units[2].name}.json").write_text("{ cut")
    assert run(mine, executor=again).earlier == 4
    assert again.count == 1
    assert len(earlier_results(mine)) == 5


def test_a_result_is_found_again_as_long_as_it_would_come_out_the_same(place: Path) -> None:
    before = {u.name for u in plan(place, "square", more=1).units}
    assert {u.name for u in plan(place, "square", more=1).units} == before
    assert not before & {u.name for u in plan(place, "square", more=2).units}
    shutil.copy(example("wall_avoider"), place / "robot.json")
    facts = {"matrix": {"brain": "robot.json"}}
    first = plan_of(facts, place).units[0].name
    (place / "robot.json").write_bytes((place / "robot.json").read_bytes() + b"\n")
    assert plan_of(facts, place).units[0].name != first


def test_a_unit_that_fails_is_named_and_the_others_are_run(place: Path) -> None:
    mine = plan(place, "picky")
    outcome = run(mine, executor=Here())
    assert len(outcome.results) == 4
    assert outcome.failed == {mine.units[3].name: "ValueError: no threes here"}
    rows = rows_of(mine, outcome)
    assert rows[3] == {"unit": mine.units[3].name, "x": 3, "error": "ValueError: no threes here"}


def test_units_that_a_worker_gets_together_are_each_what_they_are_alone(place: Path) -> None:
    mine = plan(place, "cubes", 12, where=str(place), together=4)
    outcome = run(mine, executor=Here(), window=1)
    told = [outcome.results.get(u.name, {}).get("result", {}).get("cube") for u in mine.units]
    assert told == [x**3 if x != 5 else None for x in range(12)]
    assert outcome.failed == {mine.units[5].name: "ValueError: no fives here"}
    assert (place / "batches").read_text().split() == ["4", "4", "1", "1", "1", "1", "4"]
    alone = plan(place, "cubes", 12, where=str(place))
    assert [u.name for u in alone.units] == [u.name for u in mine.units]


def test_a_worker_that_dies_with_several_units_loses_none_of_them(place: Path) -> None:
    mine = plan(place, "deadly_together", 12, where=str(place), together=4)
    outcome = run(mine, workers=2)
    assert not outcome.failed and len(outcome.results) == 12 and outcome.deaths >= 1


def test_what_was_done_before_tells_no_speed(place: Path) -> None:
    from rich.console import Console

    from ganglion.cli.options.progress import bar_of

    run(plan(place, "square", 150), executor=Here())
    told: list[int] = []
    run(plan(place, "square", 200), executor=Here(), window=1, progress=told.append)
    assert told[:2] == [150, 151] and told[-1] == 200
    now = [0.0]
    with bar_of(Console(quiet=True), lambda: now[0]) as bar:
        task = bar.add_task("sweep", total=200)
        for done in told[:5]:
            bar.update(task, completed=done)
            now[0] += 60
        # Four units in four minutes, and 46 are to come.
        assert bar.tasks[task].time_remaining == 46 * 60


def test_killing_a_worker_in_the_middle_loses_nothing(place: Path) -> None:
    mine = plan(place, "deadly", 12, where=str(place))
    outcome = run(mine, workers=2)
    assert not outcome.failed and len(outcome.results) == 12
    assert outcome.deaths >= 1
    assert (place / "ran-7").stat().st_size == 2


def test_a_unit_that_kills_every_worker_is_named_and_no_other_is_blamed(place: Path) -> None:
    mine = plan(place, "deadly", 12, where=str(place), bad=9)
    outcome = run(mine, workers=2)
    assert len(outcome.results) == 11
    assert outcome.failed == {mine.units[9].name: "its worker ended suddenly, 3 times"}


def test_a_worker_killed_from_outside_costs_nothing_but_time(place: Path) -> None:
    mine = plan(place, "slow", 30, where=str(place))
    killed: list[int] = []

    def kill_one(done: int) -> None:
        if done == 5 and not killed:
            pid = int(sorted(place.glob("pid-*"))[0].name[4:])
            os.kill(pid, signal.SIGKILL)
            killed.append(pid)

    outcome = run(mine, workers=2, progress=kill_one)
    assert killed and len(outcome.results) == 30 and not outcome.failed
    names = {path.stem for path in (place / "results").glob("*.json")}
    assert names == {unit.name for unit in mine.units}


def test_two_sweeps_at_once_write_each_result_once(place: Path) -> None:
    mine = plan(place, "square")
    with ThreadPoolExecutor(2) as both:
        found = list(both.map(lambda _: run(mine, executor=Here()), range(2)))
    assert all(len(outcome.results) == 5 for outcome in found)
    assert len(list((place / "results").iterdir())) == 5


def test_a_farm_runs_one_unit_a_port(place: Path) -> None:
    (place / "brain.gbn").write_bytes(compile_connectome(small_connectome()).blob)
    facts = {
        "matrix": {"brain": "brain.gbn", "seed": [1, 2, 3, 4, 5], "device": "farm"},
        "settings": {"bursts": 5, "ports": ["/dev/one", "/dev/two"]},
    }
    mine = plan_of(facts, place)
    busy: set[str] = set()
    seen: list[str] = []

    class Board:
        """Answers later, so that units overlap."""

        def __init__(self) -> None:
            self.waiting: list[tuple[str, Future[Any]]] = []

        def submit(self, function: Any, /, *arguments: Any) -> "Future[Any]":
            port = arguments[0].values["device"]
            assert port not in busy
            busy.add(port)
            seen.append(port)
            done: Future[Any] = Future()
            self.waiting.append((port, done))
            if len(self.waiting) == 2 or len(seen) == 5:
                for name, future in self.waiting:
                    busy.remove(name)
                    future.set_result({"result": {"identical": True, "divergence": None}})
                self.waiting = []
            return done

    outcome = run(mine, executor=Board(), window=8)
    assert len(outcome.results) == 5 and set(seen) == {"/dev/one", "/dev/two"}


def test_levels_of_lines_go_to_every_port_and_to_nothing_else(place: Path) -> None:
    (place / "brain.gbn").write_bytes(compile_connectome(small_connectome()).blob)
    seen: list[str] = []

    class Board:
        def submit(self, function: Any, /, *arguments: Any) -> "Future[Any]":
            seen.append(arguments[0].values["device"])
            done: Future[Any] = Future()
            done.set_result({"result": {"identical": True, "divergence": None}})
            return done

    for device, ports in (("farm", ["/dev/one"]), (["/dev/two", "virtual"], [])):
        facts = {
            "matrix": {"brain": "brain.gbn", "device": device},
            "settings": {"ports": ports},
            "out": f"results{len(ports)}",
        }
        run(replace(plan_of(facts, place), lines={"dtr": False, "rts": True}), executor=Board())
    assert sorted(seen) == ["/dev/one?dtr=off&rts=on", "/dev/two?dtr=off&rts=on", "virtual"]


def test_a_farm_of_two_boards_on_two_ports_gives_what_one_gives(place: Path) -> None:
    (place / "brain.gbn").write_bytes(compile_connectome(small_connectome()).blob)
    with VirtualDevice() as first, VirtualDevice() as second:
        facts = {
            "matrix": {"brain": "brain.gbn", "seed": [1, 2, 3, 4], "device": "farm"},
            "settings": {"bursts": 20, "ports": [first.path, second.path]},
        }
        mine = plan_of(facts, place)
        with ThreadPoolExecutor(2) as both:
            outcome = run(mine, executor=both)
    assert not outcome.failed
    found = [outcome.results[u.name]["result"] for u in mine.units]
    assert all(row["identical"] and row["bursts"] == 20 for row in found)
    assert len({row["spikes"] for row in found}) > 1


def test_the_command_runs_a_matrix_and_makes_one_table_and_one_picture(place: Path) -> None:
    shutil.copy(example("wall_avoider"), place / "robot.json")
    (place / "matrix.toml").write_text(
        '[matrix]\nbrain = "robot*.json"\nseed = [1, 2, 3]\nstate = ["int16", "int32"]\n'
        'device = "virtual"\n[settings]\nbursts = 40\n'
    )
    done = ganglion_in(place, "sweep", "matrix.toml", "--workers", "1")
    assert done.returncode == 0, done.stderr
    assert "6 of 6 units have a result, 6 of them new" in done.stderr
    table = (place / "results" / "table.csv").read_text().splitlines()
    assert len(table) == 7 and table[0].startswith("unit,brain,seed,state,device,stimulus,weights")
    assert (place / "results" / "picture.png").stat().st_size > 5000
    again = ganglion_in(place, "sweep", "matrix.toml")
    assert "6 of 6 units have a result, 0 of them new" in again.stderr


def test_fidelity_over_a_matrix_is_what_fidelity_says(place: Path) -> None:
    shutil.copy(example("wall_avoider"), place / "robot.json")
    facts = {
        "what": "fidelity", "settings": {"bursts": 60},
        "matrix": {"brain": "robot.json", "state": ["int8", "int32"], "seed": [1, 2],
                   "stimulus": ["whole:{seed}", "random:{seed}:0.2"]},
    }  # fmt: skip
    mine = plan_of(facts, place)
    rows = rows_of(mine, run(mine, executor=Here()))
    assert len(rows) == 8 and all(0 <= row["f1"] <= 1 for row in rows)
    words = ["--state", "int32", "--stimulus", "whole:2", "--bursts", "60", "--json"]
    alone = ganglion_in(place, "fidelity", "robot.json", *words)
    one = [r for r in rows if (r["state"], r["stimulus"]) == ("int32", "whole:2")]
    assert json.loads(alone.stdout)["f1"] == one[0]["f1"]


def test_the_table_has_every_column_and_the_picture_every_mean(place: Path) -> None:
    mine = plan(place, "picky")
    rows = rows_of(mine, run(mine, executor=Here()))
    assert to_csv(rows).decode().splitlines()[0] == "unit,x,result,seconds,error"
    assert figure_of(mine, rows) == "result"
    x, line, groups = means(mine, rows, "result")
    assert (x, line) == ("x", "")
    assert {at: m for at, (m, *_) in groups[""].items()} == {"0": 0, "1": 1, "2": 2, "4": 4}
    picture(mine, rows, "result", place / "p.svg")
    assert "5 units, 1 failed" in (place / "p.svg").read_text()
    with pytest.raises(UsageError, match="no result of the sweep has the number 'speed'; use res"):
        figure_of(mine, rows, "speed")


def test_dask_that_is_not_there_is_one_sentence(place: Path) -> None:
    (place / "m.toml").write_text('what = "functions_of_a_sweep:square"\n[matrix]\nx = [1, 2]\n')
    done = ganglion_in(place, "sweep", "m.toml", "--dask", "tcp://127.0.0.1:9")
    assert "Traceback" not in done.stderr
    assert "the package distributed is not installed" in done.stderr or (
        done.returncode == 1 and "no dask scheduler answers at tcp://127.0.0.1:9" in done.stderr
    )


def test_a_dask_scheduler_runs_the_units(place: Path) -> None:
    distributed = pytest.importorskip(
        "distributed", reason="`pip install dask distributed` brings it"
    )
    cluster = distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=True,
        protocol="tcp://",
        dashboard_address=None,
        host="127.0.0.1",
    )
    with cluster:
        # One of the processes of its two workers is killed while it runs unit 7.
        (place / "m.toml").write_text(
            'what = "functions_of_a_sweep:deadly"\n[matrix]\nx = [1, 2, 3, 4, 5, 6, 7, 8]\n'
            f"[settings]\nwhere = '{place}'\n"
        )
        done = ganglion_in(place, "sweep", "m.toml", "--dask", cluster.scheduler_address)
    assert done.returncode == 0, done.stderr
    assert "8 of 8 units have a result, 8 of them new" in done.stderr
    assert (place / "ran-7").stat().st_size == 2
