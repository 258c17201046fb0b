"""Own slips, found in chains of the generator and weighed by a tiny model."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from tests.conftest import tiny_model

from lmphys.lm.model import LanguageModel
from lmphys.lm.prompts import REQUEST
from lmphys.pages.reasoner.path import held_out_chains
from lmphys.pages.reasoner.slips import compare_slips, looked_right, own_slips


@pytest.fixture(scope="module")
def model(tmp_path_factory, tokenizer):
    place = tmp_path_factory.mktemp("reader")
    reader = tiny_model("llama", len(tokenizer))
    reader.config.max_position_embeddings = 4096
    reader.save_pretrained(place)
    tokenizer.save_pretrained(place)
    return LanguageModel(str(place), dtype="float32", device="cpu")


@pytest.fixture(scope="module")
def corpus(model):
    """Chains of the generator as a corpus, cut into sentences token by token."""
    numbers, rows, parts = range(6), [], []
    written = held_out_chains(12, seed=5)["slipped"]
    for i, chain in zip(numbers, written, strict=True):
        tokens: list[int] = []
        for t, sentence in enumerate(chain.sentences):
            piece = (" " if t else "") + sentence.text
            ids = model.tokenizer(piece, add_special_tokens=False)["input_ids"]
            tokens += ids
            rows.append({"chain": i, "text": sentence.text, "token": len(tokens) - 1, "n_tokens": len(ids)})
        parts.append(np.array(tokens))
    ids = [f"{c.problem.family}:{c.problem.difficulty}" for c in written]
    # The questions are looked up by their number in the generator.
    chains = pd.DataFrame({"question_id": _names(written), "question": [c.problem.text for c in written], "task": ids})
    spec = SimpleNamespace(prompt="chat")
    return SimpleNamespace(chains=chains, sentences=pd.DataFrame(rows), tokens=lambda: parts, spec=spec)


def _names(written):
    """Names of the questions, found again by asking the generator for all of them."""
    from lmphys.problems.chains import problem_of
    from lmphys.problems.families import FAMILIES
    from lmphys.problems.problem import DIFFICULTIES

    known = {}
    for number in range(60):
        family, difficulty = list(FAMILIES)[number % len(FAMILIES)], DIFFICULTIES[number % len(DIFFICULTIES)]
        name = f"{family}:{difficulty}/5-{number}"
        known[problem_of(name).text] = name
    return [known[chain.problem.text] for chain in written]


def test_slips_part_where_the_results_do(model, corpus):
    slips = own_slips(model, corpus)
    assert 2 <= len(slips) <= 6 and len({slip.question for slip in slips}) == len(slips)
    for slip in slips:
        tokens = corpus.tokens()[slip.chain]
        assert tokens[slip.place] == slip.written != slip.right
        assert slip.said != slip.mended
        start = model.tokenizer.decode(tokens[: slip.place].tolist())
        assert slip.said not in start  # the place lies inside the slip
    assert len(own_slips(model, corpus, most=1)) == 1


def test_probabilities_are_those_of_a_plain_pass(model, corpus):
    slips = own_slips(model, corpus)
    found = compare_slips(model, corpus, slips)
    for slip, row in zip(slips, found.itertuples(index=False), strict=True):
        prompt = model.prompt_ids(REQUEST.format(question=corpus.chains["question"][slip.chain]))
        whole = torch.tensor([[*prompt, *corpus.tokens()[slip.chain].tolist()]])
        with torch.inference_mode():
            p = model.model(whole).logits[0].softmax(-1)[len(prompt) + slip.place - 1]
        assert row[3] == pytest.approx(float(p[slip.written]), rel=1e-3)
        assert row[4] == pytest.approx(float(p[slip.right]), rel=1e-3)


def test_the_share_that_looked_right_is_counted():
    table = pd.DataFrame({"p(written)": [0.6, 0.1, 0.5, 0.3], "p(right)": [0.3, 0.8, 0.4, 0.3]})
    found = looked_right(table)
    assert found.loc["slips", "value"] == 4
    assert found.loc["share with p(written) > p(right)", "value"] == 0.5
    assert found.loc["mean p(right)", "value"] == pytest.approx(0.45)
    assert (found["low"] <= found["value"]).drop("slips").all()
    assert looked_right(table[:1]).loc["mean p(written)"].isna().all()
