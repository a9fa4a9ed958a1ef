"""Synapses on the software backend of Akida, the update on the host: equal in every bit."""

import pytest

from ganglion.compiler import compile_connectome
from ganglion.errors import ToolError, UsageError
from ganglion.network.model import QuantizedNetwork
from ganglion.quantization.options import QuantizeOptions
from ganglion.reference.stimulus import RandomStimulus
from ganglion.simulation.accelerators.runtime_device import open_runtime
from ganglion.verification.verify import verify
from tests.support.brains import small_connectome
from tools.conformance.runtimes import first_difference
from tools.networks import random_connectome

RERUN = "python -m tools.conformance.runtimes --first {} --count 1 --runtime akida"


def brain(seed: int) -> QuantizedNetwork:
    state = ("int8", "int16", "int32")[seed % 3]
    options = QuantizeOptions(state=state)
    return compile_connectome(random_connectome(seed), options).network


@pytest.mark.parametrize("seed", [0, 3, 5])
def test_a_random_brain_equals_the_reference_in_every_bit(seed: int) -> None:
    pytest.importorskip("akida", reason="`pip install 'ganglion[akida]'` brings it")
    network = brain(seed)
    runtime = open_runtime("akida").runtime_of(network)
    assert first_difference(network, runtime, 25, seed) is None, RERUN.format(seed)


def test_verify_says_identical_and_the_vendors_mapper_that_it_fits() -> None:
    akida = pytest.importorskip("akida", reason="`pip install 'ganglion[akida]'` brings it")
    made = compile_connectome(small_connectome())
    with open_runtime("akida") as device:
        device.put(made.blob)
        assert verify(made.network, device, 100, RandomStimulus.at_rate(1, 0.2)).identical
    from ganglion.simulation.accelerators.akida_runtime import AkidaDelivery

    delivery = AkidaDelivery(made.network)
    assert delivery.fits(akida.AKD1000()) == f"each of its {len(delivery.models)} layers fits"


def test_synapses_that_a_potential_drives_are_refused() -> None:
    pytest.importorskip("akida", reason="`pip install 'ganglion[akida]'` brings it")
    with pytest.raises(UsageError, match=r"175 synapses are driven by the potential of their sour"):
        open_runtime("akida").runtime_of(brain(1))


def test_without_the_package_the_sentence_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "akida", None)
    with pytest.raises(ToolError) as refusal:
        open_runtime("akida")
    assert str(refusal.value).startswith("the package akida is not installed; run pip install")
