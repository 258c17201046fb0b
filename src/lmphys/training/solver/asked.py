"""Names that are put after a text, to see what the state there knows of the quantity."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from lmphys.lm.model import LanguageModel
from lmphys.lm.tiny.reading import Reading, read_places
from lmphys.problems.arithmetic.problem import ArithmeticProblem
from lmphys.problems.arithmetic.solution import Retries, write_solution
from lmphys.problems.documents import Dice
from lmphys.training.solver.cells import Cell

_FLAWLESS = Retries()


class Asked(NamedTuple):
    """Names after texts, one row a name.

    Attributes:
        texts: token ids, the name last.
        table: `problem`, numbered over all cells; `name`, its number among the names; `needed`, whether the answer
            depends on it; `ready`, whether all is known that it depends on; `distance`, steps from the query along
            formulas, 0 where there is no way; and what can be read off the words: `in_query`, whether the query's
            formula names it, `in_last`, whether its own formula names what was computed last, `mentions`, formulas that
            name it, `parents`, quantities that its formula names, `operations` of it, `place` of its statement, and
            `quantities` of the problem.
    """

    texts: list[np.ndarray]
    table: pd.DataFrame

    def read(self, model: LanguageModel) -> tuple[Reading, Reading]:
        """What a model makes of the texts, at the token before the name and at the name, a row a text each."""
        places = [np.array([len(text) - 2, len(text) - 1]) for text in self.texts]
        both = read_places(model, self.texts, places)
        before, after = (Reading(both.log_p[i::2], [layer[i::2] for layer in both.states]) for i in (0, 1))
        return before, after


def after_colon(cells: Sequence[Cell]) -> Asked:
    """Every quantity but the query, after the colon of its problem: before anything is written."""

    def prefixes(cell: Cell, problem: ArithmeticProblem, number: int) -> tuple[np.ndarray, list[int]]:
        return cell.source.prompt(problem), []

    return _asked(cells, prefixes, lambda problem, quantity: quantity != problem.query)


def after_sentence(cells: Sequence[Cell], *, seed: int = 0) -> Asked:
    """Every quantity that depends on others and is not computed yet, after a sentence of a right solution but the last.

    Args:
        cells: of the problems; those with one sentence have none.
        seed: of the solutions, and of the sentence.
    """

    def prefixes(cell: Cell, problem: ArithmeticProblem, number: int) -> tuple[np.ndarray, list[int]] | None:
        dice = Dice(np.random.default_rng([seed, number]))
        solution = write_solution(problem, _FLAWLESS, cell.source.words, dice)
        if len(solution.sentences) < 2:
            return None
        n = 1 + dice.below(len(solution.sentences) - 1)
        words = solution.words[: solution.sentences[n].start]
        tokens = [cell.source.words.ids[word] for word in words]
        known = [sentence.quantity for sentence in solution.sentences[:n]]
        return np.concatenate([cell.source.prompt(problem), tokens]), known

    return _asked(cells, prefixes, lambda problem, quantity: bool(problem.formulas[quantity].parents))


def _asked(
    cells: Sequence[Cell],
    prefixes: Callable[[Cell, ArithmeticProblem, int], tuple[np.ndarray, list[int]] | None],
    wanted: Callable[[ArithmeticProblem, int], bool],
) -> Asked:
    texts, rows = [], []
    for number, (cell, problem) in enumerate(_problems(cells)):
        found = prefixes(cell, problem, number)
        if found is None:
            continue
        prefix, known = found
        words = cell.source.words
        for quantity in range(len(problem.formulas)):
            if wanted(problem, quantity) and quantity not in known:
                token = words.ids[words.names[problem.names[quantity]]]
                texts.append(np.append(prefix, token))
                rows.append({"problem": number, **described(problem, quantity, known)})
    return Asked(texts, pd.DataFrame(rows))


def _problems(cells: Sequence[Cell]) -> Iterator[tuple[Cell, ArithmeticProblem]]:
    return ((cell, problem) for cell in cells for problem in cell.problems)


def described(problem: ArithmeticProblem, quantity: int, known: Sequence[int]) -> dict[str, int | bool]:
    """What is true of a quantity, and what the words say of it; the columns of `Asked.table`.

    Args:
        problem: its problem.
        quantity: number of it.
        known: quantities that are computed, in their order.
    """
    formulas, own = problem.formulas, problem.formulas[quantity]
    return {
        "name": problem.names[quantity],
        "needed": quantity in problem.necessary,
        "ready": set(own.parents) <= set(known),
        "distance": distances(problem)[quantity],
        "in_query": quantity in formulas[problem.query].parents,
        "in_last": bool(known) and known[-1] in own.parents,
        "mentions": sum(quantity in formula.parents for formula in formulas),
        "parents": len(own.parents),
        "operations": own.n_operations,
        "place": problem.order.index(quantity),
        "quantities": len(formulas),
    }


def distances(problem: ArithmeticProblem) -> list[int]:
    """Fewest steps from the query to each quantity along formulas; 0 for the query and for what it does not need."""
    found = [0] * len(problem.formulas)
    level, steps = {problem.query}, 0
    seen = {problem.query}
    while level:
        steps += 1
        level = {parent for quantity in level for parent in problem.formulas[quantity].parents} - seen
        seen |= level
        for quantity in level:
            found[quantity] = steps
    return found
