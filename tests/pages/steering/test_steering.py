"""Hooks, gradients and vectors on tiny random models of every architecture."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from tests.conftest import tiny_model

from lmphys.core.errors import LmphysError
from lmphys.lm.decode import ChainDecoder, Request
from lmphys.lm.model import LanguageModel
from lmphys.lm.sampling import Sampling
from lmphys.mechanics.energies import C1, CANDIDATES
from lmphys.mechanics.paths import Paths, read_paths
from lmphys.pages.steering.contexts import Contexts, Past, SteeringVector, head_of
from lmphys.pages.steering.continuations import Start, as_paths, continue_texts
from lmphys.pages.steering.energy import energy_changes, natural_differences, passage
from lmphys.pages.steering.relevance import derangement, log_likelihoods, text_scores
from lmphys.pages.steering.steering import Steered, equal_gain, gradients, random_vector, steer, steer_by, target_log_p
from lmphys.pages.steering.targets import Places, choose_places, contrast, frequent_words, token_id
from lmphys.pages.steering.tilts import logit_bias

from .conftest import TARGETS, TEXTS


def beginnings(places, prompts, texts):
    return [(*prompts[i], *texts[i][: n + 1].tolist()) for i, n in zip(places.text, places.place, strict=True)]


def plain(model, text):
    with torch.no_grad():
        return model.model(torch.tensor([text])).logits[0].log_softmax(-1)


def test_contexts_read_as_plain_passes_do(any_model):
    contexts = Contexts.of(any_model, TEXTS)
    after = torch.tensor([[4, 6], [9, 9], [17, 80]])
    reading = contexts.read(after=after)
    for row in range(3):
        whole = plain(any_model, [*TEXTS[row], *after[row].tolist()])
        torch.testing.assert_close(reading.log_p[row], whole[-3:], atol=3e-4, rtol=0)
    some = contexts.read(torch.tensor([2, 1]))  # other rows, another padding, and the past has not grown
    for k, row in enumerate((2, 1)):
        torch.testing.assert_close(some.log_p[k, 0], plain(any_model, TEXTS[row])[-1], atol=3e-4, rtol=0)
    torch.testing.assert_close(head_of(any_model)(reading.states[:, 0]), reading.log_p[:, 0], atol=1e-5, rtol=0)


def test_beginnings_of_texts_are_read_as_those_texts_alone(any_model):
    """Two places in one text and one in another, of other lengths than the texts; paths as a pass for each text."""
    past = Past(any_model, TEXTS)
    contexts = Contexts(past, [2, 0, 2], [4, 5, 7])
    assert contexts.texts == [TEXTS[2][:4], TEXTS[0][:5], TEXTS[2][:7]] and contexts.last.tolist() == [61, 7, 14]
    after = torch.tensor([[4], [9], [17]])
    reading = contexts.read(after=after)
    for row, text in enumerate(contexts.texts):
        whole = plain(any_model, [*text, *after[row].tolist()])
        torch.testing.assert_close(reading.log_p[row], whole[-2:], atol=3e-4, rtol=0)
    paths = past.paths([1, 1, 3])
    each = read_paths(any_model, [text[:n] for text, n in zip(TEXTS, (1, 1, 3), strict=True)],
                      [np.array(text[n:]) for text, n in zip(TEXTS, (1, 1, 3), strict=True)])  # fmt: skip
    for i in range(3):
        np.testing.assert_allclose(paths.log_pp[i], each.log_pp[i], atol=3e-4)
        np.testing.assert_allclose(paths.states["final_norm"][i], each.states["final_norm"][i], atol=1e-4)
        assert paths.tokens[i].tolist() == each.tokens[i].tolist()


def test_continuations_of_beginnings_are_those_of_the_texts_alone(any_model):
    contexts = Contexts(Past(any_model, TEXTS), [2, 0], [4, 5])
    alone = Contexts.of(any_model, [TEXTS[2][:4], TEXTS[0][:5]])
    both = [continue_texts(c, {"free": Start()}, SAMPLING, seed=2)["free"] for c in (contexts, alone)]
    assert [c.tokens.tolist() for c in both[0]] == [c.tokens.tolist() for c in both[1]]


def test_a_vector_of_nothing_leaves_every_bit(any_model):
    contexts = Contexts.of(any_model, TEXTS)
    nothing = [SteeringVector(layer, torch.zeros(3, any_model.width)) for layer in (0, 1, any_model.n_layers)]
    assert torch.equal(contexts.read(vectors=nothing).log_p, contexts.read().log_p)


@pytest.mark.parametrize("layer", [0, 2, 3])
def test_a_steering_vector_is_what_it_says_and_leaves_the_past_alone(any_model, layer):
    """Against the model's own embeddings and blocks: the vector moves one token of one layer."""
    text, step = torch.tensor([TEXTS[2]]), torch.randn(1, any_model.width, generator=torch.Generator().manual_seed(0))
    module = any_model.blocks[max(layer - 1, 0)]

    def moved(x):
        return x + torch.nn.functional.pad(step[None], (0, 0, 4, 3))  # the fifth of eight tokens

    def before(module, args, kwargs):
        if args:
            return (moved(args[0]), *args[1:]), kwargs
        return args, kwargs | {"hidden_states": moved(kwargs["hidden_states"])}

    def after(module, args, output):
        return (moved(output[0]), *output[1:]) if isinstance(output, tuple) else moved(output)

    if layer == 0:
        hook = module.register_forward_pre_hook(before, with_kwargs=True)
    else:
        hook = module.register_forward_hook(after)
    with torch.no_grad():
        expected = any_model.model(text).logits[0].log_softmax(-1)
    hook.remove()
    contexts = Contexts.of(any_model, [TEXTS[2][:5]])
    reading = contexts.read(after=torch.tensor([TEXTS[2][5:]]), vectors=[SteeringVector(layer, step)])
    torch.testing.assert_close(reading.log_p[0], expected[4:], atol=3e-4, rtol=0)
    untouched = plain(any_model, TEXTS[2])
    torch.testing.assert_close(expected[:4], untouched[:4], atol=1e-5, rtol=0)
    assert not torch.allclose(expected[4], untouched[4], atol=1e-3)
    torch.testing.assert_close(plain(any_model, TEXTS[2]), untouched)  # no hook was left behind


def test_gradients_are_those_of_finite_differences(precise):
    contexts = Contexts.of(precise, TEXTS)
    slopes = gradients(contexts, TARGETS, [0, 1, -1])
    assert sorted(slopes.slopes) == [0, 1, 3]
    for layer, g in slopes.slopes.items():
        direction = torch.randn(3, precise.width, dtype=torch.float64, generator=torch.Generator().manual_seed(layer))
        ends = [
            target_log_p(steer_by(contexts, SteeringVector(layer, sign * 1e-5 * direction)).log_p, TARGETS)
            for sign in (1, -1)
        ]
        np.testing.assert_allclose((g * direction).sum(1), (ends[0] - ends[1]) / 2e-5, rtol=1e-6)
    with pytest.raises(LmphysError, match="use 0 to 3"):
        gradients(contexts, TARGETS, [4])


@pytest.mark.parametrize("layer", [0, 2, 3])
def test_every_way_gains_what_was_asked(precise, layer):
    contexts = Contexts.of(precise, TEXTS)
    slopes = gradients(contexts, TARGETS, [layer])
    before = target_log_p(slopes.log_p, TARGETS)
    gain = 0.3
    assert before.max() < -gain
    found = steer(contexts, TARGETS, slopes, layer, gain, tolerance=1e-6)
    assert found.reached.all()
    np.testing.assert_allclose(target_log_p(found.log_p, TARGETS) - before, gain, atol=1e-6)
    assert torch.allclose(torch.cosine_similarity(found.vector.step, slopes.slopes[layer]), torch.ones(3).double())
    against = steer(contexts, TARGETS, slopes, layer, gain, directions=-slopes.slopes[layer], tolerance=1e-6)
    assert torch.equal(against.vector.step.abs().sum(1) == 0, ~against.reached)
    chance = random_vector(found.vector, seed=1)
    assert torch.allclose(chance.step.norm(dim=1), found.vector.step.norm(dim=1))
    assert not torch.equal(random_vector(found.vector, seed=2).step, chance.step)


def test_the_strength_of_known_curves():
    """Roots in closed form, one of a curve that turns down again, and one that is never reached."""
    curves = [lambda s: s**2, lambda s: torch.sin(s), lambda s: 0.1 * s, lambda s: -s, lambda s: s / (1 + s)]

    def gain_at(strength, rows):
        return torch.stack([curves[row](s) for row, s in zip(rows.tolist(), strength, strict=True)])

    first = torch.ones(5, dtype=torch.float64)
    found = equal_gain(gain_at, first, 0.6, tolerance=1e-10)
    np.testing.assert_allclose(found, [0.6**0.5, np.arcsin(0.6), 6, np.nan, 1.5], atol=1e-8)
    with pytest.raises(LmphysError, match="positive"):
        equal_gain(gain_at, first, 0.0)


def test_words_and_targets(llama, tokenizer):
    word = tokenizer(" the", add_special_tokens=False)["input_ids"]
    assert token_id(llama, tokenizer.decode([40])) == 40
    with pytest.raises(LmphysError, match="tokens of llama"):
        token_id(llama, "Solve this step by step. First")
    texts = [np.array([3, *word, 5, *word, *word]), np.array([*word, 4])]
    if len(word) == 1 and tokenizer.decode(word).strip().isalpha():
        assert frequent_words(llama, texts, 3) == word  # the one that opens the second text follows nothing
    with pytest.raises(LmphysError, match="no word occurs 9 times"):
        frequent_words(llama, texts, 9)


def test_a_token_without_output_is_no_target(tokenizer):
    short = LanguageModel.from_parts(tiny_model("llama", 100), tokenizer, spec="short")
    with pytest.raises(LmphysError, match="out of the vocabulary of 100"):
        token_id(short, tokenizer.decode([200]))


@pytest.fixture(scope="module")
def read(llama):
    rng = np.random.default_rng(0)
    prompts = [tuple(rng.integers(3, 300, 5).tolist()) for _ in range(4)]
    texts = [rng.integers(3, 60, n) for n in (24, 30, 12, 28)]
    return prompts, texts, read_paths(llama, prompts, texts)


def test_places_keep_their_rule(llama, read):
    prompts, texts, paths = read
    words = list(range(60, 360))
    places = choose_places(paths, head_of(llama), words, 0.5, gaps=(0.0, 3.0, 9.0), earliest=6, last=3, seed=2)
    assert places.gap == 3
    assert 2 <= len(places) <= 4 and len(set(places.text)) == len(places)
    for context, text, place, target, rank in zip(
        beginnings(places, prompts, texts), places.text, places.place, places.target.tolist(), places.rank, strict=True
    ):
        assert 6 <= place < len(texts[text]) - 3 and target in words and target != texts[text][place + 1]
        log_p = plain(llama, context)[-1]
        assert rank > 1 and rank == int((log_p > log_p[target]).sum()) + 1
        assert log_p[target] + 0.5 <= np.log(0.9) + 1e-5 and log_p.max() - log_p[target] <= 3 + 1e-4
    assert places.ends([5] * 4).tolist() == [len(text) for text in beginnings(places, prompts, texts)]
    nexts = [texts[i][place + 1] for i, place in zip(places.text, places.place, strict=True)]
    assert places.following(texts).tolist() == nexts
    with pytest.raises(LmphysError, match="0 texts have a place"):
        choose_places(paths, head_of(llama), words, 50.0)


def test_contrast_is_a_difference_of_means(llama, read):
    prompts, texts, _ = read
    word = int(np.bincount(np.concatenate([text[1:] for text in texts])).argmax())
    found = contrast(llama, prompts, texts, [word], 2)[word]
    mine, others = [], []
    for prompt, text in zip(prompts, texts, strict=True):
        with torch.no_grad():
            states = llama.model(torch.tensor([[*prompt, *text]]), output_hidden_states=True).hidden_states[2][0]
        for i in range(len(text) - 1):
            (mine if text[i + 1] == word else others).append(states[len(prompt) + i])
    assert len(mine) > 1
    torch.testing.assert_close(found, torch.stack(mine).mean(0) - torch.stack(others).mean(0), atol=1e-4, rtol=0)
    with pytest.raises(LmphysError, match="no contrast"):
        contrast(llama, prompts, texts, [399], 2)


def test_energies_at_the_place_by_hand(llama, read):
    prompts, texts, paths = read
    places = Places(np.array([0, 3]), np.array([10, 20]), torch.tensor([70, 90]), np.array([5, 5]))
    contexts = Contexts.of(llama, beginnings(places, prompts, texts))
    base = Steered(contexts.read().log_p[:, 0].detach())
    before = passage(contexts, places, paths, base)
    for i, context in enumerate(beginnings(places, prompts, texts)):
        with torch.no_grad():
            whole = torch.tensor([[*context, int(places.target[i])]])
            h = llama.model(whole, output_hidden_states=True).hidden_states[-1][0].double()
        steps = (h[1:] - h[:-1]).square().sum(1) / 2 / llama.width
        np.testing.assert_allclose(before.kinetic[i], steps[-2:], rtol=1e-4)
        log_p = plain(llama, context)
        expected = [-log_p[-2, context[-1]].item(), -log_p[-1, places.target[i]].item()]
        np.testing.assert_allclose(before.log_pp[i], expected, atol=1e-4)
    # A bias of the logit moves no state: energy falls by the gain, at the step out alone.
    tilted = passage(contexts, places, paths, Steered(logit_bias(base.log_p, places.target, 0.7)))
    change = tilted.energy(C1) - before.energy(C1)
    np.testing.assert_allclose(change, [[0, -0.7], [0, -0.7]], atol=1e-5)
    table = energy_changes(before, tilted, paths, places)
    assert len(table) == 2 * len(CANDIDATES)
    assert table.loc[("C1", "out"), "size"] == pytest.approx(0.7, abs=1e-5)
    assert table.loc[("C1", "in"), "ratio"] == pytest.approx(0, abs=1e-6)
    # A vector on the last state is seen in both kinetic terms.
    step = torch.ones(2, llama.width)
    moved = passage(contexts, places, paths, Steered(base.log_p, last_step=step))
    assert not np.allclose(moved.kinetic, before.kinetic)
    other = passage(contexts, places, paths, base, tokens=torch.tensor([7, 8]))
    np.testing.assert_array_equal(other.kinetic[:, 0], before.kinetic[:, 0])
    expected = [-plain(llama, c)[-1, t].item() for c, t in zip(beginnings(places, prompts, texts), (7, 8), strict=True)]
    np.testing.assert_allclose(other.log_pp[:, 1], expected, atol=1e-4)
    none = passage(contexts, places, paths, Steered(torch.full_like(base.log_p, torch.nan)))
    assert np.isnan(none.energy(C1)[:, 1]).all() and np.isnan(none.kinetic).all()


def test_natural_differences_stay_inside_texts():
    paths = Paths(
        {"final_norm": [np.array([[1.0], [3], [3], [7]]), np.array([[1.0], [1], [1]])]},
        [np.array([1.0, 2, 4, np.nan]), np.array([3.0, 8, np.nan])],
        [np.arange(4), np.arange(3)],
    )
    total, count = natural_differences(paths, C1)  # energies 3, 2, 12 and 3, 8
    assert total.tolist() == [11, 5] and count.tolist() == [2, 1]


# Few tokens to choose from: rounding does not tip the choice between two of them.
SAMPLING = Sampling(temperature=0.9, top_p=1.0, top_k=4, max_tokens=9)


def test_continuations_without_steering_are_those_of_the_decoder(any_model):
    contexts = Contexts.of(any_model, TEXTS)
    written = continue_texts(contexts, {"free": Start()}, SAMPLING, seed=3)["free"]
    requests = [Request(text, 3_000 + row) for row, text in enumerate(TEXTS)]
    expected = {chain.index: chain for chain in ChainDecoder(any_model, SAMPLING, batch_size=3).run(requests)}
    for row, own in enumerate(written):
        assert own.tokens.tolist() == expected[row].tokens.tolist()
        np.testing.assert_allclose(own.log_p, expected[row].logp, atol=3e-4)
        np.testing.assert_allclose(own.states[1:], expected[row].states["final_norm"][:-1], atol=1e-4)


def test_the_trace_of_a_vector_is_that_of_a_vector_that_is_read_again(any_model):
    """Once written, the tokens have the same probabilities when all are read in one pass with the vector."""
    contexts = Contexts.of(any_model, TEXTS)
    vector = SteeringVector(1, 3 * torch.randn(3, any_model.width, generator=torch.Generator().manual_seed(5)))
    steered = steer_by(contexts, vector)
    starts = {"forced": Start(TARGETS), "steered": Start(TARGETS, steered)}
    both = continue_texts(contexts, starts, SAMPLING, seed=1, batch_size=4)
    free, written = both["forced"], both["steered"]
    alone = continue_texts(contexts, {"forced": Start(TARGETS)}, SAMPLING, seed=1)["forced"]
    assert [c.tokens.tolist() for c in alone] == [c.tokens.tolist() for c in free]
    missed = Steered(steered.log_p.clone(), vector)
    missed.log_p[1] = torch.nan
    some = continue_texts(contexts, {"steered": Start(TARGETS, missed)}, SAMPLING, seed=1)["steered"]
    assert [c.context for c in some] == [0, 2] and some[1].tokens.tolist() == written[2].tokens.tolist()
    elsewhere = Start(TARGETS, steer_by(contexts, SteeringVector(2, vector.step)))
    with pytest.raises(LmphysError, match="one by one"):
        continue_texts(contexts, {**starts, "other": elsewhere}, SAMPLING)
    for row, own in enumerate(written):
        assert own.tokens[0] == TARGETS[row] and own.steered and not free[row].steered
        tokens = torch.from_numpy(own.tokens)[None]
        with torch.no_grad():
            reading = contexts.read(
                torch.tensor([row]), tokens[:, :-1], [SteeringVector(1, vector.step[row : row + 1])]
            )
        np.testing.assert_allclose(own.log_p, reading.log_p[0].gather(1, tokens.T)[:, 0], atol=3e-4)
        np.testing.assert_allclose(own.states, reading.states[0], atol=2e-4)
    assert any(not np.allclose(a.log_p[:1], b.log_p[:1], atol=1e-3) for a, b in zip(written, free, strict=True))
    paths = as_paths(contexts, written)
    assert paths.tokens[0].tolist() == [TEXTS[0][-1], *written[0].tokens[:-1]]
    np.testing.assert_allclose(paths.log_pp[0], -written[0].log_p)


def test_relevance_is_a_difference_of_plain_log_likelihoods(any_model):
    contexts = Contexts.of(any_model, TEXTS)
    written = continue_texts(contexts, {"free": Start()}, SAMPLING, seed=4)["free"]
    partner = derangement(3, seed=0)
    assert sorted(partner) == [0, 1, 2] and (partner != np.arange(3)).all()
    doubted = [replace(c, steered=True, log_p=c.log_p + 1) for c in written]  # read again, not believed
    again = text_scores(contexts, {"a": doubted}, partner)
    table = text_scores(contexts, {"a": written, "b": written[1:]}, partner)
    np.testing.assert_allclose(again, table.loc[["a"]], atol=6e-4)
    assert table.loc["b"].equals(table.loc["a"].iloc[1:])
    for own in written:
        each = []
        for row in (own.context, int(partner[own.context])):
            log_p = plain(any_model, [*TEXTS[row], *own.tokens.tolist()])[len(TEXTS[row]) - 1 : -1]
            each.append(log_p[np.arange(len(own.tokens)), own.tokens].double().numpy())
        found = table.loc["a", own.context]
        assert found.surprisal == pytest.approx(-each[0].mean(), abs=3e-4)
        assert found.relevance == pytest.approx((each[0] - each[1]).mean(), abs=6e-4)
        if len(own.tokens) > 1:
            assert found.later == pytest.approx((each[0] - each[1])[1:].mean(), abs=6e-4)
    alone = log_likelihoods(contexts, [1], [written[1].tokens], batch_size=1)[0]
    assert -alone.mean() == pytest.approx(table.loc[("a", 1), "surprisal"], abs=3e-4)


def test_a_text_without_a_past_is_refused(llama):
    with pytest.raises(LmphysError, match="no past"):
        Past(llama, [(3,)])
    with pytest.raises(LmphysError, match="exceed"):
        Past(llama, [(3,) * 300])
