"""tools/soak/running.py: a few bursts of what runs for hours."""

from tools.soak.running import STRIKES, soak


def test_every_digest_of_a_struck_run_is_that_of_the_reference():
    run = soak(seed=11, bursts=300, leg=60)
    assert run.compared == run.one_by_one + run.by_chain >= 300
    assert run.one_by_one and run.by_chain
    assert set(run.done) <= set(STRIKES)
    assert sum(run.done.values()) >= 5
