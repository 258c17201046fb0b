"""A model is given out as plain passes say that it may be read, or not at all."""

import json
from types import MethodType, SimpleNamespace

import pytest
import torch
from tests.conftest import tiny_model
from tests.lm.odd_models import ODD, odd_model

from lmphys.core.errors import LmphysError
from lmphys.lm import selfcheck
from lmphys.lm.decode import ChainDecoder, Request
from lmphys.lm.intervention import changed_states
from lmphys.lm.model import LanguageModel
from lmphys.lm.reading import read_chains
from lmphys.lm.sampling import Sampling

CASES = [pytest.param(name, marks=[pytest.mark.slow] if odd.slow else []) for name, odd in ODD.items()]
TEXTS = ("Add 3 and 4.", "Solve this step by step. First, add 3 and 4. That makes 7.", "Yes")


def relative(states, right):
    norms = right.norm(dim=-1)  # zero at a padding token that enters the first block as nothing
    return float(((states - right).norm(dim=-1) / norms.clamp(min=1e-3 * norms.max())).max())


def plain_pass(model, ids):
    """The last hidden states and the log-probabilities of one text, by `transformers` alone."""
    with torch.inference_mode():
        output = model.model(input_ids=torch.tensor([ids]), output_hidden_states=True, use_cache=False)
    return output.hidden_states[-1][0], output.logits[0].log_softmax(-1)


@pytest.mark.parametrize("name", CASES)
def test_odd_architectures_give_the_numbers_of_plain_passes_or_are_refused(name, tokenizer):
    odd = ODD[name]
    if odd.refused:
        with pytest.raises(LmphysError, match=f"fails the self-check '{odd.refused}'") as caught:
            LanguageModel.from_parts(odd_model(name, len(tokenizer)), tokenizer, spec=name)
        assert "\n" not in str(caught.value)
        return
    model = LanguageModel.from_parts(odd_model(name, len(tokenizer)), tokenizer, spec=name)
    assert odd.way is None or (model.keeps_keys, model.side_by_side) == odd.way
    model.stop_ids = torch.tensor([], dtype=torch.long)
    prompts = [tuple(tokenizer(text)["input_ids"]) for text in TEXTS]
    requests = [Request(prompt, 10 * i + j) for i, prompt in enumerate(prompts) for j in range(2)]
    drawn = {c.index: c for c in ChainDecoder(model, Sampling(1.0, 1.0, 0, 12), layer=1, batch_size=4).run(requests)}
    read = dict(read_chains(model, [r.prompt for r in requests], [drawn[i].tokens for i in range(6)], layer=1))
    for i, request in enumerate(requests):
        chain, start = drawn[i], len(request.prompt)
        final, logp = plain_pass(model, [*request.prompt, *chain.tokens.tolist()])
        assert relative(chain.states["final_norm"], final[start:]) < 1e-4
        assert relative(read[i]["final_norm"], final[start:]) < 1e-4
        assert relative(read[i]["resid_post"], chain.states["resid_post"]) < 1e-4
        torch.testing.assert_close(
            chain.logp, logp[start - 1 : -1].gather(-1, chain.tokens[:, None])[:, 0], atol=1e-3, rtol=1e-4
        )


def test_writing_into_states_reaches_the_logits_of_blocks_that_give_lists(tokenizer):
    model = LanguageModel.from_parts(odd_model("openai-gpt", len(tokenizer)), tokenizer)
    ids = [5, 6, 7]
    with torch.inference_mode(), changed_states(model, 1, lambda states: 0 * states):
        one = model.read([ids])
    with torch.inference_mode(), changed_states(model, 1, lambda states: 0 * states):
        other = model.read([[8, 9, 10]])
    torch.testing.assert_close(one, other)  # nothing of the text is left
    assert not torch.allclose(model.read([ids]), one)


def altered_llama(tokenizer, forward):
    """A Llama whose body is wrapped: `forward(pass, keywords)`."""
    inner = tiny_model("llama", len(tokenizer))
    honest = inner.model.forward

    def replaced(self, input_ids=None, attention_mask=None, position_ids=None, past_key_values=None, **keywords):
        given = {
            "input_ids": input_ids,
            "attention_mask": attention_mask,
            "position_ids": position_ids,
            "past_key_values": past_key_values,
            **keywords,
        }
        return forward(honest, given)

    inner.model.forward = MethodType(replaced, inner.model)
    return inner


def test_a_mask_that_is_not_heeded_ends_in_chains_one_at_a_time(tokenizer, capsys):
    def forward(honest, given):
        past = given["past_key_values"]
        given["attention_mask"] = None if past is None else given["attention_mask"].fill_(1)
        return honest(**given)

    model = LanguageModel.from_parts(altered_llama(tokenizer, forward), tokenizer, spec="blind")
    assert model.keeps_keys and not model.side_by_side
    assert "blind: a batch of unequal lengths changes its states" in capsys.readouterr().err
    with pytest.raises(LmphysError, match="unequal length"):
        model.read([(5, 6, 7), (5, 6)])
    # Equal ones need no padding.
    right = LanguageModel.from_parts(tiny_model("llama", len(tokenizer)), tokenizer)
    torch.testing.assert_close(model.read([(5, 6), (7, 8)]), right.read([(5, 6), (7, 8)]))


def test_places_that_are_counted_from_another_number_are_not_told(tokenizer):
    def forward(honest, given):
        if given["position_ids"] is not None:
            given["position_ids"] = given["position_ids"] ** 2
        return honest(**given)

    model = LanguageModel.from_parts(altered_llama(tokenizer, forward), tokenizer)
    assert not model.checked.takes_places


def test_a_cache_that_is_wrong_ends_in_reading_anew(tokenizer, capsys):
    def forward(honest, given):
        output = honest(**given)
        if given["past_key_values"] is not None:
            output.last_hidden_state = output.last_hidden_state * 1.01
        return output

    model = LanguageModel.from_parts(altered_llama(tokenizer, forward), tokenizer, spec="forgetful")
    assert not model.keeps_keys and model.side_by_side
    assert "read anew" in capsys.readouterr().err


def test_states_that_are_not_those_told_are_refused(tokenizer):
    def forward(honest, given):
        output = honest(**given)
        if output.hidden_states is not None:
            output.hidden_states = (
                *output.hidden_states[:1],
                output.hidden_states[1] * 1.001,
                *output.hidden_states[2:],
            )
        return output

    with pytest.raises(LmphysError, match=r"self-check 'states'.*error 0\.001"):
        LanguageModel.from_parts(altered_llama(tokenizer, forward), tokenizer)


def test_a_mask_of_ones_that_changes_something_is_refused(tokenizer):
    def forward(honest, given):
        output = honest(**given)
        if given["attention_mask"] is not None:
            output.last_hidden_state = output.last_hidden_state * 1.01
        return output

    with pytest.raises(LmphysError, match="self-check 'mask'"):
        LanguageModel.from_parts(altered_llama(tokenizer, forward), tokenizer)


def test_attention_to_what_comes_later_is_refused(tokenizer):
    def forward(honest, given):  # a mask in which every token sees every other
        n = given["input_ids"].shape[1]
        given["attention_mask"] = torch.zeros(len(given["input_ids"]), 1, n, n)
        return honest(**given)

    with pytest.raises(LmphysError, match="self-check 'causal'"):
        LanguageModel.from_parts(altered_llama(tokenizer, forward), tokenizer)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_weights_that_are_no_numbers_are_refused(tokenizer, dtype):
    model = tiny_model("llama", len(tokenizer)).to(dtype)
    model.model.layers[1].mlp.up_proj.weight.data[0] = torch.nan
    with pytest.raises(LmphysError, match=f"not finite in {str(dtype)[6:]} at the token"):
        LanguageModel.from_parts(model, tokenizer)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_passes_within_its_bound(tokenizer, dtype):
    errors = LanguageModel.from_parts(tiny_model("llama", len(tokenizer)).to(dtype), tokenizer).checked.errors
    assert 1e-5 < max(errors.values()) < selfcheck.BOUNDS[dtype]


def test_drawing_stops_at_the_first_token_that_gives_no_numbers(tokenizer):
    model = LanguageModel.from_parts(tiny_model("llama", len(tokenizer)), tokenizer, spec="tiny")
    prompt, greedy = (5, 9, 12), Sampling(0.0, max_tokens=8)
    model.stop_ids = torch.tensor([], dtype=torch.long)
    (chain,) = ChainDecoder(model, greedy).run([Request(prompt, 0)])
    earlier = [list(prompt) + chain.tokens[:n].tolist() for n in range(8)]
    place = next(n for n in range(1, 7) if int(chain.tokens[n]) not in earlier[n])
    broken = int(chain.tokens[place])
    model.model.model.embed_tokens.weight.data[broken] = torch.inf
    steps = []
    with pytest.raises(LmphysError) as caught:
        list(ChainDecoder(model, greedy).run([Request(prompt, 0)], on_tokens=steps.append))
    assert f"not finite in float32 at the token {tokenizer.decode([broken])!r}" in str(caught.value)
    assert steps == [1] * (place + 1)
    with pytest.raises(LmphysError, match="not finite in float32 at the token"):
        list(read_chains(model, [prompt], [chain.tokens]))


def test_a_passed_check_is_not_made_again(model_folder, tmp_path, monkeypatch):
    monkeypatch.setenv("LMPHYS_HOME", str(tmp_path))
    made = []
    examine = selfcheck.examine
    monkeypatch.setattr(selfcheck, "examine", lambda model: made.append(model.spec) or examine(model))
    spec = str(model_folder)
    first = LanguageModel(spec)
    assert made == [spec]
    again = LanguageModel(spec)
    assert made == [spec] and again.checked == first.checked
    LanguageModel(f"random:{spec}#4")  # the same architecture
    assert made == [spec]
    LanguageModel(spec, dtype="bfloat16")
    assert len(made) == 2
    monkeypatch.setattr(selfcheck, "metadata", SimpleNamespace(version=lambda name: "another"))
    LanguageModel(spec)
    assert len(made) == 3
    LanguageModel.from_parts(first.model, first.tokenizer)  # of which nothing tells what it is
    assert len(made) == 4


def test_a_changed_folder_or_a_damaged_record_is_checked_again(tmp_path, tokenizer, monkeypatch):
    monkeypatch.setenv("LMPHYS_HOME", str(tmp_path / "home"))
    folder = tmp_path / "model"
    tiny_model("llama", len(tokenizer)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    made = []
    examine = selfcheck.examine
    monkeypatch.setattr(selfcheck, "examine", lambda model: made.append(1) or examine(model))
    LanguageModel(str(folder))
    (record,) = (tmp_path / "home" / "selfchecks").glob("*.json")
    record.write_text(record.read_text()[:40])
    LanguageModel(str(folder))
    assert len(made) == 2 and json.loads(record.read_text())["keeps_keys"]
    settings = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**settings, "rms_norm_eps": 1e-5}))
    LanguageModel(str(folder))
    assert len(made) == 3


def test_a_refused_model_is_refused_again(tmp_path, tokenizer):
    model = tiny_model("llama", len(tokenizer))
    model.lm_head.weight.data[0] = torch.nan
    model.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    for _ in range(2):
        with pytest.raises(LmphysError, match="not finite"):
            LanguageModel(str(tmp_path))


def test_global_random_numbers_are_left_alone(tokenizer):
    torch.manual_seed(7)
    right = torch.rand(3)
    torch.manual_seed(7)
    LanguageModel.from_parts(tiny_model("llama", len(tokenizer)), tokenizer)
    assert torch.equal(torch.rand(3), right)


@pytest.mark.real_model
def test_the_default_model_passes_in_its_best_way():
    found = LanguageModel("smollm2", dtype="float32").checked
    assert found.keeps_keys and found.side_by_side and found.takes_places and not found.notes
    assert max(found.errors.values()) < 1e-4
