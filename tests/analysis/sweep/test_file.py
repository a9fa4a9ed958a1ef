"""file.py: a matrix that makes no sense is refused before anything runs."""

from pathlib import Path

import pytest

from ganglion.analysis.sweep.file import plan_of, read_plan
from ganglion.analysis.sweep.run import run
from ganglion.compiler import compile_connectome
from ganglion.errors import UsageError
from tests.support.brains import small_connectome
from tests.support.sweeps import Here, plan


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("= 3", "is not TOML ("),
        ("speed = 3", "the sweep has 'speed'; it may have what, out, matrix, settings and exclude"),
        ('what = "guess"', "the sweep runs 'guess'; use verify, fidelity, or a function as"),
        ("[settings]\nbursts = 3", "the sweep has no [matrix]; name values for each key that va"),
        ("[matrix]\nseed = 1", "the matrix names no brain; name genomes or blobs, or patterns"),
        ('[matrix]\nbrain = "no.gbn"', "no.gbn; name genomes or blobs that exist"),
        ('[matrix]\nbrain = "robot.gbn"\ncolour = 1', "the matrix has 'colour'; verify takes"),
        ('[matrix]\nbrain = "robot.gbn"\nseed = []', "seed of the matrix is []; give one value or"),
        ('[matrix]\nbrain = "robot.gbn"\nseed = "a"', "the matrix has the seed 'a'; use whole num"),
        ('[matrix]\nbrain = "robot.gbn"\nstate = "int4"', "the matrix has the state 'int4'; use a"),
        ('[matrix]\nbrain = "robot.gbn"\nstate = "int8"',
         "the sweep wants robot.gbn at state int8, and a blob is what it was compiled to; name"),
        ('what = "fidelity"\n[matrix]\nbrain = "robot.gbn"',
         "robot.gbn has no float32 to be compared with; name its genome"),
        ('[matrix]\nbrain = "robot.gbn"\n[settings]\nbursts = 0', "the sweep runs 0 bursts; give"),
        ('[matrix]\nbrain = "robot.gbn"\n[settings]\nspeed = 0', "the sweep has the setting 'spe"),
        ('[matrix]\nbrain = "robot.gbn"\n[settings]\nengine = "torch"',
         "the sweep has the engine 'torch' for verify; give fidelity torch or torch:DEVICE"),
        ('what = "fidelity"\n[matrix]\nbrain = "m.nir"\n[settings]\nengine = "torch"',
         "the sweep wants m.nir on torch, which has no layers; leave engine out for it"),
        ('what = "fidelity"\n[matrix]\nbrain = "robot.gbn"\n[settings]\ntogether = 4',
         "the sweep runs 4 units of fidelity together, and no engine that can; use fidelity with"),
        ('what = "a:b"\n[matrix]\nx = 1\n[settings]\ntogether = 0',
         "the sweep runs 0 units together; give a number from 1 on"),
        ('[matrix]\nbrain = "robot.gbn"\ndevice = "farm"', "and no ports; name the boards in se"),
        ('[matrix]\nbrain = "robot.gbn"\n[[exclude]]\nseed = 9', "excludes seed 9, which no unit"),
        ('[matrix]\nbrain = "robot.gbn"\n[[exclude]]\nseed = 1',
         "the sweep excludes all of its units; exclude fewer"),
    ],
)  # fmt: skip
def test_a_sweep_that_makes_no_sense_is_refused(place: Path, text: str, sentence: str) -> None:
    (place / "robot.gbn").write_bytes(compile_connectome(small_connectome()).blob)
    (place / "m.nir").touch()
    (place / "matrix.toml").write_text(text)
    with pytest.raises(UsageError) as refusal:
        read_plan(place / "matrix.toml")
    assert sentence in str(refusal.value)


def test_a_function_that_is_not_there_is_refused_before_anything_runs(place: Path) -> None:
    with pytest.raises(UsageError, match="functions_of_a_sweep has no function cube; look at its"):
        run(plan(place, "cube"), executor=Here())
    other = plan_of({"what": "no_such_module_here:f", "matrix": {"x": [1]}}, place)
    with pytest.raises(UsageError, match="no_such_module_here cannot be imported: "):
        run(other, executor=Here())
