"""Fidelity of a brain that learns: measured as any other, and a difference has its cause."""

import json

import numpy as np

from ganglion.analysis.fidelity.cause import TwoRuns, explain
from ganglion.analysis.fidelity.measure import measure, options_for
from ganglion.compiler import compile_connectome
from ganglion.examples import path as example
from ganglion.frontends.read import connectome_of
from ganglion.simulation.stimuli import Ports, parse


def test_the_example_that_learns_fires_in_integers_as_in_float32() -> None:
    connectome, _ = connectome_of(example("pairing"))
    stimulus = parse("whole:1", Ports.of_connectome(connectome))
    found = measure(connectome, stimulus, 120, options_for(stimulus))
    assert found.f1 == 1.0 and found.spikes_f32 > 100, found.first_divergence


def test_a_difference_of_a_brain_that_learns_is_told_and_not_replayed() -> None:
    connectome, _ = connectome_of(example("pairing"))
    brain = compile_connectome(connectome)
    nothing = np.zeros(0, np.int64)
    runs = TwoRuns([], lambda burst: (nothing, np.zeros(0, np.float32)), [], [])
    cause = explain(connectome, brain, runs, 5, np.array([3]), nothing)
    assert (cause.cause, cause.fired_in, cause.neurons) == ("learning", "f32", 1)
    assert cause.explanation == "the brain learns, and what it learnt is not replayed"
    told = json.loads(json.dumps(cause.as_dict(), allow_nan=False))
    assert told["potential"] is None
