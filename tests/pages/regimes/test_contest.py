import numpy as np
import pandas as pd
import pytest

from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.mixtures import against_student, choose_mixture
from lmphys.dynamics.projection import Projection
from lmphys.pages.regimes.contest import contest_by_rank


@pytest.fixture
def noise():
    rng = np.random.default_rng(0)
    return Trajectories.from_list(list(rng.standard_normal((30, 8, 4))))


def test_rows_are_those_of_single_choices_and_of_what_is_known(noise):
    known = choose_mixture(noise, (1, 2), covariances=("full",), projection=Projection(3), seed=1)
    found = contest_by_rank({"noise": noise}, (1, 2), [2], {("noise", 3): known}, seed=1)
    assert list(found.index) == [("noise", 2), ("noise", 3)]
    pd.testing.assert_series_equal(
        found.loc[("noise", 3)], against_student(known), check_names=False, check_dtype=False
    )
    peer = choose_mixture(noise, (1, 2), covariances=("full",), projection=Projection(2), seed=1)
    assert found.loc[("noise", 2), "excess"] == pytest.approx(against_student(peer)["excess"])
