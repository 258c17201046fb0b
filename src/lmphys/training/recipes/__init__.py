"""Recipes of the tiny transformers of this book, by name: what `lmphys train NAME` trains."""

from lmphys.training.recipes.arithmetic import ARITHMETIC
from lmphys.training.recipes.copying import COPYING
from lmphys.training.recipes.grammar import GRAMMARS
from lmphys.training.recipes.hops import HOPS
from lmphys.training.recipes.knowledge import KNOWLEDGE
from lmphys.training.recipes.markov import MARKOV
from lmphys.training.recipes.people import PEOPLE
from lmphys.training.recipes.prose import PROSE
from lmphys.training.tiny.recipe import TinyRecipe

RECIPES: dict[str, TinyRecipe] = {**MARKOV, **GRAMMARS, **ARITHMETIC, **PEOPLE, **KNOWLEDGE, **HOPS, **COPYING, **PROSE}
