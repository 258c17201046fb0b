"""Solutions: their law by counting, labels by recomputation, and the checker by spoiling them."""

from collections import Counter

import numpy as np
import pytest

from lmphys.core.errors import LmphysError
from lmphys.problems.arithmetic.checker import check
from lmphys.problems.arithmetic.solution import RETRIES, Retries, write_solution
from lmphys.problems.arithmetic.source import ArithmeticDocuments
from lmphys.problems.documents import BEGIN, END, Dice

SOURCE = ArithmeticDocuments(0, ops=(2, 8), max_quantities=12, modulus=11)
WORDS = SOURCE.words


def written(problem, retries=None, seed=0):
    return write_solution(problem, retries or Retries(), WORDS, Dice(np.random.default_rng(seed)))


def test_solutions_are_right_and_need_nothing_more():
    for i in range(80):
        solution = SOURCE.solution(i)
        found = check(solution.problem, solution.words, WORDS)
        assert found.correct and found.unnecessary == found.retries == 0
        assert found.answer == solution.problem.answer
        assert [s.quantity for s in solution.sentences][-1] == solution.problem.query
        assert sum(1 + s.count(";") for s in " ".join(solution.words).split(".")[:-1]) == solution.problem.n_operations


def test_every_equation_holds():
    for i in range(40):
        for sentence in " ".join(SOURCE.solution(i).words).split("."):
            for step in sentence.split(";"):
                *parts, result = step.split("=")
                numbers = [part for part in parts if not any(word[0].isalpha() for word in part.split())]
                assert all(eval(part) % 11 == int(result) for part in numbers)


@pytest.mark.parametrize("kind", RETRIES)
def test_the_law_of_solutions_is_that_of_their_counts(kind):
    """Of the first two words, whose joint law holds the ambiguity of a name that may be taken back."""
    problem = next(p for p in map(SOURCE.problem, range(100)) if len(p.necessary) > 4 and len(p.formulas) > 7)
    drawn = [written(problem, Retries(0.3, kind), seed) for seed in range(3000)]
    counts = Counter(tuple(s.words[:2]) for s in drawn)
    law = {tuple(s.words[:2]): np.exp(-s.loss[:2].sum()) for s in drawn}
    assert sum(law.values()) == pytest.approx(1)
    for words, p in law.items():
        assert counts[words] / 3000 == pytest.approx(p, abs=4.5 * np.sqrt(p / 3000))


def test_probabilities_of_all_solutions_add_up_to_one():
    sizes = []
    for problem in [p for p in map(SOURCE.problem, range(60)) if 4 <= len(p.necessary) <= 5]:
        law = {tuple(s.words): np.exp(-s.loss.sum()) for s in (written(problem, seed=i) for i in range(150))}
        assert sum(law.values()) == pytest.approx(1)
        sizes.append(len(law))
    assert max(sizes) > 2


def test_mean_number_of_retries():
    drawn = [written(SOURCE.problem(i % 50), Retries(0.4, "any"), i) for i in range(1500)]
    wrong = sum(s.mistaken.sum() for s in drawn)
    right = sum(len(s.sentences) for s in drawn) - wrong
    assert wrong / right == pytest.approx(0.4 / 0.6, abs=4 * np.sqrt(0.4) / 0.6 / np.sqrt(right))


def test_labels_of_sentences_are_those_of_what_is_known():
    for i in range(40):
        solution = written(SOURCE.problem(i), Retries(0.4), i)
        problem, known = solution.problem, []
        for row, sentence in zip(solution.computable(), solution.sentences, strict=True):
            ready = [all(p in known for p in f.parents) for f in problem.formulas]
            expected = [r and k not in known for k, r in enumerate(ready)]
            assert row.tolist() == expected
            assert solution.words[sentence.start] == WORDS.names[problem.names[sentence.quantity]]
            assert sentence.mistaken == (not row[sentence.quantity])
            assert sentence.mistaken == (solution.words[sentence.start + 1] == "back")
            known += [] if sentence.mistaken else [sentence.quantity]
        found = check(problem, solution.words, WORDS)
        assert found.correct and found.retries == solution.mistaken.sum()


def test_a_spoilt_solution_is_wrong():
    rng = np.random.default_rng(0)
    for i in range(60):
        solution = SOURCE.solution(i)
        at = int(rng.integers(len(solution.words)))
        spoilt = [*solution.words]
        spoilt[at] = rng.choice([word for word in WORDS.vocabulary[1:] if word != spoilt[at]])
        assert not check(solution.problem, spoilt, WORDS).correct, (spoilt, at)
        assert not check(solution.problem, [*solution.words, *solution.words[-5:]], WORDS).correct


def test_faults_are_told_apart():
    problem = next(p for p in map(SOURCE.problem, range(100)) if len(p.necessary) > 3 and p.modulus == 11)
    solution = next(
        s
        for s in map(SOURCE.solution, range(200))
        if any(f.constant is not None and len(f.parents) == 1 for f in (s.problem.formulas[s.problem.query],))
        and len(s.sentences) > 2
    )
    problem, words = solution.problem, solution.words
    last = solution.sentences[-1].start  # a = c + b = c + n = m .
    assert check(problem, words[:last], WORDS).fault == "unanswered"
    assert check(problem, words[last:], WORDS).fault == "unready"
    first = solution.sentences[1].start
    assert check(problem, words[:first] + words, WORDS).fault == "repeated"

    def changed(offset, by=1):
        at = last + offset
        return [*words[:at], str((int(words[at]) + by) % 11), *words[at + 1 :]]

    assert check(problem, changed(10), WORDS).fault == "sum"
    assert check(problem, changed(8), WORDS).fault == "copied"
    assert check(problem, changed(2), WORDS).fault == "formula"
    assert check(problem, words[:-1], WORDS).fault == "form"
    assert check(problem, changed(10), WORDS).sentence == len(solution.sentences) - 1
    assert check(problem, changed(10), WORDS).answer == (problem.answer + 1) % 11
    chain = next(s for s in map(SOURCE.solution, range(200)) if len(s.problem.formulas[s.problem.query].steps) > 1)
    second = chain.words.index(";", chain.sentences[-1].start) + 1  # n + c = n + m = k, or c * n = k
    terms = chain.words[second : chain.words.index("=", second)]
    at = second + (0 if terms[2] in WORDS.names else 2)
    spoilt = [*chain.words[:at], str((int(chain.words[at]) + 1) % 11), *chain.words[at + 1 :]]
    assert check(chain.problem, spoilt, WORDS).fault == "copied"
    copy = next(s for s in map(SOURCE.solution, range(200)) if len(s.words) - s.sentences[-1].start == 6)
    assert check(copy.problem, [*copy.words[:-2], str((int(copy.words[-2]) + 1) % 11), "."], WORDS).fault == "copied"
    unstated = next(name for i, name in enumerate(WORDS.names) if i not in problem.names)
    assert check(problem, [unstated, *words[1:]], WORDS).fault == "unstated"
    assert check(problem, ["=", *words], WORDS).fault == "form"


def test_what_is_not_needed_is_counted_and_no_fault():
    for i in range(100):
        problem = SOURCE.problem(i)
        spare = [
            k for k in range(len(problem.formulas)) if k not in problem.necessary and not problem.formulas[k].parents
        ]
        if spare:
            first = written(problem.ask(spare[0]))
            found = check(problem, first.words + written(problem).words, WORDS)
            assert found.correct and found.unnecessary == 1
            return
    raise AssertionError("no problem has a constant that is not needed")


def test_documents_are_prompt_and_solution():
    source = ArithmeticDocuments(3, retries=Retries(0.5), mask_mistakes=True)
    for i in range(30):
        (tokens, mask), solution = source.document(i), source.solution(i)
        words = [source.vocabulary[token] for token in tokens]
        start = words.index(":") + 1
        assert tokens[0] == BEGIN and tokens[-1] == END and words[start:-1] == solution.words
        back = np.array([word == "back" for word in words])
        np.testing.assert_array_equal(mask, (np.arange(len(words)) >= start) & ~np.append(back[1:], False))
        np.testing.assert_array_equal(source.floor(i)[start:-1], solution.loss)
        assert check(solution.problem, words[start:], source.words).correct


def test_retries_that_cannot_be_are_refused():
    with pytest.raises(LmphysError, match="ends no solution; take at least 0 and less than 1"):
        Retries(1.0)
    with pytest.raises(LmphysError, match="there are unready, needed, any"):
        Retries(0.5, "later")
