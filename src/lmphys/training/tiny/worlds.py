"""Worlds by name, each made from a seed of its documents and from its options when it is asked for."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lmphys.training.documents import Source


def _markov(*, seed: int, **options: Any) -> "Source":
    from lmphys.problems.markov import MarkovChain

    return MarkovChain(seed, **options)


def _grammar(*, seed: int, sizes: Sequence[int], law: int = 0, **options: Any) -> "Source":
    """Strings of a random grammar whose symbols have two rules; nearly all strings have one derivation.

    Args:
        seed: of the documents.
        sizes: symbols of each level, that of the words last.
        law: seed of the rules.
        options: of `GrammarDocuments`.
    """
    from lmphys.problems.grammar.construction import Construction, random_grammar
    from lmphys.problems.grammar.source import GrammarDocuments

    return GrammarDocuments(
        random_grammar(Construction(tuple(sizes), repeats=False, unique=0.99), law), seed, **options
    )


def _arithmetic(*, seed: int, retries: Mapping[str, Any], ops: Sequence[int], **options: Any) -> "Source":
    """Problems with solutions; `retries` are the settings of `Retries`, the rest as in `ArithmeticDocuments`."""
    from lmphys.problems.arithmetic.solution import Retries
    from lmphys.problems.arithmetic.source import ArithmeticDocuments

    return ArithmeticDocuments(seed, ops=(ops[0], ops[1]), retries=Retries(**retries), **options)


def _hops(*, seed: int, **options: Any) -> "Source":
    from lmphys.problems.hops import Hops

    return Hops(seed, **options)


def _copying(*, seed: int, **options: Any) -> "Source":
    from lmphys.problems.copying import Copies

    return Copies(seed, **options)


def _biographies(*, seed: int, world: Mapping[str, Any], **options: Any) -> "Source":
    """Texts about people; `world` are the settings of `World`, the rest as in `Biographies`."""
    from lmphys.problems.people.biographies import Biographies
    from lmphys.problems.people.world import World

    return Biographies(World(seed=seed, **world), **options)


def _questions(*, seed: int, world: Mapping[str, Any], **options: Any) -> "Source":
    """Questions about people; `world` are the settings of `World`, the rest as in `Questions`."""
    from lmphys.problems.people.questions import Questions
    from lmphys.problems.people.world import World

    return Questions(World(seed=seed, **world), seed=seed, **options)


def _records(*, seed: int, **options: Any) -> "Source":
    from lmphys.problems.people.records import Records

    return Records(seed=seed, **options)


def _prose(*, seed: int, **options: Any) -> "Source":
    from lmphys.problems.prose import Prose

    return Prose(seed, **options)


WORLDS: dict[str, Callable[..., "Source"]] = {
    "markov": _markov,
    "grammar": _grammar,
    "arithmetic": _arithmetic,
    "hops": _hops,
    "copying": _copying,
    "biographies": _biographies,
    "questions": _questions,
    "records": _records,
    "prose": _prose,
}
