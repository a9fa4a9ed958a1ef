"""A .nir file in the verbs that make and judge a brain."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("h5py")

from click import Argument, Command, Group

from ganglion.cli.main import load, main
from ganglion.cli.verbs import VERBS
from ganglion.examples import path as example
from tests.support import nirfile as nf
from tests.support.command import ganglion

NO_GENOME = {  # verbs that take none
    "boards", "completion", "demo", "devices", "doctor", "example", "keygen", "plot", "policies",
    "replay", "schema", "sign",
}  # fmt: skip
# Of each verb that takes a genome: words that let it do little with NET.nir, its exit code, what it
# says. Verbs of more than one command have a row for each that takes a brain.
ROWS: tuple[tuple[str, int, str], ...] = (
    ("bench NET --bursts 2", 0, "every spike equal to the reference"),
    ("compare sim:NET sim:NET --bursts 9", 0, "identical in all 9 bursts"),
    ("compare sim:NET@fp32 sim:NET@int8 --bursts 9", 0, "identical in all 9 bursts"),
    ("compare sim:NET@fp32 virtual --brain NET --bursts 9", 0, "identical in all 9 bursts"),
    ("compare sim:NET@fp16 sim:NET --bursts 9", 2, "in fp32, as its tool does, or in int8"),
    ("compile NET -o out.gbn", 0, "overflow"),
    ("deploy NET --device virtual", 0, "deployed"),
    ("develop NET", 0, "2 layers, 4 neurons"),
    ("drive NET --robot bot.toml --bursts 5", 0, "identical"),
    ("explain NET 3", 0, "It fires"),
    ("export NET -o out.nir", 0, "wrote out.nir"),
    ("export NET -o out.onnx", 2, "export it as .nir, or from the tool that trained it"),
    ("fidelity NET --bursts 5", 0, "spike-exact"),
    ("flash NET --board esp32 --port /dev/null --dry-run", 0, "and the brain"),
    ("inspect NET --board esp32", 0, "layer001"),
    ("learned NET -o out.npz", 2, "learns nothing"),
    ("lint NET", 0, "1 assumed"),
    ("monitor NET --device virtual --bursts 3 --json", 0, '"verdict": "identical"'),
    ("record NET -o run.gbr --bursts 2", 0, "nothing was lost"),
    ("robot new NET -o new.toml", 0, "new.toml"),
    ("robot check NET bot.toml", 0, "fits: 1 readings and 1 outputs"),
    ("run NET --bursts 2", 0, "2 bursts"),
    ("scales NET", 0, "layer001"),
    ("simulate NET --bursts 20", 0, "int8, state int32: 20 bursts"),
    ("simulate NET --bursts 20 --precision fp32", 0, "fp32: 20 bursts"),
    ("sweep plan.toml --workers 1", 0, "1 of 1 units have a result"),
    ("verify NET --bursts 20", 0, "identical: 20 bursts"),
)  # fmt: skip
ROBOT = """
name = "lamp"
board = "esp32"
[[sensor]]
name = "button"
driver = "digital"
pins = { pin = 4 }
area = "layer000"
coding = "raw"
potential = 1
[[actuator]]
name = "lamp"
driver = "led"
pins = { pin = 5 }
area = "layer001"
coding = "raw"
kind = "switch"
"""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return nf.small(tmp_path / "net.nir", fc=nf.linear(((0.6, 0.1), (0.0, 0.7))))


def test_compile_asks_which_tool_means_the_file(small: Path) -> None:
    done = ganglion("compile", small)
    assert done.returncode == 1
    assert "say who means it: --source snntorch|" in done.stderr
    assert not small.with_suffix(".gbn").exists()


def test_what_is_assumed_is_said(small: Path) -> None:
    done = ganglion("compile", small, "--source", "snntorch")
    assert done.returncode == 0, done.stderr
    assert "assumed: lif (LIF): dt = 0.0001, reset = subtract, reset_at = next" in done.stderr
    assert small.with_suffix(".gbn").exists()


def test_lint_has_a_verdict_for_each_node(small: Path) -> None:
    done = ganglion("lint", small, "--source", "snntorch", "--reset", "zero", "--json")
    facts = json.loads(done.stdout)
    found = {v["node"]: v["status"] for v in facts["verdicts"]}
    assert found == {
        "input": "exact", "fc": "quantized", "lif": "assumed", "output": "exact",
    }  # fmt: skip
    assert "reset = zero as given" in next(
        v["words"] for v in facts["verdicts"] if v["node"] == "lif"
    )
    assert done.returncode == 0


def test_lint_refuses_a_node_with_the_question(tmp_path: Path) -> None:
    path = nf.small(tmp_path / "net.nir", lif=nf.lif(r=[1.0, 1.0]))
    done = ganglion("lint", path, "--source", "snntorch")
    assert done.returncode == 1
    assert "refused: lif (LIF): node lif: r·dt/tau is 0.1, and snnTorch writes 1" in done.stdout


def test_verify_takes_the_file_itself(small: Path) -> None:
    done = ganglion("verify", small, "--source", "snntorch", "--bursts", "20")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("identical: 20 bursts")
    assert "no synapse" not in done.stderr


def test_simulate_takes_the_file_itself(small: Path) -> None:
    done = ganglion("simulate", small, "--source", "snntorch", "--bursts", "20")
    assert done.returncode == 0, done.stderr
    assert "no synapse" not in done.stderr


def commands_of(name: str) -> list[Command]:
    command = load(name)
    return list(command.commands.values()) if isinstance(command, Group) else [command]


@pytest.mark.parametrize("verb", sorted(set(VERBS) - NO_GENOME))
def test_a_verb_that_takes_a_genome_is_told_what_a_nir_file_means(verb: str) -> None:
    taking = [
        c for c in commands_of(verb)
        if any(isinstance(p, Argument) or p.name == "genome" for p in c.params)
    ]  # fmt: skip
    assert taking
    for command in taking:
        assert {"source", "dt", "reset", "facts"} <= {p.name for p in command.params}, command.name


@pytest.mark.parametrize("verb", sorted(NO_GENOME))
def test_a_verb_without_a_genome_has_no_options_of_nir(verb: str) -> None:
    for command in commands_of(verb):
        assert "facts" not in {p.name for p in command.params}


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("verbs")
    return nf.small(folder / "net.nir", fc=nf.linear(((0.6, 0.1), (0.0, 0.7))))


def test_every_verb_that_takes_a_genome_has_a_row() -> None:
    assert {row[0].split()[0] for row in ROWS} == set(VERBS) - NO_GENOME


@pytest.mark.parametrize(("words", "code", "said"), ROWS, ids=[row[0] for row in ROWS])
def test_a_verb_works_on_the_file_itself(
    one: Path, words: str, code: int, said: str, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    shutil.copy(one, "net.nir")
    Path("plan.toml").write_text(
        'what = "fidelity"\n[matrix]\nbrain = ["net.nir"]\n[settings]\nbursts = 5\n'
    )
    Path("bot.toml").write_text(ROBOT)
    given = words.replace("NET", "net.nir").split()
    told = ""
    for more in ((), ("--source", "snntorch")):
        with pytest.raises(SystemExit) as left:
            main([*given, *more])
        out, err = capsys.readouterr()
        told = " ".join((out + err).split())
        if not more and given[0] != "sweep" and code == 0:  # a sweep tells why of each unit
            assert left.value.code == 1, told
            assert "say who means it: --source snntorch|" in err
    assert left.value.code == code, told
    assert said in told


def test_fidelity_names_the_cause_of_a_difference(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weight = np.random.default_rng(5).normal(0, 0.5, (24, 16))
    nodes = {**nf.ends(16, 24), "fc": nf.linear(weight), "lif": nf.lif(24)}
    path = nf.write(tmp_path / "net.nir", nodes, nf.chain("input", "fc", "lif", "output"))
    words = ["fidelity", str(path), "--source", "snntorch", "--bursts", "300"]
    for more, text in (
        ([], "the cause: weights of 8 bits"),
        (["--weights", "int16"], "spike-exact: all 7,200 values in 300 bursts"),
    ):
        with pytest.raises(SystemExit):
            main(words + more)
        assert text in capsys.readouterr().out


def test_weights_of_16_bits_are_not_for_a_genome(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["compile", str(example("wall_avoider")), "--weights", "int16", "-o", "no.gbn"])
    assert "weights of 16 bits are for trained networks (.nir)" in capsys.readouterr().err
