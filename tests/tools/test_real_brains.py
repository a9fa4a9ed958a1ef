"""tools/search/real_brains.py: a few of them."""

from tools.search.real_brains import search


def test_what_is_called_lossless_fires_as_floats_do_and_the_rest_says_why_it_may_not():
    seen, failures = search(6, seed=3)
    assert not failures, failures[0]
    assert seen.total() == 6
    assert seen["lossless, and identical"], (
        "no brain of these is called lossless: nothing was tried"
    )
