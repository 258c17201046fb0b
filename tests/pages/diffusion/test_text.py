"""Characters by enumeration, continuations by closed forms, and models of text against each other."""

from itertools import product

import numpy as np
import pytest
import torch

from lmphys.core.errors import LmphysError
from lmphys.lm.tiny import TinyForCausalLM
from lmphys.pages.diffusion import written
from lmphys.pages.diffusion.characters import Chain, block_times, letters, random_times, works
from lmphys.pages.diffusion.continuations import HIGH, LOW, correlation, shuffled, table
from lmphys.training.tiny.recipe import Shape


@pytest.fixture(scope="module")
def chain():
    return Chain(np.array([[0.8, 0.15, 0.05], [0.2, 0.5, 0.3], [0.1, 0.3, 0.6]]), 4)


def everything(chain):
    strings = np.array(list(product(range(3), repeat=4)))
    return strings, 2.0 ** chain.log2_p(strings)


def test_laws_of_characters_are_those_of_enumeration(chain):
    strings, q = everything(chain)
    assert q.sum() == pytest.approx(1)
    one, rate = chain.entropies
    assert -(q * np.log2(q)).sum() == pytest.approx(one + 3 * rate)
    assert chain.total_correlation == pytest.approx((4 * one - (one + 3 * rate)) / 4)
    times = np.array([[2, 1, 3, 1]])
    for place, stands in ((0, [2]), (1, [0, 2]), (2, []), (3, [0, 2])):
        for string in strings[::7]:
            fits = (strings[:, stands] == string[stands]).all(axis=1)
            expected = [q[fits & (strings[:, place] == a)].sum() / q[fits].sum() for a in range(3)]
            assert chain.law(string[None], times, place)[0] == pytest.approx(expected)


@pytest.mark.parametrize("times", [[1, 1, 1, 1], [1, 2, 1, 2], [4, 3, 2, 1], [2, 1, 3, 1]])
def test_work_obeys_the_equality_whatever_is_filled_in_together(chain, times):
    strings, q = everything(chain)
    work = chain.work(strings, np.tile(times, (len(strings), 1)))
    assert q @ 2.0**-work == pytest.approx(1)
    assert q @ work >= -1e-12
    if len(set(times)) == 4:
        assert work == pytest.approx(np.zeros(len(work)), abs=1e-9)
    if len(set(times)) == 1:
        assert q @ work / 4 == pytest.approx(chain.total_correlation)


def test_what_is_written_has_the_law_that_its_work_says(chain):
    rng = np.random.default_rng(0)
    strings, q = everything(chain)
    times = np.tile([1, 2, 1, 2], (60_000, 1))
    drawn = chain.fill(times, rng)
    p = q * 2.0 ** -chain.work(strings, times[: len(strings)])
    counts = np.bincount(drawn @ [27, 9, 3, 1], minlength=81) / len(drawn)
    assert np.abs(counts - p).max() < 0.006


def test_independent_characters_and_single_ones_cost_nothing(chain):
    for T, work in works(chain.independent(), (1, 2, 5), 200).items():
        assert np.abs(work).max() < 1e-9, T
    rng = np.random.default_rng(0)
    assert set(np.unique(random_times(50, 4, 3, rng))) == {1, 2, 3}
    assert block_times(1, 4, 2).tolist() == [[2, 2, 1, 1]]
    with pytest.raises(LmphysError, match="3 blocks do not divide 4 symbols"):
        block_times(1, 4, 3)


def test_letters_of_a_text():
    assert letters("A b,\n c!").tolist() == [1, 0, 2, 0, 3]


def test_correlation_of_copied_and_of_independent_tokens():
    # The second token repeats the first of four: two bits are shared, and two are said.
    first = torch.full((1, 400, 4), 0.25)
    second = torch.eye(4)[torch.arange(400) % 4][None]
    found = correlation(torch.cat([first, second]))
    assert found["joint"] == pytest.approx(2) and found[LOW] == pytest.approx(2)
    assert 2 < found[HIGH] < 2.02
    apart = correlation(torch.cat([first, first]))
    assert (apart["joint"], apart[LOW], apart[HIGH]) == pytest.approx((4, 0, 0), abs=1e-5)


def test_continuations_of_a_small_model(llama):
    rows = table(llama, ["the answer is", "take the first"], 8, length=3)
    assert ((rows[LOW] > -1e-4) & (rows[HIGH] >= rows[LOW] - 1e-4)).all()
    assert sorted(shuffled("a b c d", 0).split()) == list("abcd")


@pytest.fixture
def network(tmp_path):
    torch.manual_seed(0)
    shape = Shape(layers=1, width=16, heads=2, causal=False)
    TinyForCausalLM(shape.config(8, 5)).save_pretrained(tmp_path)
    return tmp_path


def test_bounds_of_a_masked_model_by_enumeration(network):
    from lmphys.training.tiny.masked import masked_model

    model, tokens = masked_model(network), np.array([[0, 2, 5, 3, 3]])

    def bits(hidden):
        with torch.no_grad():
            law = model(input_ids=torch.from_numpy(np.where(hidden, 7, tokens))).logits.log_softmax(-1)[0].numpy()
        return [-law[i, tokens[0, i]] / np.log(2) for i in np.flatnonzero(hidden[0])]

    masks = [np.array([[False, *pattern]]) for pattern in product((False, True), repeat=4)]
    # T = 2: after one of two steps each character is masked with probability 1/2; after two, all are; half are drawn.
    half = np.mean([sum(bits(mask)) / 4 for mask in masks])
    every = sum(bits(masks[-1])) / 2 / 4
    many = np.repeat(tokens, 6000, axis=0)
    assert written.masked_bits(network, many, 2, 2).mean() == pytest.approx(half + every, abs=0.02)
    assert written.masked_bits(network, tokens, 1, 4)[0] == pytest.approx(sum(bits(masks[-1])) / 4, abs=1e-5)
    by_number = [np.mean([np.mean(bits(mask)) for mask in masks if mask.sum() == k]) for k in (1, 2, 3, 4)]
    assert written.masked_bits(network, many, None, 4).mean() == pytest.approx(np.mean(by_number), abs=0.02)


def test_counts_of_neighbours():
    text = np.array([2, 3, 2, 3, 2, 4])
    counts = written.Counts(2).fit([text])
    tokens = np.array([[0, 2, 3]])
    one = lambda symbol, seen: (seen + 2 / 5) / (6 + 2)  # noqa: E731
    two = (2 + 2 * one(3, 2)) / (2 + 1 + 2)
    # The context 2 was met three times as the first of a pair: 3, 3, 4.
    assert counts.bits(tokens, 2)[0] == pytest.approx(-np.log2([one(2, 3), two]).mean())
    assert counts.bits(tokens, 1)[0] == pytest.approx(-np.log2([one(2, 3), one(3, 2)]).mean())


def test_what_is_written_is_printable_and_each_character_has_its_round():
    folder = written.twins()[1][0]
    text, when = written.write(folder, 40, 4, seed=1)
    assert len(text) == len(when) == 40 and set(when) <= {1, 2, 3, 4}
    assert written.write(folder, 40, 4, seed=1)[0] == text


def test_windows_are_of_topics_held_out():
    rows = written.windows(5, 30)
    assert rows.shape == (5, 31) and (rows[:, 0] == 0).all() and (rows[:, 1:] > 1).all()
