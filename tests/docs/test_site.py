"""The site: built without a dead link, and saying what the program says."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import ganglion
from ganglion.cli.verbs import VERBS
from tests.docs import pages
from tests.support import ROOT
from tests.support.command import ganglion_in

DOCS = ROOT / "docs"


def test_the_site_is_built_without_a_dead_link_and_knows_every_verb(tmp_path: Path) -> None:
    pytest.importorskip("mkdocs", reason="`pip install 'ganglion[docs]'` brings it")
    pytest.importorskip("material", reason="`pip install 'ganglion[docs]'` brings it")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    site = tmp_path / "site"
    commands = (site / "reference" / "cli.html").read_text()
    for verb in VERBS:
        assert f'id="ganglion-{verb}"' in commands
    api = (site / "reference" / "api.html").read_text()
    for name in ganglion.__all__:
        assert f'id="{name.lower()}' in api
    assert "firing_threshold" in (site / "reference" / "genome.html").read_text()
    assert "contact_ms" in (site / "reference" / "robot_file.html").read_text()
    # What a reader's browser fetches, it fetches from where the page is.
    assert not re.search(
        r'<(script|link|img)[^>]+(src|href)="https?://(?!\S*canonical)',
        (site / "index.html").read_text(),
    )


def test_a_link_that_leads_nowhere_is_an_error(tmp_path: Path) -> None:
    pytest.importorskip("mkdocs", reason="`pip install 'ganglion[docs]'` brings it")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text("[gone](none.md) and [lost](#nowhere)\n")
    lines = (ROOT / "mkdocs.yml").read_text().splitlines()
    start = lines.index(next(line for line in lines if line.startswith("validation:")))
    (tmp_path / "mkdocs.yml").write_text("\n".join(["site_name: x", *lines[start : start + 3]]))
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict"],
        cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 1
    assert "none.md" in done.stderr
    assert "#nowhere" in done.stderr


def test_every_block_of_words_to_type_is_run_or_says_why_not() -> None:
    for page in [ROOT / "README.md", *DOCS.rglob("*.md")]:
        text = page.read_text()
        for found in re.finditer(r"^(.*)\n```(sh|python)\n", text, re.MULTILINE):
            known = re.fullmatch(r"<!-- (run|run: \w+|not run: .{5,}) -->", found[1])
            line = text[: found.start()].count("\n") + 2
            assert known, f"{page.relative_to(ROOT)}:{line} is neither run nor says why not"


def _said(path: Path) -> str:
    """What a module can say: its strings, without those that only a reader of it sees."""
    tree = ast.parse(path.read_text())
    silent: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr):  # a docstring
            silent.add(id(node.value))
        if isinstance(node, ast.JoinedStr):  # its parts are said with it
            silent.update(map(id, node.values))
    words = []
    for node in ast.walk(tree):
        if id(node) in silent:
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            words.append(node.value)
        if isinstance(node, ast.JoinedStr):
            parts = (v.value if isinstance(v, ast.Constant) else "…" for v in node.values)
            words.append("".join(map(str, parts)))
    return "\n".join(words)


def test_every_message_that_troubleshooting_names_is_one_of_ours() -> None:
    source = "\n".join(map(_said, (ROOT / "host").rglob("*.py")))
    named = re.findall(r"^### `(.*)`$", (DOCS / "troubleshooting.md").read_text(), re.MULTILINE)
    assert len(named) > 25
    assert [message for message in named if message not in source] == []


def test_the_workflow_of_the_guide_runs_the_commands_that_the_guide_runs() -> None:
    guide = DOCS / "ci.md"
    ((_, block),) = pages.blocks(guide)
    written = [line for line in block.splitlines() if "example" not in line]
    ((workflow),) = re.findall(r"```yaml\n(.*?)```", guide.read_text(), re.DOTALL)
    assert re.findall(r"- run: (ganglion .*)", workflow) == written


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a reader who has recorded the run of the guide."""
    place = tmp_path_factory.mktemp("export")
    lines = pages.blocks(DOCS / "export.md")[0][1].splitlines()[:2]
    done = pages.start(["sh", "-euc", "\n".join(lines)], place)
    assert done.returncode == 0, done.stderr
    return place


@pytest.mark.parametrize("extra", ["export", "neo", "nwb"])
def test_other_libraries_read_what_the_guide_exports(extra: str, exported: Path) -> None:
    for module in {"export": ("pyarrow", "nir"), "neo": ("neo", "nixio"), "nwb": ("pynwb",)}[extra]:
        pytest.importorskip(module, reason=f"`pip install 'ganglion[{extra}]'` brings it")
    guide = (DOCS / "export.md").read_text()
    (block,) = re.findall(rf"<!-- run: {extra} -->\n```python\n(.*?)```", guide, re.DOTALL)
    done = ganglion_in(exported, python=block)
    assert done.returncode == 0, done.stderr
