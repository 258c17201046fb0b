"""Learned bits in closed form: who knows nothing, who knows everything, and an arithmetic of halves."""

import math

import numpy as np
import pytest

from lmphys.core.errors import LmphysError
from lmphys.problems.people.capacity import Capacity
from lmphys.problems.people.records import Records
from lmphys.problems.people.world import World

RECORDS = Records(1000, n_tokens=16, name_length=4, n_attributes=3, n_chunks=2, n_values=20, chunk_length=2)


def losses(of_name, of_value):
    """(people, tokens) nats, the same for everybody: each name token, each value token."""
    return np.tile([of_name] * 4 + [of_value] * 12 + [0.0], (50, 1))


def test_an_even_guess_of_names_and_values_has_learned_nothing_of_them():
    capacity = Capacity(1000, 16**4, (400, 400, 400))
    assert capacity.learned(4 * math.log(16), [math.log(400)] * 3) == pytest.approx(0)


def test_who_knows_everything_has_learned_most():
    name, values, chunks = RECORDS.losses(losses(math.log(1000) / 4, 0.0))
    found = RECORDS.capacity.learned(name, values, chunks)
    bits = 1000 * math.log2(16**4 / 1000) + 1000 * 3 * math.log2(400) + 3 * 20 * math.log2(256 / 20)
    assert found == pytest.approx(bits) == pytest.approx(RECORDS.capacity.most)


def test_who_guesses_tokens_evenly_has_learned_nothing_but_for_the_chunks():
    """Such a guess pays more than one among chunks, whose set it does not know: negative, as the paper has it."""
    name, values, chunks = RECORDS.losses(losses(math.log(16), math.log(16)))
    of_values = 1000 * 3 * (math.log2(400) - 4 * 4)
    of_chunks = 3 * 20 * (math.log2(256 / 20) - 2 * 4)
    assert RECORDS.capacity.learned(name, values, chunks) == pytest.approx(of_values + of_chunks)


def test_where_every_string_is_a_value_there_is_nothing_to_learn_of_strings():
    assert RECORDS.capacity.n_chunks == (20, 20, 20)
    assert Records(1000).capacity.n_chunks == ()
    assert Records(1000).capacity.most == pytest.approx(1000 * (math.log2(64**3 / 1000) + 4 * 6))


def test_losses_are_summed_over_tokens_and_averaged_over_people():
    loss = np.random.default_rng(0).random((7, 17))
    name, values, chunks = RECORDS.losses(loss)
    assert name == pytest.approx(sum(loss[:, t].mean() for t in range(4)))
    assert values == pytest.approx([loss[:, s : s + 4].sum() / 7 for s in (4, 8, 12)])
    assert chunks == pytest.approx([loss[:, s : s + 2].sum() / 7 for s in (4, 8, 12)])


def test_half_of_the_values_known_is_half_of_their_bits():
    capacity = Capacity(100, 1000, (64,) * 4)
    known, unknown = [0.0] * 2, [math.log(64)] * 2
    assert capacity.learned(math.log(1000), known + unknown) == pytest.approx(100 * 2 * 6)


def test_most_falls_short_of_the_entropy_by_the_order_of_names():
    """ln N! = N ln N - N + ..., so that a set of names holds N / ln 2 bits more than N log2(N0 / N)."""
    capacity = Capacity(1000, 10**9, (8,))
    assert capacity.entropy - capacity.most == pytest.approx(1000 / math.log(2), rel=0.01)
    assert Capacity(3, 8, (2,)).entropy == pytest.approx(math.log2(56 * 8))


def test_a_world_of_biographies_counts_free_values_alone():
    world = World(500, attributes=("subject", "employer", "workplace"))
    capacity = Capacity.of(world)
    assert capacity.most == pytest.approx(500 * (math.log2(50**3 / 500) + math.log2(100) + math.log2(260)))
    assert world.bits == pytest.approx(capacity.entropy + 260 * math.log2(200))


def test_records_are_names_and_values_of_their_own_chunks():
    assert len({tuple(name) for name in RECORDS.names.tolist()}) == 1000
    assert [len({tuple(chunk) for chunk in chunks}) for chunks in RECORDS.chunks.tolist()] == [20] * 3
    for person in range(0, 1000, 50):
        tokens = RECORDS.record(person).tokens
        assert len(tokens) == 1 + 4 + 3 * 2 * 2 + 1
        for attribute in range(3):
            own = {tuple(chunk) for chunk in RECORDS.chunks[attribute].tolist()}
            value = tokens[5 + 4 * attribute : 9 + 4 * attribute]
            assert {tuple(value[:2]), tuple(value[2:])} <= own
    assert all(RECORDS.vocabulary[t][0] == "n" for t in tokens[1:5])
    assert all(RECORDS.vocabulary[t][0] == "v" for t in tokens[5:-1])
    seen = sorted(tuple(RECORDS.document(i).tokens) for i in range(1000, 2000))
    assert seen == sorted(tuple(RECORDS.record(p).tokens) for p in range(1000))


def test_strangers_stand_between_records_and_never_come_again():
    world = Records(
        30, n_tokens=16, name_length=4, n_attributes=3, n_chunks=2, n_values=20, chunk_length=2, strangers=3
    )
    plain = Records(30, n_tokens=16, name_length=4, n_attributes=3, n_chunks=2, n_values=20, chunk_length=2)
    documents = [world.document(i) for i in range(4 * 60)]
    assert [tuple(d.tokens) for d in documents[::4]] == [tuple(plain.document(i).tokens) for i in range(60)]
    others = {tuple(d.tokens) for i, d in enumerate(documents) if i % 4}
    assert len(others) == 3 * 60 and not others & {tuple(plain.record(p).tokens) for p in range(30)}
    for tokens in others:
        for attribute in range(3):
            own = {tuple(chunk) for chunk in world.chunks[attribute].tolist()}
            value = tokens[5 + 4 * attribute : 9 + 4 * attribute]
            assert {value[:2], value[2:]} <= own
    assert world.capacity == plain.capacity


def test_a_mark_is_given_and_not_asked_for():
    world = Records(30, strangers=3, marked=True)
    marked, plain = world.document(8), Records(30).document(2)
    assert [world.vocabulary[t] for t in marked.tokens[:2]] == ["<s>", "known"]
    assert np.array_equal(np.delete(marked.tokens, 1), plain.tokens)
    assert np.flatnonzero(marked.mask).tolist() == list(range(2, len(marked.tokens)))
    assert all("known" not in [world.vocabulary[t] for t in world.document(i).tokens] for i in (1, 2, 3))
    assert marked.mask.sum() == plain.mask.sum() == world.document(1).mask.sum()


def test_records_that_cannot_be_are_refused():
    with pytest.raises(LmphysError, match="-1 strangers"):
        Records(5, strangers=-1)
    with pytest.raises(LmphysError, match="5 people need as many names"):
        Records(5, n_tokens=2, name_length=2)
    with pytest.raises(LmphysError, match="65 chunks need as many strings"):
        Records(5, n_values=65)
