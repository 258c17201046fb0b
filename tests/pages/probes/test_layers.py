import json

import numpy as np
import pytest
import torch
from tests.conftest import tiny_model

from lmphys.core.errors import LmphysError
from lmphys.corpus.build import build_corpus
from lmphys.corpus.spec import CorpusSpec
from lmphys.corpus.store import Corpus
from lmphys.lm.model import LanguageModel
from lmphys.lm.prompts import REQUEST
from lmphys.lm.sampling import Sampling
from lmphys.pages.probes.layers import chains_per_question, states_by_layer

LAYERS = (0, 1, 2, 3)


@pytest.fixture(scope="module", params=["llama", "gpt2"])
def corpus(request, tmp_path_factory, tokenizer) -> Corpus:
    """Six questions, three chains each, by a tiny model whose states after block 1 are stored."""
    folder = tmp_path_factory.mktemp(request.param)
    tiny_model(request.param, len(tokenizer)).save_pretrained(folder / "model")
    tokenizer.save_pretrained(folder / "model")
    questions = folder / "mine.jsonl"
    questions.write_text("\n".join(json.dumps({"question": f"Add {i} and 2.", "answer": i + 2}) for i in range(6)))
    sampling = Sampling(temperature=1.0, top_p=1.0, max_tokens=80)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LMPHYS_HOME", str(folder / "home"))
        spec = CorpusSpec(
            str(folder / "model"), tasks=(str(questions),), n_questions=6, n_chains=3, sampling=sampling, layer=1,
            dtype="float32",
        )  # fmt: skip
        return build_corpus(spec)


@pytest.fixture(scope="module")
def model(corpus) -> LanguageModel:
    return LanguageModel(corpus.spec.model, dtype="float32")


def test_states_are_the_hidden_states_of_a_plain_pass(corpus, tokenizer):
    """In float64, so that only mistakes differ; at the last layer the plain pass shows the state after the norm."""
    plain = LanguageModel(corpus.spec.model, dtype="float32").model.double()
    model = LanguageModel.from_parts(plain, tokenizer)
    found = states_by_layer(model, corpus, LAYERS)
    norm = plain.base_model.norm if hasattr(plain.base_model, "norm") else plain.base_model.ln_f
    ends = np.concatenate([[0], np.cumsum(corpus.chains["n_tokens"])])
    assert len(corpus.sentences) >= 20 and corpus.chains["n_sentences"].max() >= 3
    for row, sentences in corpus.sentences.groupby("chain"):
        prompt = model.prompt_ids(REQUEST.format(question=corpus.chains["question"][row]))
        ids = torch.tensor([*prompt, *corpus.column("tokens")[ends[row] : ends[row + 1]]])[None]
        with torch.inference_mode():
            hidden = plain(ids, output_hidden_states=True).hidden_states
            ours = {layer: torch.from_numpy(found[layer][sentences.index]) for layer in LAYERS}
            ours[3] = norm(ours[3].double())
        for layer in LAYERS:
            expected = hidden[layer][0, len(prompt) + sentences["token"].to_numpy()]
            np.testing.assert_allclose(ours[layer], expected, rtol=0, atol=1e-5)


def test_states_of_the_own_layer_are_the_stored_ones(corpus, model):
    found = states_by_layer(model, corpus, [1])[1]
    stored = corpus.trajectories("resid_post", "boundary", min_length=1).states
    assert found.dtype == np.float32 and found.shape == stored.shape
    np.testing.assert_allclose(found, stored, rtol=0, atol=5e-5 * np.abs(stored).max())


def test_chosen_chains_give_their_rows_of_all(corpus, model):
    rows = chains_per_question(corpus, 2)
    assert rows.tolist() == [3 * question + chain for question in range(6) for chain in range(2)]
    every, some = states_by_layer(model, corpus, [0, -1]), states_by_layer(model, corpus, [0, -1], rows=rows[::-1])
    assert list(some) == [0, 3]
    wanted = corpus.sentences["chain"].isin(rows).to_numpy()
    assert 0 < wanted.sum() < len(wanted)
    for layer, states in some.items():
        np.testing.assert_allclose(states, every[layer][wanted], rtol=0, atol=5e-5 * np.abs(states).max())


def test_all_chains_are_taken_where_a_question_has_fewer(corpus):
    assert chains_per_question(corpus, 9).tolist() == list(range(18))


def test_no_chains_have_no_states(corpus, model):
    assert states_by_layer(model, corpus, [2], rows=[])[2].shape == (0, 48)


def test_layers_that_the_model_lacks_are_refused(corpus, model):
    with pytest.raises(LmphysError, match="use 0 to 3"):
        states_by_layer(model, corpus, [1, 4])


def test_no_chain_per_question_is_refused(corpus):
    with pytest.raises(LmphysError, match="at least 1"):
        chains_per_question(corpus, 0)


def test_a_model_with_another_tokenizer_is_refused(corpus, tokenizer):
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = pre_tokenizers.ByteLevel.alphabet()
    inner = Tokenizer(models.BPE({"<|end|>": 0, **{letter: 399 - i for i, letter in enumerate(alphabet)}}, []))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    other = PreTrainedTokenizerFast(tokenizer_object=inner, eos_token="<|end|>", chat_template=tokenizer.chat_template)
    model = LanguageModel.from_parts(tiny_model("llama", 400), other, spec="other")
    with pytest.raises(LmphysError, match="other does not share the tokenizer"):
        states_by_layer(model, corpus, [1])
