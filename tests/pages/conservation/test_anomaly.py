"""Scores of damaged texts."""

import numpy as np
import pytest

from lmphys.mechanics.energies import C1
from lmphys.pages.conservation.anomaly import detection, detection_gain, exchange_tokens, shuffle_tokens, stretches


def test_damaged_texts_keep_what_they_should():
    texts = [np.arange(40), np.arange(100, 130)]
    for text, shuffled in zip(texts, shuffle_tokens(texts, seed=1), strict=True):
        assert sorted(shuffled) == sorted(text) and (shuffled != text).any()
    exchanged = exchange_tokens(texts, 8, seed=1)
    for text, damaged in zip(texts, exchanged, strict=True):
        places = np.flatnonzero(text != damaged)
        assert ((places - 1) // 8).tolist() == list(range(len(places)))  # one in each block after the first token
        assert len(places) == np.ceil((len(text) - 1) / 8)
    assert set(np.concatenate(exchanged)) <= set(np.concatenate(texts))
    np.testing.assert_array_equal(texts[0], np.arange(40))  # the original is left alone


def test_stretches_are_means_of_whole_ones(by_hand, at_random):
    table = stretches(by_hand.motion(per_dimension=False), C1, 2)
    assert len(table) == 1  # the second text has one step only
    row = table.iloc[0]
    assert (row.surprisal, row.kinetic) == pytest.approx((np.log(8) / 2, 6.25))
    assert row.energy == pytest.approx(row.surprisal + row.kinetic)
    assert row["minus L"] == pytest.approx(row.surprisal - row.kinetic)
    assert row["spread of energy"] == pytest.approx((12.5 + np.log(2) - np.log(4)) / 2)
    assert row["spread of surprisal"] == pytest.approx(np.log(2) / 2)
    assert len(stretches(at_random.motion(), C1, 16)) == 12 * 3  # 59 places hold three


def test_detection_knows_what_was_added(at_random):
    natural = stretches(at_random.motion(), C1, 8)
    shifted = natural.assign(surprisal=natural.surprisal + 100)
    table = detection(natural, shifted)
    assert table.loc["surprisal", "value"] == 1
    assert table.loc["energy", "value"] == pytest.approx(0.5)  # the same numbers on both sides
    gain = detection_gain(natural, shifted, "energy")
    assert gain.value == pytest.approx(-0.5)
