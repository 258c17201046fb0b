import numpy as np
import pytest
import torch
from tests.conftest import tiny_model

from lmphys.core.errors import LmphysError
from lmphys.lm.model import LanguageModel
from lmphys.lm.prompts import REQUEST
from lmphys.pages.reasoner.path import held_out_chains, held_out_nll, token_nll
from lmphys.problems.problem import DIFFICULTIES
from lmphys.training.reasoner.batches import closing_token


@pytest.fixture(scope="module")
def folder(tmp_path_factory, tokenizer):
    """A tiny Llama that reads long texts, saved."""
    place = tmp_path_factory.mktemp("reader")
    model = tiny_model("llama", len(tokenizer))
    model.config.max_position_embeddings = 4096
    model.save_pretrained(place)
    tokenizer.save_pretrained(place)
    return place


@pytest.fixture(scope="module")
def model(folder):
    return LanguageModel(str(folder), dtype="float32", device="cpu")


def is_slip(sentence):
    return sentence.phase == "compute" and sentence.valid is False


def test_held_out_chains_come_in_pairs_about_test_problems():
    chains = held_out_chains(24, seed=3)
    assert [len(chains[kind]) for kind in ("flawless", "slipped")] == [12, 12]
    for right, slipped in zip(*chains.values(), strict=True):
        assert right.problem == slipped.problem
        assert all(s.valid and not s.astray for s in right.sentences)
        assert any(map(is_slip, slipped.sentences))
    assert len({chain.problem.family for chain in chains["flawless"]}) == 6
    assert len({chain.problem.difficulty for chain in chains["flawless"]}) == len(DIFFICULTIES)
    again = held_out_chains(24, seed=3)
    assert [c.text for c in again["slipped"]] == [c.text for c in chains["slipped"]]


def test_likelihood_is_that_of_a_plain_pass(model):
    """Token by token, one chain at a time, without padding, by log_softmax."""
    chains = held_out_chains(6)["slipped"]
    found = token_nll(model, chains)
    for i, chain in enumerate(chains):
        prompt = model.prompt_ids(REQUEST.format(question=chain.problem.text))
        ids = [*model.tokenizer(chain.text, add_special_tokens=False)["input_ids"], closing_token(model)]
        with torch.inference_mode():
            logp = model.model(torch.tensor([[*prompt, *ids]])).logits[0].log_softmax(-1)
        expected = [-float(logp[len(prompt) + k - 1, token]) for k, token in enumerate(ids)]
        np.testing.assert_allclose(found.loc[found["chain"] == i, "nll"], expected, atol=2e-4)


def test_tokens_belong_to_the_sentence_that_they_end_in(model):
    """Put together again, the tokens of each sentence are its text, with the space before it."""
    chains = held_out_chains(6)["slipped"]
    found = token_nll(model, chains)
    for i, chain in enumerate(chains):
        rows = found[found["chain"] == i]
        ids = np.array([*model.tokenizer(chain.text, add_special_tokens=False)["input_ids"], closing_token(model)])
        for number, sentence in enumerate(chain.sentences):
            mine = rows["sentence"].to_numpy() == number
            assert model.tokenizer.decode(ids[mine]).strip() == sentence.text
            assert set(rows["part"][mine]) == {"slip" if is_slip(sentence) else sentence.phase}
        assert rows["part"].iloc[-1] == "end" and (rows["part"] == "end").sum() == 1


def test_means_are_over_tokens_and_add_up(folder, model):
    chains = held_out_chains(8)
    found = held_out_nll([str(folder)], chains, dtype="float32", device="cpu").set_index(["kind", "part"])
    tokens = token_nll(model, chains["slipped"])
    assert found.loc[("slipped", "all"), "nll"] == pytest.approx(tokens["nll"].mean(), rel=1e-5)
    slip = tokens.loc[tokens["part"] == "slip", "nll"]
    assert found.loc[("slipped", "slip"), "nll"] == pytest.approx(slip.mean(), rel=1e-5)
    parts = found.drop("all", level="part")
    total = (parts["nll"] * parts["tokens"]).groupby("kind").sum()
    whole = found.xs("all", level="part")
    np.testing.assert_allclose(total[whole.index], whole["nll"] * whole["tokens"], rtol=1e-5)
    assert (found["low"] <= found["nll"] + 1e-9).loc[found["chains"] > 1].all()
    # A random model knows nothing: about the entropy of the vocabulary, for every kind.
    assert abs(whole["nll"] - np.log(len(model.tokenizer))).max() < 2.5


def test_a_part_of_one_chain_has_no_interval_and_no_chains_no_rows(folder, model):
    chains = held_out_chains(2)["flawless"]
    found = held_out_nll([str(folder)], {"flawless": chains}, device="cpu")
    assert found[["low", "high"]].isna().all(axis=None) and (found["chains"] == 1).all()
    assert token_nll(model, []).empty


def test_a_chain_beyond_the_context_is_refused(llama):
    with pytest.raises(LmphysError, match="reads 256"):
        token_nll(llama, held_out_chains(2)["flawless"])
