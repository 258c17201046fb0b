import numpy as np
import pytest
import torch

from lmphys.pages.knowledge import reading
from lmphys.pages.knowledge.recall import texts_of
from lmphys.problems.people.biographies import Biographies
from lmphys.problems.people.world import World

WORLD = World(1200, seed=1, n_values=4)


def test_what_is_planted_is_read_where_it_stands_and_nothing_else():
    rng = np.random.default_rng(0)
    labels = reading.labels_of(WORLD)
    noise = rng.normal(size=(1200, 12))
    planted = {
        reading.NAME: np.hstack([noise, np.eye(4)[labels["school"]] * 9]),
        "school": np.hstack([noise, np.eye(4)[labels["school"]] * 9]),
        "subject": np.hstack([noise, np.eye(4)[labels["subject"]] * 9]),
    }
    found = reading.named(planted, WORLD)
    assert found[reading.NAME, "school"].mean() == found["subject", "subject"].mean() == 1
    assert found[reading.NAME, "origin"].mean() == pytest.approx(0.25, abs=0.06)
    assert reading.at_name(found).mean() == pytest.approx(100 * (1 + 4 * 0.25) / 5, abs=6)
    assert reading.before_value(found).mean() == 100
    table = reading.matrix([found, found])
    assert list(table.index) == ["end of the name", "before school", "before subject"]
    assert table.loc["before subject", "subject"] == 100 and len(table.columns) == 5
    # With shuffled labels each group gets one label for all, right or wrong: a quarter on average.
    name = {reading.NAME: planted[reading.NAME]}
    mixed = [reading.named(name, WORLD, np.random.default_rng(i))[reading.NAME, "school"].mean() for i in range(40)]
    assert np.mean(mixed) == pytest.approx(0.25, abs=0.1)


def test_nobody_is_read_who_was_fitted_on():
    """States that tell each person apart would be read without fault; of others they tell nothing."""
    alone = {reading.NAME: np.eye(1200)[:, :400] + np.eye(1200)[:, 400:800] + np.eye(1200)[:, 800:]}
    found = reading.named(alone, WORLD)
    assert found[reading.NAME, "origin"].shape == (len(WORLD.half("test")),)
    assert found[reading.NAME, "origin"].mean() == pytest.approx(0.25, abs=0.06)


def test_states_stand_at_the_name_and_before_the_values():
    small = World(20, n_values=4, n_names=8)
    source = Biographies(small)
    texts = texts_of(source, np.arange(20))

    class Ids:
        """Its states are the token and its place."""

        def model(self, input_ids, **more):
            place = torch.arange(input_ids.shape[1]).expand_as(input_ids)
            return type("Out", (), {"hidden_states": [torch.stack([input_ids, place], dim=2)]})

    found = reading.states(Ids(), texts, 0)
    assert list(found) == [reading.NAME, *small.attributes]
    for person, text in enumerate(texts):
        words = [source.vocabulary[int(found[place][person, 0])] for place in found]
        assert words[0] == small.name(person)[-1]
        at = [int(found[place][person, 1]) + 1 for place in small.attributes]
        assert at == [text.values[attribute].start for attribute in small.attributes]
    alone = reading.states(Ids(), texts, 0, name_alone=True)
    assert list(alone) == [reading.NAME] and np.array_equal(alone[reading.NAME], found[reading.NAME])
