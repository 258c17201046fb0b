import numpy as np
import pytest
import torch

from lmphys.core.errors import LmphysError
from lmphys.pages.knowledge.asking import answers, prompts, right, truths, written
from lmphys.problems.people.questions import Questions


def counting(n_words):
    """The next word is always the one after the last in the vocabulary."""
    return lambda ids: torch.nn.functional.one_hot((ids + 1) % n_words, n_words).float()


def test_words_are_written_one_after_the_other(told):
    asked = np.array([[[1, 2], [3, 4]], [[5, 6], [7, 8]]])
    found = written(told(counting(10)), asked, 3)
    assert found.tolist() == [[[3, 4, 5], [5, 6, 7]], [[7, 8, 9], [9, 0, 1]]]
    few = written(told(lambda ids: torch.arange(10.0).expand(*ids.shape, 10)), asked, 1, among=[2, 7, 4])
    assert (few == 7).all()


def test_prompts_and_truths_are_the_words_of_the_documents(world):
    for kind in ("extract", "classify", "inverse"):
        questions = Questions(world, kind, steps=True)
        words = np.array(questions.vocabulary)
        people = questions.people[:7]
        asked, wanted = prompts(questions, people), truths(questions, people)
        assert asked.shape[:2] == (7, 1 if kind == "inverse" else 6)
        seen = {(*words[asked[i, j]][1:], *words[list(wanted[i][j])]) for i in range(7) for j in range(asked.shape[1])}
        drawn = {(*question, *answer) for question, answer in map(questions.question, range(1500))}
        assert len(seen & drawn) > 0.9 * len(seen)


def test_an_answer_is_right_in_all_of_its_words():
    found = np.array([[[4, 5, 6], [7, 0, 0]], [[4, 5, 0], [8, 7, 0]]])
    wanted = [[(4, 5, 6), (7,)], [(4, 5, 6), (7,)]]
    assert right(found, wanted).tolist() == [[True, True], [False, False]]


def test_at_once_a_remainder_is_written(told, world):
    questions = Questions(world, "classify", modulus=5, steps=True)
    ones = told(lambda ids: torch.arange(float(len(questions.vocabulary))).expand(*ids.shape, -1))
    found = answers(ones, questions, questions.people[:3], at_once=True)
    assert found.shape == (3, 6, 1)
    digits = [questions.vocabulary.index(str(n)) for n in range(5)]
    assert (found == max(digits)).all()
    with pytest.raises(LmphysError, match="ask for no remainder; use 'classify'"):
        answers(ones, Questions(world, "extract"), np.arange(2), at_once=True)
