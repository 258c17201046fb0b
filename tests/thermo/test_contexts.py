"""Distributions at places of texts are those of the model; texts at each temperature are its own."""

import numpy as np
import pytest
import torch

from lmphys.corpus.build import build_corpus
from lmphys.corpus.spec import CorpusSpec
from lmphys.lm.model import LanguageModel
from lmphys.lm.prompts import REQUEST
from lmphys.lm.sampling import Sampling
from lmphys.thermo.contexts import read_contexts
from lmphys.thermo.heating import repeated, sample_texts


@pytest.fixture(scope="module")
def corpus(model_folder, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LMPHYS_HOME", str(tmp_path_factory.mktemp("home")))
        sampling = Sampling(temperature=1.0, top_p=1.0, max_tokens=20)
        spec = CorpusSpec(
            str(model_folder), tasks=("sums",), n_questions=3, n_chains=2, sampling=sampling, dtype="float32"
        )
        built = build_corpus(spec)
        assert len(built.chains)  # read while its folder is known
        return built


@pytest.fixture(scope="module")
def model(model_folder):
    return LanguageModel(str(model_folder), dtype="float32")


def test_what_was_kept_is_what_was_said_when_the_chain_was_written(corpus, model):
    """Log-probability and entropy of each token agree with those that were stored while it was drawn."""
    contexts = read_contexts(model, corpus, n_chains=6, per_chain=1_000)
    offsets = np.concatenate([[0], np.cumsum(corpus.chains["n_tokens"])])
    rows = offsets[contexts.places["chain"]] + contexts.places["place"]
    assert sorted(rows) == list(range(offsets[-1]))
    log_p = contexts.logits.log_softmax(-1)
    said = log_p.gather(1, contexts.tokens[:, None])[:, 0]
    np.testing.assert_allclose(said, corpus.column("logp")[rows], atol=2e-4)
    np.testing.assert_allclose(-(log_p.exp() * log_p).sum(-1), corpus.column("entropy")[rows], atol=2e-4)
    np.testing.assert_array_equal(contexts.tokens, corpus.column("tokens")[rows])
    for text, (chain, place) in zip(
        contexts.texts(corpus), contexts.places[["chain", "place"]].to_numpy(), strict=True
    ):
        np.testing.assert_array_equal(text, corpus.column("tokens")[offsets[chain] : offsets[chain] + place])
    torch.testing.assert_close(contexts.energies(), -contexts.logits)


def test_chains_are_of_as_many_questions_as_there_are(corpus, model):
    contexts = read_contexts(model, corpus, n_chains=3, per_chain=2, seed=5)
    assert contexts.places["question_id"].nunique() == 3
    assert contexts.places.groupby("chain").size().max() <= 2
    again = read_contexts(model, corpus, n_chains=3, per_chain=2, seed=5)
    assert contexts.places.equals(again.places)


def test_texts_of_temperature_zero_are_greedy_and_others_go_on_from_their_numbers(model, corpus):
    prompt = model.prompt_ids(REQUEST.format(question=corpus.chains["question"].iloc[0]))
    table = sample_texts(model, [prompt], [0.0, 1.0, 8.0], n_chains=3, max_tokens=15, seed=1)
    assert len(table) == 9
    cold, warm, hot = (table[table["temperature"] == t] for t in (0.0, 1.0, 8.0))
    assert cold["text"].nunique() == 1
    assert cold["energy"].mean() < warm["energy"].mean() < hot["energy"].mean()
    again = sample_texts(model, [prompt], [1.0], n_chains=3, max_tokens=15, seed=1)
    assert again["text"].tolist() == warm["text"].tolist()


def test_repetition_counts_what_was_said_before():
    assert repeated([1, 2, 3, 4, 1, 2, 3, 4, 1]) == pytest.approx(2 / 6)
    assert repeated(list(range(10))) == 0
    assert np.isnan(repeated([1, 2]))
