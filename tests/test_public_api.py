"""The public API: these names and no others, typed, loaded on demand, and what each gives."""

import ast
import inspect
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

import ganglion
from ganglion.errors import GenomeError
from tests.support import EXAMPLES, ROOT
from tests.support.nirfile import small

API = ROOT / "host" / "ganglion" / "api"
GENOME = EXAMPLES / "wall_avoider.json"
NAMES = [
    *("Board", "Brain", "Comparison", "Connectome", "Device", "Divergence", "Dynamics", "Genome"),
    *("Policy", "QuantizeOptions", "RandomStimulus", "Run", "StoredBrain", "Verdict", "compare"),
    *("compile", "deploy", "develop", "flash", "load", "load_board", "open_device", "plot", "read"),
    *("read_genome", "read_run", "record", "save", "simulate", "verify"),
]
MODULES = {
    "blobs": "Compiled check_precision compile_file decided inspect_file output_of",
    "boards": "Board board_names load_board",
    "brains": "Brain Connectome OpenedBrain Place Source StoredBrain compile load open_brain read "
    "save",
    "comparisons": "Compared Comparison LearntComparison compare compare_learnt compare_runs "
    "figures is_device is_learnt require_similar write_report",
    "connectomes": "Connectome Development Dynamics areas_of develop develop_file facts_of "
    "save_connectome",
    "costs": "BACK_ENDS Cost ISAS cost_of",
    "deployments": "Deployed deploy deploy_with",
    "devices": "Device ephemeral open_device with_lines",
    "drives": "DriveResult Driven demonstrate drive",
    "examples": "example titles",
    "exports": "Exported FORMATS FORMS NIR ONNX TABLES check_format export_graph export_onnx "
    "export_run never_run",
    "fidelities": "CAUSES Cell EARLY FORMATS Fidelity FidelitySweep NirFidelity Subject measure "
    "measure_layers subject_of sweep_widths",
    "files": "check_output write_bytes",
    "genomes": "Genome Notice Policy SCHEMAS Severity lint policies read_genome schema tally",
    "installations": "BAUD Flashed Flashing flash flashing ports_of",
    "layers": "LayeredConnectome NodeVerdict STATUSES layers_of node_verdicts",
    "learning": "Learned learned",
    "machine": "EXTRAS Finding examine",
    "monitors": "ShowOptions watch watch_recording",
    "networks": "NirMeaning SOURCES is_network nir_meaning",
    "neurons": "NeuronReport explain",
    "pictures": "FORMATS KINDS MOST_NEURONS",
    "ports": "all_devices",
    "progress": "Progress Tell silent unheard",
    "quantization": "Difference INPUTS Prospect QuantizationConfig QuantizeChoice QuantizeOptions "
    "STATES Scales WEIGHTS WIDE_WEIGHTS compare_scales prospects_of scales_of",
    "recordings": "Chosen Run contents described open_recording plot plot_recording read_run "
    "verify_recording",
    "robots": "Fit Proposal check_robot propose_robot with_robot",
    "runs": "Burst Finished OpenedBrain Recorded Stats Verified follow record record_run verified "
    "verify",
    "signatures": "generate_keys sign_file",
    "simulations": "Simulated simulate simulate_file",
    "stimuli": "DEFAULT_STIMULUS HELP NAMES RandomStimulus",
    "sweeps": "Swept sweep",
    "verdicts": "Divergence Verdict junit",
}
"""What each module of ganglion.api offers: the command line is built on these."""


def test_the_api_is_these_names() -> None:
    assert list(ganglion.__all__) == sorted(NAMES)
    assert set(NAMES) <= set(dir(ganglion))
    from ganglion import api

    assert sorted(api.__all__) == sorted(NAMES)


def test_the_modules_of_the_api_offer_these_names_and_the_page_tells_of_each_module() -> None:
    found = {path.stem for path in API.glob("[a-z]*.py")}
    assert found == set(MODULES)
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    for name, names in MODULES.items():
        assert sorted(import_module(f"ganglion.api.{name}").__all__) == sorted(names.split())
        assert f"`{name}`" in page, f"docs/api.md lacks {name}"


@pytest.mark.parametrize("module", ["", *MODULES])
def test_each_name_is_described_and_each_function_typed(module: str) -> None:
    home = import_module(f"ganglion.api.{module}") if module else ganglion
    for name in MODULES[module].split() if module else NAMES:
        found = getattr(home, name)
        if isinstance(found, type):
            assert found.__doc__, name
        if not inspect.isfunction(found):
            continue
        assert inspect.getdoc(found), name
        signature = inspect.signature(found)
        assert signature.return_annotation is not inspect.Signature.empty, name
        for parameter in signature.parameters.values():
            assert parameter.annotation is not inspect.Parameter.empty, (name, parameter)


def test_the_command_line_uses_only_names_that_the_api_offers() -> None:
    """lint-imports holds that it imports no other package; this, that it takes nothing inside."""
    used = set()
    for path in (API.parent / "cli").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        modules = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "api":
                _, _, home = str(node.module).partition(".")
                for one in node.names:
                    if home:
                        used.add((home, one.name))
                    else:
                        modules[one.asname or one.name] = one.name
        used |= {
            (modules[node.value.id], node.attr) for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
            and node.value.id in modules
        }  # fmt: skip
    assert len(used) > 100
    assert {f"{home}.{name}" for home, name in used if name not in MODULES[home].split()} == set()


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'ganglion' has no attribute 'nothing'"):
        _ = ganglion.nothing  # type: ignore[attr-defined]


def test_importing_ganglion_loads_no_numpy() -> None:
    program = "import sys, ganglion; assert 'numpy' not in sys.modules; print(ganglion.__version__)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip()) == (0, ganglion.__version__), done.stderr


def test_verbs_load_only_what_they_need() -> None:
    """So that a command starts fast: what is not for all is imported where it is used."""
    heavy = {
        "list of verbs": ("numpy", "pydantic", "ganglion.api"),
        "examples": ("numpy", "pydantic"),
        "genomes": ("pydantic", "serial", "ganglion.compiler"),
        "blobs": ("pydantic", "serial", "matplotlib", "ganglion.link", "ganglion.recording"),
        "simulations": ("pydantic", "serial", "ganglion.link", "ganglion.recording"),
        "recordings": ("pydantic", "serial", "matplotlib", "ganglion.compiler"),
    }
    for module, forbidden in heavy.items():
        what = "cli.main" if module == "list of verbs" else f"api.{module}"
        program = (
            f"import sys, ganglion.{what}\n"
            f"print([name for name in {forbidden!r} if name in sys.modules])"
        )
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
        assert (done.stdout.strip(), done.returncode) == ("[]", 0), (module, done)


def test_a_genome_is_read_compiled_saved_loaded_and_simulated(tmp_path: Path) -> None:
    connectome = ganglion.read(GENOME)
    brain = ganglion.compile(connectome)
    ganglion.save(brain, tmp_path / "robot.gbn")
    stored = ganglion.load(tmp_path / "robot.gbn")
    assert (stored.blob, stored.id) == (brain.blob, brain.id)
    run = ganglion.simulate(stored, bursts=50, stimulus="random:7:0.1")
    assert run.raster.shape == (50, brain.network.n_neurons)
    assert run.raster.sum() == len(run.burst) == len(run.time) > 0
    again = ganglion.simulate(tmp_path / "robot.gbn", bursts=50, stimulus="random:7:0.1")
    assert np.array_equal(run.burst, again.burst) and np.array_equal(run.neuron, again.neuron)


def test_integers_and_floats_of_one_genome_fire_alike() -> None:
    connectome = ganglion.read(GENOME)
    exact = ganglion.simulate(connectome, 60, "whole:1", "fp32")
    integer = ganglion.simulate(connectome, 60, "whole:1", "int8")
    assert exact.neurons == integer.neurons == connectome.n_neurons
    assert np.array_equal(exact.raster, integer.raster)


def test_a_table_names_each_spike_by_area_and_voxel() -> None:
    run = ganglion.simulate(ganglion.compile(GENOME), 20, "random:1:0.2")
    table = run.table()
    assert list(table) == ["burst", "time_s", "neuron", "area", "x", "y", "z"]
    for at in (0, len(run.burst) - 1):
        area, voxel, _ = run.shape.describe(int(run.neuron[at]))
        assert table["area"][at] == area
        assert tuple(int(table[axis][at]) for axis in "xyz") == voxel


def test_a_run_is_a_block_of_spike_trains_for_neo() -> None:
    pytest.importorskip("neo", reason="neo is not installed (pip install 'ganglion[neo]')")
    run = ganglion.simulate(ganglion.compile(GENOME), 30, "random:1:0.2")
    trains = run.to_neo().segments[0].spiketrains
    assert len(trains) == run.neurons
    assert sum(len(train) for train in trains) == len(run.burst)
    busiest = int(np.bincount(run.neuron).argmax())
    assert np.allclose(trains[busiest].magnitude, (run.train(busiest) - 0.5) * run.seconds)


def test_a_device_is_verified_recorded_and_its_recording_compared(tmp_path: Path) -> None:
    brain = ganglion.compile(GENOME)
    verdict = ganglion.verify(brain, "virtual", 100, "random:7:0.1")
    assert verdict.identical and verdict.bursts == 100
    run = ganglion.record(brain, tmp_path / "a.gbr", "virtual", 80, "random:7:0.1")
    here = ganglion.simulate(brain, 80, "random:7:0.1")
    assert np.array_equal(run.burst, here.burst) and np.array_equal(run.neuron, here.neuron)
    ganglion.save(brain, tmp_path / "robot.gbn")
    both = ganglion.compare(str(tmp_path / "a.gbr"), f"sim:{tmp_path / 'robot.gbn'}")
    assert both.identical and both.spikes_a == len(run.burst)
    ganglion.plot(run, tmp_path / "a.png", title="two seconds")
    assert (tmp_path / "a.png").read_bytes()[:4] == b"\x89PNG"


def test_errors_of_the_api_have_one_root(tmp_path: Path) -> None:
    with pytest.raises(ganglion.errors.GanglionError, match="cannot be read"):
        ganglion.load(tmp_path / "none.gbn")
    with pytest.raises(ganglion.errors.UsageError, match="fp32 was asked for"):
        ganglion.simulate(ganglion.compile(GENOME), 5, "none", "fp32")


def test_a_nir_network_is_no_genome_and_the_remedy_is_the_command(tmp_path: Path) -> None:
    path = small(tmp_path / "net.nir")
    with pytest.raises(GenomeError) as caught:
        ganglion.read(path)
    assert str(caught.value) == (
        f"{path} is a network in HDF5, as NIR's are, and a genome is needed; compile it "
        "(`ganglion compile FILE.nir --source TOOL -o B.gbn`), and name the brain"
    )
