import pytest
import torch
from tests.conftest import tiny_model

from lmphys.core.errors import LmphysError
from lmphys.lm.decode import ChainDecoder, Request
from lmphys.lm.model import LanguageModel
from lmphys.lm.reading import read_chains
from lmphys.lm.sampling import Sampling

PROMPTS = ["Add 3 and 4.", "Is every cat an animal? Think about it step by step.", "Double 7", "7 - 2 = ?"]
SAMPLING = Sampling(temperature=0.9, top_p=0.95, max_tokens=40)


def requests(model, per_prompt=3):
    ids = [model.prompt_ids(text) for text in PROMPTS]
    return [Request(prompt, seed=100 * i + j) for i, prompt in enumerate(ids) for j in range(per_prompt)]


def chains(model, wanted, **options):
    decoder = ChainDecoder(model, options.pop("sampling", SAMPLING), **options)
    return sorted(decoder.run(wanted), key=lambda chain: chain.index)


def teacher_forced(model, request, tokens):
    """The plain way: one pass over prompt and chain that keeps every hidden state."""
    ids = torch.cat([torch.tensor(request.prompt), tokens])[None]
    with torch.inference_mode():
        output = model.model(ids, output_hidden_states=True)
    return output.hidden_states, output.logits[0], len(request.prompt)


def relative(a, b):
    return ((a - b).norm(dim=-1).max() / b.norm(dim=-1).max().clamp(min=1e-6)).item()


@pytest.fixture(scope="session")
def exact_model(any_model, tokenizer):
    """The same architectures in float64, where a near tie between two tokens does not hide or feign a mistake."""
    model = tiny_model(any_model.spec, len(tokenizer))
    # The attention of these takes the softmax in float32 all the same, and masks of float64 overflow there.
    if any_model.spec not in ("gemma2", "bloom"):
        model = model.double()
    return LanguageModel.from_parts(model, tokenizer, spec=any_model.spec)


def check_hidden_states(model, layer):
    wanted = requests(model)
    for chain in chains(model, wanted, layer=layer, batch_size=5):
        hidden, logits, start = teacher_forced(model, wanted[chain.index], chain.tokens)
        index = model.layer_index(layer)
        if model.spec != "mamba":  # which counts its hidden states from the first block, not from the embeddings
            assert relative(chain.states["resid_post"], hidden[index][0, start:]) < 5e-5
        assert relative(chain.states["final_norm"], hidden[-1][0, start:]) < 5e-5
        log_p = logits[start - 1 : -1].log_softmax(-1)
        torch.testing.assert_close(chain.logp, log_p.gather(1, chain.tokens[:, None])[:, 0], atol=2e-4, rtol=1e-4)
        torch.testing.assert_close(chain.entropy, -(log_p.exp() * log_p).sum(-1), atol=2e-4, rtol=1e-4)


def test_states_equal_those_of_a_plain_pass(every_model):
    """At the embeddings, which architectures scale and norm in ways of their own."""
    check_hidden_states(every_model, 0)


@pytest.mark.parametrize("layer", [1, -2])
def test_states_of_other_layers_equal_those_of_a_plain_pass(any_model, layer):
    check_hidden_states(any_model, layer)


def check_outputs_of_blocks(model, layer):
    wanted = requests(model, 1)
    for chain in chains(model, wanted, layer=layer):
        kept = []
        block = model.blocks[model.layer_index(layer) - 1]
        hook = block.register_forward_hook(
            lambda module, args, output, kept=kept: kept.append(output[0] if isinstance(output, tuple) else output)
        )
        _, _, start = teacher_forced(model, wanted[chain.index], chain.tokens)
        hook.remove()
        assert relative(chain.states["resid_post"], kept[0].reshape(-1, model.width)[start:]) < 5e-5


def test_states_equal_what_the_last_block_of_a_plain_pass_puts_out(every_model):
    """`output_hidden_states` hides it behind the final norm."""
    check_outputs_of_blocks(every_model, -1)


@pytest.mark.parametrize("layer", [1, 2])
def test_states_equal_what_the_blocks_of_a_plain_pass_put_out(any_model, layer):
    check_outputs_of_blocks(any_model, layer)


def test_text_does_not_depend_on_the_batch(exact_model):
    wanted = requests(exact_model)
    together = chains(exact_model, wanted, batch_size=len(wanted))
    for other in (chains(exact_model, wanted, batch_size=1), chains(exact_model, wanted, batch_size=4)):
        for a, b in zip(together, other, strict=True):
            assert torch.equal(a.tokens, b.tokens)
            assert relative(a.states["final_norm"], b.states["final_norm"]) < 5e-5
    backward = chains(exact_model, wanted[::-1], batch_size=5)
    assert all(torch.equal(a.tokens, b.tokens) for a, b in zip(together, backward[::-1], strict=True))


def test_greedy_chains_equal_generate(every_model):
    wanted = requests(every_model, 1)
    for chain in chains(every_model, wanted, sampling=Sampling(0.0, max_tokens=24), batch_size=3):
        ids = torch.tensor(wanted[chain.index].prompt)[None]
        plain = every_model.model.generate(
            ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=24, pad_token_id=0
        )
        assert torch.equal(chain.tokens, plain[0, ids.shape[1] :])


def test_rows_are_used_again_and_the_timeline_is_shifted(llama):
    """Forty chains on two rows need more columns than the timeline has."""
    wanted = requests(llama, 10)
    alone = chains(llama, wanted, batch_size=40)
    shared = chains(llama, wanted, batch_size=2)
    assert [chain.index for chain in shared] == list(range(40))
    assert all(torch.equal(a.tokens, b.tokens) for a, b in zip(alone, shared, strict=True))


def test_chains_stop_at_the_end_token_or_at_the_limit(llama):
    found = chains(llama, requests(llama, 20))
    assert {chain.ended for chain in found} == {True, False}
    for chain in found:
        assert chain.ended == (chain.tokens[-1].item() == 0)
        assert (chain.tokens[:-1] != 0).all()
        assert len(chain.tokens) <= SAMPLING.max_tokens
        assert chain.ended or len(chain.tokens) == SAMPLING.max_tokens
        assert len(chain.states["final_norm"]) == len(chain.tokens)


def test_reading_gives_the_states_of_writing(every_model):
    wanted = requests(every_model)
    written = chains(every_model, wanted)
    read = dict(read_chains(every_model, [r.prompt for r in wanted], [c.tokens for c in written]))
    for chain in written:
        for site, states in chain.states.items():
            assert relative(read[chain.index][site], states) < 5e-5


def test_prompts_beyond_the_context_are_refused(llama):
    with pytest.raises(LmphysError, match="exceed the 256"):
        chains(llama, requests(llama), sampling=Sampling(max_tokens=250))


def test_no_requests_give_no_chains(llama):
    assert chains(llama, []) == []


def test_a_model_without_chat_template_is_asked_plainly_and_says_so_once(llama, tokenizer, capsys):
    import copy

    plain = copy.deepcopy(tokenizer)
    plain.chat_template = None
    model = LanguageModel.from_parts(tiny_model("llama", len(tokenizer)), plain, spec="a base")
    for _ in range(2):
        assert model.prompt_ids("Hello") == tuple(plain("Question: Hello\nAnswer:")["input_ids"])
    said = capsys.readouterr().err
    assert said.startswith("a base has no chat template: it is asked with 'Question: {question}\\nAnswer:'")
    assert said.count("\n") == 1
    with pytest.raises(LmphysError, match="a base has no chat template"):
        model.prompt_ids("Hello", "chat:rag")
    assert model.prompt_ids("Hello", "Q: {question}") == tuple(plain("Q: Hello")["input_ids"])
    with pytest.raises(LmphysError, match="question"):
        model.prompt_ids("Hello", "no place for it")


@pytest.mark.parametrize("layer", [4, -5])
def test_layers_outside_the_model_are_refused(llama, layer):
    with pytest.raises(LmphysError, match="use 0 to 3"):
        ChainDecoder(llama, SAMPLING, layer=layer)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_gpu_writes_the_chains_of_the_cpu(llama, tokenizer):
    moved = LanguageModel.from_parts(tiny_model("llama", len(tokenizer)).cuda(), tokenizer)
    wanted = requests(llama)
    for a, b in zip(chains(llama, wanted), chains(moved, wanted), strict=True):
        assert torch.equal(a.tokens, b.tokens)
        assert relative(b.states["final_norm"], a.states["final_norm"]) < 1e-3
