import numpy as np
import pytest

from lmphys.pages.canon.comparisons import accuracies, constant_less, depths, gain, over_trainings


def test_the_scatter_between_trainings_widens_an_interval():
    rng = np.random.default_rng(0)
    one = rng.normal(50, 10, 400)
    alone, together = over_trainings(one[None]), over_trainings(np.stack([one - 20, one, one + 20]))
    assert alone.value == together.value == pytest.approx(one.mean())
    assert alone.high - alone.low == pytest.approx(2 * 1.96 * 10 / 20, rel=0.15)
    # Within: variance 10^2 / 400; between: 20^2 with 1 + 1/3.
    assert together.high - together.low == pytest.approx(2 * 1.96 * np.sqrt(0.25 + 4 / 3 * 400), rel=0.02)


def test_gains_are_paired_by_training_and_document():
    rng = np.random.default_rng(1)
    hard = rng.uniform(0, 60, (3, 200))
    found = gain(hard + 40, hard)
    # Equal differences have the interval of what 200 documents may have failed to show.
    assert found.value == pytest.approx(40)
    assert found.high - found.low == pytest.approx((1 - 0.025 ** (1 / 200)) * 200)
    assert gain((hard + 40)[:2], hard).value == pytest.approx(40)


def test_a_constant_is_compared_with_what_was_measured():
    found = constant_less(25, np.full((1, 100), 25.0))
    assert found.value == 0 and found.low < 0 < found.high


def test_the_largest_number_of_steps_is_counted_for_each_training():
    scores = {1: np.array([[90.0, 80], [70, 80], [100, 100]]), 2: np.array([[50.0, 60], [90, 90], [85, 80]])}
    assert depths(scores).tolist() == [1, 2, 2]
    assert depths({1: np.array([[79.0]])}).tolist() == [0]


def test_accuracies_stay_between_none_and_all():
    table = accuracies({"all": np.full((3, 50), 100.0), "some": np.array([[0.0, 100] * 25, [100.0, 100] * 25])})
    assert table.loc["all", ["accuracy", "high"]].tolist() == [100, 100] and 90 < table.loc["all", "low"] < 100
    assert table.loc["some", ["accuracy", "least", "most", "trainings"]].tolist() == [75, 50, 100, 2]
