import numpy as np
import pytest
import torch

from lmphys.pages.knowledge import recall
from lmphys.problems.people.biographies import Biographies


def looking_ahead(n_words):
    """Knows the next word by reading it."""
    return lambda ids: torch.nn.functional.one_hot(ids.roll(-1, dims=1), n_words).float()


def test_who_reads_the_next_word_recalls_everything_and_who_says_one_word_little(told, world):
    source = Biographies(world, rewritings=2, permuted=True)
    texts = recall.texts_of(source, np.arange(60))
    n = len(source.vocabulary)
    table = recall.recalled(told(looking_ahead(n)), texts)
    assert len(table) == 360 and table["right"].all()
    assert (table.groupby("person")["place"].apply(list).map(list) == [list(range(6))] * 60).all()
    place = table.set_index(["person", "attribute"])["place"]
    assert all(list(text.values)[place[text.person, "school"]] == "school" for text in texts)

    word = source.vocabulary.index(world.value(0, "origin")[0])
    one = recall.recalled(told(lambda ids: torch.eye(n)[torch.full_like(ids, word)]), texts)
    pairs = zip(one["person"], one["attribute"], strict=True)
    same = [world.value(person, what) == world.value(0, "origin") for person, what in pairs]
    assert one["right"].tolist() == same

    later = one[one["place"] > 0].groupby("person")["right"].mean()
    assert recall.by_person(one, 60) == pytest.approx(100 * later.to_numpy())


def test_strangers_are_of_one_law_and_have_no_known_name(world):
    other, people = recall.strangers(world, 50)
    names = {tuple(world.name(person)) for person in range(60)}
    assert len(people) == 50 and not names & {tuple(other.name(int(person))) for person in people}
    assert Biographies(other).vocabulary == Biographies(world).vocabulary
    assert (other.n_people, other.n_values) == (60, 4)


def test_the_best_temperature_undoes_what_the_logits_were_multiplied_by(told, world):
    """An even law over four values, told three times as surely of one of them at random as would be right."""
    source = Biographies(world, "test")
    texts = recall.texts_of(source, np.arange(60))
    n = len(source.vocabulary)
    even = recall.heated(told(lambda ids: torch.zeros(*ids.shape, n)), texts)
    assert even == pytest.approx(np.log(n))
    assert recall.heated(told(looking_ahead(n)), texts)[:, 0] == pytest.approx(np.log(1 + (n - 1) * np.exp(-4)))

    rng = np.random.default_rng(0)
    law = rng.dirichlet(np.ones(5), 4000)
    drawn = (rng.random((4000, 1)) > law.cumsum(axis=1)).sum(axis=1)
    sure = 3 * np.log(law)
    nats = np.stack(
        [np.logaddexp.reduce(sure / t, axis=1) - (sure / t)[np.arange(4000), drawn] for t in recall.TEMPERATURES],
        axis=1,
    )
    found = recall.best_temperature(nats)
    assert found.low <= 3 <= found.high and found.high - found.low < 0.8
