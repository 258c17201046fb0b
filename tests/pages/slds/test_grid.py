import numpy as np
import pandas as pd
import pytest

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.evaluate.one_step import one_step_scores
from lmphys.dynamics.projection import Projection
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.dynamics.slds.synthetic import draw_chains, random_parameters
from lmphys.pages.slds.grid import describe_grids, is_supported, score_grid


def test_a_pair_is_supported_if_each_share_determines_a_map():
    enough, short = (Trajectories.from_list([np.zeros((n + 1, 5))]) for n in (24, 23))
    assert is_supported(enough, 4, 5) and not is_supported(short, 4, 5)
    assert not is_supported(enough, 1, 6)  # more directions than dimensions


@pytest.fixture(scope="module")
def chains():
    truth = random_parameters(3, 6, separation=3.0, seed=1)
    return tuple(draw_chains(truth, n, (2, 8), seed=seed) for n, seed in ((40, 2), (30, 3)))


def test_grid_has_the_scores_of_single_fits(chains):
    train, test = chains
    grid = score_grid(train, test, (1, 3), (2, 4), n_bootstrap=10, n_init=2)
    assert list(grid.index) == [(1, 2), (1, 4), (3, 2), (3, 4)]
    projection = Projection(4).fit(train)
    inside = projection.transform(train)
    three, one = (
        one_step_scores(SLDS(K, n_init=2).fit(inside), test, train=train, projection=projection, n_bootstrap=2)
        for K in (3, 1)
    )
    cell = grid.loc[(3, 4)]
    assert cell.r2_h == pytest.approx(three.r2_h["predictive"])
    assert cell.honest == pytest.approx(three.r2_h["predictive"] - one.r2_h["predictive"])
    assert cell.leaking == pytest.approx(three.r2_h["filtered_after_update"] - one.r2_h["predictive"])
    assert cell.density == pytest.approx(-three.full_nll["predictive"])
    shrunk = SLDS(1, drift_prior=0.9).fit(inside)
    rival = one_step_scores(shrunk, test, train=train, projection=projection, n_bootstrap=2).r2_h["predictive"]
    assert cell.equal == pytest.approx(three.r2_h["predictive"] - rival)


def test_one_regime_gains_nothing_over_itself(chains):
    row = score_grid(*chains, (1,), (3,), n_bootstrap=10).iloc[0]
    for column in ("honest", "honest_low", "honest_high", "equal", "leaking"):
        assert row[column] == pytest.approx(0, abs=1e-12)


def test_what_the_chains_do_not_support_is_left_out(chains):
    train, test = chains
    few = train.select(range(10))
    n = few.n_transitions
    grid = score_grid(few, test, (1, 4, 9), (2, 5), n_bootstrap=2)
    assert list(grid.index) == [(K, k) for K in (1, 4, 9) for k in (2, 5) if n >= K * (k + 1)]
    assert 0 < len(grid) < 6
    with pytest.raises(LmphysError, match="support no pair"):
        score_grid(few, test, (50,), (5,))


def test_shrinkage_alone_can_look_like_a_gain_of_regimes():
    """Noise, few transitions, many directions: the plain gain is that of the penalty, and the fair rival shows it."""
    rng = np.random.default_rng(0)
    train, test = (Trajectories.from_list(list(rng.standard_normal((n, 6, 16)))) for n in (16, 200))
    cell = score_grid(train, test, (4,), (15,), n_bootstrap=50, drift_prior=0.1).iloc[0]
    assert cell.honest > cell.equal + 0.01
    assert cell.equal < 0.02


def test_a_description_counts_pairs_with_more_than_one_regime():
    index = pd.MultiIndex.from_product([[1, 2], [5, 10]], names=["n_regimes", "rank"])
    grid = pd.DataFrame({"equal": [9, 9, 0.01, -0.02], "equal_low": [9, 9, 0.005, -0.04],
                         "equal_high": [9, 9, 0.02, -0.01], "leaking": [9, 9, 0.1, 0.2]}, index=index)  # fmt: skip
    row = describe_grids({"one": grid}).loc["one"]
    expected = {"pairs": 2, "target seen, most": 20, "honest at equal penalty, least": -2, "most": 1}
    assert row.to_dict() == pytest.approx({**expected, "above 0": 1, "below 0": 1})
