import numpy as np
import pytest

from lmphys.dynamics.projection import Projection
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.dynamics.slds.synthetic import draw_chains, random_parameters
from lmphys.pages.fitting.splits import across_splits
from lmphys.stats.regression import pooled_r2


def test_pooled_scores_are_the_means_of_single_splits():
    truth = random_parameters(2, 5, separation=5.0, stay=0.9, memory=0.8, seed=1)
    states = draw_chains(truth, 80, (3, 8), seed=2)
    found = across_splits(states, rank=3, n_regimes=2, n_splits=2, seed=7)
    r2 = {"predictive": [], "one map": []}
    for seed in (7, 8):
        train, test = states.split(0.7, seed=seed)
        basis = Projection(3).fit(train)
        seen, unseen = basis.transform(train), basis.transform(test)
        for name, model in {"predictive": SLDS(2, random_state=seed), "one map": SLDS(1)}.items():
            r2[name].append(pooled_r2(unseen.pairs()[1], model.fit(seen).forecasts(unseen)["predictive"]))
    assert found["predictive, R² of h"].value == pytest.approx(np.mean(r2["predictive"]))
    assert found["one linear map, R² of h"].value == pytest.approx(np.mean(r2["one map"]))
    assert found["gain"].value == pytest.approx(np.mean(r2["predictive"]) - np.mean(r2["one map"]))
    assert found["gain"].low < found["gain"].value < found["gain"].high
