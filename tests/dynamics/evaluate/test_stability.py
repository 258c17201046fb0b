from itertools import permutations

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.evaluate.stability import adjusted_rand, match_regimes, regime_stability
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.dynamics.slds.parameters import SLDSParameters

SETTINGS = {"n_init": 2, "max_iter": 30}


def chains(b, seed, n_chains=60, stay=0.8):
    """Chains of K regimes that differ in their offsets b (K, 2) alone, noise 0.2, questions of two chains each."""
    K = len(b)
    T = stay * np.eye(K) + (1 - stay) / K
    p = SLDSParameters(np.full(K, 1 / K), T, np.stack([-0.5 * np.eye(2)] * K), b, np.stack([0.2 * np.eye(2)] * K))
    traj = SLDS.from_parameters(p).simulate([np.zeros((1, 2))] * n_chains, 12, seed=seed)
    traj.chains["question_id"] = np.arange(n_chains) // 2
    return traj, p


CORNERS = 4 * np.array([[1.0, 0.0], [-0.5, 0.8], [-0.5, -0.8]])


def test_matching_undoes_a_permutation():
    rng = np.random.default_rng(0)
    reference = rng.integers(5, size=300)
    renaming = np.array([3, 0, 4, 1, 2])  # regime i is called renaming[i] by the other
    other = renaming[reference]
    order = match_regimes(reference, other, 5)
    np.testing.assert_array_equal(order, renaming)
    np.testing.assert_array_equal(np.argsort(order)[other], reference)
    noisy = np.where(rng.random(300) < 0.3, rng.integers(5, size=300), other)
    np.testing.assert_array_equal(match_regimes(reference, noisy, 5), renaming)


def test_matching_is_the_best_of_all_permutations():
    rng = np.random.default_rng(1)
    reference, other = rng.integers(4, size=(2, 60))
    best = max(np.mean(np.array(order)[reference] == other) for order in permutations(range(4)))
    order = match_regimes(reference, other, 4)
    assert np.mean(np.argsort(order)[other] == reference) == pytest.approx(best)


def test_a_permuted_model_decodes_in_the_order_of_the_reference():
    traj, p = chains(CORNERS, seed=2)
    shuffled = SLDS.from_parameters(p.permute([2, 0, 1]))
    reference = SLDS.from_parameters(p).viterbi(traj)
    order = match_regimes(reference, shuffled.viterbi(traj), 3)
    restored = shuffled.parameters_.permute(order)
    np.testing.assert_array_equal(restored.b, p.b)
    np.testing.assert_array_equal(SLDS.from_parameters(restored).viterbi(traj), reference)


def test_an_unused_regime_leaves_a_whole_order():
    order = match_regimes(np.array([0, 0, 1, 1]), np.array([2, 2, 2, 1]), 3)
    assert sorted(order) == [0, 1, 2]
    assert order[0] == 2 and order[1] == 1


def test_separated_regimes_are_found_again_and_the_null_is_not():
    traj, _ = chains(CORNERS, seed=3)
    table = regime_stability(SLDS(3, **SETTINGS), traj, n_repeats=3)
    assert list(table.index) == ["restarts", "halves", "one regime"]
    assert table.loc[["restarts", "halves"], "ari_min"].min() > 0.97
    assert table.loc[["restarts", "halves"], "agreement"].min() > 0.98
    assert table.loc["one regime", "ari_max"] < 0.4
    assert table.loc["one regime", "agreement"] < 0.8
    assert (table["ari_min"] <= table["ari"]).all() and (table["ari"] <= table["ari_max"]).all()


def test_chains_without_regimes_are_as_stable_as_their_null():
    traj, _ = chains(np.zeros((1, 2)), seed=4)
    table = regime_stability(SLDS(3, **SETTINGS), traj, n_repeats=3, seed=1)
    assert table.loc["halves", "ari_max"] < 0.4
    assert abs(table.loc["halves", "ari"] - table.loc["one regime", "ari"]) < 0.2


def test_halves_are_two_fits_that_share_no_question():
    traj, _ = chains(CORNERS / 4, seed=5, n_chains=40)
    model = SLDS(2, **SETTINGS)
    table = regime_stability(model, traj, n_repeats=2, seed=6)
    index = []
    for s in np.random.SeedSequence(6).generate_state(2):
        first, second = traj.split(0.5, seed=int(s))
        assert not set(first.chains["question_id"]) & set(second.chains["question_id"])
        paths = [SLDS(2, random_state=int(s), **SETTINGS).fit(half).viterbi(traj) for half in (first, second)]
        index.append(adjusted_rand_score(*paths))
    assert table.loc["halves", "ari"] == pytest.approx(np.mean(index))
    assert table.loc["halves", ["ari_min", "ari_max"]].tolist() == pytest.approx([min(index), max(index)])
    assert not hasattr(model, "parameters_")


def test_one_regime_for_all_transitions_is_no_agreement():
    constant = np.zeros(10, dtype=int)
    assert adjusted_rand_score(constant, constant) == 1
    assert adjusted_rand(constant, constant) == 0


def test_unusable_input_is_refused():
    traj, p = chains(CORNERS, seed=7, n_chains=10)
    with pytest.raises(LmphysError, match="decode the same chains"):
        match_regimes(np.zeros(3, dtype=int), np.zeros(4, dtype=int), 2)
    with pytest.raises(LmphysError, match=r"0\.\.3 are not in 0\.\.2"):
        match_regimes(np.array([0, 3]), np.array([0, 1]), 3)
    with pytest.raises(LmphysError, match="1 regimes"):
        regime_stability(SLDS(1), traj)
    with pytest.raises(LmphysError, match="all fits start alike"):
        regime_stability(SLDS(3, init=p), traj)
    with pytest.raises(LmphysError, match="too few to split"):
        regime_stability(SLDS(3), Trajectories.from_list([traj[0]]), n_repeats=2)
