"""The story of a neuron that learns says what can be learnt, and claims nothing beyond that."""

from ganglion.analysis.explain import neuron_report
from ganglion.compiler import compile_connectome
from ganglion.examples import path as example
from ganglion.frontends.read import connectome_of


def story(area: str, x: int) -> str:
    connectome, _ = connectome_of(example("pairing"))
    network = compile_connectome(connectome).network
    neuron = int(network.neurons_at(area, (x, 0, 0))[0])
    with_genome = neuron_report(network, neuron, connectome)
    assert with_genome.facts["neuron"] == neuron
    return " ".join(neuron_report(network, neuron).sentences)


def test_the_echo_learns_from_tones_and_is_remembered() -> None:
    told = story("o_echo", 2)
    assert "From i_tone: 4 pairs that can become synapses that learn; each adds at most" in told
    assert "M_past remembers what it does." in told
    assert "It sends to nobody" not in told


def test_a_tone_reaches_echoes_by_synapses_that_learn() -> None:
    assert "It reaches up to 4 neurons of o_echo by synapses that learn." in story("i_tone", 0)


def test_a_twin_is_played_back_to_and_a_place_fires_by_its_pattern() -> None:
    assert "M_past plays 1 neuron back to it" in story("c_agai", 1)
    assert "It is a place for a memory" in story("M_past", 3)
