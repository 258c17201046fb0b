"""Documents of arithmetic: a problem, a colon, a solution."""

import numpy as np

from lmphys.problems.arithmetic.problem import ArithmeticProblem, check_size, draw_problem
from lmphys.problems.arithmetic.solution import Retries, Solution, write_solution
from lmphys.problems.arithmetic.words import ArithmeticWords
from lmphys.problems.documents import BEGIN, END, Dice, Document, first_good, stream

_TRIES = 10_000
_FLAWLESS = Retries()


class ArithmeticDocuments:
    """Problems with solutions; the words of the solution are the targets.

    A problem belongs to the split of its template: what the answer is made of, without names, numbers and order. So no
    test problem has the structure of one in training.

    Args:
        seed: of the documents.
        split: `train` or `test`.
        ops: fewest and most operations of a solution; the smaller of two even draws between them.
        max_quantities: most quantities of a problem, needed or not.
        modulus: numbers are 0 to modulus - 1.
        n_names: number of names.
        query_first: whether the question stands before the statements.
        retries: mistakes in the solutions.
        mask_mistakes: whether mistaken names are no targets.

    Attributes:
        words: vocabulary with its names.
        vocabulary: words of the tokens.

    Raises:
        LmphysError: sizes for which there are no problems.
    """

    def __init__(
        self,
        seed: int,
        split: str = "train",
        ops: tuple[int, int] = (1, 6),
        max_quantities: int = 10,
        modulus: int = 7,
        n_names: int = 64,
        query_first: bool = False,
        retries: Retries = _FLAWLESS,
        mask_mistakes: bool = False,
    ) -> None:
        check_size(ops, max_quantities, modulus, n_names)
        self.words = ArithmeticWords(modulus, n_names)
        self.vocabulary = self.words.vocabulary
        self.seed, self.split, self.ops, self.max_quantities = seed, split, ops, max_quantities
        self.query_first, self.retries, self.mask_mistakes = query_first, retries, mask_mistakes

    def problem(self, index: int) -> ArithmeticProblem:
        """The problem of a document."""
        return self._drawn(index)[0]

    def solution(self, index: int) -> Solution:
        """The solution of a document, with its sentences and the floor of the loss."""
        problem, dice = self._drawn(index)
        return write_solution(problem, self.retries, self.words, dice)

    def prompt(self, problem: ArithmeticProblem) -> np.ndarray:
        """Tokens up to the colon, from where a model goes on."""
        ids = self.words.ids
        return np.array([BEGIN, *(ids[word] for word in self.words.statement(problem, self.query_first))])

    def document(self, index: int) -> Document:
        """Document of an index."""
        solution = self.solution(index)
        prompt = self.prompt(solution.problem)
        ids = self.words.ids
        tokens = np.concatenate([prompt, [*(ids[word] for word in solution.words), END]])
        mask = np.arange(len(tokens)) >= len(prompt)
        if self.mask_mistakes:
            mask[len(prompt) : -1] &= ~solution.mistaken
        return Document(tokens, mask)

    def floor(self, index: int) -> np.ndarray:
        """(tokens,) nats that each token of a document costs whoever knows the law of solutions; zero before them."""
        solution = self.solution(index)
        return np.concatenate([np.zeros(len(self.prompt(solution.problem))), solution.loss, [0.0]])

    def _drawn(self, index: int) -> tuple[ArithmeticProblem, Dice]:
        dice = Dice(stream(self.seed, self.split, index))
        low, high = self.ops

        def drawn() -> ArithmeticProblem | None:
            n_operations = low + min(dice.below(high - low + 1), dice.below(high - low + 1))
            return draw_problem(dice, n_operations, self.max_quantities, self.words.modulus, len(self.words.names))

        told = (
            f"problems of {low} to {high} operations and at most {self.max_quantities} quantities belongs to "
            f"{self.split}; allow other numbers of operations, or more quantities"
        )
        return first_good(drawn, lambda problem: problem.split == self.split, told, tries=_TRIES), dice
