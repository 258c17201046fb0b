"""Quantities that depend on each other, and a question about one of them.

The abstract form of the problems of "Physics of Language Models: Part 2.1" (2407.20311), smaller: a quantity is a name,
all are stated in random order, and about half of them are not needed.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np

from lmphys.core.errors import LmphysError
from lmphys.problems.documents import Dice
from lmphys.problems.problem import split_of

# Operations of a quantity, and how often it has as many.
_OPERATIONS = (1,) * 6 + (2,) * 3 + (3,)


class Operand(NamedTuple):
    """One side of a binary step: a quantity, a constant, or the result of the step before."""

    kind: Literal["quantity", "constant", "so far"]
    number: int = 0


@dataclass(frozen=True)
class Formula:
    """How a quantity follows from others: `constant ∘ (sum or difference of parents)`.

    Attributes:
        parents: quantities that it depends on.
        sign: between two parents, + or -; more of them are added.
        constant: number in front; None for none.
        joint: what joins constant and parents, + or *.
    """

    parents: tuple[int, ...]
    sign: str = "+"
    constant: int | None = None
    joint: str = "+"

    @property
    def n_operations(self) -> int:
        """Binary steps, one where there is nothing to combine."""
        return max(1, len(self.parents) + (self.constant is not None) - 1)

    @property
    def steps(self) -> list[tuple[Operand, str, Operand]]:
        """Binary steps in the order in which a solution takes them; none for a constant or a copy."""
        parents = [Operand("quantity", parent) for parent in self.parents]
        left = parents[:1] + [Operand("so far")] * (len(parents) - 2)
        steps = [(a, self.sign, b) for a, b in zip(left, parents[1:], strict=False)]
        if parents and self.constant is not None:
            steps.append((Operand("constant", self.constant), self.joint, Operand("so far") if steps else parents[0]))
        return steps


@dataclass(frozen=True)
class ArithmeticProblem:
    """Quantities, numbered from 0, with their formulas.

    Attributes:
        names: name of each, a number of the vocabulary's names.
        formulas: of each; the graph has no cycle.
        order: in which they are stated.
        query: the quantity that is asked for.
        modulus: numbers are 0 to modulus - 1.
    """

    names: tuple[int, ...]
    formulas: tuple[Formula, ...]
    order: tuple[int, ...]
    query: int
    modulus: int

    @cached_property
    def _needs(self) -> list[int]:
        """Quantities that each depends on, directly or not, as bits."""
        found: dict[int, int] = {}

        def needs(quantity: int) -> int:
            if quantity not in found:
                found[quantity] = 0
                for parent in self.formulas[quantity].parents:
                    found[quantity] |= 1 << parent | needs(parent)
            return found[quantity]

        return [needs(quantity) for quantity in range(len(self.formulas))]

    @property
    def depends(self) -> np.ndarray:
        """(n, n) bool: whether the quantity of a row depends on that of a column, directly or not."""
        n = range(len(self.formulas))
        return np.array([[bool(self._needs[a] >> b & 1) for b in n] for a in n])

    @cached_property
    def necessary(self) -> tuple[int, ...]:
        """Quantities that the answer depends on, and itself."""
        needed = self._needs[self.query] | 1 << self.query
        return tuple(i for i in range(len(self.formulas)) if needed >> i & 1)

    @property
    def n_operations(self) -> int:
        """Binary steps of the shortest solution."""
        return sum(self.formulas[i].n_operations for i in self.necessary)

    @cached_property
    def values(self) -> tuple[int, ...]:
        """Value of each quantity."""
        found: dict[int, int] = {}

        def value(quantity: int) -> int:
            if quantity not in found:
                formula = self.formulas[quantity]
                result, *others = [value(parent) for parent in formula.parents] or [0]
                for other in others:
                    result += other if formula.sign == "+" else -other
                if formula.constant is not None:
                    result = result * formula.constant if formula.joint == "*" else result + formula.constant
                found[quantity] = result % self.modulus
            return found[quantity]

        return tuple(value(quantity) for quantity in range(len(self.formulas)))

    @property
    def answer(self) -> int:
        """Value of the query."""
        return self.values[self.query]

    def computable(self, known: Iterable[int]) -> list[int]:
        """Quantities that can be computed next: not known, all parents known."""
        done = set(known)
        return [i for i, f in enumerate(self.formulas) if i not in done and done.issuperset(f.parents)]

    def ask(self, query: int) -> "ArithmeticProblem":
        """The same quantities with another question."""
        return replace(self, query=query)

    @property
    def template(self) -> str:
        """What the answer is made of, without names, numbers and order: equal for problems that are solved alike."""

        def form(quantity: int) -> str:
            formula = self.formulas[quantity]
            parents = [forms[parent] if parent in forms else form(parent) for parent in formula.parents]
            ordered = parents if formula.sign == "-" else sorted(parents)
            shape = (ordered, formula.sign, formula.constant is None, formula.joint)
            forms[quantity] = hashlib.blake2b(repr(shape).encode(), digest_size=8).hexdigest()
            return forms[quantity]

        forms: dict[int, str] = {}
        return form(self.query)

    @property
    def split(self) -> str:
        """Split that its template belongs to."""
        return split_of(self.template)


def draw_problem(
    dice: Dice, n_operations: int, max_quantities: int, modulus: int, n_names: int
) -> ArithmeticProblem | None:
    """A problem whose shortest solution takes exactly so many operations; None where it needs too many quantities.

    Args:
        dice: chance.
        n_operations: of the shortest solution.
        max_quantities: most quantities, needed or not; how many are not needed is drawn evenly.
        modulus: numbers are 0 to modulus - 1.
        n_names: number of names to choose from.
    """
    costs: list[int] = []
    while (left := n_operations - sum(costs)) > 0:
        # The third quantity is the first that can have two parents and a constant.
        costs.append(min(dice.pick(_OPERATIONS), left, max(1, len(costs))))
    n_needed = len(costs)
    if n_needed > max_quantities:
        return None
    formulas: list[Formula] = []
    waiting = set(range(n_needed - 1))  # without a quantity that depends on it
    for i in reversed(range(n_needed)):
        formulas.insert(0, _formula(dice, costs[i], i, {i - 1} & waiting, modulus))
        waiting -= set(formulas[0].parents)
    for i in range(n_needed, n_needed + dice.below(max_quantities - n_needed + 1)):
        formulas.append(_formula(dice, min(dice.pick(_OPERATIONS), max(1, i)), i, set(), modulus))
    n = len(formulas)
    names = tuple(dice.shuffled(range(n_names), n))
    return ArithmeticProblem(names, tuple(formulas), tuple(dice.shuffled(range(n))), n_needed - 1, modulus)


def _formula(dice: Dice, n_operations: int, n_before: int, wanted: set[int], modulus: int) -> Formula:
    """A formula with so many operations on the quantities before, those wanted among its parents."""
    # (number of parents, whether there is a constant)
    options = [(n_operations, True)] * (n_operations <= n_before) + [(n_operations + 1, False)] * (
        n_operations < n_before
    )
    if n_operations == 1:
        options += [(0, True)] * (not wanted) + [(1, False)] * (n_before > 0)
    n, with_constant = dice.pick(options)
    constant = dice.below(modulus) if with_constant else None
    rest = [i for i in range(n_before) if i not in wanted]
    parents = dice.shuffled([*wanted, *dice.shuffled(rest, max(0, n - len(wanted)))])
    sign = dice.pick("+-") if len(parents) == 2 else "+"
    return Formula(tuple(parents), sign, constant, dice.pick("+*") if parents and constant is not None else "+")


def check_size(ops: tuple[int, int], max_quantities: int, modulus: int, n_names: int) -> None:
    """Refuse sizes for which there are no problems.

    Raises:
        LmphysError: an empty range of operations, too few names, or a modulus below 2.
    """
    if not 0 < ops[0] <= ops[1]:
        raise LmphysError(f"no problem has {ops[0]} to {ops[1]} operations; give a range from 1 on")
    if max_quantities > n_names:
        raise LmphysError(f"{max_quantities} quantities need as many names, and there are {n_names}; take fewer")
    if modulus < 2:
        raise LmphysError(f"all numbers are equal at modulus {modulus}; take 2 or more")
