"""The tiny transformer against plain loops, against the Llama of `transformers`, and against itself in pieces."""

import json
import math
import subprocess
import sys

import numpy as np
import pytest
import torch
from torch.nn.functional import conv1d, cross_entropy, gelu, silu
from transformers import LlamaConfig, LlamaForCausalLM

from lmphys.core.errors import LmphysError
from lmphys.lm.cache import KVCache
from lmphys.lm.model import LanguageModel
from lmphys.lm.tiny import TinyConfig, TinyForCausalLM, word_tokenizer
from lmphys.lm.tiny.config import POSITIONS, TAPS
from lmphys.lm.tiny.model import Canon, _Taps

SHAPE = {"vocab_size": 11, "hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 3}
PARTS = [
    *({"position": position} for position in POSITIONS),
    {"position": "rotary", "rotary_share": 0.5, "gated": False, "tie_word_embeddings": False},
    {"position": "none", "canon": "ABCD"},
    {"position": "relative", "canon": "B", "gated": False},
    {"position": "uniform", "canon": "ABD"},
]
IDS = torch.tensor([[3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5], [2, 7, 1, 8, 2, 8, 1, 8, 2, 8, 4]])


def tiny(seed=0, **parts):
    """A model in float64 whose parts all matter: no weight is near 0, the biases of distances least of all."""
    config = TinyConfig(**{**SHAPE, "max_position_embeddings": 32, "initializer_range": 0.3, **parts})
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = TinyForCausalLM(config).double().eval()
        for name, weight in model.named_parameters():
            if "distances" in name or "norm" in name:
                weight.data.add_(torch.randn_like(weight))
    return model


@pytest.fixture(params=PARTS, ids=lambda parts: "-".join(map(str, parts.values())))
def parts(request):
    return request.param


@pytest.fixture
def model(parts):
    return tiny(**parts)


def logits(model, ids, **options):
    with torch.inference_mode():
        return model(ids, **options).logits


# Parts


def plain_attention(attention, x, kind, share):
    """One token and one head after the other; (T, D) to (T, D)."""
    T, D = x.shape
    H = attention.config.num_attention_heads
    w = D // H
    projected = x @ attention.project.weight.T
    out = torch.zeros(T, D, dtype=x.dtype)
    for h in range(H):
        at = slice(h * w, (h + 1) * w)
        if kind == "uniform":
            for i in range(T):
                span = range(max(0, i - (2 ** (h + 1) - 1) + 1), i + 1)
                out[i, at] = sum(projected[j, at] for j in span) / len(span)
            continue
        q, k, v = projected[:, :D][:, at], projected[:, D : 2 * D][:, at], projected[:, 2 * D :][:, at]
        for i in range(T):
            scores = []
            for j in range(i + 1):
                turned_q, turned_k = q[i].clone(), k[j].clone()
                if kind == "rotary":
                    half = int(w * share) // 2
                    for pair in range(half):
                        for vector, place in ((turned_q, i), (turned_k, j)):
                            angle = place * 10_000 ** (-pair / half)
                            z = complex(vector[pair], vector[pair + half]) * complex(math.cos(angle), math.sin(angle))
                            vector[pair], vector[pair + half] = z.real, z.imag
                score = float(turned_q @ turned_k) / math.sqrt(w)
                scores.append(score + (float(attention.distances[h, i - j]) if kind == "relative" else 0.0))
            weights = np.exp(scores) / np.exp(scores).sum()
            out[i, at] = sum(weights[j] * v[j] for j in range(i + 1))
    return out @ attention.output.weight.T


@pytest.mark.parametrize(("kind", "share"), [*((position, 1.0) for position in POSITIONS), ("rotary", 0.5)])
@torch.no_grad()
def test_every_position_is_what_a_plain_loop_says(kind, share):
    model = tiny(position=kind, rotary_share=share, num_hidden_layers=1, gated=False)
    (block,) = model.model.layers
    x = model.model.embed_tokens.weight[IDS[0]]
    if kind == "absolute":
        x = x + model.model.embed_positions.weight[: len(x)]
    rms = lambda x, norm: x / (x.square().mean(-1, keepdim=True) + 1e-6).sqrt() * norm.weight  # noqa: E731
    x = x + plain_attention(block.attention, rms(x, block.attention_norm), kind, share)
    x = x + gelu(rms(x, block.mlp_norm) @ block.mlp.up.weight.T) @ block.mlp.down.weight.T
    expected = rms(x, model.model.norm) @ model.model.embed_tokens.weight.T
    torch.testing.assert_close(logits(model, IDS[:1])[0], expected, atol=1e-5, rtol=1e-5)  # angles are float32


@torch.no_grad()
def test_canon_is_a_causal_depth_wise_convolution_beside_the_identity():
    canon = Canon(5, 0)
    canon.weight.copy_(torch.randn(TAPS, 5))
    h = torch.randn(2, 9, 5)
    kernel = canon.weight.T.flip(-1)[:, None]  # the last tap of a convolution falls on the present token
    convolved = conv1d(h.transpose(1, 2), kernel, padding=TAPS - 1, groups=5)[..., :9].transpose(1, 2)
    view = tiny().model._view(h, None, None, None)
    torch.testing.assert_close(canon(h, view), h + convolved)
    taken = [h[:, t] + sum(canon.weight[j] * h[:, t - j] for j in range(min(t, 3) + 1)) for t in range(9)]
    torch.testing.assert_close(canon(h, view), torch.stack(taken, dim=1))


@torch.no_grad()
@torch.enable_grad()
@pytest.mark.parametrize("past", [0, 1, 2, 5])
@pytest.mark.parametrize("packed", [False, True])
def test_the_gradients_of_canon_are_those_of_its_differences(past, packed):
    generator = torch.Generator().manual_seed(past)
    h = torch.randn(2, past + 6, 3, generator=generator, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(TAPS, 3, generator=generator, dtype=torch.float64, requires_grad=True)
    places = torch.tensor([[0, 1, 2, 3, 4, 5], [2, 3, 0, 1, 2, 3]])
    back = torch.arange(1, TAPS)[:, None, None]
    inside = (places >= back)[..., None].double() if packed else None

    def taps(h, weight):
        return _Taps.apply(h, weight, inside, 6)

    assert torch.autograd.gradcheck(taps, (h, weight))
    assert torch.autograd.gradgradcheck(taps, (h, weight))


def test_canon_layers_stand_where_the_paper_has_them():
    model = tiny(canon="ABCD", position="none", num_hidden_layers=1)
    (block,) = model.model.layers
    view = model.model._view(IDS[..., None], None, None, None)
    x = model.model.embed_tokens(IDS)
    inner = block.attention_canon(block.attention_norm(x), view)  # A: after the norm
    projected = block.attention.canon(block.attention.project(inner), view)  # B: on queries, keys and values
    q, k, v = (part.unflatten(-1, (3, 8)).transpose(1, 2) for part in projected.chunk(3, dim=-1))
    mixed = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
    x = x + block.attention.output(mixed.transpose(1, 2).flatten(2))
    inner = block.mlp.up(block.mlp_canon(block.mlp_norm(x), view))  # C: after the norm
    gate, value = block.mlp.canon(inner, view).chunk(2, dim=-1)  # D: on both, before the activation
    x = x + block.mlp.down(silu(gate) * value)
    torch.testing.assert_close(logits(model, IDS), model.lm_head(model.model.norm(x)))


@torch.no_grad()
@pytest.mark.parametrize("tied", [True, False])
def test_the_rotary_gated_model_is_a_llama(tied):
    mine = tiny(position="rotary", tie_word_embeddings=tied, intermediate_size=40).float()
    config = LlamaConfig(
        **SHAPE, intermediate_size=40, max_position_embeddings=32, rms_norm_eps=1e-6, tie_word_embeddings=tied,
        bos_token_id=None, eos_token_id=None, rope_theta=10_000.0,
    )  # fmt: skip
    theirs = LlamaForCausalLM(config).eval()
    theirs.model.embed_tokens.weight.copy_(mine.model.embed_tokens.weight)
    theirs.lm_head.weight.copy_(mine.lm_head.weight)
    theirs.model.norm.weight.copy_(mine.model.norm.weight)
    for own, other in zip(mine.model.layers, theirs.model.layers, strict=True):
        q, k, v = own.attention.project.weight.chunk(3)
        gate, up = own.mlp.up.weight.chunk(2)
        for target, source in (
            (other.self_attn.q_proj, q), (other.self_attn.k_proj, k), (other.self_attn.v_proj, v),
            (other.self_attn.o_proj, own.attention.output.weight), (other.mlp.gate_proj, gate),
            (other.mlp.up_proj, up), (other.mlp.down_proj, own.mlp.down.weight),
            (other.input_layernorm, own.attention_norm.weight), (other.post_attention_layernorm, own.mlp_norm.weight),
        ):  # fmt: skip
            target.weight.copy_(source)
    assert sum(p.numel() for p in theirs.parameters()) == mine.config.n_parameters
    torch.testing.assert_close(logits(mine, IDS), logits(theirs, IDS), atol=2e-5, rtol=1e-4)
    labels = IDS.clone()
    labels[:, :4] = -100
    torch.testing.assert_close(mine(IDS, labels=labels).loss, theirs(IDS, labels=labels).loss)
    # Texts side by side in a row, which both tell by places that return to 0.
    places = torch.cat([torch.arange(4), torch.arange(7)]).expand(2, -1)
    torch.testing.assert_close(
        logits(mine, IDS, position_ids=places),
        logits(theirs, IDS, position_ids=places, use_cache=False),
        atol=2e-5,
        rtol=1e-4,
    )


def test_parameters_are_as_many_as_the_closed_form_says(model):
    assert sum(parameter.numel() for parameter in model.parameters()) == model.config.n_parameters


def test_closed_forms_of_familiar_sizes():
    shape = {"vocab_size": 4, "hidden_size": 64, "num_hidden_layers": 3, "intermediate_size": 256, "gated": False}
    assert TinyConfig(**shape).n_parameters == 3 * 12 * 64**2 + 4 * 64 + 7 * 64
    # Canon costs 36 D a layer beside 12 D^2 (part 4.1)
    assert TinyConfig(**shape, canon="ABCD").n_parameters - TinyConfig(**shape).n_parameters == 3 * 36 * 64
    # and the gated MLP is as large as the plain one
    gated = TinyConfig(hidden_size=96).linear_weights
    assert gated == TinyConfig(hidden_size=96, gated=False).linear_weights


@torch.no_grad()
def test_weights_are_drawn_as_told():
    torch.manual_seed(0)
    model = TinyForCausalLM(TinyConfig(hidden_size=96, canon="ABCD", position="relative", initializer_range=0.05))
    block = model.model.layers[0]
    taps = torch.cat([block.attention.canon.weight.flatten(), block.mlp.canon.weight.flatten()])
    assert taps.abs().max() <= 0.5 and taps.std() == pytest.approx(1 / math.sqrt(12), rel=0.03)
    assert block.mlp.down.weight.std() == pytest.approx(0.05, rel=0.03)
    assert model.model.embed_tokens.weight.std() == pytest.approx(0.05, rel=0.05)
    assert (block.attention.distances == 0).all() and (block.mlp_norm.weight == 1).all()


# Time


def test_the_future_does_not_change_the_past(model):
    whole = logits(model, IDS)
    for n in (1, 4, 8):
        changed = IDS.clone()
        changed[:, n:] = (changed[:, n:] + 1) % 11
        torch.testing.assert_close(logits(model, changed)[:, :n], whole[:, :n], atol=1e-12, rtol=0)
        assert (logits(model, changed)[:, n] - whole[:, n]).abs().max() > 1e-3


def test_texts_in_one_row_do_not_see_each_other(model):
    """Nor does the loss of one depend on the embedding of another's tokens."""
    lengths = (4, 1, 6)
    places = torch.cat([torch.arange(n) for n in lengths])[None]
    packed = logits(model, IDS[:1], position_ids=places)[0].split(lengths)
    for text, found in zip(IDS[0].split(lengths), packed, strict=True):
        torch.testing.assert_close(found, logits(model, text[None])[0], atol=1e-9, rtol=1e-9)
    embedded = model.model.embed_tokens(IDS[:1]).detach().requires_grad_()
    out = model(inputs_embeds=embedded, position_ids=places).logits
    cross_entropy(out[0, 5:10], IDS[0, 6:11]).backward()
    assert (embedded.grad[0, :5] == 0).all()
    assert (embedded.grad[0, 5:10].norm(dim=-1) > 0).all()


def test_padding_on_either_side_changes_nothing(model):
    alone = logits(model, IDS[:1, :7])
    for first in (0, 2, 4):
        row = torch.zeros(1, 11, dtype=torch.long)
        row[:, first : first + 7] = IDS[:1, :7]
        mask = torch.zeros(1, 11, dtype=torch.long)
        mask[:, first : first + 7] = 1
        found = logits(model, row, attention_mask=mask)
        assert torch.isfinite(found).all()
        torch.testing.assert_close(found[:, first : first + 7], alone, atol=1e-9, rtol=1e-9)


@pytest.mark.parametrize("sizes", [(11,), (1,) * 11, (5, 1, 1, 4), (2, 9)])
def test_pieces_with_a_cache_equal_one_pass(model, sizes):
    """With the cache of this book, and with the one that `transformers` makes."""
    whole = logits(model, IDS)
    kept, made, done = KVCache(2, 2, 16), None, 0
    for size in sizes:
        piece = IDS[:, done : done + size]
        places = torch.arange(done, done + size).expand(2, -1)
        mask = torch.ones(2, done + size, dtype=torch.long)
        found = logits(model, piece, attention_mask=mask, position_ids=places, past_key_values=kept)
        kept.advance(size)
        torch.testing.assert_close(found, whole[:, done : done + size], atol=1e-9, rtol=1e-9)
        with torch.inference_mode():
            output = model(piece, past_key_values=made, use_cache=True)
        made = output.past_key_values
        torch.testing.assert_close(output.logits, whole[:, done : done + size], atol=1e-9, rtol=1e-9)
        done += size


def test_rows_of_the_cache_can_be_given_to_other_texts(model):
    """A text that enters while others are at work, with a shift of the timeline in between."""
    timeline = KVCache(2, 2, 12, reserve=6)
    ages = [0, 0]
    texts = [IDS[0], IDS[1]]

    def admit(row, n):
        source = KVCache(2, 1, n)
        logits(model, texts[row][None, :n], past_key_values=source, attention_mask=torch.ones(1, n))
        source.advance(n)
        timeline.admit(row, source, 0, n)
        ages[row] = n

    admit(0, 4)
    for step in range(7):
        if step == 2:
            admit(1, 3)
        timeline.show(max(ages))
        mask = torch.arange(timeline.length + 1) >= timeline.length - torch.tensor(ages)[:, None]
        newest = torch.stack([text[age : age + 1] for text, age in zip(texts, ages, strict=True)])
        places = torch.tensor(ages)[:, None]
        found = logits(model, newest, attention_mask=mask.long(), position_ids=places, past_key_values=timeline)
        timeline.advance()
        for row in (0, 1) if step >= 2 else (0,):
            expected = logits(model, texts[row][None, : ages[row] + 1])[0, -1]
            torch.testing.assert_close(found[row, 0], expected, atol=1e-9, rtol=1e-9)
        ages = [age + (row == 0 or step >= 2) for row, age in enumerate(ages)]


def test_generate_equals_a_plain_loop(model):
    ids = IDS[:, :4]
    for _ in range(6):
        ids = torch.cat([ids, logits(model, ids)[:, -1:].argmax(-1)], dim=1)
    left = torch.cat([torch.zeros(2, 2, dtype=torch.long), IDS[:, :4]], dim=1)
    mask = torch.ones_like(left)
    mask[:, :2] = 0
    for cached in (True, False):
        options = {"do_sample": False, "max_new_tokens": 6, "use_cache": cached, "pad_token_id": 0}
        plain = model.generate(IDS[:, :4], attention_mask=torch.ones(2, 4, dtype=torch.long), **options)
        assert torch.equal(plain, ids)
        assert torch.equal(model.generate(left, attention_mask=mask, **options)[:, 2:], ids)


# What else a lens may ask for


@torch.no_grad()
def test_states_and_weights_of_attention(model):
    output = model(IDS, output_hidden_states=True, output_attentions=True)
    assert len(output.hidden_states) == 3
    torch.testing.assert_close(output.logits, logits(model, IDS), atol=1e-9, rtol=1e-9)
    torch.testing.assert_close(model.lm_head(output.hidden_states[-1]), output.logits)
    assert len(output.attentions) == 2
    for weights in output.attentions:
        weights = weights.expand(2, -1, -1, -1)
        assert weights.shape == (2, 3, 11, 11)
        torch.testing.assert_close(weights.sum(-1), torch.ones(2, 3, 11, dtype=weights.dtype))
        assert (weights.triu(1) == 0).all() and (weights >= 0).all()


def test_weights_of_attention_are_those_that_mix_the_values():
    model = tiny(position="relative", num_hidden_layers=1)
    (block,) = model.model.layers
    with torch.inference_mode():
        weights = model(IDS, output_attentions=True).attentions[0]
        x = block.attention_norm(model.model.embed_tokens(IDS))
        values = block.attention.project(x)[..., 48:].unflatten(-1, (3, 8)).transpose(1, 2)
        mixed = block.attention.output((weights @ values).transpose(1, 2).flatten(2))
        found, _ = block.attention(x, model.model._view(x, None, None, None), False)
    torch.testing.assert_close(mixed, found)


def test_a_saved_model_is_loaded_by_its_folder(parts, tmp_path):
    model = tiny(**parts, eos_token_id=1).float()
    model.save_pretrained(tmp_path)
    word_tokenizer([f"w{i}" for i in range(11)], eos="w1").save_pretrained(tmp_path)
    loaded = LanguageModel(str(tmp_path), dtype="float32", device="cpu")
    assert loaded.keeps_keys and loaded.n_parameters == model.config.n_parameters
    told, wanted = loaded.model.config.to_dict(), model.config.to_dict()
    assert {**told, "_name_or_path": ""} == wanted
    assert loaded.stop_ids.tolist() == [1] and loaded.context_length == 32
    assert torch.equal(loaded.model(IDS).logits, model(IDS).logits)
    drawn = [LanguageModel(f"random:{tmp_path}#{seed}", dtype="float32", device="cpu").model for seed in (1, 1, 2)]
    assert torch.equal(drawn[0](IDS).logits, drawn[1](IDS).logits)
    assert not torch.equal(drawn[0](IDS).logits, drawn[2](IDS).logits)


def test_a_process_that_knows_nothing_of_it_loads_it(tmp_path):
    tiny(canon="A").save_pretrained(tmp_path)
    word_tokenizer([f"w{i}" for i in range(11)], eos="w1").save_pretrained(tmp_path)
    code = (
        "import sys, lmphys; assert 'torch' not in sys.modules and 'transformers' not in sys.modules\n"
        "from lmphys.lm import LanguageModel\n"
        "print(LanguageModel(sys.argv[1], device='cpu').describe()['architecture'])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "TinyForCausalLM", done.stderr
    assert json.loads((tmp_path / "config.json").read_text())["model_type"] == "lmphys_tiny"


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"position": "learned"}, "unknown position 'learned' .*; use none, absolute"),
        ({"canon": "BA"}, "canon of a tiny model is 'BA'; use some letters of ABCD"),
        ({"canon": "E"}, "canon of a tiny model is 'E'"),
        ({"num_attention_heads": 5}, "5 heads do not divide a width of 24"),
        ({"rotary_share": 0.4}, "would turn 3 of the 8 dimensions"),
    ],
)
def test_parts_that_do_not_fit_are_named(parts, message):
    with pytest.raises(LmphysError, match=message):
        TinyConfig(**{**SHAPE, **parts})
