"""The vocabulary of arithmetic problems, and how a problem is stated in it."""

from functools import cached_property

from lmphys.core.errors import LmphysError
from lmphys.problems.arithmetic.problem import ArithmeticProblem
from lmphys.problems.documents import MARKS
from lmphys.problems.vocabulary import VOCABULARIES

BACK = "back"
_SIGNS = ("=", "+", "-", "*", "(", ")", ".", ";", "?", ":", BACK)
_NAMES = VOCABULARIES["train"].things


class ArithmeticWords:
    """Words of problems and solutions: marks, signs, numbers, names.

    Args:
        modulus: numbers are 0 to modulus - 1.
        n_names: number of names of quantities.

    Raises:
        LmphysError: there are not as many names.
    """

    def __init__(self, modulus: int, n_names: int) -> None:
        if n_names > len(_NAMES):
            raise LmphysError(f"there are {len(_NAMES)} names of quantities, not {n_names}; ask for fewer")
        self.modulus = modulus
        self.names = _NAMES[:n_names]
        self.vocabulary = (*MARKS, *_SIGNS, *map(str, range(modulus)), *self.names)

    @cached_property
    def ids(self) -> dict[str, int]:
        """Token of each word."""
        return {word: i for i, word in enumerate(self.vocabulary)}

    def statement(self, problem: ArithmeticProblem, query_first: bool) -> list[str]:
        """Words of the problem, up to the colon after which a solution begins."""
        question = ["?", self.names[problem.names[problem.query]]]
        said = [*question, "."] if query_first else []
        for quantity in problem.order:
            formula = problem.formulas[quantity]
            inner: list[str] = []
            for parent in formula.parents:
                inner += [formula.sign] * bool(inner) + [self.names[problem.names[parent]]]
            if formula.constant is not None:
                if len(formula.parents) > 1:
                    inner = ["(", *inner, ")"]
                inner = [str(formula.constant), *([formula.joint] if inner else []), *inner]
            said += [self.names[problem.names[quantity]], "=", *inner, "."]
        return [*said, ":"] if query_first else [*said, *question, ":"]

    def step(self, problem: ArithmeticProblem, quantity: int) -> list[list[list[str]]]:
        """What a solution says of a quantity after its name: for each binary step, terms, numbers, and the result.

        A quantity of one parent has its terms and the result; a constant the result alone.
        """
        formula, values = problem.formulas[quantity], problem.values
        result = [str(values[quantity])]
        if not formula.steps:
            return [[*([self.names[problem.names[parent]]] for parent in formula.parents), result]]
        said, so_far = [], 0
        for left, sign, right in formula.steps:
            given = {"constant": left.number, "so far": so_far}
            a, b = (given[side.kind] if side.kind in given else values[side.number] for side in (left, right))
            numbers = [str(a), sign, str(b)]
            names = (
                self.names[problem.names[side.number]] if side.kind == "quantity" else str(value)
                for side, value in ((left, a), (right, b))
            )
            terms = [next(names), sign, next(names)]
            so_far = {"+": a + b, "-": a - b, "*": a * b}[sign] % problem.modulus
            said.append([terms, *([numbers] if numbers != terms else []), [str(so_far)]])
        return said
