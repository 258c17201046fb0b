"""Trials of a tiny model from end to end: what is kept, what is repeated, and what a second call finds."""

import dataclasses

import numpy as np
import pytest
import torch

from lmphys.core.errors import LmphysError
from lmphys.corpus.build import build_corpus
from lmphys.corpus.spec import default_spec
from lmphys.corpus.tasks import load_questions
from lmphys.lm.model import LanguageModel
from lmphys.lm.prompts import REQUEST
from lmphys.lm.sampling import Sampling
from lmphys.pages.basins import trials as module
from lmphys.pages.basins.trials import TrialSpec, build_trials


@pytest.fixture(scope="module")
def corpus_spec(model_folder):
    drawn = Sampling(temperature=1.0, top_p=1.0, max_tokens=30)
    return default_spec(
        str(model_folder), "smoke", tasks=["sums"], n_questions=2, n_chains=3, sampling=drawn, prompt="{question}",
        dtype="float32",
    )  # fmt: skip


@pytest.fixture
def done(corpus_spec):
    spec = TrialSpec(corpus_spec, (0, 4, 5), cuts=(0.0, 0.5), norms=(0.0, 2.0), n_directions=2)
    return spec, build_trials(spec), build_corpus(corpus_spec)


def test_trials_keep_the_beginning_and_repeat_themselves_at_norm_zero(done, monkeypatch):
    spec, trials, corpus = done
    assert len(trials.cut) == 3 * 2 * 2 and len(trials.displaced) == 3 * 2
    still = trials.displaced[trials.displaced["norm"] == 0].set_index("chain")
    for chain in spec.picked:
        assert still.loc[chain, "text"] == corpus.chains["text"][chain]
        assert still.loc[chain, "ended"] == corpus.chains["ended"][chain]
        own = trials.cut[trials.cut["chain"] == chain]
        assert (own.loc[own["cut"] == 0, "given"] == 0).all() and len(set(own["text"])) > 1
    assert (trials.cut["n_tokens"] <= 30).all()
    monkeypatch.setattr(module, "_Trier", None)  # a second call finds everything on disk
    again = build_trials(spec)
    assert again.cut.equals(trials.cut) and again.energies.equals(trials.energies)


def test_the_energies_are_those_of_the_sampling(done, corpus_spec):
    spec, trials, corpus = done
    plain = trials.energies[trials.energies["step"] == 0].set_index("chain")["energy"]
    sums = [-part.mean() for part in np.split(corpus.column("logp"), np.cumsum(corpus.chains["n_tokens"])[:-1])]
    np.testing.assert_allclose(plain[list(spec.picked)], np.array(sums)[list(spec.picked)], rtol=1e-4)
    assert len(trials.energies) == 3 * (1 + 2 * 2)


def test_another_reader_only_reads(done, corpus_spec):
    spec, trials, _ = done
    other = f"random:{corpus_spec.model}"
    found = build_trials(dataclasses.replace(spec, reader=other))
    assert found.cut.empty and found.displaced.empty and len(found.energies) == len(trials.energies)
    model = LanguageModel(other, dtype="float32")
    question = load_questions("sums", 2, corpus_spec.seed)[0]
    prompt = model.prompt_ids(REQUEST.format(question=question.text), "{question}")
    tokens = build_corpus(corpus_spec).tokens()[0]
    with torch.inference_mode():
        logp = model.model(torch.tensor([[*prompt, *tokens]])).logits[0].log_softmax(-1)
    own = logp[len(prompt) - 1 : -1].gather(1, torch.from_numpy(tokens)[:, None])
    plain = found.energies.query("chain == 0 and step == 0")["energy"].item()
    assert plain == pytest.approx(-float(own.mean()), rel=1e-4)


def test_impossible_trials_are_refused(corpus_spec):
    for changes, told in (
        ({"picked": ()}, "no chains"),
        ({"cuts": (1.0,)}, "a cut is a share"),
        ({"steps": (0.0,)}, "steps are above 0"),
        ({"picked": (6,)}, "chain 6 of a corpus of 6"),
    ):
        with pytest.raises(LmphysError, match=told):
            build_trials(dataclasses.replace(TrialSpec(corpus_spec, (0,)), **changes))
