import string

import pytest

from lmphys.corpus.choices import letter_of, mentions, same_choice


def named(text, choices, **how):
    return [choices[m.index] for m in mentions(text, choices, **{"letters": False, **how})]


def test_letters_go_on_after_z():
    assert [letter_of(i) for i in range(26)] == list(string.ascii_uppercase)
    assert [letter_of(i) for i in (26, 27, 51, 52, 701, 702)] == ["AA", "AB", "AZ", "BA", "ZZ", "AAA"]


def test_the_longer_of_two_names_counts():
    assert named("cat food and cat", ("cat", "cat food")) == ["cat food", "cat"]
    assert named("intent 13", tuple(f"intent {i}" for i in range(30))) == ["intent 13"]


def test_what_is_ruled_out_is_not_named():
    assert named("It is a dog, not a cat.", ("cat", "dog")) == ["dog"]
    assert named("A) cat is wrong. B) dog is right.", ("cat", "dog"), letters=True) == ["dog", "dog"]  # letter and word


def test_numbers_are_named_by_their_value():
    assert named("so x is -3", ("3", "-3")) == ["-3"]
    assert named("5/2 or 2.50", ("5", "2.5")) == ["2.5", "2.5"]


def test_an_article_and_a_pronoun_are_no_letters():
    letters = ("A", "B", "C", "D", "E", "F", "G", "H", "I")
    assert named("A good one. I think that it is good.", letters, letters=True) == []
    assert named("I choose C, a good one", letters, letters=True) == ["C"]
    assert named("Therefore, option B is a good choice", letters, letters=True) == ["B"]


def test_no_as_a_determiner_is_no_answer():
    assert named("No tigers are birds", ("Yes", "No")) == []
    assert named("No, tigers are not birds", ("Yes", "No")) == ["No"]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("2", "2.0", True), ("1/2", r"\frac{1}{2}", True), ("It is hot.", "it is hot", True), ("5 kg", "5 g", False),
     ("3", "-3", False), ("x+1", "x-1", False), ("12,000", "12000", True), ("a < b", "a > b", False)],
)  # fmt: skip
def test_choices_that_say_the_same(one, other, same):
    assert same_choice(one, other) == same
