import numpy as np
import pytest

from lmphys.dynamics.evaluate.target_leakage import leak_curve
from lmphys.dynamics.slds.synthetic import draw_chains, random_parameters
from lmphys.pages.slds.ablation import ablate
from lmphys.pages.slds.state_drift import drift_losses, without_drift


@pytest.fixture(scope="module")
def parts():
    truth = random_parameters(1, 3, separation=0.0, memory=0.3, seed=1)
    return [draw_chains(truth, n, 12, seed=seed) for n, seed in ((80, 2), (60, 3))]


def test_random_walks_have_the_mean_step_and_permuted_chains_the_states(parts):
    lacking = without_drift(parts, seed=5)
    for real, walk, mixed in zip(parts, lacking["random walks"][0], lacking["permuted"][0], strict=True):
        np.testing.assert_array_equal(walk.lengths, real.lengths)
        np.testing.assert_allclose(walk.states[walk.offsets[:-1]], real.states[real.offsets[:-1]])
        np.testing.assert_allclose(np.sort(mixed.states[:, 0]), np.sort(real.states[:, 0]))
    steps = lacking["random walks"][0][0].increments()
    np.testing.assert_allclose(steps.mean(axis=0), parts[0].increments().mean(axis=0), atol=0.12)
    np.testing.assert_allclose(np.cov(steps.T), np.cov(parts[0].increments().T), atol=0.25)
    # Where a state comes from tells nothing of the step that leaves it.
    walk = lacking["random walks"][0][0]
    step = walk.increments() - steps.mean(axis=0)
    assert abs((step * walk.pairs()[0]).mean() / (step.std() * walk.pairs()[0].std())) < 0.06


def test_losses_are_those_of_single_tables_and_greatest_where_there_is_no_motion(parts):
    scores = ablate(*parts, rank=3, n_regimes=2, noise_rank=1, max_iter=3).scores(n_bootstrap=2)
    lacking = without_drift(parts, seed=5)
    found = drift_losses({"real": scores}, lacking, n_regimes=2, seed=7)
    assert list(found.index) == ["real", "random walks", "permuted"]
    r2 = scores["r2"]
    assert found.loc["real", "full, honest"] == r2["full model", "k", "h", "predictive"]
    assert found.loc["real", "full, target seen"] == r2["full model", "k", "h", "filtered_after_update"]
    assert found.loc["real", "without, honest"] == r2["no state drift", "k", "h", "predictive"]
    curves = [leak_curve(*draw, (2,), drift="none", n_init=2, random_state=7) for draw in lacking["permuted"]]
    honest = [curve.set_index("weights").r2_h["predictive"] for curve in curves]
    assert found.loc["permuted", "without, honest"] == pytest.approx(np.mean(honest))
    assert len(set(honest)) == 3  # no two draws alike
    drops = found[["drop_low", "drop", "drop_high"]]
    assert drops.loc["real"].isna().tolist() == [True, False, True]
    assert drops.drop(index="real").T.diff().iloc[1:].gt(0).all(axis=None)
    np.testing.assert_allclose(found["drop"], found["without, honest"] - found["full, honest"])
    np.testing.assert_allclose(found["leak"], found["full, target seen"] - found["full, honest"])
    # Without a drift the forecast is near the state itself. Of states in random order half of the variance of a step
    # is the return to the mean, all of which is lost; a random walk does not return.
    assert found.loc["permuted", "drop"] < found.loc["real", "drop"] < -0.3
    assert abs(found.loc["random walks", "drop"]) < 0.05
