"""What the tests of forecasts share: chains of noise, and signals of them."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lmphys.core.trajectories import Trajectories
from lmphys.pages.early_warning.prefixes import PrefixSignals
from lmphys.pages.early_warning.signals import prefix_signals

N, WIDTH = 96, 8


def build(seed=0, n=N):
    """Chains of four a question and two tasks, whose states know nothing of the outcome."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(3, 8, n)
    traj = Trajectories.from_list([rng.standard_normal((T, WIDTH)) for T in lengths])
    chains = pd.DataFrame(
        {
            "chain_id": [f"{i}" for i in range(n)],
            "question_id": [f"q{i // 4}" for i in range(n)],
            "task": np.where(np.arange(n) // 4 % 2, "sums", "letters"),
            "correct": rng.random(n) < 0.5,
        }
    )
    N = len(traj.states)
    sentences = traj.sentences.assign(n_tokens=rng.integers(5, 30, N), entropy=rng.random(N), logp=-rng.random(N))
    return replace(traj, chains=chains, sentences=sentences)


@pytest.fixture(scope="session")
def signals():
    return prefix_signals(build(), range(1, 6), PrefixSignals(3, 2, state_rank=4, n_init=1), n_folds=4)


@pytest.fixture(scope="session")
def corpus():
    """Builds chains whose states know nothing of the outcome."""
    return build


@pytest.fixture(scope="session")
def event():
    return np.random.default_rng(5).random(N) < 0.5
