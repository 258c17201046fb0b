"""Regimes of states that were made from the labels, and of states that were not."""

import numpy as np

from lmphys.pages.grammars.regimes import REGIMES, SAME_PLACE, SAME_WORD, followed, gains, levels, paths, switching
from lmphys.pages.grammars.strings import fresh


def test_labels_stand_at_the_words_they_belong_to(grammar):
    strings, trees = fresh(grammar, 5, 0)
    traj = paths(strings, np.zeros((len(strings.place), 2)), trees)
    assert levels(trees) == {"one level up": 2, "two levels up": 1}
    assert len(traj) == 5 and np.array_equal(traj.lengths, strings.lengths + 1)
    read = traj.sentences[traj.sentences["t"] > 0]
    assert np.array_equal(read["word"], trees.words)
    assert np.array_equal(read["one level up"], trees.ancestors[2])
    assert (traj.sentences[traj.sentences["t"] == 0]["two levels up"] == -1).all()


def test_regimes_follow_labels_that_drive_the_steps_and_no_others(grammar):
    strings, trees = fresh(grammar, 220, 0)
    rng = np.random.default_rng(0)
    states = rng.normal(size=(len(strings.place), 2)) * 0.1
    symbol = np.zeros(len(strings.place))
    symbol[strings.after_word] = 1 + trees.ancestors[2]
    driven = paths(strings, states + 5 * np.eye(3)[symbol.astype(int)][:, 1:], trees)
    found = followed(switching(driven, rank=2, n_regimes=4), "one level up", n_permutations=19)
    assert found[REGIMES].value > 0.3
    assert found[REGIMES].value > found[SAME_PLACE].high and found[REGIMES].value > found[SAME_WORD].high
    idle = switching(paths(strings, states, trees), rank=2, n_regimes=2)
    assert followed(idle, "one level up", n_permutations=19)[REGIMES].value < 0.05
    table = gains(idle)  # independent states step back to their mean: half of the step can be told
    assert abs(table.loc["one linear map", "r2"] - 0.5) < 0.1
    assert abs(table.loc["switching model", "r2"] - 0.5) < 0.1
    assert table.loc["persistence", "r2"] < 0.01
