"""Dice, turns and streams that all worlds draw from."""

import numpy as np

from lmphys.problems.documents import Dice, of_world, stream, turn


def test_everything_takes_its_turn_once_in_a_pass():
    seen = [turn(i, 7, 0) for i in range(21)]
    assert all(sorted(seen[s : s + 7]) == list(range(7)) for s in (0, 7, 14))


def test_dice_are_even():
    dice = Dice(np.random.default_rng(0))
    counts = np.bincount([dice.below(5) for _ in range(5000)])
    assert (np.abs(counts - 1000) < 4.5 * np.sqrt(1000)).all()
    firsts = np.bincount([dice.shuffled(range(4), 2)[1] for _ in range(4000)])
    assert (np.abs(firsts - 1000) < 4.5 * np.sqrt(1000)).all()
    assert sorted(dice.shuffled("abc")) == ["a", "b", "c"]


def test_no_two_documents_share_random_numbers():
    draws = [stream(3, split, i).random() for split in ("train", "test") for i in range(50)]
    draws += [of_world(3, i).random() for i in range(50)]
    assert len(set(draws)) == 150 and draws[7] == stream(3, "train", 7).random()
