import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

from lmphys.core.errors import LmphysError
from lmphys.stats.alignment import adjusted_rand, alignment, common, exchanged, normalised_information, table_or_reason

CHAINS, LENGTH = 60, 8
CHAIN = np.repeat(np.arange(CHAINS), LENGTH)
PLACE = np.tile(np.arange(LENGTH), CHAINS)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def align(regimes, labels, **settings):
    settings = {"positions": PLACE, "chains": CHAIN, "n_permutations": 199, "n_bootstrap": 50, **settings}
    return alignment(regimes, {"label": labels}, **settings).loc["label"]


def test_information_is_that_of_scikit_learn(rng):
    z, y = rng.integers(4, size=300), rng.integers(3, size=300)
    y[:150] = z[:150] % 3
    assert normalised_information(pd.crosstab(z, y).to_numpy()) == pytest.approx(
        normalized_mutual_info_score(z, y), abs=1e-12
    )
    many = rng.integers(1, 9, size=(5, 4, 3))
    np.testing.assert_allclose(normalised_information(many), [normalised_information(one) for one in many])


def test_rand_index_is_that_of_scikit_learn(rng):
    z, y = rng.integers(4, size=300), rng.integers(3, size=300)
    y[:150] = z[:150] % 3
    assert adjusted_rand(pd.crosstab(z, y).to_numpy()) == pytest.approx(adjusted_rand_score(z, y), abs=1e-12)
    many = rng.integers(1, 9, size=(5, 4, 3))
    np.testing.assert_allclose(adjusted_rand(many), [adjusted_rand(one) for one in many])
    assert adjusted_rand(np.array([[7.0]])) == 0


def test_either_index_can_be_asked_for(rng):
    regimes = rng.integers(4, size=len(CHAIN))
    labels = np.where(rng.random(len(CHAIN)) < 0.5, regimes, rng.integers(4, size=len(CHAIN)))
    found = align(regimes, labels, index="ari")
    assert found.ari == pytest.approx(adjusted_rand_score(regimes, labels))
    assert abs(found["any"]) < 0.01 < found.low < found.ari
    assert found.beyond == pytest.approx(found.ari - found.place)
    assert "nmi" not in found


def test_what_does_not_vary_shares_nothing():
    assert normalised_information(np.array([[7.0]])) == 0
    assert normalised_information(np.array([[3.0, 4.0]])) == 0


def test_equal_labels_share_everything(rng):
    regimes = rng.integers(4, size=len(CHAIN))
    found = align(regimes, np.array(list("abcd"))[regimes])
    assert found.nmi == pytest.approx(1) and found.low == pytest.approx(1)
    assert found.p_any == found.p_place == pytest.approx(1 / 200)
    assert found.verdict == "beyond position"
    assert found.beyond == pytest.approx(found.nmi - found.place)


def test_independent_labels_are_inside_both_nulls(rng):
    p = [align(rng.integers(4, size=len(CHAIN)), rng.integers(3, size=len(CHAIN)), seed=i) for i in range(20)]
    for column in ("p_any", "p_place"):
        values = np.array([row[column] for row in p])
        assert (values < 0.05).sum() <= 4  # binomial(20, 0.05): more in 0.3 of a hundred cases
        assert 0.25 < values.mean() < 0.75


def test_a_label_that_follows_the_position_is_inside_its_null_and_outside_the_other(rng):
    regimes = np.where(rng.random(len(PLACE)) < 0.2, rng.integers(4, size=len(PLACE)), PLACE // 2)
    found = align(regimes, PLACE >= 4)
    assert found.p_any == pytest.approx(1 / 200) and found.p_place == 1
    assert found.place == pytest.approx(found.nmi) and found.beyond == pytest.approx(0, abs=1e-9)
    assert found.verdict == "no more than position"
    assert found.any_high < found.nmi


def test_a_label_of_whole_groups_has_a_null_of_whole_groups(rng):
    """Six questions of ten chains: regimes and labels that are random, but the same in a question, look related."""
    group = CHAIN // 10
    p = []
    for i in range(30):
        regimes, labels = rng.integers(2, size=6)[group], rng.integers(2, size=6)[group]
        if len(set(regimes)) == len(set(labels)) == 2:
            p.append(align(regimes, labels, groups=group, seed=i, n_permutations=99))
    assert np.mean([row.p_any < 0.05 for row in p]) > 0.5
    assert np.mean([row.p_place < 0.05 for row in p]) < 0.2


def test_exchange_keeps_positions_and_equal_chains_whole(rng):
    source = exchanged(PLACE, CHAIN, CHAIN // 3, rng)
    assert sorted(source) == list(range(len(PLACE)))
    np.testing.assert_array_equal(PLACE[source], PLACE)
    partner = CHAIN[source].reshape(CHAINS, LENGTH)
    assert (partner == partner[:, :1]).all() and (partner[:, 0] != np.arange(CHAINS)).all()


def test_exchange_keeps_positions_where_lengths_differ(rng):
    lengths = rng.integers(1, 9, size=30)
    chain = np.repeat(np.arange(30), lengths)
    place = np.concatenate([np.arange(n) for n in lengths])
    source = exchanged(place, chain, chain // 2, rng)
    assert sorted(source) == list(range(len(place)))
    np.testing.assert_array_equal(place[source], place)


def test_missing_labels_are_left_out(rng):
    regimes = rng.integers(3, size=len(CHAIN))
    labels = pd.array(regimes == 1, dtype="boolean")
    labels[::3] = pd.NA
    found = align(regimes, labels)
    kept = np.arange(len(CHAIN)) % 3 != 0
    assert found.n == kept.sum() and found.classes == 2
    assert found.nmi == pytest.approx(normalized_mutual_info_score(regimes[kept], regimes[kept] == 1))


def test_a_label_of_one_value_is_said_not_to_be_measured(rng):
    found = align(rng.integers(3, size=len(CHAIN)), np.ones(len(CHAIN)))
    assert np.isnan(found.nmi) and np.isnan(found.place_high) and found.verdict == "not measured: fewer than two labels"


def test_the_level_is_shared_among_labels(rng):
    regimes = rng.integers(2, size=len(CHAIN))
    labels = {f"label {i}": regimes for i in range(30)}
    found = alignment(regimes, labels, positions=PLACE, chains=CHAIN, n_permutations=99, n_bootstrap=2)
    assert (found.p_any == 0.01).all() and (found.verdict == "no more than at random").all()


def test_arrays_of_unequal_length_are_refused():
    with pytest.raises(LmphysError, match="one length"):
        align(np.zeros(3), np.zeros(len(CHAIN)))
    with pytest.raises(LmphysError, match="0 labels"):
        alignment(np.zeros(3), {}, positions=np.zeros(3), chains=np.zeros(3))


def test_common_labels_are_those_of_enough_questions():
    labels = ["a", "a", "b", "b", None, "c"]
    np.testing.assert_array_equal(common(labels, [0, 1, 2, 2, 3, 4], 2), [True, True, False, False, False, False])


def test_a_score_without_a_table_gives_its_reason():
    def score(states, labels, ok):
        if not ok:
            raise LmphysError("too few questions; sample more")
        return pd.DataFrame({"value": [len(states) + len(labels)]})

    states, labels = np.zeros((3, 2)), ["a", "b", "a"]
    assert table_or_reason(score, states, labels, True)["value"].tolist() == [6]
    assert table_or_reason(score, states, labels, ok=False)["reason"].tolist() == ["too few questions; sample more"]
    assert "no sentence has such a label" in table_or_reason(score, states[:0], [], ok=True)["reason"][0]
