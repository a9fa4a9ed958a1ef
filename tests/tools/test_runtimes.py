"""The random brains that other runtimes are held to have each rule, form and width there is."""

from tools.conformance.runtimes import EACH, RULES, random_brain, rules_of


def test_twenty_random_brains_have_every_feature_of_the_contract() -> None:
    found = {rule for seed in range(EACH) for rule in rules_of(random_brain(seed)[2])}
    assert found == set(RULES)
