import numpy as np
import pandas as pd
import pytest

from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.mixtures import Regimes
from lmphys.pages.regimes.steps import label_steps, share_by_regime, surest_sentences
from lmphys.stats.alignment import alignment

LENGTHS = [4, 3, 5]
TEXTS = ["One.", "So two.", "What now?", "1 + 1 = 2"]


@pytest.fixture
def chains():
    n = sum(LENGTHS)
    sentences = pd.DataFrame(
        {
            "chain": np.repeat(np.arange(3), LENGTHS),
            "t": np.concatenate([np.arange(length) for length in LENGTHS]),
            "text": [TEXTS[i % 4] for i in range(n)],
            "boundary_token": [".", ".", "?", " 2"] * 3,
        }
    )
    rows = {"task": ["a", "b", "a"], "correct": [True, False, True], "question_id": ["a/0", "b/0", "a/0"]}
    return Trajectories(np.zeros((n, 2)), LENGTHS, pd.DataFrame(rows), sentences)


def test_labels_are_those_of_the_sentences_on_both_sides(chains):
    steps = label_steps(chains, "boundary")
    # Chain 0 has sentences 0..3, chain 1 sentences 4..6, chain 2 sentences 7..11.
    this, after = [0, 1, 2, 4, 5, 7, 8, 9, 10], [1, 2, 3, 5, 6, 8, 9, 10, 11]
    token = chains.sentences["boundary_token"].to_numpy()
    assert steps.labels["token, this sentence"].tolist() == token[this].tolist()
    assert steps.labels["token, next sentence"].tolist() == token[after].tolist()
    assert steps.labels["type, this sentence"].tolist()[:3] == ["statement", "conclusion", "question"]
    assert steps.labels["type, next sentence"].tolist()[:3] == ["conclusion", "question", "equation"]
    assert steps.place.tolist() == [0, 1, 2, 0, 1, 0, 1, 2, 3]
    assert steps.chain.tolist() == [0, 0, 0, 1, 1, 2, 2, 2, 2]
    assert steps.question.tolist() == ["a/0"] * 3 + ["b/0"] * 2 + ["a/0"] * 4
    assert steps.labels["correct"].tolist() == [True] * 3 + [False] * 2 + [True] * 4
    assert "phase, next sentence" not in steps.labels
    marked = Trajectories(chains.states, LENGTHS, chains.chains, chains.sentences.assign(phase=range(12)))
    assert label_steps(marked, "boundary").labels["phase, next sentence"].tolist() == after


def test_late_places_are_one():
    n = 15
    sentences = pd.DataFrame({"chain": 0, "t": np.arange(n), "text": "", "after_token": ""})
    rows = pd.DataFrame({"task": ["a"], "correct": [True], "question_id": ["q"]})
    steps = label_steps(Trajectories(np.zeros((n, 1)), [n], rows, sentences), "after")
    assert steps.labels["place in the chain"].tolist() == [*range(9), 9, 9, 9, 9, 9]
    assert steps.place.max() == 13


def test_steps_of_one_token_keep_all_labels_but_the_tokens(chains):
    steps = label_steps(chains, "boundary")
    assert steps.usual_token() == "."
    mask = steps.of_token(".")
    assert mask.tolist() == [True, False, False, True, False, False, True, False, False]
    kept = steps.select(mask)
    assert kept.place.tolist() == [0, 0, 1] and kept.chain.tolist() == [0, 1, 2]
    assert kept.labels["task"].tolist() == ["a", "b", "a"]
    assert not any(name.startswith("token") for name in kept.labels)


def test_alignment_gets_places_chains_and_questions(chains):
    steps = label_steps(chains, "boundary")
    regimes = np.array([0, 1, 0, 1, 1, 0, 0, 1, 0])
    found = steps.align(regimes, seed=4)
    peer = alignment(regimes, steps.labels, positions=steps.place, chains=steps.chain, groups=steps.question, seed=4)
    pd.testing.assert_frame_equal(found, peer[found.columns])
    assert list(found.columns[:2]) == ["classes", "nmi"]


def test_shares_add_up_to_one_and_rare_classes_are_others(chains):
    steps = label_steps(chains, "boundary")
    regimes = np.array([0, 0, 0, 1, 1, 1, 1, 1, 1])
    table = share_by_regime(regimes, steps, "token, next sentence", most=2)
    assert set(table) == {"'.'", "'?'", "others"}
    np.testing.assert_allclose(table.sum(axis=1), 1)
    assert table.loc[0, "'.'"] == pytest.approx(1 / 3)  # ".", "?", " 2"
    assert "question" in share_by_regime(regimes, steps, "type, next sentence")


def test_the_surest_sentences_come_once_and_in_order(chains):
    sure = np.array([0.5, 0.9, 0.8, 0.7, 0.6, 0.95, 0.4, 0.3, 0.99])
    labels = np.array([1, 0, 0, 0, 1, 1, 0, 0, 1])
    table = surest_sentences(Regimes(np.zeros((9, 2)), labels, sure), chains, n=1, width=5, seed=0)
    assert table.index.tolist() == [0, 1]
    # Next sentences: "So two.", "What now?", "1 + 1 = 2", ...; step 8 (0.99) goes from "What now?" to "1 + 1 = 2".
    assert table["next sentence"].tolist() == ["What ", "1 + 1"]
    assert table["this sentence"].tolist() == ["So tw", "What "]
