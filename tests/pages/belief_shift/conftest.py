import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from lmphys.core.trajectories import Trajectories
from lmphys.pages.belief_shift.folds import fit_folds
from lmphys.pages.belief_shift.themes import Theme

R = 0.8
PLACES, PUSH = (2, 5), np.array([[2.0, 0, 0, 0], [0, 1.5, 0, 0]])


def themed_chains(n_themes=8, n_chains=6, n_steps=9, seed=0):
    """AR(1) chains of width 4 and unit variance, pushed at two sentences if poisoned; belief follows coordinate 0."""
    rng = np.random.default_rng(seed)
    rows = [(f"t{i}", c, j) for i in range(n_themes) for c in ("clean", "poisoned") for j in range(n_chains)]
    h = rng.standard_normal((len(rows), 4))
    poisoned = np.array([row[1] == "poisoned" for row in rows])
    states = [h]
    for t in range(1, n_steps):
        h = R * h + np.sqrt(1 - R**2) * rng.standard_normal(h.shape)
        if t in PLACES:
            h = h + poisoned[:, None] * PUSH[PLACES.index(t)]
        states.append(h)
    flat = np.stack(states, axis=1).reshape(-1, 4)
    chains = pd.DataFrame(rows, columns=["question_id", "condition", "number"])
    t = np.tile(np.arange(n_steps), len(rows))
    sentences = pd.DataFrame({"chain": np.repeat(np.arange(len(rows)), n_steps), "t": t})
    sentences["how"] = np.where(np.isin(t, PLACES), "given", "drawn")
    sentences["belief"] = expit(2 * flat[:, 0])
    return Trajectories(flat, np.full(len(rows), n_steps), chains, sentences)


THEMES = [Theme(f"t{i}", "", "", "False.", "Known.", (5, 11), ("a", "b"), ("c", "d")) for i in range(8)]


@pytest.fixture(scope="package")
def folds():
    return fit_folds(themed_chains(), rank=4, n_regimes=2, n_folds=2)
