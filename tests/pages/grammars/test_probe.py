"""Probes of features that are known to hold, or to lack, what is asked."""

import numpy as np
import pytest

from lmphys.pages.grammars import probe
from lmphys.pages.grammars.belief import ending_symbols
from lmphys.pages.grammars.strings import Strings, fresh
from lmphys.pages.grammars.verdicts import pooled_areas
from lmphys.stats.interval import Interval
from lmphys.stats.splits import pooled

READ = 300


def asked(grammar, depth=1):
    strings, trees = fresh(grammar, 450, 0)
    return strings, trees, probe.last_words(strings, trees, depth, READ)


def test_a_window_holds_the_last_words(grammar):
    strings = Strings(grammar, [np.array([0, 2, 1])])
    found = probe.window(strings, 2).reshape(4, 2, 4).argmax(2)
    assert found.tolist() == [[3, 3], [0, 3], [2, 0], [1, 2]]


def test_places_are_the_ends_of_sub_trees(grammar):
    strings, trees, places = asked(grammar)
    assert len(places.rows) == len(trees.symbols[1])
    assert np.array_equal(places.labels, trees.symbols[1])
    assert (strings.place[places.rows] > 0).all()
    every = probe.all_words(strings, trees, 1, READ)
    assert every.labels.sum() == len(places.rows) and len(every.rows) == len(trees.words)


def test_readers_find_what_is_there_and_nothing_else(grammar):
    strings, _, places = asked(grammar)
    rng = np.random.default_rng(0)
    telling = rng.normal(size=(len(strings.place), 4))
    telling[places.rows, 0] += 8 * places.labels
    features = {
        probe.by_training(probe.TRAINED, 0): telling,
        probe.by_training(probe.TRAINED, 1): telling,
        probe.by_training(probe.RANDOM, 0): rng.normal(size=(len(strings.place), 4)),
        probe.by_training(probe.RANDOM, 1): rng.normal(size=(len(strings.place), 4)),
    }
    hits = probe.symbol_hits(features, strings, places, 1)
    tested = places.labels[~places.fitted]
    common = 100 * max(np.bincount(tested)) / len(tested)
    assert probe.accuracy(hits, probe.TRAINED).value > 99
    assert probe.accuracy(hits, probe.RANDOM).value < common + 5
    gain = probe.margin(hits, probe.TRAINED, (probe.RANDOM,))
    expected = np.mean([probe.accuracy(hits, probe.by_training(probe.TRAINED, i)).value for i in (0, 1)]) - np.mean(
        [probe.accuracy(hits, probe.by_training(probe.RANDOM, i)).value for i in (0, 1)]
    )
    assert gain.value == pytest.approx(expected)
    assert gain.low > 20
    assert set(probe.accuracy_table(hits).index) == {
        probe.TRAINED, probe.RANDOM, probe.WINDOW, probe.LAW, probe.LAW_TREE, probe.IDEAL
    }  # fmt: skip


def test_areas_are_pooled_over_trainings(grammar):
    strings, trees, _ = asked(grammar)
    places = probe.all_words(strings, trees, 1, READ)
    noise = np.random.default_rng(0).normal(size=(2, len(strings.place), 3))
    features = {probe.by_training(probe.TRAINED, number): each for number, each in enumerate(noise)}
    table = probe.boundary_areas(features, strings, places, 1)
    found = pooled_areas(table)
    own = [Interval.of_row(table.loc[name], "auroc").map(float) for name in features]
    assert found[probe.TRAINED] == pooled(own)
    assert found[probe.LAW] == Interval.of_row(table.loc[probe.LAW], "auroc").map(float)
    assert list(found) == [probe.TRAINED, probe.WINDOW, probe.LAW, probe.IDEAL]


def test_nobody_beats_the_ideal_reader_by_more_than_chance(grammar):
    strings, _, places = asked(grammar)
    hits = probe.symbol_hits({"belief": ending_symbols(strings, 1)}, strings, places, 1)
    for reader in ("belief", probe.WINDOW, probe.LAW, probe.LAW_TREE):
        assert probe.margin(hits, reader, (probe.IDEAL,)).low <= 0


def test_ends_are_told_by_who_is_told(grammar):
    strings, trees, _ = asked(grammar)
    places = probe.all_words(strings, trees, 1, READ)
    ends = np.zeros((len(strings.place), 1))
    ends[places.rows, 0] = places.labels
    table = probe.boundary_areas({"told": ends, "nothing": np.zeros_like(ends)}, strings, places, 1)
    assert table.loc["told", "auroc"] == pytest.approx(1)
    assert table.loc["nothing", "auroc"] == pytest.approx(0.5)
    assert table.loc[probe.IDEAL, "auroc"] > 0.5


def test_layers_are_scored_one_by_one(grammar):
    strings, trees, places = asked(grammar)
    hits = {"near": probe.symbol_hits({}, strings, places, 1)}
    telling = np.zeros((len(strings.place), 1))
    telling[places.rows, 0] = places.labels
    layers = {probe.TRAINED: [np.zeros_like(telling), telling]}
    table = probe.by_layer(layers, strings, trees, {"near": 1}, READ, hits)
    own = table[table["reader"] == probe.TRAINED]
    assert own["layer"].tolist() == [0, 1]
    assert own["accuracy"].iloc[1] == pytest.approx(100) and own["accuracy"].iloc[0] < 90
    assert table[table["layer"].isna()]["reader"].tolist() == [probe.WINDOW, probe.LAW, probe.IDEAL]
