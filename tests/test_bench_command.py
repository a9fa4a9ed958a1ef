"""bench: exact counts, the same each time, of a run that was compared."""

import json
import subprocess
import sys

from ganglion.genomes import path as example

BENCH = [sys.executable, "-c", "from ganglion.cli import main; main()", "bench"]


def test_bench_counts_the_same_instructions_each_time() -> None:
    words = [*BENCH, str(example("wall_avoider")), "--bursts", "5", "--json"]
    first, second = (subprocess.run(words, capture_output=True, text=True) for _ in range(2))
    assert first.returncode == 0, first.stderr
    assert first.stdout == second.stdout
    figures = json.loads(first.stdout)
    assert figures["isa"] == "rv32imc"
    assert figures["instructions"] > figures["events"] > 0


def test_bench_without_a_stimulus_is_refused_in_words() -> None:
    words = [*BENCH, str(example("wall_avoider")), "--stimulus", "none"]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 1
    assert "without a stimulus there is nothing to count; use random:SEED" in done.stderr
