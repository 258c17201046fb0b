"""Problems of one number of operations, of templates that training had or had not."""

from typing import Any, NamedTuple

from lmphys.problems.arithmetic.problem import ArithmeticProblem
from lmphys.problems.arithmetic.source import ArithmeticDocuments
from lmphys.training.tiny.recipe import TinyRecipe

# Documents of a training have the seed of its recipe; those of tests have seeds from here on.
TEST_SEEDS = 10_000


class Cell(NamedTuple):
    """Problems that are alike.

    Attributes:
        operations: of each.
        unseen: whether their templates never occur in training.
        source: of the problems.
        problems: n of them.
    """

    operations: int
    unseen: bool
    source: ArithmeticDocuments
    problems: list[ArithmeticProblem]


def draw_cell(
    recipe: TinyRecipe, operations: int, n: int, *, unseen: bool, max_quantities: int | None = None, seed: int = 0
) -> Cell:
    """Fresh problems in the words of a recipe.

    Args:
        recipe: of the training.
        operations: of each problem.
        n: problems.
        unseen: whether their templates are those kept for tests.
        max_quantities: of a problem; None: as in training.
        seed: of the problems.
    """
    split = "test" if unseen else "train"
    options: dict[str, Any] = {**recipe.options, "ops": [operations, operations], "split": split}
    if max_quantities is not None:
        options["max_quantities"] = max_quantities
    source = fresh_source(recipe, seed, **options)
    return Cell(operations, unseen, source, [source.problem(index) for index in range(n)])


def fresh_source(recipe: TinyRecipe, seed: int, **options: Any) -> ArithmeticDocuments:
    """Documents of a recipe's law that no training has; `options` replace some of the recipe's."""
    from lmphys.training.tiny.worlds import WORLDS

    source = WORLDS[recipe.world](seed=TEST_SEEDS + seed, **{**recipe.options, **options})
    assert isinstance(source, ArithmeticDocuments)
    return source
