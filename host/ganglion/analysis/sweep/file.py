"""Sweep file: a matrix of runs in TOML, as a list of units.

In:  the TOML of a sweep; the files that it names.
Out: a Plan: what each unit runs, with which values, and a name that says so.
Never: runs anything; a row that could not be run.

    what = "verify"              # or "fidelity", or "module:function" of yours
    out = "results"              # a directory; relative names are relative to this file
    [matrix]
    brain = ["robot.json", "brains/*.gbn"]
    stimulus = ["random:{seed}:0.1"]
    seed = [1, 2, 3]
    state = ["int16", "int32"]
    device = ["virtual", "onnx"]
    [settings]
    bursts = 1000
    ports = ["/dev/ttyUSB0", "/dev/ttyUSB1"]     # for device = ["farm"]: one worker a port
    engine = "torch"             # of fidelity: units of one brain run as one batch there
    together = 16                # how many of them; a function of yours gets, and gives, lists
    [[exclude]]                  # no unit that has all of these values
    device = "onnx"
    seed = 3

The name of a unit is a hash of what it runs, its values and settings, the bytes of its brain and
this program's version: so a result is found again as long as it would come out the same. Of a
function of yours only the name is known: one that has changed needs another `out`.
"""

import hashlib
import itertools
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ... import __version__, toml_files
from ...brains import CONNECTOMES, NIR_SUFFIX, said_of_nir
from ...errors import UsageError
from ...quantization.options import STATES, WEIGHTS

OWN = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")
BRAIN_SUFFIXES = (*CONNECTOMES, NIR_SUFFIX, ".gbn")
KEYS: dict[str, tuple[str, ...]] = {
    "verify": ("brain", "stimulus", "seed", "state", "weights", "device"),
    "fidelity": ("brain", "stimulus", "seed", "state", "weights"),
}
SETTINGS: dict[str, dict[str, Any]] = {
    "verify": {"bursts": 1000}, "fidelity": {"bursts": 1000},
}  # fmt: skip
DEFAULTS: dict[str, dict[str, Any]] = {
    "verify": {"stimulus": "random:{seed}:0.1", "seed": 1, "state": "auto", "weights": "int8",
               "device": "virtual"},
    "fidelity": {"stimulus": "whole:{seed}", "seed": 1, "state": "auto", "weights": "int8"},
}  # fmt: skip
MOST_UNITS = 1_000_000
FARM = "farm"
MOST_TOGETHER = 16  # if nobody says

Value = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Unit:
    """One run. `values` are those of the matrix; `brain` is the file that it runs, if any."""

    name: str  # 16 hexadecimal digits
    what: str
    values: Mapping[str, Value]
    settings: Mapping[str, Any]
    brain: Path | None = None

    def __str__(self) -> str:
        return ", ".join(f"{key} {value}" for key, value in self.values.items())


@dataclass(frozen=True, slots=True)
class Plan:
    """A sweep. `varied` are the keys of the matrix that have more than one value, in order."""

    what: str
    out: Path
    units: tuple[Unit, ...]
    varied: tuple[str, ...]
    ports: tuple[str, ...]
    engine: str = ""  # who computes fidelity's integers; results are the same
    together: int = 1  # units that a worker gets at once
    lines: Mapping[str, bool] = field(default_factory=dict)  # levels of dtr and rts of each port


def read_plan(path: Path) -> Plan:
    """The plan of a sweep file. Raises UsageError for anything in it that makes no sense."""
    text = toml_files.read_text(path, "sweep", UsageError, "name the TOML file of a sweep")
    return plan_of(toml_files.table(text, str(path), "sweep", UsageError), path.parent)


def plan_of(facts: Mapping[str, Any], home: Path) -> Plan:
    """The plan of a sweep that was read. Relative names are relative to `home`."""
    odd = sorted(set(facts) - {"what", "out", "matrix", "settings", "exclude"})
    if odd:
        raise UsageError(
            f"the sweep has {odd[0]!r}", "it may have what, out, matrix, settings and exclude"
        )
    what = facts.get("what", "verify")
    if what not in KEYS and not (isinstance(what, str) and OWN.fullmatch(what)):
        raise UsageError(
            f"the sweep runs {what!r}", "use verify, fidelity, or a function as module:function"
        )
    matrix = _matrix(what, facts.get("matrix"), home)
    settings = dict(facts.get("settings", {}))
    ports = tuple(settings.pop("ports", ()))
    engine, together = _batches(what, settings)
    known = SETTINGS.get(what)
    if known is not None:
        strange = sorted(set(settings) - set(known))
        if strange:
            raise UsageError(
                f"the sweep has the setting {strange[0]!r}", f"use {', '.join(known)} or ports"
            )
        settings = {**known, **settings}
        bursts = settings["bursts"]
        if not isinstance(bursts, int) or isinstance(bursts, bool) or not 1 <= bursts < 2**31:
            raise UsageError(f"the sweep runs {bursts!r} bursts", "give a whole number from 1 on")
    if FARM in matrix.get("device", ()) and not ports:
        raise UsageError(
            'the sweep has device = ["farm"] and no ports', "name the boards in settings.ports"
        )
    trained = [b for b in matrix.get("brain", ()) if engine and str(b).endswith(NIR_SUFFIX)]
    if trained:
        raise UsageError(
            f"the sweep wants {Path(str(trained[0])).name} on {engine}, which has no layers",
            "leave engine out for it",
        )
    rows = _rows(what, matrix, _excluded(facts.get("exclude", []), matrix))
    hashes: dict[Path, str] = {}
    units = tuple(_unit(what, row, settings, hashes) for row in rows)
    varied = tuple(key for key, values in matrix.items() if len(values) > 1)
    return Plan(
        what, home / str(facts.get("out", "results")), units, varied, ports, engine, together
    )


def _batches(what: str, settings: dict[str, Any]) -> tuple[str, int]:
    """Takes engine and together out of the settings: no result depends on them."""
    engine = settings.pop("engine", "")
    if engine and (what != "fidelity" or str(engine).partition(":")[0] != "torch"):
        raise UsageError(
            f"the sweep has the engine {engine!r} for {what}",
            "give fidelity torch or torch:DEVICE; verify takes them as its device",
        )
    together = settings.pop("together", MOST_TOGETHER if engine else 1)
    whole = isinstance(together, int) and not isinstance(together, bool)
    if not whole or not 1 <= together <= MOST_UNITS:
        raise UsageError(f"the sweep runs {together!r} units together", "give a number from 1 on")
    if together > 1 and not engine and what in KEYS:
        raise UsageError(
            f"the sweep runs {together} units of {what} together, and no engine that can",
            'use fidelity with engine = "torch", or leave together out',
        )
    return str(engine), together


def _matrix(what: str, given: Any, home: Path) -> dict[str, list[Value]]:
    if not isinstance(given, dict) or not given:
        raise UsageError("the sweep has no [matrix]", "name values for each key that varies")
    known = KEYS.get(what)
    found: dict[str, list[Value]] = {}
    for key, values in given.items():
        if known is not None and key not in known:
            raise UsageError(f"the matrix has {key!r}", f"{what} takes {', '.join(known)}")
        some = values if isinstance(values, list) else [values]
        if not some or not all(isinstance(v, str | int | float | bool) for v in some):
            raise UsageError(f"{key} of the matrix is {values!r}", "give one value or several")
        found[key] = list(dict.fromkeys(some))
    if known is not None:
        if "brain" not in found:
            raise UsageError("the matrix names no brain", "name genomes or blobs, or patterns")
        for key, default in DEFAULTS[what].items():
            found.setdefault(key, [default])
    if "brain" in found:
        found["brain"] = _brains(found["brain"], home)
    for key, choices in (("state", STATES), ("weights", WEIGHTS)):
        bad = [v for v in found.get(key, []) if known is not None and v not in choices]
        if bad:
            raise UsageError(f"the matrix has the {key} {bad[0]!r}", f"use {', '.join(choices)}")
    bad = [s for s in found.get("seed", []) if known and (not isinstance(s, int) or s < 0)]
    if bad:
        raise UsageError(f"the matrix has the seed {bad[0]!r}", "use whole numbers from 0 on")
    return found


def _brains(names: Sequence[Value], home: Path) -> list[Value]:
    found: list[Value] = []
    for name in names:
        path = home / str(name)
        matches = (
            sorted(path.parent.glob(path.name)) if any(c in path.name for c in "*?[") else [path]
        )
        matches = [m for m in matches if m.is_file()]
        if not matches:
            raise UsageError(f"no file is named {path}", "name genomes or blobs that exist")
        for match in matches:
            if match.suffix not in BRAIN_SUFFIXES:
                raise UsageError(f"{match} is no brain", f"name {', '.join(BRAIN_SUFFIXES)}")
            found.append(str(match))
    return list(dict.fromkeys(found))


def _excluded(given: Any, matrix: Mapping[str, list[Value]]) -> list[dict[str, Any]]:
    if not isinstance(given, list) or not all(isinstance(row, dict) and row for row in given):
        raise UsageError(f"exclude is {given!r}", "write [[exclude]] tables of values")
    for row in given:
        for key, value in row.items():
            values = matrix.get(key, [])
            named = [v for v in values if v == value or (key == "brain" and _is(v, value))]
            if not named:
                raise UsageError(
                    f"the sweep excludes {key} {value!r}, which no unit has", "leave it out"
                )
    return given


def _is(path: Value, name: object) -> bool:
    return isinstance(name, str) and Path(str(path)).name == name


def _rows(
    what: str, matrix: Mapping[str, list[Value]], excluded: list[dict[str, Any]]
) -> list[dict[str, Value]]:
    total = 1
    for values in matrix.values():
        total *= len(values)
    if total > MOST_UNITS:
        raise UsageError(f"the sweep has {total:,} units", f"keep to {MOST_UNITS:,}")
    rows = []
    for combination in itertools.product(*matrix.values()):
        row = dict(zip(matrix, combination, strict=True))
        if any(
            all(row[k] == v or (k == "brain" and _is(row[k], v)) for k, v in out.items())
            for out in excluded
        ):
            continue
        if what in KEYS:
            row = _checked(what, row)
        rows.append(row)
    if not rows:
        raise UsageError("the sweep excludes all of its units", "exclude fewer")
    return rows


def _checked(what: str, row: dict[str, Value]) -> dict[str, Value]:
    """A row whose values suit each other. Raises UsageError, which names the row."""
    blob = str(row["brain"]).endswith(".gbn")
    trained = str(row["brain"]).endswith(NIR_SUFFIX)
    if trained and row["state"] not in ("auto", "int32"):
        raise UsageError(
            f"the sweep wants {Path(str(row['brain'])).name} at state {row['state']}, and a "
            "trained network has 32 bits",
            "exclude that row",
        )
    for key, default in (("state", "auto"), ("weights", "int8")):
        if blob and row[key] != default:
            raise UsageError(
                f"the sweep wants {Path(str(row['brain'])).name} at {key} {row[key]}, and a blob "
                "is what it was compiled to",
                "name its genome, or exclude that row",
            )
    if blob and what == "fidelity":
        raise UsageError(
            f"{Path(str(row['brain'])).name} has no float32 to be compared with", "name its genome"
        )
    return {**row, "stimulus": str(row["stimulus"]).replace("{seed}", str(row["seed"]))}


def _unit(
    what: str, row: dict[str, Value], settings: Mapping[str, Any], hashes: dict[Path, str]
) -> Unit:
    brain = Path(str(row["brain"])) if "brain" in row else None
    content = ""
    if brain is not None:
        if brain not in hashes:
            hashes[brain] = hashlib.sha256(brain.read_bytes()).hexdigest()
        content = hashes[brain]
    shown = {**row, "brain": brain.name} if brain is not None else dict(row)
    facts: list[Any] = [__version__, what, shown, dict(settings), content]
    if brain is not None and brain.suffix == NIR_SUFFIX:
        said = said_of_nir()
        facts.append([said.source, said.dt, dict(said.said)])
    identity = json.dumps(facts, sort_keys=True)
    name = hashlib.sha256(identity.encode()).hexdigest()[:16]
    return Unit(name, what, shown, settings, brain)
