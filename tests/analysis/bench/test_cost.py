"""bench: exact counts, the same each time, of a run that was compared."""

import json

from ganglion.compiler import compile_connectome
from ganglion.examples import path as example
from ganglion.frontends.read import connectome_of
from ganglion.reference.stimulus import RandomStimulus
from tests.support.command import ganglion
from tools.bench.baseline import textbook


def test_bench_counts_the_same_instructions_each_time() -> None:
    words = ("bench", example("wall_avoider"), "--bursts", "5", "--json")
    first, second = ganglion(*words), ganglion(*words)
    assert first.returncode == 0, first.stderr
    assert first.stdout == second.stdout
    figures = json.loads(first.stdout)
    assert figures["isa"] == "rv32imc"
    assert figures["instructions"] > figures["events"] > 0


def test_bench_without_a_stimulus_is_refused_in_words() -> None:
    done = ganglion("bench", example("wall_avoider"), "--stimulus", "none")
    assert done.returncode == 1
    assert "without a stimulus there is nothing to count; use random:SEED" in done.stderr


def test_a_textbook_loop_in_plain_micropython_fires_what_the_kernel_fires() -> None:
    brain = compile_connectome(connectome_of(example("wall_avoider"))[0])
    stimulus = RandomStimulus.at_rate(1, 0.1)
    assert textbook.ratio(brain.network, brain.blob, stimulus, bursts=60) > 0  # else it raises
