import numpy as np
import pytest

from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.dynamics.slds.parameters import SLDSParameters
from lmphys.pages.slds.third_state import third_state_ratio


def halving(noise):
    one = np.ones((1, 1))
    return SLDS.from_parameters(
        SLDSParameters(np.ones(1), one, -0.5 * np.eye(2)[None], np.zeros((1, 2)), noise**2 * np.eye(2)[None])
    )


def test_a_law_that_is_known_foresees_and_one_that_is_noise_knows_no_more_than_another_chain():
    rng = np.random.default_rng(0)
    starts = rng.standard_normal((400, 2))
    exact = Trajectories.from_list([np.stack([x, x / 2, x / 4]) for x in starts])
    assert third_state_ratio(halving(1e-6), exact, seed=1) == pytest.approx(0, abs=1e-4)
    # White noise about 0, forecast by white noise about 0: the same distance as between two chains.
    noise = Trajectories.from_list(list(rng.standard_normal((4000, 3, 2))))
    white = SLDS.from_parameters(
        SLDSParameters(np.ones(1), np.ones((1, 1)), -np.eye(2)[None], np.zeros((1, 2)), np.eye(2)[None])
    )
    assert third_state_ratio(white, noise, seed=1) == pytest.approx(1, abs=0.04)


def test_shorter_chains_are_left_out_and_too_few_have_no_ratio():
    rng = np.random.default_rng(0)
    short, long = [rng.standard_normal((2, 2))] * 3, list(rng.standard_normal((5, 3, 2)))
    model = halving(1.0)
    both, alone = (third_state_ratio(model, Trajectories.from_list(x), seed=3) for x in (short + long, long))
    assert both == pytest.approx(alone)
    assert np.isnan(third_state_ratio(model, Trajectories.from_list(short + long[:1]), seed=3))
