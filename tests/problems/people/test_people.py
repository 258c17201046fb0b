"""People, what is written and asked about them, against the world's own arrays."""

import math
from collections import Counter

import numpy as np
import pytest

from lmphys.core.errors import LmphysError
from lmphys.problems.documents import BEGIN, END
from lmphys.problems.people.biographies import Biographies
from lmphys.problems.people.questions import KINDS, Questions
from lmphys.problems.people.words import ATTRIBUTES, PHRASES, VALUES
from lmphys.problems.people.world import World

WORLD = World(400, seed=3)


def text(source, tokens):
    return [source.vocabulary[token] for token in tokens]


def test_names_are_of_one_person_each_and_values_are_even():
    assert len({tuple(name) for name in WORLD.names.tolist()}) == 400
    many = World(20_000)
    for attribute, values in many.values.items():
        if attribute != "workplace":
            for part, pool in zip(values.T, many.pools(attribute), strict=True):
                counts = np.bincount(part, minlength=len(pool))
                assert np.abs(counts - 20_000 / len(pool)).max() < 5.5 * np.sqrt(20_000 / len(pool))
    assert all(len({*many.values["workplace"][many.values["employer"][:, 0] == e, 0]}) == 1 for e in range(260))


def test_no_word_means_two_things():
    pools = [pool for parts in VALUES.values() for pool in parts]
    assert all(len(set(pool)) == len(pool) for pool in pools)
    assert len(set().union(*pools)) == sum(map(len, pools))
    assert not set().union(*pools) & {word for phrases in PHRASES.values() for p in phrases for word in p.split()}


@pytest.mark.parametrize("permuted", [False, True])
@pytest.mark.parametrize("fullname", [False, True])
def test_a_biography_says_what_is_so(permuted, fullname):
    source = Biographies(WORLD, rewritings=3, permuted=permuted, fullname=fullname)
    orders = set()
    for index in range(0, 2400, 60):
        person, rewriting = source.which(index)
        biography = source.biography(person, rewriting)
        words = text(source, biography.tokens)
        assert words[0] == "<s>" and words[-1] == "</s>"
        assert len(biography.names) == (6 if fullname else 1) and words.count("they") == (0 if fullname else 5)
        assert all(words[name] == WORLD.name(person) for name in biography.names)
        sentences = " ".join(words[1:-1]).split(" .")[:-1]
        for sentence, attribute in zip(sentences, biography.values, strict=True):
            value = words[biography.values[attribute]]
            assert value == WORLD.value(person, attribute)
            body = sentence.split()[: -len(value)]
            assert any(" ".join(body).endswith(phrase) for phrase in PHRASES[attribute])
            assert sentence.split()[-len(value) :] == value
        orders.add(tuple(biography.values))
        np.testing.assert_array_equal(source.document(index).tokens, biography.tokens)
    assert (len(orders) > 10) if permuted else (orders == {ATTRIBUTES})


def test_everybody_comes_once_in_a_pass_and_in_every_rewriting():
    source = Biographies(WORLD, rewritings=3)
    seen = [source.which(i) for i in range(1200)]
    for start in (0, 400, 800):
        assert sorted(person for person, _ in seen[start : start + 400]) == list(range(400))
    assert set(Counter(seen).values()) == {1}
    assert [p for p, _ in seen[:400]] != [p for p, _ in seen[400:800]]


def test_rewritings_differ_and_the_other_split_has_its_own():
    one = [Biographies(WORLD).biography(p).tokens.tolist() for p in range(50)]
    assert one == [Biographies(WORLD, rewritings=1).biography(p).tokens.tolist() for p in range(50)]
    other = [Biographies(WORLD, "test").biography(p).tokens.tolist() for p in range(50)]
    assert sum(a == b for a, b in zip(one, other, strict=True)) <= 2


def test_questions_ask_each_half_about_itself():
    halves = [WORLD.half(split) for split in ("train", "test")]
    assert not set(halves[0]) & set(halves[1]) and set(halves[0]) | set(halves[1]) == set(range(400))
    people = {tuple(WORLD.name(p)) for p in halves[1]}
    for kind in ("extract", "classify", "compare"):
        source = Questions(WORLD, kind, "test")
        for i in range(60):
            words = source.question(i)[0]
            assert tuple(words[2:5]) in people and (kind != "compare" or tuple(words[6:9]) in people)


@pytest.mark.parametrize("steps", [False, True])
def test_answers_are_those_of_the_biographies(steps):
    person = {tuple(WORLD.name(p)): p for p in range(400)}
    month = {name: i for i, name in enumerate(VALUES["birthday"][1])}

    def number(who, attribute):
        value = WORLD.value(who, attribute)
        return month[value[1]] if len(value) > 1 else WORLD.pools(attribute)[0].index(value[0])

    for kind in KINDS:
        source = Questions(WORLD, kind, seed=1, modulus=5, steps=steps)
        for i in range(60):
            words, answer = source.question(i)
            if kind == "inverse":
                who = person[tuple(answer)]
                assert words[1:-2] == [w for a in ATTRIBUTES for w in WORLD.value(who, a)]
                continue
            who, attribute = person[tuple(words[2:5])], words[1]
            value = WORLD.value(who, attribute)
            hint = [*value, ";"] if steps else []
            if kind == "extract":
                assert answer == value
            elif kind == "classify":
                assert answer == [*hint, str(number(who, attribute) % 5)]
            else:
                other = person[tuple(words[6:9])]
                hint += [*WORLD.value(other, attribute), ";"] if steps else []
                later = number(who, attribute) > number(other, attribute)
                assert number(who, attribute) != number(other, attribute)
                assert answer == [*hint, "one" if later else "two"]
            tokens, mask = source.document(i)
            assert text(source, tokens[mask]) == [*answer, "</s>"] and tokens[0] == BEGIN and tokens[-1] == END


def test_a_guess_is_the_most_frequent_answer():
    source = Questions(WORLD, "classify", attributes=("birthday", "origin"), modulus=2)
    shares = []
    for attribute in source.attributes:
        answers = Counter(source.number(p, attribute) % 2 for p in source.people)
        shares.append(max(answers.values()) / len(source.people))
    assert source.guess() == pytest.approx(np.mean(shares))
    with pytest.raises(LmphysError, match="compare with chance"):
        Questions(WORLD, "inverse").guess()


def test_bits_are_those_of_a_count_of_worlds():
    """Three people with two names of each kind and two values of one attribute: 56 sets of names times 2^3."""
    small = World(3, n_names=2, n_values=2, attributes=("origin",))
    assert small.bits == pytest.approx(math.log2(math.comb(8, 3) * 2**3))
    both = World(3, n_names=2, n_values=2, attributes=("employer", "workplace"))
    assert both.bits == pytest.approx(math.log2(math.comb(8, 3) * 2**3 * 2**2))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: World(9, n_names=2), "2 names of each kind make 8 people, not 9; take more names or fewer people"),
        (lambda: World(9, n_names=1000), "1000 names of each kind cannot be had; take 1 to 100"),
        (lambda: World(9, attributes=("age",)), "unknown attribute 'age'; there are birthday, origin"),
        (lambda: Questions(WORLD, "guess"), "unknown kind of questions 'guess'; there are extract"),
        (lambda: World(9, n_values=0), "values of 0 words cannot be had; take 1 or more"),
        (lambda: Biographies(WORLD, rewritings=0), "0 texts about each person are none; take 1 or more"),
        (lambda: Questions(WORLD, "extract", attributes=("age",)), "nothing is known of 'age'; ask for birthday"),
        (lambda: Questions(WORLD, "classify", modulus=11), "classes modulo 11 have no names; take 2 to 10"),
        (lambda: Questions(World(9, n_values=1), "compare").question(0), "everybody has the same"),
    ],
)
def test_worlds_that_cannot_be_are_refused(make, message):
    with pytest.raises(LmphysError, match=message):
        make()
