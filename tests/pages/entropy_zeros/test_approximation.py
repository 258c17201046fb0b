"""n-grams and divergences against closed forms and brute force."""

import numpy as np
import pandas as pd
import pytest
import torch

from lmphys.core.errors import LmphysError
from lmphys.pages.entropy_zeros.approximation import by_entropy, divergences, excess_share, mean_distances, slower
from lmphys.pages.entropy_zeros.ngrams import NGram


def test_an_ngram_is_its_formula():
    text = [0, 1, 0, 1, 0, 2]
    model = NGram(2, 4, strength=2.0).fit([text])
    frequency = (np.array([3, 2, 1, 0]) + 2 * 0.25) / (6 + 2)
    after_zero = (np.array([0, 2, 1, 0]) + 2 * frequency) / (3 + 2)
    np.testing.assert_allclose(model.log_prob([1, 0]).exp(), after_zero, rtol=1e-12)
    np.testing.assert_allclose(model.log_prob([]).exp(), frequency, rtol=1e-12)
    np.testing.assert_allclose(model.log_prob([3]).exp(), frequency, rtol=1e-12)  # never seen: what is known without
    np.testing.assert_allclose(NGram(0, 4).fit([text]).log_prob([1]).exp(), 0.25)


@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_an_ngram_is_a_distribution_after_any_text_and_forgets_what_lies_further_back(order):
    rng = np.random.default_rng(0)
    model = NGram(order, 7).fit([rng.integers(0, 7, 50) for _ in range(3)])
    for length in range(8):
        context = rng.integers(0, 7, length).tolist()
        p = model.log_prob(context).exp()
        assert float(p.sum()) == pytest.approx(1) and float(p.min()) > 0
        if length >= order - 1:
            assert torch.equal(model.log_prob([1, 2, *context]), model.log_prob([5, 6, *context]))


def test_a_text_does_not_go_on_in_the_next():
    together, apart = NGram(2, 3).fit([[0, 1]]), NGram(2, 3).fit([[0], [1]])
    assert together.log_prob([0])[1] > apart.log_prob([0])[1]


def test_longer_contexts_approximate_a_markov_chain_better_up_to_its_order():
    rng = np.random.default_rng(1)
    P = rng.dirichlet(np.full(5, 0.3), size=5)
    chain = [0]
    for _ in range(20_000):
        chain.append(int(rng.choice(5, p=P[chain[-1]])))
    kl = {}
    for order in (1, 2, 3):
        model = NGram(order, 5).fit([chain])
        q = torch.stack([model.log_prob([0, a]) for a in range(5)])
        kl[order] = divergences(torch.from_numpy(P).log(), q)["kl"].mean()
    assert kl[1] > 0.1 and kl[2] < 0.01
    assert kl[2] < kl[3] < kl[1]  # more to learn from the same text


def test_what_an_ngram_cannot_be_is_refused():
    with pytest.raises(LmphysError, match="must not be negative"):
        NGram(-1, 3).fit([[0]])
    with pytest.raises(LmphysError, match="not in a vocabulary of 3"):
        NGram(1, 3).fit([[3]])


def test_divergences_are_their_sums():
    rng = np.random.default_rng(0)
    p, q = (torch.from_numpy(rng.normal(0, 2, (100, 30))) for _ in range(2))
    table = divergences(p, q)
    P, Q = p.softmax(-1).numpy(), q.softmax(-1).numpy()
    np.testing.assert_allclose(table["kl"], (P * np.log(P / Q)).sum(1), rtol=1e-9)
    np.testing.assert_allclose(table["variation"], np.maximum(P - Q, 0).sum(1), rtol=1e-9)
    np.testing.assert_allclose(table["entropy"], -(P * np.log(P)).sum(1), rtol=1e-9)
    assert (2 * table["variation"] ** 2 <= table["kl"]).all()  # Pinsker
    same = divergences(p, p + 3)
    np.testing.assert_allclose(same[["kl", "variation"]], 0, atol=1e-12)
    with pytest.raises(LmphysError, match="different tokens"):
        divergences(p, q[:, :20])


def test_bins_share_everything_out():
    rng = np.random.default_rng(2)
    columns = {"entropy": rng.exponential(1, 300), "kl": rng.exponential(1, 300), "variation": rng.random(300)}
    table = pd.DataFrame(columns)
    binned = by_entropy(table)
    assert binned["contexts"].sum() == 300
    for name in ("share", "kl_share", "variation_share"):
        assert binned[name].sum() == pytest.approx(1)
    low = table["entropy"] < 0.01
    assert binned["kl_share"].iloc[0] == pytest.approx(table["kl"][low].sum() / table["kl"].sum())


def test_the_mean_is_the_mean_of_its_two_parts():
    rng = np.random.default_rng(5)
    columns = {"entropy": rng.exponential(0.3, 200), "kl": rng.exponential(1, 200), "variation": rng.random(200)}
    row = mean_distances({"some": pd.DataFrame(columns)}).loc["some"]
    share = (columns["entropy"] < 0.1).mean()
    assert row["KL, nats"] == pytest.approx(share * row["near zero"] + (1 - share) * row["elsewhere"])
    assert row["total variation"] == pytest.approx(columns["variation"].mean())


def test_an_even_divergence_has_no_excess_and_one_in_the_certain_contexts_has_all():
    rng = np.random.default_rng(3)
    entropy = np.where(rng.random(4000) < 0.3, 0.05, 1.5)
    questions = np.repeat(np.arange(40), 100)
    even = excess_share(pd.DataFrame({"entropy": entropy, "kl": 1.0}), questions)
    assert even.value == pytest.approx(0, abs=1e-12)
    there = pd.DataFrame({"entropy": entropy, "kl": (entropy < 0.1).astype(float)})
    whole = excess_share(there, questions)
    assert whole.value == pytest.approx(1 - (entropy < 0.1).mean())
    assert whole.low <= whole.value <= whole.high
    noisy = excess_share(pd.DataFrame({"entropy": entropy, "kl": rng.exponential(1, 4000)}), questions)
    assert noisy.low < 0 < noisy.high


def test_a_divergence_that_halves_everywhere_falls_equally_fast():
    rng = np.random.default_rng(4)
    first = pd.DataFrame({"entropy": rng.exponential(0.3, 500), "kl": rng.exponential(1, 500)})
    questions = np.arange(500) % 20
    near = first["entropy"] < 0.1
    assert slower(first, first.assign(kl=first["kl"] / 2), questions).value == pytest.approx(0, abs=1e-12)
    stuck = first.assign(kl=np.where(near, first["kl"], first["kl"] / 2))
    found = slower(first, stuck, questions)
    assert found.value == pytest.approx(np.log(2)) and found.low == pytest.approx(np.log(2))
