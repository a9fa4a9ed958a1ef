"""A directory with functions for a sweep to run."""

from pathlib import Path

import pytest

FUNCTIONS = '''
import os, signal, time
from pathlib import Path

def square(values, settings):
    return {"square": values["x"] ** 2 + settings.get("more", 0)}

def picky(values, settings):
    if values["x"] == 3:
        raise ValueError("no threes here")
    return values["x"]

def deadly(values, settings):
    """Kills its own worker the first time that unit 7 runs, and always for unit 9."""
    mark = Path(settings["where"]) / f"ran-{values['x']}"
    with mark.open("a") as file:
        file.write("x")
    if (values["x"] == 7 and mark.stat().st_size == 1) or values["x"] == settings.get("bad"):
        os.kill(os.getpid(), signal.SIGKILL)
    return {"x": values["x"]}

def cubes(values, settings):
    """Of one, or of a list: a batch with a 5 in it fails."""
    if isinstance(values, dict):
        values = [values]
    with (Path(settings["where"]) / "batches").open("a") as file:
        file.write(f"{len(values)}\\n")
    if any(one["x"] == 5 for one in values):
        raise ValueError("no fives here")
    return [{"cube": one["x"] ** 3} for one in values]

def deadly_together(values, settings):
    """Kills its worker the first time that unit 7 is in a batch."""
    mark = Path(settings["where"]) / "killed"
    if any(one["x"] == 7 for one in values) and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return [one["x"] for one in values]

def slow(values, settings):
    (Path(settings["where"]) / f"pid-{os.getpid()}").touch()
    time.sleep(0.05)
    return {"x": values["x"]}
'''


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "functions_of_a_sweep.py").write_text(FUNCTIONS)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path
