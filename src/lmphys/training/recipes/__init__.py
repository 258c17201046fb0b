"""Recipes of the tiny transformers of this book, by name: what `lmphys train NAME` trains."""

from lmphys.core.errors import LmphysError
from lmphys.training.recipes.arithmetic import ARITHMETIC
from lmphys.training.recipes.grammar import GRAMMARS
from lmphys.training.recipes.hops import HOPS
from lmphys.training.recipes.markov import MARKOV
from lmphys.training.recipes.people import PEOPLE
from lmphys.training.tiny.recipe import TinyRecipe

RECIPES: dict[str, TinyRecipe] = {**MARKOV, **GRAMMARS, **ARITHMETIC, **PEOPLE, **HOPS}


def recipe_of(name: str) -> TinyRecipe:
    """The recipe of a name.

    Raises:
        LmphysError: there is none.
    """
    if name not in RECIPES:
        raise LmphysError(f"there is no recipe {name!r}; lmphys train --list names all")
    return RECIPES[name]
