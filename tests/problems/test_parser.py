"""Right results of wrong steps, against the chains of the generator."""

import numpy as np
import pytest

from lmphys.problems.chains import ErrorRates, make_problem, write_chain
from lmphys.problems.families import FAMILIES
from lmphys.problems.parser import label_sentences, right_results


@pytest.mark.parametrize("family", FAMILIES)
def test_a_mended_sentence_is_right_and_differs_in_its_result_alone(family):
    rng, mended = np.random.default_rng(0), 0
    for number in range(30):
        problem = make_problem(family, 4, "test", (7, number))
        chain = write_chain(problem, ErrorRates(slip=0.4, noticed=0, derail=0), rng)
        texts = [sentence.text for sentence in chain.sentences]
        rights = right_results(problem, texts)
        for i, (sentence, right) in enumerate(zip(chain.sentences, rights, strict=True)):
            if right is None:
                continue
            assert sentence.phase == "compute" and sentence.valid is False and right != sentence.text
            again = label_sentences(problem, [*texts[:i], right])[-1]
            assert again.phase == "compute" and again.valid
            mended += 1
        valid = [s.valid is not False for s in chain.sentences]
        assert all(right is None for right, good in zip(rights, valid, strict=True) if good)
    assert (mended > 0) == (family != "contest")  # there a slip changes the words too: who beats whom


def test_flawless_chains_have_nothing_to_mend():
    problem = make_problem("story", 5, "test", (1, 2))
    chain = write_chain(problem, ErrorRates(slip=0, derail=0), np.random.default_rng(1))
    assert set(right_results(problem, [sentence.text for sentence in chain.sentences])) == {None}
