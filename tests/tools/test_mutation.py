"""tools/mutation.py: what is explained is still there; a mutant is noticed, or not."""

import pytest

from tests.support import ROOT
from tools.mutation.modules import MODULES
from tools.mutation.mutants import difference, explained, mutants


def test_what_is_explained_is_of_lines_that_are_still_there():
    for name, reasons in explained().items():
        lines = {" ".join(line.split()) for line in MODULES[name].path.read_text().splitlines()}
        for change, why in reasons.items():
            parts = change.removeprefix("-").split(" +")  # of which the line may have some
            before = {" +".join(parts[:n]).strip() for n in range(1, len(parts))}
            assert before & lines, (name, change)
            assert why.startswith("Equivalent: ")


def test_every_module_and_every_test_of_it_is_there():
    for module in MODULES.values():
        assert module.path.is_file()
        files = [w.partition("::")[0] for w in module.tests if w.startswith("tests/")]
        assert (files and all((ROOT / name).is_file() for name in files)) or module.questions
        for name in module.questions:
            text = (ROOT / (name.replace(".", "/") + ".py")).read_text()
            assert "\ndef question()" in text or "\nnets, question, told = " in text


def test_mutants_are_the_source_with_one_change_each():
    pytest.importorskip("cosmic_ray", reason="pip install cosmic-ray")
    source = "def f(x):\n    return x + 1 < 7 and not x\n"
    made = [difference(source, mutant) for mutant in mutants(source)]
    assert len(made) == len(set(made)) > 5
    assert "- return x + 1 < 7 and not x + return x - 1 < 7 and not x" in made
