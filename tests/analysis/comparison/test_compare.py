"""`ganglion compare`: whatever fires can be compared, and where it parts is explained."""

import json
import re
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from ganglion import __version__
from ganglion.analysis.comparison.compare import compare
from ganglion.analysis.comparison.html import page
from ganglion.blob.container import encode
from ganglion.cli.main import cli
from ganglion.connectome import npz
from ganglion.errors import GanglionError, MismatchError, UsageError
from ganglion.frontends.read import connectome_of
from tests.support import EXAMPLES
from tests.support.recordings import BURSTS, Recorded

GENOME = EXAMPLES / "wall_avoider.json"


@pytest.fixture(autouse=True)
def few_distances(monkeypatch: pytest.MonkeyPatch) -> None:
    """Elephant takes milliseconds for a pair of trains; test_similarity.py computes its figures."""
    monkeypatch.setattr("ganglion.analysis.comparison.similarity.MOST_NEURONS", 10)


def test_levels_of_lines_are_for_a_device_that_has_some(monkeypatch) -> None:
    seen: list[str] = []

    def compare_runs(a: str, b: str, **_: object) -> None:
        seen.extend((a, b))
        raise UsageError("stop", "here")

    monkeypatch.setattr("ganglion.api.comparisons.compare_runs", compare_runs)
    words = (f"sim:{GENOME}@fp32", "/dev/ttyUSB0", "--dtr", "off", "--rts", "off")
    run(*words, error=UsageError)
    assert seen == [f"sim:{GENOME}@fp32", "/dev/ttyUSB0?dtr=off&rts=off"]
    told = run(f"sim:{GENOME}@fp32", "run.gbr", "--dtr", "off", error=UsageError)
    assert "--dtr and --rts are of a device's port, and neither A nor B is a device" in told
    told = run(f"sim:{GENOME}@fp32", "virtual", "--dtr", "off", error=UsageError)
    assert "virtual has no lines dtr; leave out --dtr" in told


def run(*words: object, error: type[GanglionError] | None = None) -> str:
    done = CliRunner().invoke(cli, ["compare", *map(str, words)])
    if error is None:
        assert done.exit_code == 0, done.output
        return done.stdout
    assert isinstance(done.exception, error), done.exception
    return str(done.exception)


@pytest.fixture
def small(recorded: Recorded, tmp_path: Path) -> Path:
    path = tmp_path / "small.gbn"
    path.write_bytes(recorded.brain.blob)
    return path


@pytest.fixture
def altered(recorded: Recorded, tmp_path: Path) -> Path:
    """The small brain, but the slow area needs twice as much to fire."""
    network = recorded.brain.network
    last = network.populations[-1]
    populations = (*network.populations[:-1], replace(last, threshold=2 * last.threshold))
    path = tmp_path / "altered.gbn"
    path.write_bytes(encode(replace(network, populations=populations)))
    return path


def test_a_recording_equals_the_simulation_of_its_brain(recorded: Recorded, small: Path):
    told = json.loads(run(f"{recorded.path}#1", f"sim:{small}", "--json"))
    assert (told["identical"], told["bursts"], told["similarity"]) == (True, BURSTS, 1.0)
    assert (told["only_in_a"], told["only_in_b"], told["first_divergence"]) == (0, 0, None)


def test_a_device_equals_a_recording_only_without_the_injections(recorded: Recorded, small: Path):
    words = ("virtual", f"{recorded.path}#1", "--brain", small, "--stimulus", "random:1")
    told = json.loads(run(*words, "--json"))
    parting = told["first_divergence"]
    assert parting["burst"] == 5
    assert parting["fired_in"] == "B"
    assert parting["voxel"] in ([0, 0, 0], [3, 0, 0])
    assert parting["a"][-1] == "it does not fire"
    assert any("from an injection" in step for step in parting["b"])
    assert parting["b"][-1] == "it fires"
    second = ("virtual", "sim:" + str(small), "--brain", small, "--stimulus", "random:2")
    assert json.loads(run(*second, "--bursts", 100, "--json"))["identical"]


def test_two_recorded_runs_that_differ_are_not_the_same(recorded: Recorded):
    told = json.loads(run(f"{recorded.path}#1", f"{recorded.path}#2", "--json"))
    assert told["similarity"] < 0.9
    assert told["similarity"] <= told["similarity_tolerant"] < 1


def test_where_a_brain_with_another_threshold_parts_is_explained(recorded: Recorded, altered: Path):
    compared = compare((f"{recorded.path}#1", f"sim:{altered}"))
    parting = compared.result.first_divergence
    assert parting is not None
    assert (parting.area, parting.fired_in) == (recorded.brain.network.areas[2].id, "A")
    assert "threshold 3 " in parting.a[-3]
    assert "threshold 6 " in parting.b[-3]
    assert parting.a[-2].startswith("U4: its potential is in the window")
    assert parting.b[-2].startswith("U5 to U7: it does not fire")
    assert (parting.a[-1], parting.b[-1]) == ("it fires", "it does not fire")
    text = " ".join(parting.a)
    before, *terms = re.findall(r"(?<![\w(])[+]?\d+(?:\.\d+)?(?= \()", text)
    total = float(terms[-2])
    assert float(before) + sum(float(t) for t in terms[:-2]) == pytest.approx(total)


@pytest.mark.parametrize("precision", ["fp32", "fp16", "int8"])
def test_a_genome_that_fits_integers_is_the_same_at_every_precision(precision: str):
    a, b = f"sim:{GENOME}@fp32", f"sim:{GENOME}@{precision}"
    told = json.loads(run(a, b, "--bursts", 200, "--json"))
    assert (told["identical"], told["identical_bursts"]) == (True, 1.0)
    assert told["spikes_a"] > 1000


def test_a_float_simulation_explains_itself_too(tmp_path: Path):
    connectome, _ = connectome_of(GENOME)
    higher = np.where(connectome.threshold == 1, np.float32(1.5), connectome.threshold)
    npz.save(replace(connectome, threshold=higher), tmp_path / "b.npz")
    npz.save(connectome, tmp_path / "a.npz")
    words = (f"sim:{tmp_path / 'a.npz'}@fp32", f"sim:{tmp_path / 'b.npz'}@fp32")
    parting = compare(words, bursts=50).result.first_divergence
    assert parting is not None
    assert parting.fired_in == "A"
    assert any(step.endswith("threshold 1") for step in parting.a)
    assert any(step.endswith("threshold 1.5") for step in parting.b)
    assert parting.a[-2:] == ("the threshold is reached", "it fires")
    assert parting.b[-2:] == ("the threshold is not reached", "it does not fire")


def test_min_similarity_sets_the_exit_code(recorded: Recorded):
    words = (f"{recorded.path}#1", f"{recorded.path}#2", "--min-similarity", "0.99")
    said = run(*words, error=MismatchError)
    assert MismatchError.exit_code == 4
    assert re.fullmatch(
        r"the similarity is 0\.\d{6}, and 0\.99 was asked for; "
        r"see where they part with --report OUT\.html",
        said,
    )
    run(f"{recorded.path}#1", f"{recorded.path}#1", "--min-similarity", "1")


def test_the_report_is_one_file_that_refers_to_nothing_else(
    recorded: Recorded, altered: Path, tmp_path: Path
):
    run(f"{recorded.path}#1", f"sim:{altered}", "--report", tmp_path / "r.html")
    text = (tmp_path / "r.html").read_text()
    assert text.count("data:image/png;base64,") == 3
    assert not re.search(r'(src|href)="(?!data:)', text)
    assert "http" not in text
    figures = ("van Rossum", "Victor–Purpura") if find_spec("elephant") else ("distances",)
    for word in ("Where they part", *figures, "F1, ±1 burst", "error of B"):
        assert word in text
    for word in (
        "How it was made",
        "recorded from virtual at 20",
        "simulated in integers for this report; brain ",
        f"<td>Ganglion {__version__}, Python ",
        "<th>stimulus</th><td>random:",
        "<th>date</th><td>20",
        "<th>command</th><td>",
    ):
        assert word in text, word
    same = page(compare((f"{recorded.path}#1", f"{recorded.path}#1")))
    assert "Identical in all 300 bursts." in same
    assert "Where they part" not in same


def test_bursts_that_a_recording_lost_are_left_out_and_counted(recorded: Recorded, small: Path):
    compared = compare((f"{recorded.path}#1", f"sim:{small}"), bursts=100)
    assert compared.result.bursts == 100
    a = compared.a
    assert np.array_equal(np.unique(a.burst), np.unique(compared.b.burst))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("virtual", "virtual"), "nobody said which brain virtual is to run; name it with --brain"),
        (("a.json", "virtual"), "a.json is a brain, not something that fires; write sim:a.json"),
        (("a.gbr#x", "a.gbr"), "a.gbr#x names no run; write FILE.gbr#2 for the second run"),
    ],
)
def test_what_cannot_be_compared_is_one_sentence(words: tuple[str, str], said: str):
    assert said in run(*words, error=UsageError)


def test_a_blob_at_another_precision_is_refused(small: Path):
    said = run(f"sim:{small}@fp32", f"sim:{small}", error=UsageError)
    assert said == (
        f"{small} is a blob, which is int8, and fp32 was asked for; "
        "name its genome: sim:GENOME@fp32"
    )


def test_more_bursts_than_were_recorded_are_refused(recorded: Recorded, small: Path):
    said = run(f"{recorded.path}#1", f"sim:{small}", "--bursts", 301, error=UsageError)
    assert said == "301 bursts were asked for, and a recording has 300; compare at most 300"


def test_brains_without_a_neuron_in_common_are_refused(recorded: Recorded):
    said = run(f"{recorded.path}#1", f"sim:{GENOME}@int8", error=UsageError)
    assert "have no neuron in common; compare runs of one genome" in said


@pytest.fixture
def two_brains(tmp_path: Path) -> tuple[str, str]:
    """Two genomes that share Brain_Power and nothing else, as sides."""
    genome = other = GENOME.read_text()
    for name in ("i__inf", "ibumpr", "o__mot", *set(re.findall("10c-(c_[a-z_]{4})-", genome))):
        other = other.replace(name, name[:-1] + "9")
    (tmp_path / "a.json").write_text(genome)
    (tmp_path / "b.json").write_text(other)
    return f"sim:{tmp_path / 'a.json'}@int8", f"sim:{tmp_path / 'b.json'}@fp32"


@pytest.mark.parametrize("stimulus", ["random:1", "none"])
def test_two_brains_are_never_identical_even_where_nothing_but_power_fires(
    two_brains: tuple[str, str], stimulus: str
):
    words = (*two_brains, "--bursts", 50, "--stimulus", stimulus)
    told = json.loads(run(*words, "--json"))
    assert told["identical"] is False and told["same_neurons"] is False
    assert told["only_in_a"] > 0 and told["only_in_b"] > 0
    text = run(*words)
    assert "identical in all" not in text
    assert f"A and B are different brains: {told['only_in_a']:,} neurons only in A" in text
    said = run(*words, "--min-similarity", 0.5, error=MismatchError)
    assert "name runs of one genome, or say that it is meant with --allow-different" in said


def test_spikes_of_neurons_that_one_side_has_count_against_the_figure(two_brains: tuple[str, str]):
    told = json.loads(run(*two_brains, "--bursts", 50, "--json"))
    assert told["spikes_a"] > 500
    assert told["similarity"] < 0.5
    said = run(*two_brains, "--bursts", 50, "--min-similarity", 0.99, "--allow-different",
               error=MismatchError)  # fmt: skip
    assert said.startswith("the similarity is 0.")


def test_neurons_that_cannot_matter_make_no_other_brain(recorded: Recorded, tmp_path: Path):
    told = json.loads(run(f"sim:{GENOME}@int8", f"sim:{GENOME}@fp32", "--bursts", 50, "--json"))
    assert (told["only_in_a"], told["only_in_b"]) == (0, 0)
    assert told["identical"] and told["remarks"] == []


def test_brains_with_the_same_neurons_and_other_synapses_are_said_to_differ(tmp_path: Path):
    connectome, _ = connectome_of(GENOME)
    npz.save(connectome, tmp_path / "a.npz")
    npz.save(replace(connectome, weight=np.maximum(connectome.weight // 2, 1)), tmp_path / "b.npz")
    a, b = (f"sim:{tmp_path / name}@fp32" for name in ("a.npz", "b.npz"))
    assert "different brains with the same neurons (connectomes " in run(a, b, "--bursts", 20)


def test_areas_of_one_name_and_two_shapes_are_not_taken_for_one(tmp_path: Path):
    """Neuron 1 of a 2x8 area is not where neuron 1 of an 8x2 area is."""
    genome = json.loads(GENOME.read_text())
    keys = [k for k in genome["blueprint"] if "i__inf" in k and k[-5:] in ("bbx-i", "bby-i")]
    x, y = sorted(keys)
    genome["blueprint"][x], genome["blueprint"][y] = genome["blueprint"][y], genome["blueprint"][x]
    (tmp_path / "turned.json").write_text(json.dumps(genome))
    if genome["blueprint"][x] == genome["blueprint"][y]:
        genome["blueprint"][x] += 1
        (tmp_path / "turned.json").write_text(json.dumps(genome))
    told = json.loads(
        run(f"sim:{GENOME}@int8", f"sim:{tmp_path / 'turned.json'}@int8", "--bursts", 5, "--json")
    )
    assert told["only_in_a"] > 0 and not told["identical"]


def test_runs_in_which_nothing_fires_are_said_to_prove_nothing(tmp_path: Path):
    connectome, _ = connectome_of(GENOME)
    npz.save(replace(connectome, power_neuron=None), tmp_path / "a.npz")
    side = f"sim:{tmp_path / 'a.npz'}@fp32"
    assert "no neuron fired on either side" in run(side, side, "--stimulus", "none")
