"""One language at the command line: the same words, defaults and codes in every verb."""

import json
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as xml
from pathlib import Path

import click
import pytest

from ganglion.cli import commands
from ganglion.cli.main import cli, load
from ganglion.cli.verbs import GROUPS, VERBS
from ganglion.compiler import Brain
from ganglion.examples import path as example
from ganglion.reference.stimulus import DEFAULT_STIMULUS
from tests.support.recordings import Recorded
from tests.support.words import say

Capsys = pytest.CaptureFixture[str]


@pytest.fixture
def place(tmp_path: Path, small_brain: Brain, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copy(example("wall_avoider"), tmp_path / "robot.json")
    (tmp_path / "small.gbn").write_bytes(small_brain.blob)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def without_synapses(path: Path) -> Path:
    genome = json.loads(example("wall_avoider").read_text())
    for key in genome["blueprint"]:
        if key.endswith("dstmap-d"):
            genome["blueprint"][key] = {}
    path.write_text(json.dumps(genome))
    return path


# ---- help


def test_help_lists_every_module_of_commands_and_nothing_else():
    modules = {path.stem for path in Path(commands.__file__ or "").parent.glob("[a-z]*.py")}
    assert modules == set(VERBS)


def test_help_imports_no_command():
    done = subprocess.run(
        [sys.executable, "-c", "from ganglion.cli.main import main\ntry: main(['--help'])\n"
         "except SystemExit: pass\nimport sys; print([m for m in sys.modules if 'numpy' == m or "
         "m.startswith('ganglion.cli.commands.')])"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("verb", VERBS)
def test_the_line_in_the_list_is_the_first_of_the_verbs_own_help_and_has_examples(
    verb: str, capsys: Capsys
):
    command = load(verb)
    text = " ".join((command.help or "").split())
    assert text.startswith(VERBS[verb].line), text
    assert VERBS[verb].examples
    shown = say(capsys, verb, "--help").out
    assert "Examples:" in shown
    for example_ in VERBS[verb].examples:
        assert " ".join(example_.split()[:3]) in " ".join(shown.split())


def test_every_example_of_help_is_understood():
    """Its options and arguments are those of the verb; what it names need not be there."""
    for verb in VERBS.values():
        for line in verb.examples:
            words = re.findall(r'"[^"]*"|\S+', line.partition(">")[0].replace("eval", ""))
            if words[0] != "ganglion":
                continue
            command: click.Command = load(words[1])
            given = [word.strip('"') for word in words[2:]]
            if isinstance(command, click.Group):
                continue
            takes = {name for param in command.params for name in param.opts}
            assert {word for word in given if word.startswith("-")} <= takes, line


def test_every_verb_takes_quiet_verbose_and_strict():
    for verb in VERBS:
        names = {name for param in load(verb).params for name in param.opts}
        assert {"-q", "-v", "--strict"} <= names, verb


def test_groups_are_few_and_every_verb_is_in_one():
    assert sum(map(len, GROUPS.values())) == len(VERBS)
    assert set(cli.list_commands(click.Context(cli))) == set(VERBS)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_completes_verbs(shell: str, capsys: Capsys):
    if shell == "bash" and not shutil.which("bash"):
        pytest.skip("no bash here")
    assert "_GANGLION_COMPLETE" in say(capsys, "completion", shell).out


# ---- one default


def test_every_verb_that_runs_a_brain_has_one_default_stimulus():
    for verb in ("run", "verify", "record", "monitor", "simulate", "compare", "bench"):
        (option,) = [p for p in load(verb).params if "--stimulus" in p.opts]
        assert option.default == DEFAULT_STIMULUS, verb


def test_simulate_run_and_verify_agree_on_how_many_spikes_there_are(place: Path, capsys: Capsys):
    here = json.loads(say(capsys, "simulate", "small.gbn", "--bursts", 60, "--json").out)["spikes"]
    there = json.loads(say(capsys, "verify", "small.gbn", "--bursts", 60, "--json").out)["spikes"]
    run = say(capsys, "run", "small.gbn", "--bursts", 60, "--json").out.splitlines()
    bursts = [json.loads(line) for line in run if "fired" in line]
    assert here == there == sum(len(burst["fired"]) for burst in bursts) > 0


@pytest.mark.parametrize("stimulus", ["whole:1", "structured:2", "file:s.json"])
@pytest.mark.parametrize("brain", ["robot.json", "robot.gbn"])
def test_what_a_host_feeds_is_the_same_on_a_device_and_here(
    stimulus: str, brain: str, place: Path, capsys: Capsys
):
    table = {str(b): [[n, 2.0] for n in range(b % 7, 60, 7)] for b in range(1, 41)}
    (place / "s.json").write_text(json.dumps(table))
    assert say(capsys, "compile", "robot.json", "-q").code == 0
    words = (brain, "--bursts", 40, "--stimulus", stimulus, "--json")
    here = json.loads(say(capsys, "simulate", *words).out)
    there = say(capsys, "verify", *words)
    assert there.code == 0, there.err
    assert json.loads(there.out)["spikes"] == here["spikes"] > 40


def test_a_fed_run_is_recorded_with_its_inputs_and_verifies(place: Path, capsys: Capsys):
    words = ("record", "robot.json", "-o", "a.gbr", "--bursts", 30, "--stimulus", "whole:3")
    assert say(capsys, *words).code == 0
    said = say(capsys, "replay", "a.gbr", "--to", "verify")
    assert (said.code, said.out.endswith("nothing is missing\n")) == (0, True)
    again = say(
        capsys, "verify", "robot.json", "--bursts", 30, "--stimulus", "file:a.gbr", "--json"
    )
    spikes = int(said.out.split(" bursts, ")[1].split(" spikes")[0].replace(",", ""))
    assert json.loads(again.out)["spikes"] == spikes


def test_more_than_a_device_takes_in_one_burst_is_refused(place: Path, capsys: Capsys):
    (place / "s.json").write_text(json.dumps({"2": [[n, 1.0] for n in range(100)]}))
    said = say(capsys, "verify", "robot.json", "--bursts", 3, "--stimulus", "file:s.json")
    assert said.code == 1
    assert "neurons in burst 2, and a device takes 64; give a lower rate" in said.sentence


# ---- names of areas


def test_an_area_is_named_by_its_name_or_its_id(place: Path, capsys: Capsys):
    outs = [
        say(capsys, "run", "robot.json", "--bursts", 3, "--stimulus", "none", "--json",
            "--inject", f"{name}:0,0,0=5@2").out
        for name in ("i__inf", "Infrared sensors", "infrared SENSORS")
    ]  # fmt: skip
    without_time = [re.sub(r'"micros": \d+', "", out) for out in outs]
    assert without_time[0] == without_time[1] == without_time[2]
    said = say(capsys, "run", "robot.json", "--bursts", 3, "--inject", "Infrared:0,0,0=5@2")
    assert said.code == 2
    assert "the brain has no area 'Infrared'; use one of " in said.sentence
    assert "or a name: Brain_Power, Distance map" in said.sentence


# ---- codes


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (("run", "robot.json", "--stimulus", "foo"), 2, "the stimulus 'foo' is not understood; wr"),
        (("run", "robot.json", "--stimulus", "random:1:2"), 2, "the stimulus rate is 2.0; give a"),
        (("run", "robot.json", "--inject", "foo"), 2, "the injection 'foo' is not understood; wr"),
        (("run", "robot.json", "--inject", "i__inf:99,0,0=1@2"), 2, "lies outside i__inf; its dim"),
        (("run", "robot.json", "--bursts", "5", "--inject", "i__inf:0,0,0=5@20"), 2,
         "the injection 'i__inf:0,0,0=5@20' never arrives: the run has 5 bursts; name an earlier"),
        (("record", "robot.json", "-o", "x.gbr", "--bursts", "5", "--inject", "i__inf:0,0,0=5@6"),
         2, "never arrives: the run has 5 bursts"),
        (("simulate", "robot.json", "--stimulus", "whole:1:2"), 2, "give a seed from 0 to 2^32"),
        (("compile", "robot.json", "--board", "esp8266"), 2, "no board is called 'esp8266'"),
        (("verify", "robot.json", "--device", "virtual-99"), 3, "virtual-99"),
        (("example", "nothing"), 2, "there is no example genome 'nothing'; use one of "),
        (("compile", "small.gbn"), 1, "small.gbn is a compiled brain, and a genome is needed; na"),
        (("compile", "junk.json"), 1, "junk.json: $: the file is not JSON"),
        (("lint", "nowhere.json"), 1, "nowhere.json cannot be read: No such file or directory"),
        (("run", "two.gbr"), 1, "two.gbr is a recording, and not a brain; `ganglion replay`"),
        (("run", "genome"), 1, "genome looks like a genome, and its name does not end in .json"),
        (("run", "junk.gbn"), 1, "junk.gbn: "),
    ],
)  # fmt: skip
def test_a_refusal_has_one_sentence_and_the_code_of_its_kind(
    words: tuple[str, ...], code: int, text: str, place: Path, capsys: Capsys, recorded: Recorded
):
    (place / "junk.json").write_text("not JSON")
    (place / "junk.gbn").write_bytes(b"not a blob" * 20)
    shutil.copy(place / "robot.json", place / "genome")
    shutil.copy(recorded.path, place / "two.gbr")
    said = say(capsys, *words)
    assert said.code == code, said
    assert text in said.sentence


def test_a_missing_emulator_is_no_device(
    place: Path, capsys: Capsys, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PATH", str(place))
    said = say(capsys, "verify", "robot.json", "--device", "qemu")
    assert said.code == 3
    assert "qemu-system-xtensa" in said.sentence


def test_errors_are_json_where_json_was_asked_for(place: Path, capsys: Capsys):
    said = say(capsys, "verify", "robot.json", "--stimulus", "foo", "--json")
    told = json.loads(said.err)["error"]
    assert (said.code, said.out) == (2, "")
    assert told["fact"] == "the stimulus 'foo' is not understood"
    assert (told["exit_code"], told["kind"]) == (2, "StimulusWordError")
    said = say(capsys, "verify", "robot.json", "--nonsense", "--json")
    assert json.loads(said.err)["error"]["exit_code"] == said.code == 2


# ---- warnings


@pytest.mark.parametrize("verb", ["compile", "verify", "run", "simulate"])
def test_a_brain_without_a_synapse_is_one_plain_warning_and_strict_refuses_it(
    verb: str, place: Path, capsys: Capsys
):
    genome = without_synapses(place / "empty.json")
    words = (verb, genome.name) if verb == "compile" else (verb, genome.name, "--bursts", 5)
    said = say(capsys, *words)
    assert said.code == 0
    assert said.err.count("this brain has no synapse: nothing but Brain_Power will fire") == 1
    assert "per synapse" not in said.out or "– per synapse" in said.out
    strict = say(capsys, *words, "--strict")
    assert strict.code == 1
    assert "--strict takes warnings for errors; mend what was said above" in strict.err


def test_strict_writes_no_blob(place: Path, capsys: Capsys):
    without_synapses(place / "empty.json")
    assert say(capsys, "compile", "empty.json", "--strict").code == 1
    assert not (place / "empty.gbn").exists()


def test_strict_refuses_a_recording_that_is_not_whole(
    place: Path, capsys: Capsys, recorded: Recorded
):
    (place / "cut.gbr").write_bytes(recorded.path.read_bytes()[:-1000])
    assert say(capsys, "plot", "cut.gbr", "-o", "a.png").code == 0
    assert say(capsys, "plot", "cut.gbr", "-o", "b.png", "--strict").code == 1
    assert not (place / "b.png").exists()


def test_quiet_leaves_results_and_errors(place: Path, capsys: Capsys):
    said = say(capsys, "example", "robot", "-o", "again.json", "-q")
    assert (said.code, said.out, said.err) == (0, "", "")
    assert say(capsys, "example", "robot", "-o", "again.json", "-q").err


# ---- JUnit


def test_junit_says_passed_failed_or_broken(place: Path, capsys: Capsys):
    assert say(capsys, "verify", "small.gbn", "--bursts", 20, "--junit", "a.xml").code == 0
    suite = xml.parse(place / "a.xml").getroot()[0]
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("1", "0", "0")
    said = say(capsys, "verify", "small.gbn", "--device", "/dev/nowhere", "--junit", "a.xml")
    suite = xml.parse(place / "a.xml").getroot()[0]
    assert (said.code, suite.get("errors")) == (3, "1")
    assert "/dev/nowhere" in (suite.find("testcase/error").get("message") or "")  # type: ignore[union-attr]
    words = ("compare", "sim:robot.json@int8", "sim:small.gbn", "--min-similarity", 1)
    assert say(capsys, *words, "--bursts", 5, "--junit", "b.xml").code != 0
    suite = xml.parse(place / "b.xml").getroot()[0]
    assert suite.get("failures") != "0" or suite.get("errors") != "0"
