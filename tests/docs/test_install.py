"""An installed copy works without the checkout, and its help speaks of verbs."""

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from ganglion.cli.main import VERBS
from tests.support import ROOT

ENOUGH = 77  # of setuptools, as pyproject.toml says


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a wheel of this checkout unpacked by pip."""
    directory = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-compile"]
    if int(version("setuptools").split(".")[0]) >= ENOUGH:  # else pip fetches one
        pip.append("--no-build-isolation")
    done = subprocess.run(
        [*pip, "--target", str(directory), str(ROOT)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return directory


def test_an_installed_copy_runs_the_demo_without_the_checkout(
    installed: Path, tmp_path: Path
) -> None:
    program = (
        f"import sys; sys.path.insert(0, {str(installed)!r}); "
        "import ganglion; assert ganglion.__file__.startswith(sys.path[0]); "
        "from ganglion.cli.main import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "demo", "--bursts", "100"],
        cwd=tmp_path, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "identical" in done.stdout


def test_help_lists_every_verb_by_its_name() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from ganglion.cli.main import main; main()", "--help"],
        capture_output=True, text=True, check=True, env={"COLUMNS": "100", "NO_COLOR": "1"},
    )  # fmt: skip
    for verb in VERBS:
        assert f" {verb} " in done.stdout, verb
