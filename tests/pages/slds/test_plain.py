import numpy as np
import pytest

from lmphys.dynamics.evaluate.one_step import one_step_scores
from lmphys.dynamics.linear import LinearDrift
from lmphys.dynamics.slds.synthetic import draw_chains, random_parameters
from lmphys.pages.slds.ablation import ablate
from lmphys.pages.slds.plain import plain_forecasts
from lmphys.stats.regression import pooled_r2


def test_plain_forecasts_are_those_of_one_step_scores_and_move_nothing_outside():
    truth = random_parameters(2, 6, separation=3.0, stay=0.9, memory=0.9, seed=1)
    train, test = (draw_chains(truth, n, (3, 9), seed=seed) for n, seed in ((80, 2), (30, 3)))
    real = ablate(train, test, rank=3, n_regimes=2, noise_rank=2, max_iter=2)
    found = plain_forecasts(real, train, test, seed=4)
    inside = [real.projection.transform(t) for t in (train, test)]
    scores = one_step_scores(LinearDrift(1.0).fit(inside[0]), inside[1], train=inside[0], n_bootstrap=2)
    for name in ("persistence", "per-trace mean"):
        for target, column in {"h": "r2_h", "Δh": "r2_dh"}.items():
            assert found[name][f"R² of {target}, k coordinates"].value == pytest.approx(scores[column][name])
    # In all D dimensions persistence is the state itself, and explains nothing of the step but its mean.
    h, h_next, _ = test.pairs()
    assert found["persistence"]["R² of h, all D"].value == pytest.approx(pooled_r2(h_next, h))
    assert found["persistence"]["R² of Δh, all D"].value <= 0
    # Sentences in random order: the map knows the mean of the chain, and no more than the ordered chains allow.
    assert found["shuffled order"]["R² of h, k coordinates"].value < scores.r2_h["one linear map"]
    assert np.isfinite([number for numbers in found.values() for x in numbers.values() for number in x]).all()
