import numpy as np
import pandas as pd
import pytest

from lmphys.core.errors import LmphysError
from lmphys.pages.slds.ablation import DEFINITIONS, MODELS, SPACES, TABLE, TARGETS, WEIGHTS, Ablation
from lmphys.pages.slds.patterns import compare_patterns, describe_patterns, nll_order


def by_hand(r2_of: dict[str, float]) -> Ablation:
    """Ten chains of one error each, such that every definition gives these R^2."""
    errors = np.empty((len(MODELS), len(SPACES), len(WEIGHTS), 10))
    for i, name in enumerate(MODELS):
        errors[i] = 1 - r2_of.get(name, 0.0)
    spreads = {(space, target): lambda w: w.sum(axis=1) for space in SPACES for target in TARGETS}
    surprise = np.array([np.full(10, -r2_of.get(name, 0.0)) for name in MODELS])  # as R² falls, surprise grows
    return Ablation({}, None, None, (), np.arange(10), errors, spreads, surprise, np.ones(10, dtype=int))


def test_patterns_of_tables_made_by_hand():
    paper = dict(zip(TABLE, (0.74, 0.58, 0.60, 0.35, 0.51), strict=True))
    reverse = {name: 1 - value for name, value in paper.items()}
    pattern = compare_patterns(by_hand(paper), by_hand(reverse), paper, n_bootstrap=30)
    assert list(pattern.index) == list(DEFINITIONS)
    np.testing.assert_allclose(pattern.rms, 0, atol=1e-12)
    np.testing.assert_allclose(pattern.null_rms, np.sqrt(np.mean([(1 - 2 * v) ** 2 for v in paper.values()])))
    np.testing.assert_allclose(pattern.excess, -pattern.null_rms)
    assert (pattern.tau == 1).all() and (pattern.null_tau == -1).all()
    assert (pattern.order == 1).all() and (pattern.null_order == 0).all()
    # One pair of the ten exchanged: eight tenths of agreement.
    swapped = paper | {"no regimes": 0.61}
    assert compare_patterns(by_hand(swapped), by_hand(paper), paper, n_bootstrap=2).tau.iloc[0] == pytest.approx(0.8)


def test_the_order_of_likelihoods_is_that_of_the_rows():
    paper = dict(zip(TABLE, (78, 155, 210, 290, 180), strict=True))
    same = by_hand({name: -float(value) for name, value in paper.items()})
    assert tuple(nll_order(same, paper, n_bootstrap=20)) == (1, 1, 1)
    reverse = by_hand({name: float(value) for name, value in paper.items()})
    assert tuple(nll_order(reverse, paper, n_bootstrap=20)) == (-1, -1, -1)
    # One neighbour pair out of order of ten pairs: tau = (9 - 1) / 10. One chain of two decides which comes first.
    swapped = {**paper, "no regimes": 181}
    assert nll_order(by_hand({n: -float(v) for n, v in swapped.items()}), paper, n_bootstrap=20).value == 0.8


def test_a_paper_without_a_row_is_refused():
    found = by_hand({})
    with pytest.raises(LmphysError, match="lacks no projection, one linear map"):
        compare_patterns(found, found, {"full model": 0.7, "no regimes": 0.6, "no state drift": 0.3})


def test_a_description_counts_what_the_table_holds():
    columns = ["rms", "null_rms", "excess", "excess_low", "excess_high", "order", "null_order"]
    pattern = pd.DataFrame([[0.3, 0.3, 0.0, -0.1, 0.1, 0.5, 0.96]] * 24, index=DEFINITIONS, columns=columns)
    pattern.loc[("D", "h", "oracle")] = 0.1, 0.2, -0.1, -0.15, -0.05, 1.0, 0.2
    pattern.loc[("k", "h", "predictive"), "order"] = 0.95
    found = describe_patterns(pattern)
    assert found["closest definition"] == "D, h, oracle"
    assert found["its distance from the paper"] == "0.100"
    assert found["the same, surrogates of one map"] == "0.200"
    assert found["real chains minus surrogates"] == "-0.100 [-0.150, -0.050]"
    assert found["definitions in which the real chains are closer"] == "1 of 24; D, h, oracle"
    assert found["in the paper's order, real chains"] == "2 definitions, 1 of them by the honest forecast"
    assert found["in the paper's order, surrogates of one map"].startswith("23 definitions, 6 of them")
