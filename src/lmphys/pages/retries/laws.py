"""What the exact law of solutions with mistakes says: its price, and what becomes of it without chance."""

from collections.abc import Sequence

import numpy as np

from lmphys.problems.arithmetic.problem import ArithmeticProblem
from lmphys.problems.arithmetic.solution import Retries, write_solution
from lmphys.problems.arithmetic.words import ArithmeticWords
from lmphys.problems.documents import Dice


def price_of_mistakes(rate: float) -> float:
    """Nats a sentence for whether the next name is a mistake, and the next, until one is not.

    The number of mistakes before a sentence is geometric with mean q / (1 - q), and its entropy is
    [-q ln q - (1 - q) ln(1 - q)] / (1 - q). Which name is mistaken costs the logarithm of their number besides.
    """
    if rate == 0:
        return 0.0
    return float(-(rate * np.log(rate) + (1 - rate) * np.log1p(-rate)) / (1 - rate))


def likeliest_ends(problem: ArithmeticProblem, retries: Retries) -> float:
    """Probability that whoever always takes the likeliest name under the exact law comes to an end.

    A mistake changes nothing that the law looks at. So where a mistaken name is likelier than a right one it is written
    again and again. Among names that are equally likely one is preferred, drawn evenly once for a state: a writer
    without chance prefers it each time.
    """
    needed, rate = set(problem.necessary), retries.rate

    def ends(known: frozenset[int]) -> float:
        if problem.query in known:
            return 1.0
        ready = [i for i in problem.computable(known) if i in needed]
        wrong = retries.candidates(problem, sorted(known)) if rate else []
        of_right = (1 - (rate if wrong else 0.0)) / len(ready)
        of_wrong = rate / len(wrong) if wrong else 0.0
        if of_wrong > of_right + 1e-12:
            return 0.0
        tied = len(wrong) if abs(of_wrong - of_right) <= 1e-12 else 0
        return sum(ends(known | {i}) for i in ready) / (len(ready) + tied)

    return ends(frozenset())


def expected_backs(
    problem: ArithmeticProblem, retries: Retries, words: ArithmeticWords, *, repeats: int = 20, seed: int = 0
) -> float:
    """Mean number of names that are taken back in solutions of the data to one problem."""
    dice = Dice(np.random.default_rng(seed))
    written = (write_solution(problem, retries, words, dice) for _ in range(repeats))
    return sum(sentence.mistaken for one in written for sentence in one.sentences) / repeats


def backs_of_data(
    problems: Sequence[ArithmeticProblem], retries: Retries, words: ArithmeticWords, *, repeats: int = 20, seed: int = 0
) -> np.ndarray:
    """(n,) of `expected_backs`, each problem with random numbers of its own."""
    return np.array(
        [expected_backs(one, retries, words, repeats=repeats, seed=seed + i) for i, one in enumerate(problems)]
    )
