import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.mixture import GaussianMixture

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.linear import LinearDrift
from lmphys.dynamics.mixtures import (
    COVARIANCES,
    STUDENT,
    against_student,
    choose_mixture,
    count_components,
    find_regimes,
    n_parameters,
)
from lmphys.dynamics.projection import Projection
from lmphys.stats.student import StudentT, mardia_excess


def chains(noise, length=11):
    """Chains of AR(1) with coefficient 1/2 and given kicks (n, k), n divisible by length - 1."""
    states = np.zeros((len(noise) // (length - 1), length, noise.shape[1]))
    kicks = noise.reshape(len(states), length - 1, -1)
    for t in range(length - 1):
        states[:, t + 1] = 0.5 * states[:, t] + kicks[:, t]
    return Trajectories.from_list(list(states))


def three_heaps(n, seed):
    """Three heaps of unit width in the plane, 8 apart, and the heap of each sample."""
    rng = np.random.default_rng(seed)
    label = rng.integers(3, size=n)
    centres = 8 * np.array([[0, 0], [1, 0], [0.5, np.sqrt(0.75)]])
    return centres[label] + rng.standard_normal((n, 2)), label


@pytest.fixture(scope="module")
def heaps():
    noise, label = three_heaps(2000, 0)
    return chains(noise), label


@pytest.fixture(scope="module")
def heavy():
    """Kicks of one Student t of 5 degrees of freedom in three dimensions."""
    rng = np.random.default_rng(1)
    return stats.multivariate_t(np.zeros(3), np.diag([4.0, 1.0, 0.5]), df=5).rvs(2000, random_state=rng)


@pytest.mark.parametrize("covariance", COVARIANCES)
@pytest.mark.parametrize("K", [1, 3])
def test_the_criteria_are_those_of_scikit_learn(covariance, K):
    x, _ = three_heaps(300, 2)
    mixture = GaussianMixture(K, covariance_type=covariance, random_state=0).fit(x)
    p = n_parameters(covariance, K, 2)
    assert p * np.log(300) - 2 * mixture.score(x) * 300 == pytest.approx(mixture.bic(x))


def test_known_heaps_are_counted_by_every_criterion(heaps):
    table = choose_mixture(heaps[0], range(1, 6), projection=Projection(2), n_bootstrap=100)
    counts = count_components(table)
    assert (counts["BIC"] == 3).all()
    assert (counts.loc[["full", "tied"], ["last that pays"]] == 3).all(axis=None)
    # Knowing the heap saves its entropy: the density of three heaps is nearly the sum of ln 1/3 and the unit Gaussian.
    best = -np.log(3) - np.log(2 * np.pi) - 1
    assert table.held_out["spherical", 3] == pytest.approx(best, abs=0.05)
    # No heavy tail explains separate heaps.
    assert against_student(table, "spherical").account == "more than one tail"


def test_regimes_are_the_heaps_quietest_first(heaps):
    traj, label = heaps
    found = find_regimes(traj, traj, 3, covariance="full", projection=Projection(2))
    assert sum(len(np.unique(label[found.labels == j])) == 1 for j in range(3)) == 3
    norms = [np.linalg.norm(found.residuals[found.labels == j], axis=1).mean() for j in range(3)]
    assert norms == sorted(norms)
    assert found.probability.min() > 1 / 3
    steps = traj.increments()
    profile = found.profile(steps)
    np.testing.assert_allclose(profile.share, np.bincount(found.labels) / len(label))
    assert profile.share @ profile.residual == pytest.approx(np.linalg.norm(found.residuals, axis=1).mean())
    # Eight apart in an equilateral triangle: each heap's mean is 8 / sqrt(3) from the centre.
    np.testing.assert_allclose(profile["mean residual"], 8 / np.sqrt(3), atol=0.3)


def test_one_gaussian_heap_is_counted_as_one():
    noise = np.random.default_rng(3).standard_normal((2000, 3))
    table = choose_mixture(chains(noise), (1, 2, 3), projection=Projection(3), n_bootstrap=100)
    counts = count_components(table)
    assert (counts[["BIC", "last that pays"]] == 1).all(axis=None)
    assert abs(table.excess["full", 1]) < 0.01


def test_one_heavy_tail_is_counted_as_several_although_it_has_one_mode(heavy):
    table = choose_mixture(chains(heavy), (1, 2, 3), covariances=("full",), projection=Projection(3), n_bootstrap=100)
    assert count_components(table).loc["full", "BIC"] > 1
    assert table.step_low["full", 2] > 0
    # The rival with one heap is better than all of them, by both measures.
    assert (table.excess_high.drop(index=STUDENT) < 0).all()
    assert table.bic.idxmin() == STUDENT
    verdict = against_student(table)
    assert verdict.account == "one heavy tail"
    assert verdict.excess == table.excess["full", verdict["K held out"]] == table.excess.loc["full"].max()


def test_student_t_is_found_by_maximum_likelihood(heavy):
    fit = StudentT().fit(heavy)
    assert fit.df_ == pytest.approx(5, rel=0.15)
    np.testing.assert_allclose(np.diag(fit.scale_), [4, 1, 0.5], rtol=0.1)
    peer = stats.multivariate_t(fit.loc_, fit.scale_, df=fit.df_)
    np.testing.assert_allclose(fit.score_samples(heavy), peer.logpdf(heavy), rtol=1e-10)
    for df in (0.9 * fit.df_, 1.1 * fit.df_):
        other = stats.multivariate_t(fit.loc_, fit.scale_, df=df)
        assert other.logpdf(heavy).sum() < fit.score_samples(heavy).sum()
    with pytest.raises(LmphysError, match="lower rank"):
        StudentT().fit(heavy[:3])


def test_mardias_kurtosis_in_closed_form():
    rng = np.random.default_rng(4)
    assert mardia_excess(rng.standard_normal((50_000, 4))) == pytest.approx(0, abs=0.02)
    t = stats.multivariate_t(np.ones(4), np.eye(4), df=14).rvs(50_000, random_state=rng)
    assert mardia_excess(t) == pytest.approx(2 / (14 - 4), abs=0.04)
    # Four samples at the corners of a square are all at the same distance, and k of the squares sum up to k.
    corners = np.array([[1.0, 1], [1, -1], [-1, 1], [-1, -1]])
    assert mardia_excess(corners) == pytest.approx(2**2 / (2 * 4) - 1)
    for few in (corners[:2], np.ones((9, 2))):
        with pytest.raises(LmphysError, match="samples do not determine a kurtosis in 2 dimensions; use a lower rank"):
            mardia_excess(few)


def test_held_out_density_does_not_see_the_chain_that_it_scores():
    rng = np.random.default_rng(6)
    traj = chains(rng.standard_normal((400, 2)))
    traj.chains["question_id"] = np.arange(len(traj)) // 2
    with pytest.raises(LmphysError, match="21 folds of 20 questions"):
        choose_mixture(traj, (1,), projection=Projection(2), n_folds=21)
    table = choose_mixture(traj, (1,), covariances=("full",), projection=Projection(2), n_folds=20, n_bootstrap=10)
    densities = []
    for q in range(20):
        test = traj.chains["question_id"].to_numpy() == q
        train = traj.select(~test)
        projection = Projection(2).fit(train)
        drift = LinearDrift().fit(projection.transform(train))
        z = drift.residuals(projection.transform(train))
        floor = 1e-3 * z.var(axis=0).mean() * np.eye(2)
        law = stats.multivariate_normal(z.mean(axis=0), np.cov(z.T, bias=True) + floor)
        densities.extend(law.logpdf(drift.residuals(projection.transform(traj.select(test)))))
    assert table.held_out["full", 1] == pytest.approx(np.mean(densities), abs=1e-8)


def test_what_cannot_be_chosen_from_is_refused(heaps):
    with pytest.raises(LmphysError, match="nothing to choose from"):
        choose_mixture(heaps[0], (), projection=Projection(2))
    tiny = chains(np.random.default_rng(7).standard_normal((20, 2)))
    with pytest.raises(LmphysError, match="for 30 components"):
        find_regimes(tiny, tiny, 30, projection=Projection(2))


def test_the_last_component_that_pays_stops_at_the_first_that_does_not():
    index = pd.MultiIndex.from_tuples([("full", K) for K in range(1, 5)] + [STUDENT])
    index.names = ["covariance", "n_components"]
    table = pd.DataFrame(
        {"bic": [4, 1, 3, 2, 0], "aic": [4, 3, 1, 2, 0], "held_out": [1, 2, 1, 3, 0]}
        | {"step_low": [np.nan, 0.5, -0.1, 0.2, np.nan]},
        index=index,
    )
    assert count_components(table).loc["full"].to_dict() == {"BIC": 2, "AIC": 3, "held out": 4, "last that pays": 2}
