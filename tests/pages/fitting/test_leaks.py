import pytest

from lmphys.dynamics.evaluate.target_leakage import leak_curve
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.dynamics.slds.synthetic import draw_chains, random_parameters
from lmphys.pages.fitting.leaks import GAUSSIAN, PERMUTED, REAL, STUDENT, leak_table, null_gains


@pytest.fixture(scope="module")
def table():
    truth = random_parameters(2, 3, separation=4.0, seed=1)
    train, test = (draw_chains(truth, 150, 6, seed=seed) for seed in (2, 3))
    leak = leak_table(train, test, (1, 2), single=SLDS(1).fit(train), seed=4)
    return leak, leak_curve(train, test, (1, 2), random_state=4)


def test_real_chains_are_scored_as_by_the_curve_alone(table):
    leak, alone = table
    assert leak.columns.tolist() == ["corpus", *alone.columns]
    assert leak.corpus.drop_duplicates().tolist() == [REAL, PERMUTED, GAUSSIAN, STUDENT]
    assert leak.index.tolist() == list(range(len(leak)))
    assert leak[leak.corpus == REAL].drop(columns="corpus").equals(alone)


def test_only_hindsight_gains_from_regimes_where_there_are_none(table):
    leak = table[0].set_index(["corpus", "weights", "n_regimes"]).r2_h
    for corpus in (PERMUTED, GAUSSIAN, STUDENT):
        assert leak[corpus, "predictive", 2] - leak[corpus, "predictive", 1] < 0.02
        assert leak[corpus, "oracle", 2] - leak[corpus, "oracle", 1] > 0.1
    assert abs(leak[PERMUTED, "predictive", 1]) < 0.03
    assert leak[STUDENT, "predictive", 1] > 0.1


def test_null_gains_are_the_mean_and_the_range_of_draws():
    truth = random_parameters(2, 3, separation=4.0, seed=1)
    train, test = (draw_chains(truth, 60, 6, seed=seed) for seed in (2, 3))
    single = SLDS(1).fit(train)
    one = null_gains(train, test, 2, single=single, n_draws=1, seed=4)
    leak = leak_table(train, test, (1, 2), single=single, seed=4).set_index(["corpus", "weights", "n_regimes"]).r2_h
    for corpus, gain in one.items():
        assert gain.value == gain.low == gain.high
        expected = leak[corpus, "predictive", 2] - leak[corpus, "predictive", 1]
        assert gain.value == pytest.approx(expected)
    two = null_gains(train, test, 2, single=single, n_draws=2, seed=4)
    for corpus, gain in two.items():
        assert gain.low < gain.value < gain.high
        assert one[corpus].value in (gain.low, gain.high)
        assert gain.value == pytest.approx((gain.low + gain.high) / 2)
