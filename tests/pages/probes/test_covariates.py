"""What the baseline knows: place, token, length, and how surprised the model was."""

import numpy as np
import pandas as pd

from lmphys.pages.probes.covariates import covariates
from lmphys.pages.probes.probe import Probe


def sentences(rng, n=240):
    tokens = rng.integers(5, 20, n)
    return pd.DataFrame(
        {
            "t": np.tile(np.arange(4), n // 4),
            "boundary_token": ".",
            "n_tokens": tokens,
            "logp": -tokens * rng.exponential(1, n),
            "entropy": tokens * rng.exponential(1, n),
        }
    )


def test_surprisal_and_entropy_are_means_over_tokens_scaled_on_the_training_rows():
    table = sentences(np.random.default_rng(0))
    train = np.arange(len(table)) < 160
    found = covariates(table, train)[:, -3:]
    mean = np.column_stack([np.log(table.n_tokens), table["logp"] / table.n_tokens, table["entropy"] / table.n_tokens])
    np.testing.assert_allclose(found, (mean - mean[train].mean(0)) / mean[train].std(0))
    unknown = table.assign(logp=np.nan)  # another model wrote the chains
    assert covariates(unknown, train).shape[1] == covariates(table, train).shape[1] - 1
    assert covariates(table.drop(columns=["logp", "entropy"]), train).shape[1] == covariates(table, train).shape[1] - 2


def test_a_state_that_only_knows_the_surprisal_is_not_beyond_the_baseline():
    """Labels that follow the surprisal, and states that hold nothing but it."""
    rng = np.random.default_rng(1)
    table = sentences(rng, 480)
    surprisal = -(table["logp"] / table["n_tokens"]).to_numpy()
    labels = np.where(surprisal + 0.3 * rng.normal(size=480) > np.median(surprisal), "wrong", "right")
    states = {0: np.column_stack([surprisal, rng.normal(size=480)])}
    groups = [f"q{i // 8}" for i in range(480)]
    options = {"groups": groups, "chains": groups}
    probe = Probe(n_folds=4, n_bootstrap=100)
    with_it = probe.by_layer(states, labels, baseline=table, **options).set_index("probe")
    without = probe.by_layer(states, labels, baseline=table.drop(columns=["logp", "entropy"]), **options)
    without = without.set_index("probe")
    assert without.loc["state", "auroc_low"] > without.loc["no state", "auroc_high"]  # it would have counted as known
    assert with_it.loc["state", "auroc_low"] < with_it.loc["no state", "auroc_high"]
    assert with_it.loc["no state", "auroc"] > 0.85
