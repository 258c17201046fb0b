import numpy as np
import pandas as pd
import pytest

from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.evaluate.label_nulls import (
    SAME_FAMILY,
    SAME_PLACE,
    exchanged_information,
    untrained_information,
)
from lmphys.stats.alignment import normalised_information


def chains(label, n=120, steps=6, noise=0.05, seed=0):
    """Chains whose states are far apart by their label, label(family, place, chance)."""
    rng = np.random.default_rng(seed)
    rows, states = [], []
    for chain in range(n):
        for t in range(steps + 1):
            name = label(chain % 2, t, rng.integers(2))
            rows.append({"chain": chain, "t": t, "label": str(name)})
            states.append(10.0 * np.array([name == 0, name == 1, name == 2]) + noise * rng.standard_normal(3))
    tables = pd.DataFrame({"question_id": np.arange(n) // 2, "task": [f"family {c % 2}" for c in range(n)]})
    return Trajectories(np.array(states), np.full(n, steps + 1), tables, pd.DataFrame(rows))


def information(regimes, labels):
    return float(normalised_information(pd.crosstab(regimes, labels).to_numpy()))


def nulls(traj):
    labels = traj.sentences["label"].to_numpy()[traj.sources() + 1]
    return information(labels, labels), exchanged_information(labels, labels, traj, n_permutations=60)


def test_a_label_of_chance_is_lost_by_every_exchange():
    own, found = nulls(chains(lambda family, t, chance: chance))
    assert own == 1
    assert found[SAME_PLACE].high < 0.05 and found[SAME_FAMILY].high < 0.05


def test_a_label_of_the_family_is_kept_within_families_alone():
    own, found = nulls(chains(lambda family, t, chance: family))
    assert own == 1
    assert found[SAME_PLACE].value < 0.5
    assert tuple(found[SAME_FAMILY]) == pytest.approx((1, 1, 1))


def test_a_label_of_the_place_is_kept_by_both():
    _, found = nulls(chains(lambda family, t, chance: t % 3))
    assert all(tuple(x) == pytest.approx((1, 1, 1)) for x in found.values())


def test_states_that_lie_where_their_label_is_share_it():
    traj = chains(lambda family, t, chance: (family + chance) % 3, noise=0.5)
    found = untrained_information(traj, "label", rank=2, n_regimes=3, seed=1)
    assert found.low <= found.value <= found.high
    rng = np.random.default_rng(2)
    noise = traj.with_states(rng.standard_normal(traj.states.shape))
    assert untrained_information(noise, "label", rank=2, n_regimes=3, seed=1).value < 0.1 < found.value
