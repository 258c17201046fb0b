"""What is counted of labelled chains, against counts by hand; and the shipped reasoner against its reference."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from lmphys.core.errors import LmphysError
from lmphys.core.tables import SENTENCE_COLUMNS, from_lines, to_lines
from lmphys.problems.chains import ErrorRates, problem_of, write_chain
from lmphys.training.reasoner.outcomes import chain_outcomes, rates


def corpus_of(chains, ids):
    """Tables as a corpus has them, of chains that the generator wrote."""
    rows = [
        {"chain": i, "t": t, "text": s.text, "phase": s.phase, "valid": s.valid, "astray": s.astray}
        for i, chain in enumerate(chains)
        for t, s in enumerate(chain.sentences)
    ]
    table = pd.DataFrame(
        {
            "question_id": ids,
            "correct": [not chain.sentences[-1].astray for chain in chains],
            "ended": True,
            "n_sentences": [len(chain.sentences) for chain in chains],
        }
    )
    return SimpleNamespace(chains=table, sentences=from_lines(to_lines(pd.DataFrame(rows))))


@pytest.fixture(scope="module")
def written():
    ids = [f"{task}/0-{i}" for task in ("story:3", "rules:6") for i in range(40) for _ in range(3)]
    habits = ErrorRates(slip=0.15, derail=0.05)
    return ids, [write_chain(problem_of(id_), habits, np.random.default_rng(i)) for i, id_ in enumerate(ids)]


def test_outcomes_are_those_of_the_labels(written):
    ids, chains = written
    found = chain_outcomes(corpus_of(chains, ids))
    assert list(found["family"]) == ["story"] * 120 + ["rules"] * 120
    assert set(found.loc[found["family"] == "rules", "difficulty"]) == {6}
    for row, chain in zip(found.itertuples(), chains, strict=True):
        labels = [(s.phase, s.valid) for s in chain.sentences]
        slipped = ("compute", False) in labels
        false = [t for t, s in enumerate(chain.sentences) if s.valid is False]
        assert row.slipped == slipped and row.recovered == (slipped and row.correct)
        assert row.corrected == ("correct" in {phase for phase, _ in labels})
        assert row.derailed == any(phase == "stray" for phase, _ in labels)
        assert row.n_compute == sum(phase == "compute" for phase, _ in labels)
        assert (row.first_error == false[0]) if false else np.isnan(row.first_error)
    assert found["slipped"].any() and found["recovered"].any() and found["derailed"].any()


def test_rates_are_means_over_chains_with_intervals_over_questions(written):
    ids, chains = written
    outcomes = chain_outcomes(corpus_of(chains, ids))
    table = rates(outcomes, ["correct"], by=["family"], seed=1).set_index("family")
    for family, row in table.iterrows():
        part = outcomes[outcomes["family"] == family]
        assert row["value"] == part["correct"].mean() and row["chains"] == 120
        by_question = part.groupby("question_id")["correct"].mean()
        spread = by_question.std() / np.sqrt(len(by_question))
        assert row["high"] - row["low"] == pytest.approx(2 * 1.96 * spread, rel=0.2)
    one = rates(outcomes[outcomes["question_id"] == ids[0]], ["correct"])
    assert np.isnan(one["low"]).all() and one["value"].notna().all()


def test_a_corpus_without_labels_is_refused():
    table = pd.DataFrame({"question_id": ["sums/0-1"], "correct": True, "ended": True, "n_sentences": 3})
    with pytest.raises(LmphysError, match="no chain of this corpus has labels; build one with tasks such as story"):
        chain_outcomes(SimpleNamespace(chains=table, sentences=pd.DataFrame(columns=SENTENCE_COLUMNS)))


@pytest.mark.real_model
@pytest.mark.slow
def test_the_shipped_reasoner_is_as_often_right_as_its_reference_says():
    """Eighteen chains of a seed that the reference does not have; a right reasoner fails once in a thousand times."""
    from lmphys.corpus.build import build_corpus
    from lmphys.corpus.spec import CorpusSpec
    from lmphys.lm.sampling import Sampling
    from lmphys.training.reasoner.reference import load_reference

    tasks = ("story:3", "tally:3", "kin:3")
    spec = CorpusSpec("reasoner", tasks=tasks, n_questions=6, n_chains=1, sampling=Sampling(max_tokens=250), seed=99)
    sampled = chain_outcomes(build_corpus(spec, progress=False))
    stated = load_reference().outcomes
    stated = stated[stated["family"].isin(["story", "tally", "kin"]) & (stated["difficulty"] == 3)]
    low, high = binom.interval(0.999, len(sampled), stated["correct"].mean())
    assert low <= sampled["correct"].sum() <= high
    assert sampled["ended"].mean() > 0.9 and 6 <= sampled["n_sentences"].mean() <= 15
    assert (sampled["n_restate"] > 0).mean() > 0.9 and (sampled["n_answer"] == 1).mean() > 0.9
