import pytest

from lmphys.problems.grammar.grammar import Grammar, Rule


@pytest.fixture
def ambiguous():
    """Three levels; some strings have several derivations, and probabilities differ."""
    return Grammar(
        (
            ((Rule((0, 1), 0.7), Rule((1, 0, 1), 0.3)),),
            ((Rule((0,), 0.25), Rule((0, 1), 0.75)), (Rule((1, 0), 0.5), Rule((1, 1), 0.4), Rule((0, 0), 0.1))),
            ((Rule((0, 1), 0.5), Rule((2,), 0.5)), (Rule((1,), 0.2), Rule((0, 1), 0.2), Rule((2, 2), 0.6))),
        ),
        3,
    )


@pytest.fixture
def plain():
    """Two levels, equal probabilities, one derivation each."""
    return Grammar.from_rows(
        [(0, 0, (0, 1)), (0, 0, (1, 0, 1)), (1, 0, (0, 1)), (1, 0, (1, 1, 0)), (1, 1, (2,)), (1, 1, (2, 2))]
    )
