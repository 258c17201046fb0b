import numpy as np
import pytest
from tests.dynamics.rotations import rotating

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.reversal import TimeArrow, arrow_of_time


def backwards(traj):
    return Trajectories.from_list([states[::-1] for states in traj])


@pytest.mark.parametrize(("radius", "angle"), [(0.8, 0.5), (0.5, 1.2)])
def test_log_odds_of_a_rotation_are_its_entropy_production(radius, angle):
    # Unit marginals and Cov(y, x) = r R: KL of the pairs from their reversal is 4 r^2 sin^2(angle) / (1 - r^2).
    train, test = (rotating(2_000, 12, radius, angle, seed) for seed in (0, 1))
    found = arrow_of_time(train, test)
    expected = 4 * radius**2 * np.sin(angle) ** 2 / (1 - radius**2)
    assert found.nats.value == pytest.approx(expected, rel=0.05)
    assert found.nats.low < expected < found.nats.high


def test_detailed_balance_leaves_no_direction():
    # The same pull in all directions, or none: reversible. Any guess is right half the time.
    for radius in (0.0, 0.7):
        train, test = (rotating(400, 8, radius, 0.0, seed) for seed in (2, 3))
        found = arrow_of_time(train, test)
        assert abs(found.told.value - 0.5) < 3 * 0.5 / np.sqrt(len(test))
        assert abs(found.nats.value) < 0.01


def test_a_chain_read_backwards_has_the_opposite_log_odds():
    train, test = (rotating(50, 6, 0.8, 0.5, seed) for seed in (4, 5))
    arrow = TimeArrow().fit(train)
    np.testing.assert_allclose(arrow.log_odds(backwards(test)), -arrow.log_odds(test), atol=1e-9)


def test_a_beginning_is_a_direction_and_goes_with_the_ends():
    rng = np.random.default_rng(6)

    def chains(n):  # independent states, the first of them far off
        x = rng.standard_normal((n, 8, 3))
        x[:, 0] += 6.0
        return Trajectories.from_list(list(x))

    train, test = chains(300), chains(300)
    assert arrow_of_time(train, test).told.value > 0.99
    inside = arrow_of_time(train, test, trim=1)
    assert inside.chains == 300
    assert abs(inside.told.value - 0.5) < 3 * 0.5 / np.sqrt(300)


def test_chains_without_a_step_left_are_dropped():
    rng = np.random.default_rng(7)
    chains = Trajectories.from_list([rng.standard_normal((n, 2)) for n in (1, 2, 3, 4, 5, 9)])
    assert arrow_of_time(chains, chains).chains == 5
    assert arrow_of_time(chains, chains, trim=1).chains == 3
    with pytest.raises(LmphysError, match="smaller trim"):
        arrow_of_time(chains, chains, trim=2)  # one chain is left
    with pytest.raises(LmphysError, match="smaller trim"):
        arrow_of_time(chains, chains, trim=9)
    with pytest.raises(LmphysError, match="no covariance"):
        TimeArrow().fit(Trajectories.from_list([np.zeros((2, 2))]))
