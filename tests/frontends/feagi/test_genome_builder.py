"""Small genomes that tests make have nothing odd in them, so that what is odd is the test's."""

from tests.support.genomes import area, notices, rule


def test_the_builder_writes_genomes_without_oddities() -> None:
    assert notices({"cAAAAA": area((2, 1, 1), {"cAAAAA": [rule("projector")]})}) == []
