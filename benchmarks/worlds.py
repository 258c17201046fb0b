"""Synthetic worlds: the exact law of a grammar against dense matrices, and how fast documents are drawn.

The dense way is the recursion as a textbook has it: for every symbol, the probability that it yields, and that it
begins with, the words between any two positions. Documents are compared with numpy drawing as many numbers one by one.
"""

import time
from collections.abc import Callable

import numpy as np

from lmphys.book.benchmarks import Row
from lmphys.problems.arithmetic.solution import Retries
from lmphys.problems.arithmetic.source import ArithmeticDocuments
from lmphys.problems.copying import Copies
from lmphys.problems.expressions import Expressions
from lmphys.problems.grammar.construction import CONSTRUCTIONS, random_grammar
from lmphys.problems.grammar.grammar import Grammar
from lmphys.problems.grammar.law import next_word_law
from lmphys.problems.grammar.sample import Sampler
from lmphys.problems.grammar.source import GrammarDocuments
from lmphys.problems.hops import Ancestors, Hops
from lmphys.problems.people.biographies import Biographies
from lmphys.problems.people.questions import Questions
from lmphys.problems.people.records import Records
from lmphys.problems.people.world import World

LENGTH, N_DOCUMENTS, TURNS = 300, 300, 3


def dense_prefixes(grammar: Grammar, words: np.ndarray) -> np.ndarray:
    """(n + 1,) probability of every prefix."""
    n = len(words) + 1
    whole = [np.diag((words == word).astype(float), 1) for word in range(grammar.n_words)]
    begun = whole
    for symbols in reversed(grammar.levels):
        new: list[tuple[np.ndarray, np.ndarray]] = []
        for rules in symbols:
            inside, prefix = np.zeros((n, n)), np.zeros((n, n))
            for rule in rules:
                before = np.eye(n)
                for child in rule.children:
                    prefix += rule.probability * before @ begun[child]
                    before = before @ whole[child]
                inside += rule.probability * before
            new.append((inside, prefix))
        whole, begun = [inside for inside, _ in new], [prefix for _, prefix in new]
    found = begun[0][0]
    found[0] = 1
    return found


def least(*ways: Callable[[], object]) -> list[float]:
    """Least seconds of each, taken in turns."""
    seconds: list[list[float]] = [[] for _ in ways]
    for _ in range(TURNS):
        for taken, way in zip(seconds, ways, strict=True):
            start = time.perf_counter()
            way()
            taken.append(time.perf_counter() - start)
    return [min(taken) for taken in seconds]


def laws() -> list[Row]:
    rows = []
    for name in ("cfg3b", "cfg3f"):
        grammar = random_grammar(CONSTRUCTIONS[name], 0)
        strings = Sampler(grammar).draw(np.random.default_rng(0), 200).strings
        words = min(strings, key=lambda string: abs(len(string) - LENGTH))
        law = next_word_law(grammar, [words])
        error = np.abs(np.exp(law.log_prefix) / dense_prefixes(grammar, words) - 1).max()
        ours, dense = least(
            lambda g=grammar, w=words: next_word_law(g, [w]), lambda g=grammar, w=words: dense_prefixes(g, w)
        )
        what = f"law of all prefixes of {len(words)} words, {name}"
        rows += [
            Row(what, f"{1000 * ours:.0f} ms", f"{1000 * dense:.0f} ms (dense matrices)", dense / ours, at_least=5.0),
            Row(f"{what}, largest relative difference", f"{error:.1e}", "dense matrices", error / 1e-9, at_most=1.0),
        ]
    return rows


def documents() -> list[Row]:
    world, rng = World(2000), np.random.default_rng(0)
    grammar = random_grammar(CONSTRUCTIONS["cfg3b"], 0)
    sources = {
        "strings, cfg3b": GrammarDocuments(grammar, 0),
        "strings, cfg3b from level 3": GrammarDocuments(grammar.below(3), 0),
        "arithmetic": ArithmeticDocuments(0),
        "arithmetic with retries": ArithmeticDocuments(0, retries=Retries(0.5)),
        "biographies": Biographies(world, rewritings=5, permuted=True),
        "questions": Questions(world, "extract"),
        "records": Records(2000),
        "steps along a cycle": Hops(0),
        "ancestors": Ancestors(0),
        "expressions": Expressions(0),
        "copies": Copies(0),
    }
    rows = []
    for name, source in sources.items():
        n = sum(len(source.document(i).tokens) for i in range(N_DOCUMENTS))
        ours, draws = least(
            lambda s=source: [s.document(i) for i in range(N_DOCUMENTS)],
            lambda n=n: [rng.integers(10) for _ in range(n)],
        )
        here, plain = f"{n / ours:,.0f} tokens/s", f"{n / draws:,.0f} numbers/s (numpy, one by one)"
        rows.append(Row(f"documents: {name}", here, plain, draws / ours, at_least=0.1))
    return rows


def run() -> list[Row]:
    return laws() + documents()
