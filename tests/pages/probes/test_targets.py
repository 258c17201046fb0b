from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from lmphys.pages.probes.probe import Probe
from lmphys.pages.probes.targets import (
    PHASE,
    VALIDITY,
    labelled_sentences,
    probe_families,
    probe_layers,
    probed_labels,
)

N = 24


@pytest.fixture
def corpus():
    """Chains of two families with three sentences each: restated, computed (right or wrong by turns), answered."""
    chains = pd.DataFrame({"question_id": [f"q{i // 2}" for i in range(2 * N)], "task": ["story", "tally"] * N})
    chains["task"] = np.where(np.arange(2 * N) // 2 % 2 == 0, "story", "tally")
    sentences = pd.DataFrame({"chain": np.repeat(np.arange(2 * N), 3), "t": [0, 1, 2] * (2 * N)})
    sentences["phase"] = ["restate", "compute", "answer"] * (2 * N)
    sentences["valid"] = pd.array([None, True, True, None, False, True] * N, dtype="boolean")
    sentences["astray"] = False
    sentences["boundary_token"] = "."
    sentences["n_tokens"] = 5
    sentences.loc[0, "phase"] = "check"
    return SimpleNamespace(chains=chains, sentences=sentences)


def test_sentences_carry_question_and_family_of_their_chain(corpus):
    read = labelled_sentences(corpus, [3, 4])
    assert read["question"].tolist() == ["q1"] * 3 + ["q2"] * 3
    assert read["family"].tolist() == ["tally"] * 3 + ["story"] * 3
    assert read.index.tolist() == list(range(6))


def test_rare_phases_and_sentences_without_a_claim_take_no_part(corpus):
    read = labelled_sentences(corpus, range(2 * N))
    found = probed_labels(read)
    assert set(found[PHASE]) == {"restate", "compute", "answer"} and 0 not in found[PHASE].index
    assert (read["phase"][found[VALIDITY].index] == "compute").all()
    assert found[VALIDITY].tolist() == [True, False] * N


def test_a_target_is_probed_at_its_own_sentences_against_family_and_token(corpus):
    rng = np.random.default_rng(0)
    read = labelled_sentences(corpus, range(2 * N))
    read["boundary_token"] = np.where(read["t"] == 2, "!", ".")
    target = probed_labels(read)[VALIDITY]
    states = rng.standard_normal((len(read), 4))
    states[target.index, 0] += 6 * target.to_numpy(dtype=float)
    found = probe_layers({3: states}, read, target).set_index("probe")
    assert found.loc["state", "auroc"] > 0.97 and found.loc["state", "n"] == 2 * N
    own = read.loc[target.index].assign(boundary_token=lambda t: t["family"] + " .")
    columns = {"groups": own["question"], "chains": own["question"], "baseline": own}
    expected = Probe().by_layer({3: states[target.index]}, target.to_numpy(), **columns).set_index("probe")
    pd.testing.assert_frame_equal(found, expected)
    across = probe_families(states, read, target)
    assert (across[across["probe"] == "state"]["auroc"] > 0.9).all() and len(across) == 8


def test_what_cannot_be_probed_has_a_reason(corpus):
    read = labelled_sentences(corpus, range(4))
    target = probed_labels(read)[PHASE]
    assert "reason" in probe_layers({0: np.zeros((len(read), 2))}, read, target)
