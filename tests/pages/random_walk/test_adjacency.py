"""Counts of a text that can be counted by hand, and permutations that keep what they should."""

import numpy as np
import pytest
import torch

from lmphys.core.errors import LmphysError
from lmphys.pages.random_walk.adjacency import (
    compare_tables,
    correlations_by_distance,
    count_adjacent,
    null_correlations,
    pearson,
    permuted_vectors,
    table_correlations,
)

# Two groups: "a b a c b b" and "c a", "b c"; ids 3, 5, 9.
TOKENS = np.array([3, 5, 3, 9, 5, 5, 9, 3, 5, 9])
LENGTHS, GROUPS = np.array([6, 2, 2]), np.array(["x", "y", "y"])


def counted():
    return count_adjacent(TOKENS, LENGTHS, GROUPS, min_expected=0.1, min_count=1)


def test_counts_of_a_text_made_by_hand():
    table = counted()
    np.testing.assert_array_equal(table.words, [3, 5, 9])
    np.testing.assert_array_equal(table.pairs, [[0, 1], [0, 2], [1, 2]])
    # x: ab ba ac cb bb; y: ca, bc.
    np.testing.assert_array_equal(table.counts.toarray(), [[2, 1, 1], [0, 1, 1]])
    np.testing.assert_array_equal(table.ends, [[3, 5, 2], [1, 1, 2]])
    np.testing.assert_array_equal(table.totals, [10, 4])
    np.testing.assert_array_equal(table.frequency.toarray(), [[2, 3, 1], [1, 1, 2]])


def test_pmi_of_a_text_made_by_hand():
    table = counted()
    expected = np.array([4 * 6, 4 * 4, 6 * 4]) / 14
    np.testing.assert_allclose(table.expected()[0], expected)
    np.testing.assert_allclose(table.pmi(pseudo=0.5)[0], np.log((np.array([2, 2, 2]) + 0.5) / (expected + 0.5)))
    np.testing.assert_allclose(table.pmi(np.array([[1.0, 0.0]]), 1.0)[0],
                               np.log(np.array([3, 2, 2]) / (np.array([15, 6, 10]) / 10 + 1)))  # fmt: skip
    np.testing.assert_allclose(table.log_frequency()[0], np.log([4, 5, 4]))


def test_pairs_are_chosen_by_what_is_expected_of_them_not_by_what_occurred():
    """A pair that never stands side by side is kept where it might well have."""
    tokens = np.tile([1, 2, 3, 4], 100)  # 1 and 3 are never neighbours
    table = count_adjacent(tokens, np.array([400]), np.array(["q"]), min_expected=5)
    assert len(table.pairs) == 6
    never = table.pmi()[0][[tuple(p) == (0, 2) for p in table.pairs]]
    assert never < -3
    with pytest.raises(LmphysError, match="0 pairs"):
        count_adjacent(tokens[:8], np.array([8]), np.array(["q"]), min_expected=5)


def test_tokens_some_places_apart():
    """Two apart in "a b a c b b": aa bc ab cb; equal tokens make no pair, and no pair crosses into another text."""
    table = count_adjacent(TOKENS, LENGTHS, GROUPS, apart=2, min_expected=0.1, min_count=1)
    named = {tuple(table.words[pair]): n for pair, n in zip(table.pairs, table.counts.sum(axis=0), strict=True)}
    assert named == {(3, 5): 1, (3, 9): 0, (5, 9): 2}


def test_a_table_that_knows_frequency_and_neighbours():
    """Vectors made from the PMI itself are found out, permuted ones are not, and a common vector is centred away."""
    rng = np.random.default_rng(6)
    tokens = np.concatenate([rng.permutation([i, i, i + 1]) for i in rng.integers(0, 11, 8_000)])
    table = count_adjacent(tokens, np.full(20, 1_200), np.arange(20), min_expected=50)
    gram = np.zeros((12, 12))
    gram[table.pairs[:, 0], table.pairs[:, 1]] = table.pmi()[0]
    gram += gram.T + np.diag(table.log_frequency()[0] + 5)
    value, vector = np.linalg.eigh(gram)
    assert value.min() > 0
    made = torch.from_numpy(vector * np.sqrt(value))
    found = table_correlations(table, made, centre=False)
    np.testing.assert_allclose(found["r"], 1, atol=1e-5)
    assert found.loc["PMI", "null_high"] < 0.5
    assert found.loc["frequency", "null_high"] < 1  # twelve tokens only
    moved = table_correlations(table, made + 4, centre=True)
    np.testing.assert_allclose(moved["r"], table_correlations(table, made, centre=True)["r"], atol=1e-5)


def test_independent_tokens_have_no_pmi():
    rng = np.random.default_rng(0)
    tokens = rng.choice(10, size=50_000, p=np.arange(1, 11) / 55)
    table = count_adjacent(tokens, np.full(50, 1_000), np.arange(50), min_expected=100)
    np.testing.assert_allclose(table.pmi()[0], 0, atol=0.25)
    assert abs(table.pmi()[0].mean()) < 0.02


def test_permuted_vectors_keep_lengths_angles_and_counts():
    table = counted()
    vectors = np.random.default_rng(1).standard_normal((3, 4))
    gram, before = vectors @ vectors.T, table.counts.toarray()
    moved = permuted_vectors(gram, np.random.default_rng(2))
    np.testing.assert_allclose(np.sort(np.diag(moved)), np.sort(np.diag(gram)))
    np.testing.assert_allclose(np.linalg.eigvalsh(moved), np.linalg.eigvalsh(gram))
    null_correlations(table.pmi()[0], gram, table.pairs)
    np.testing.assert_array_equal(table.counts.toarray(), before)


def test_the_null_is_centred_and_the_truth_stands_out():
    rng = np.random.default_rng(3)
    vectors = rng.standard_normal((40, 6))
    gram = vectors @ vectors.T
    pairs = np.stack(np.triu_indices(40, 1), axis=1)
    y = gram[pairs[:, 0], pairs[:, 1]] + rng.standard_normal(len(pairs))
    null = null_correlations(y, gram, pairs, seed=4)
    assert abs(null.mean()) < 0.03
    assert np.abs(null).max() < 0.3 < 0.8 < pearson(y[None], gram[pairs[:, 0], pairs[:, 1]])[0]


def test_correlation_and_its_interval_over_groups():
    rng = np.random.default_rng(5)
    tokens = rng.integers(0, 8, 20_000)
    table = count_adjacent(tokens, np.full(20, 1_000), np.arange(20), min_expected=10)
    x = table.pmi()[0]
    same = table.correlation(x)
    assert same.value == pytest.approx(1)
    assert same.low <= same.high <= 1 + 1e-12
    noise = table.correlation(rng.standard_normal(len(x)))
    assert noise.low < 0 < noise.high
    assert table.correlation(table.log_frequency()[0], of="log_frequency").value == pytest.approx(1)


def test_several_tables_and_distances_are_those_asked_one_by_one():
    rng = np.random.default_rng(7)
    text = rng.integers(0, 8, 4_000), np.full(8, 500), np.arange(8)
    tables = {name: torch.from_numpy(rng.standard_normal((8, 3))) for name in ("a", "b")}
    table = count_adjacent(*text, min_expected=10)
    together = compare_tables(table, tables, seed=1)
    assert list(together.index.unique(0)) == ["a, raw", "a, centred", "b, raw", "b, centred"]
    alone = table_correlations(table, tables["b"], centre=True, seed=1)
    np.testing.assert_array_equal(together.loc["b, centred"], alone)
    apart = correlations_by_distance(*text, tables["b"], distances=(1, 3), min_expected=10, seed=1)
    np.testing.assert_array_equal(apart.loc[1], alone.loc["PMI"])
    third = count_adjacent(*text, apart=3, min_expected=10)
    np.testing.assert_array_equal(apart.loc[3], table_correlations(third, tables["b"], centre=True, seed=1).loc["PMI"])
