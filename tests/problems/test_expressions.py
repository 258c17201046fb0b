"""Values of expressions by a stack, and their law by writing all of them out."""

from itertools import product

import numpy as np
import pytest

from lmphys.core.errors import LmphysError
from lmphys.problems.expressions import Expressions, value_law


def by_stack(words, modulus):
    stack = []
    for word in reversed(words):
        stack.append(str(eval(f"{stack.pop()} {word} {stack.pop()}") % modulus) if word in "+-*" else word)
    (value,) = stack
    return int(value)


@pytest.mark.parametrize("modulus", [7, 23])
def test_values_are_right(modulus):
    source = Expressions(0, modulus=modulus)
    sizes = set()
    for i in range(100):
        tokens, mask = source.document(i)
        words = [source.vocabulary[token] for token in tokens]
        assert (words[0], words[-3], words[-1]) == ("<s>", "=", "</s>") and mask.tolist() == [False] + [True] * len(
            words[1:]
        )
        assert int(words[-2]) == by_stack(words[1:-3], modulus)
        sizes.add(sum(word in "+-*" for word in words[1:-3]))
    assert sizes == set(range(1, 11))


def test_the_law_is_that_of_all_expressions():
    """Of two operations modulo 3: the second is the left or the right side of the first."""
    law = np.zeros(3)
    for one, two, a, b, c in product("+-*", "+-*", range(3), range(3), range(3)):
        law[by_stack([one, two, str(a), str(b), str(c)], 3)] += 1
        law[by_stack([one, str(a), two, str(b), str(c)], 3)] += 1
    np.testing.assert_allclose(value_law(2, 3), law / law.sum())


def test_the_best_constant_answer_scores_what_models_without_positions_do():
    """The paper's scores at 10, 13 and 16 operations without positions are 6.9 to 7.4 %."""
    best = [100 * max(value_law(n, 23)) for n in (10, 13, 16)]
    assert best == pytest.approx([7.03, 7.13, 7.21], abs=0.005)


def test_drawn_values_follow_the_law():
    source = Expressions(1, max_operations=3, modulus=5, exact=True)
    counts = np.bincount([source.expression(i)[1] for i in range(4000)], minlength=5)
    expected = 4000 * np.array(value_law(3, 5))
    assert (np.abs(counts - expected) < 4.5 * np.sqrt(expected)).all()


def test_no_expression_is_in_both_splits():
    seen = [
        {tuple(Expressions(0, split, max_operations=1, modulus=4).expression(i)[0]) for i in range(300)}
        for split in ("train", "test")
    ]
    assert not seen[0] & seen[1] and len(seen[0] | seen[1]) > 40  # of 48


def test_tasks_that_cannot_be_are_refused():
    with pytest.raises(LmphysError, match="0 operations modulo 23 leave nothing to compute"):
        Expressions(0, max_operations=0)
