"""States and probabilities of paths are those of plain forward passes."""

import numpy as np
import pytest
import torch

from lmphys.core.errors import LmphysError
from lmphys.corpus.build import build_corpus
from lmphys.corpus.spec import CorpusSpec
from lmphys.lm.model import LanguageModel
from lmphys.lm.sampling import Sampling
from lmphys.mechanics.paths import N_LEAD, chain_texts, chosen_chains, read_paths


def test_paths_are_those_of_plain_passes(any_model):
    """States by the model's own list of hidden states, probabilities from growing prefixes."""
    rng = np.random.default_rng(0)
    prompts = [tuple(rng.integers(3, 300, 5).tolist()), ()]
    texts = [rng.integers(3, 300, n) for n in (9, 12)]
    paths = read_paths(any_model, prompts, texts, layer=1)
    for i, (prompt, text) in enumerate(zip(prompts, texts, strict=True)):
        whole = [*prompt, *text.tolist()]
        start = len(prompt) or N_LEAD
        assert paths.tokens[i].tolist() == whole[start:]
        with torch.inference_mode():
            output = any_model.model(torch.tensor([whole]), output_hidden_states=True)
        first = 0 if any_model.spec == "mamba" else 1  # it counts from the first block, not from the embeddings
        for site, layer in (("resid_post", first), ("final_norm", -1)):
            np.testing.assert_allclose(paths.states[site][i], output.hidden_states[layer][0, start:], atol=1e-5)
        assert np.isnan(paths.log_pp[i][-1])
        for t in range(start, len(whole) - 1):
            with torch.inference_mode():
                log_p = any_model.model(torch.tensor([whole[: t + 1]])).logits[0, -1].log_softmax(-1)
            assert paths.log_pp[i][t - start] == pytest.approx(-float(log_p[whole[t + 1]]), abs=2e-4)
    motion = paths.motion("resid_post", per_dimension=False)
    h = torch.tensor(paths.states["resid_post"][0]).double()
    np.testing.assert_allclose(motion.kinetic[: len(h) - 1], (h[1:] - h[:-1]).square().sum(1) / 2, rtol=1e-6)


def test_what_cannot_be_read_is_said_in_a_line(llama):
    with pytest.raises(LmphysError, match="has no step"):
        read_paths(llama, [()], [np.arange(5)])
    with pytest.raises(LmphysError, match="does not know"):
        read_paths(llama, [(1, 2)], [np.array([3, 100_000])])
    with pytest.raises(LmphysError, match="exceed"):
        read_paths(llama, [(1, 2)], [np.ones(400, int)])


def test_chains_are_of_different_questions_and_say_what_was_said(model_folder, tmp_path, monkeypatch):
    monkeypatch.setenv("LMPHYS_HOME", str(tmp_path))
    sampling = Sampling(temperature=1.0, top_p=1.0, max_tokens=20)
    spec = CorpusSpec(str(model_folder), tasks=("sums",), n_questions=3, n_chains=2, sampling=sampling, dtype="float32")
    corpus = build_corpus(spec)
    model = LanguageModel(str(model_folder), dtype="float32")
    rows = chosen_chains(corpus, 3, shortest=2, seed=3)
    assert corpus.chains["question_id"].iloc[rows].is_unique
    assert rows == chosen_chains(corpus, 3, shortest=2, seed=3)
    with pytest.raises(LmphysError, match="two are needed"):
        chosen_chains(corpus, 3, shortest=1_000)
    paths = read_paths(model, *chain_texts(model, corpus, rows, max_tokens=1_000))
    offsets = np.concatenate([[0], np.cumsum(corpus.chains["n_tokens"])])
    said = corpus.column("logp")
    for row, log_pp in zip(rows, paths.log_pp, strict=True):
        np.testing.assert_allclose(-log_pp[:-1], said[offsets[row] + 1 : offsets[row + 1]], atol=2e-4)
    assert max(map(len, chain_texts(model, corpus, rows, max_tokens=7)[1])) <= 7
