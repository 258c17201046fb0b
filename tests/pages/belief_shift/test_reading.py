import numpy as np
import pytest
import torch
from tests.conftest import tiny_model

from lmphys.core.errors import LmphysError
from lmphys.lm.model import LanguageModel
from lmphys.lm.sampling import Sampling, chain_uniforms, draw
from lmphys.pages.belief_shift.query import Query
from lmphys.pages.belief_shift.reading import Reading
from lmphys.pages.belief_shift.writing import Plan, write_chains

SAMPLING = Sampling(temperature=0.9, top_p=0.95)
STATEMENT = "Every cat is 3."


def texts(model):
    words = [
        "Add 3 and 4. That makes 7.",
        "Is every cat an animal? Yes. So the answer is Yes. Then double it.",
        "1. Take",
    ]
    return [model.tokenizer(text)["input_ids"] for text in words]


def fresh(model, text, query):
    """The plain way: one pass over text and question together."""
    with torch.inference_mode():
        logits = model.model(torch.tensor([[*text, *query.ids]])).logits[0, -1]
    return query.log_odds(logits)


def test_answers_are_those_of_a_fresh_pass_at_every_place(any_model):
    own = texts(any_model)
    query, other = (Query.of(any_model, STATEMENT, "short", order) for order in ("true-first", "false-first"))
    reading = Reading(any_model, own, room=max(len(query.ids), len(other.ids)))
    for share in (1.0, 0.7, 0.4):
        lengths = np.array([max(1, int(share * len(text))) for text in own])
        reading.shorten(lengths)
        for asked in (query, other, query):
            expected = [fresh(any_model, text[:n], asked) for text, n in zip(own, lengths, strict=True)]
            np.testing.assert_allclose(reading.ask([asked] * len(own)), expected, atol=2e-4)


def test_copies_answer_like_the_text_that_they_copy(any_model):
    text = texts(any_model)[1]
    queries = [Query.of(any_model, f"Every cat is {i}.", "short", "true-first") for i in (3, 4, 7)]
    context = Reading(any_model, [text], room=len(queries[0].ids))
    expected = [fresh(any_model, text, query) for query in queries]
    np.testing.assert_allclose(context.copies(3).ask(queries), expected, atol=2e-4)
    np.testing.assert_allclose(context.copies(2).ask(queries[1:]), expected[1:], atol=2e-4)


def test_states_are_those_of_the_named_tokens(any_model):
    own = texts(any_model)
    reading = Reading(any_model, own, room=1)
    for row, text in enumerate(own):
        with torch.inference_mode():
            states = any_model.model(torch.tensor([text]), output_hidden_states=True).hidden_states[-1][0].numpy()
        np.testing.assert_allclose(reading.states(row, [0, len(text) - 1]), states[[0, -1]], atol=2e-4)


def test_a_text_that_the_model_cannot_read_with_its_question_is_refused(llama):
    with pytest.raises(LmphysError, match="exceeds the 256"):
        Reading(llama, [list(range(50)) * 5], room=10)


@pytest.fixture(scope="session", params=["llama", "gpt2", "mistral", "mamba"])
def exact(request, tokenizer):
    """Some architectures in float64, where no near tie between two tokens hides or feigns a mistake."""
    return LanguageModel.from_parts(tiny_model(request.param, len(tokenizer)).double(), tokenizer, spec=request.param)


def plans(model, given=None):
    ids = [model.prompt_ids(text) for text in ("Add 3 and 4.", "Is every cat an animal? Think about it.")]
    return [Plan(prompt, 10 * i + j, given or {}) for i, prompt in enumerate(ids) for j in range(2)]


def write(model, wanted, n_steps=3, longest=10, **options):
    return write_chains(model, wanted, n_steps=n_steps, longest=longest, sampling=SAMPLING, **options)


def plainly_drawn(model, plan, n):
    """The plain way: a whole pass for every token, with nothing kept and what ends a turn left out."""
    barred = sorted({*model.stop_ids.tolist(), *model.tokenizer.all_special_ids})
    tokens: list[int] = []
    for uniform in chain_uniforms(plan.seed, n):
        with torch.no_grad():
            logits = model.model(torch.tensor([[*plan.prompt, *tokens]])).logits[:, -1]
        logits[:, barred] = -torch.inf
        tokens.append(int(draw(logits, uniform[None], SAMPLING).tokens))
    return tokens


def test_without_insertions_the_tokens_are_those_of_plain_sampling_until_one_is_forced(exact):
    compared = 0
    for plan, chain in zip(plans(exact), write(exact, plans(exact)), strict=True):
        first_cut = next((s for s, how in enumerate(chain.how) if how == "cut"), None)
        n = len(chain.tokens) if first_cut is None else chain.ends[first_cut]
        assert chain.tokens[:n] == plainly_drawn(exact, plan, n)
        compared += n
    assert compared > 20


def test_given_sentences_stand_at_their_places_and_change_nothing_before(exact):
    sentence = tuple(exact.tokenizer(" Every cat is an animal.")["input_ids"])
    free, forced = write(exact, plans(exact)), write(exact, plans(exact, {1: sentence}))
    for a, b in zip(free, forced, strict=True):
        assert b.how[1] == "given" and "given" not in (b.how[0], b.how[2])
        assert tuple(b.tokens[b.ends[1] + 1 - len(sentence) : b.ends[1] + 1]) == sentence
        assert b.tokens[: b.ends[0] + 1] == a.tokens[: a.ends[0] + 1]
        assert len(b.ends) == len(b.how) == 3 and b.ends[-1] == len(b.tokens) - 1


def test_chains_do_not_depend_on_their_batch_and_hold_no_special_token(exact):
    sentence = tuple(exact.tokenizer(" Yes.")["input_ids"])
    wanted = plans(exact, {1: sentence, 2: sentence})
    together, alone = write(exact, wanted, 4), write(exact, wanted, 4, batch_size=1)
    special = {*exact.stop_ids.tolist(), *exact.tokenizer.all_special_ids}
    for a, b in zip(together, alone, strict=True):
        assert (a.tokens, a.ends, a.how) == (b.tokens, b.ends, b.how)
        assert not special & set(a.tokens)
        assert a.how[1:3] == ["given", "given"]
        longest = np.diff([-1, *a.ends]).max()
        assert longest <= 10 + len(exact.tokenizer(".")["input_ids"])


def test_asking_disturbs_no_chain(llama):
    chains = write(llama, plans(llama))
    prompt = plans(llama)[0].prompt
    query = Query.of(llama, STATEMENT, "short", "true-first")
    full = [(*prompt, *chains[0].tokens)]
    asked, unasked = (Reading(llama, full, room=len(query.ids)) for _ in range(2))
    for t in (2, 1, 0):
        asked.shorten(np.array([len(prompt) + chains[0].ends[t] + 1]))
        asked.ask([query])
    places = [len(prompt) + end for end in chains[0].ends]
    np.testing.assert_array_equal(asked.states(0, places), unasked.states(0, places))
    assert [c.tokens for c in write(llama, plans(llama))] == [c.tokens for c in chains]
