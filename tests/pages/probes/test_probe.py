import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, roc_auc_score
from sklearn.model_selection import KFold, cross_val_score

from lmphys.core.errors import LmphysError
from lmphys.pages.probes.probe import Probe
from lmphys.stats.bootstrap import chain_weights
from lmphys.stats.classification import auroc, measure

N_QUESTIONS, N_CHAINS, LENGTH, WIDTH = 40, 3, 8, 12
FAST = {"n_bootstrap": 200}


@pytest.fixture
def rng():
    return np.random.default_rng(5)


@pytest.fixture
def table(rng) -> pd.DataFrame:
    """Sentences of 120 chains; their tokens and lengths are drawn at random."""
    chain = np.repeat(np.arange(N_QUESTIONS * N_CHAINS), LENGTH)
    return pd.DataFrame(
        {
            "t": np.tile(np.arange(LENGTH), N_QUESTIONS * N_CHAINS),
            "chain": chain,
            "question": [f"sums/{c // N_CHAINS}" for c in chain],
            "boundary_token": rng.choice([".", "!", "?", ".\n"], len(chain)),
            "n_tokens": rng.integers(3, 30, len(chain)),
        }
    )


def scores(states, labels, table, **options):
    """Of one layer; `options` are those of `Probe`, or `chains`."""
    columns = {"groups": table["question"], "chains": options.pop("chains", table["chain"]), "baseline": table}
    found = Probe(**FAST, **options).by_layer({0: states}, labels, **columns)
    return found.drop(columns="layer").set_index("probe")


def assert_chance(row, chance=0.5):
    """Within twice the half width of the 95 % interval, which is about 1.5 times too narrow: it takes fits as given."""
    for name, value in (("balanced_accuracy", 1 / row["classes"]), ("auroc", chance)):
        assert abs(row[name] - value) < 2 * (row[f"{name}_high"] - row[f"{name}_low"]) / 2, name


NULLS = ["shuffled within position", "shuffled labels"]


def test_labels_that_are_linear_in_the_state_are_read(rng, table):
    states = rng.standard_normal((len(table), WIDTH))
    labels = np.array(["restate", "compute", "answer"])[(states @ rng.standard_normal((WIDTH, 3))).argmax(axis=1)]
    found = scores(states.astype(np.float32), labels, table)
    assert found.index.tolist() == ["state", *NULLS, "no state", "state and baseline"]
    assert (found["n"] == len(table)).all() and (found["classes"] == 3).all()
    for name in ("state", "state and baseline"):
        assert found.loc[name, "balanced_accuracy_low"] > 0.93
        assert found.loc[name, "auroc_low"] > 0.99
    for name in (*NULLS, "no state"):
        assert_chance(found.loc[name])


def test_labels_that_follow_the_position_need_no_state(rng, table):
    """Permuting within positions changes nothing then, so that null is the probe itself."""
    labels = table["t"] >= 5
    states = np.eye(LENGTH)[table["t"]] @ rng.standard_normal((LENGTH, WIDTH))
    states += 0.01 * rng.standard_normal(states.shape)
    found = scores(states, labels, table)
    for name in ("state", "no state", "state and baseline", "shuffled within position"):
        assert found.loc[name, "balanced_accuracy"] == 1 and found.loc[name, "auroc"] == 1
    assert found.loc["shuffled within position"].equals(found.loc["state"])
    assert_chance(found.loc["shuffled labels"])


def test_labels_whose_odds_follow_the_position_look_alike_with_and_without_the_state(rng, table):
    labels = rng.random(len(table)) < np.where(table["t"] < 4, 0.2, 0.8)
    states = np.eye(LENGTH)[table["t"]] @ rng.standard_normal((LENGTH, WIDTH))
    found = scores(states + 0.1 * rng.standard_normal(states.shape), labels, table)
    for name in ("state", "shuffled within position", "no state", "state and baseline"):
        # The best that can be done is to say the more frequent label of the position; permuted labels have the same.
        best = balanced_accuracy_score(labels, table["t"] >= 4)
        assert found.loc[name, "balanced_accuracy"] == pytest.approx(best, abs=0.01)
        assert found.loc[name, "balanced_accuracy_low"] <= best <= found.loc[name, "balanced_accuracy_high"]
    assert_chance(found.loc["shuffled labels"])


def test_independent_labels_are_not_read(rng, table):
    labels = pd.Series(rng.random(len(table)) < 0.3, dtype="boolean")
    found = scores(rng.standard_normal((len(table), WIDTH)), labels, table)
    for _, row in found.iterrows():
        assert_chance(row)
        assert row["auroc_high"] - row["auroc_low"] < 0.1


def test_a_state_that_knows_its_question_gives_nothing_away(rng, table):
    """A label drawn per question is read without fail where the folds cut through questions, and not at all here."""
    question = table["question"].astype("category").cat.codes.to_numpy()
    states = rng.standard_normal((N_QUESTIONS, N_QUESTIONS))[question]
    labels = (rng.random(N_QUESTIONS) < 0.5)[question]
    leaky = cross_val_score(LogisticRegression(), states, labels, cv=KFold(5, shuffle=True, random_state=0))
    assert leaky.min() == 1
    found = scores(states, labels, table, chains=table["question"])
    assert_chance(found.loc["state"])
    assert_chance(found.loc["state and baseline"])


def test_states_of_few_distinct_values_say_what_the_token_says(rng, table):
    """As at layer 0, where a state is its token: rank 4 in 12 dimensions."""
    code = {token: i for i, token in enumerate(table["boundary_token"].unique())}
    token = table["boundary_token"].map(code).to_numpy()
    labels = np.where(rng.random(len(table)) < 0.9, token < 2, token >= 2)
    found = scores(rng.standard_normal((4, WIDTH))[token], labels, table)
    for name in ("state", "no state", "state and baseline"):
        assert found.loc[name, "balanced_accuracy"] == pytest.approx(0.9, abs=0.04)
    best = balanced_accuracy_score(labels, token < 2)
    assert found.loc["state", "balanced_accuracy"] == pytest.approx(best, abs=1e-12)


def test_constant_states_are_at_chance(table):
    found = scores(np.ones((len(table), 3)), table["t"] % 2 == 0, table).loc["state"]
    assert found["balanced_accuracy"] == 0.5 and found["auroc"] == 0.5


def test_few_directions_are_enough_if_they_are_the_wide_ones(rng, table):
    states = rng.standard_normal((len(table), WIDTH))
    labels = states[:, 0] > 0
    spread = states.copy()
    spread[:, 1] = states[:, 0] + 0.1 * states[:, 1]  # two standardised dimensions that go together
    assert scores(spread, labels, table, n_components=1).loc["state", "auroc"] > 0.98
    assert scores(states, labels, table, n_components=1).loc["state", "auroc"] < 0.9


def test_layers_share_folds_permutations_and_baseline(rng, table):
    labels = np.where(rng.random(len(table)) < 0.5, "check", "compute")
    states = {
        layer: rng.standard_normal((len(table), WIDTH)) + layer * (labels == "check")[:, None] for layer in (0, 4)
    }
    found = Probe(seed=3, **FAST).by_layer(
        states, labels, groups=table["question"], chains=table["chain"], baseline=table
    )
    for layer, array in states.items():
        alone = scores(array, labels, table, seed=3).reset_index()
        rows = found[found["layer"] == layer].drop(columns="layer").reset_index(drop=True)
        pd.testing.assert_frame_equal(rows, alone, check_exact=True)
    state = found[found["probe"] == "state"].set_index("layer")["auroc"]
    assert state[4] > 0.99
    assert not scores(states[0], labels, table, seed=4).equals(scores(states[0], labels, table, seed=3))


def transfer(states, labels, families, table, **options):
    columns = {"groups": table["question"], "chains": table["chain"], "positions": table["t"]}
    found = Probe(**FAST, **options).transfer(states, labels, families, **columns)
    return found.set_index(["probe", "train", "test"])


@pytest.fixture
def families(table) -> np.ndarray:
    """Half of the questions each."""
    return np.where(table["question"].str.split("/").str[1].astype(int) % 2 == 0, "story", "tally")


def test_a_shared_direction_transfers_and_a_rotated_one_does_not(rng, table, families):
    labels = rng.random(len(table)) < 0.5
    sign = np.where(labels, 1.0, -1.0)
    noise = rng.standard_normal((len(table), WIDTH))
    shared, rotated = noise.copy(), noise.copy()
    shared[:, 0] += 5 * sign
    rotated[np.arange(len(table)), np.where(families == "story", 0, 1)] += 5 * sign
    for states, expected in ((shared, 1.0), (rotated, 0.5)):
        found = transfer(states, labels, families, table).loc["state"]
        for pair, row in found.iterrows():
            if pair[0] == pair[1] or expected == 1:
                assert row["auroc"] > 0.99 and row["balanced_accuracy"] > 0.99
            else:
                assert row["auroc"] == pytest.approx(0.5, abs=0.1)
                assert row["balanced_accuracy"] == pytest.approx(0.5, abs=0.1)
    for _, row in transfer(shared, labels, families, table).loc["shuffled within position"].iterrows():
        assert_chance(row)


def test_an_opposite_direction_transfers_to_the_opposite(rng, table, families):
    labels = rng.random(len(table)) < 0.5
    states = rng.standard_normal((len(table), WIDTH))
    states[:, 0] = np.where(labels, 2.0, -2.0) * np.where(families == "story", 1, -1) + 0.1 * states[:, 0]
    found = transfer(states, labels, families, table)["auroc"].loc["state"]
    assert found["story", "story"] > 0.99 and found["story", "tally"] < 0.01


def test_what_the_position_gives_away_transfers_in_the_null_as_well(rng, table, families):
    states = np.eye(LENGTH)[table["t"]] + 0.01 * rng.standard_normal((len(table), LENGTH))
    found = transfer(states, table["t"] >= 5, families, table)
    assert (found["balanced_accuracy"] == 1).all()


def test_pairs_are_scored_on_the_labels_that_both_have(rng, table):
    family = np.array(["a", "b", "c", "d"])[table["question"].str.split("/").str[1].astype(int) % 4]
    labels = rng.choice(["x", "y", "z"], len(table))
    labels[(family == "b") & (labels == "z")] = "y"
    labels[family == "c"] = "z"
    few = np.flatnonzero((family == "d") & (table["question"] == "sums/3") & (labels == "x"))
    labels[(family == "d") & (labels == "x")] = "y"
    labels[few] = "x"  # in one question of d alone
    states = np.eye(3)[pd.Series(labels).map({"x": 0, "y": 1, "z": 2})] + 0.01 * rng.standard_normal((len(table), 3))
    found = transfer(states, labels, family, table).loc["state"]
    assert found["classes"].unstack().to_numpy().tolist() == [[3, 2, 0, 2], [2, 2, 0, 1], [0, 0, 0, 0], [2, 1, 0, 2]]
    scored = found["classes"] >= 2
    assert (found["balanced_accuracy"][scored] == 1).all() and found["balanced_accuracy"][~scored].isna().all()
    inside = (family == "b") & (labels != "z")
    assert found.loc[("a", "b"), "n"] == inside.sum()
    assert found.loc[("a", "d"), "n"] == ((family == "d") & (labels != "x")).sum()


def test_areas_are_those_of_repeated_rows(rng):
    """With ties, by fold: the mean over folds, weighted with their pairs."""
    n, n_chains = 300, 30
    score, positive = rng.integers(0, 12, n) / 12, rng.random(n) < 0.4
    chain, fold = rng.integers(0, n_chains, n), rng.integers(0, 3, n)
    weights = chain_weights(n_chains, 20, 0)
    found = auroc(score, positive, weights, chain, fold)
    for weight, value in zip(weights, found, strict=True):
        areas, pairs = [], []
        for f in range(3):
            rows = np.repeat(np.flatnonzero(fold == f), weight[chain[fold == f]].astype(int))
            areas.append(roc_auc_score(positive[rows], score[rows]))
            pairs.append(positive[rows].sum() * (~positive[rows]).sum())
        assert value == pytest.approx(np.average(areas, weights=pairs), abs=1e-12)
    assert np.isnan(auroc(score, np.ones(n, dtype=bool), weights, chain, fold)).all()


def test_scores_and_intervals_are_those_of_resampled_chains(rng):
    n, n_chains = 240, 24
    chain, y = np.repeat(np.arange(n_chains), 10), rng.integers(0, 3, n)
    p = rng.dirichlet([1, 1, 1], n) + 0.3 * np.eye(3)[y]
    p /= p.sum(axis=1, keepdims=True)
    found = measure(p, y, chain, np.zeros(n), seed=8, n_bootstrap=100)
    assert found["balanced_accuracy"] == pytest.approx(balanced_accuracy_score(y, p.argmax(axis=1)))
    assert found["auroc"] == pytest.approx(roc_auc_score(y, p, multi_class="ovr"))
    replicates = [np.repeat(np.arange(n), w[chain].astype(int)) for w in chain_weights(n_chains, 100, 8)]
    accuracies = [balanced_accuracy_score(y[rows], p[rows].argmax(axis=1)) for rows in replicates]
    areas = [roc_auc_score(y[rows], p[rows], multi_class="ovr") for rows in replicates]
    for name, values in (("balanced_accuracy", accuracies), ("auroc", areas)):
        low, high = np.quantile(values, [0.025, 0.975])
        assert (found[f"{name}_low"], found[f"{name}_high"]) == pytest.approx((low, high))


def test_bad_input_is_refused(rng, table):
    states = rng.standard_normal((len(table), 3))
    labels = rng.random(len(table)) < 0.5
    with pytest.raises(LmphysError, match="every sentence has the label True"):
        scores(states, np.ones(len(table), dtype=bool), table)
    rare = np.where(table["question"].isin(["sums/1", "sums/2"]), "correct", "compute")
    with pytest.raises(LmphysError, match="label correct is in 2 questions, too few for 5 folds"):
        scores(states, rare, table)
    with pytest.raises(LmphysError, match=r"rows; take all of them"):
        scores(states[1:], labels, table)
    with pytest.raises(LmphysError, match="1 of 960 sentences have no label"):
        scores(states, pd.Series([pd.NA, *labels[1:]], dtype="boolean"), table)
    with pytest.raises(LmphysError, match="take at least 3"):
        scores(states, labels, table, n_folds=2)
    with pytest.raises(LmphysError, match="not finite"):
        scores(np.where(np.arange(3) == 1, np.inf, states), labels, table)
    with pytest.raises(LmphysError, match="no family has two labels"):
        transfer(states, np.where(labels, "x", "x"), np.full(len(table), "story"), table)
