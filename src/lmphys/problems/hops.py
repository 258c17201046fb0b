"""Graphs to walk in: k steps along a cycle, and all that a vertex depends on.

The tasks Depo and Brevo of "Physics of Language Models: Part 4.1" (2512.17351), as described there.
"""

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from lmphys.core.errors import LmphysError
from lmphys.problems.documents import BEGIN, END, MARKS, Dice, Document, first_good, stream
from lmphys.problems.problem import split_of


class Hops:
    """A cycle as shuffled edges, then questions `? k vertex : k-th successor`, whose answers are the targets.

    A cycle belongs to one split.

    Args:
        seed: of the documents.
        split: `train` or `test`.
        n_vertices: most vertices of a cycle.
        max_hops: most steps; a question's number is drawn evenly.
        n_names: number of names.
        name_length: tokens of a vertex's name.
        n_questions: questions of a document.
        exact: whether every cycle has `n_vertices`, and not a size drawn with weights 1 / (sqrt(n_vertices) + size).
        hops: the number of steps of every question; drawn where it is None.

    Attributes:
        vocabulary: words of the tokens.

    Raises:
        LmphysError: more vertices than names, or steps that are none.
    """

    def __init__(
        self,
        seed: int,
        split: str = "train",
        n_vertices: int = 20,
        max_hops: int = 4,
        n_names: int = 50,
        name_length: int = 1,
        n_questions: int = 10,
        exact: bool = False,
        hops: int | None = None,
    ) -> None:
        fewest = (
            3 if hops is None else max(3, hops + 1)
        )  # a step around the whole cycle would ask for the vertex itself
        if not fewest <= n_vertices <= n_names**name_length:
            raise LmphysError(
                f"a cycle of {n_vertices} does not fit {n_names**name_length} names; take {fewest} vertices or more, "
                "or more names"
            )
        if hops is not None and not 1 <= hops <= max_hops:
            raise LmphysError(f"{hops} steps are none of the 1 to {max_hops}; ask for one of these")
        self.seed, self.split, self.n_vertices, self.max_hops = seed, split, n_vertices, max_hops
        self.n_names, self.name_length, self.n_questions = n_names, name_length, n_questions
        self.hops = hops
        names = [f"v{i}" for i in range(n_names)]
        self.vocabulary = (*MARKS, ">", ".", "?", ":", *(f"k{k}" for k in range(1, max_hops + 1)), *names)
        sizes = np.arange(fewest, n_vertices + 1)
        weights = 1 / (np.sqrt(n_vertices) + sizes) if not exact else (sizes == n_vertices).astype(float)
        self._fewest, self._bounds = fewest, np.cumsum(weights / weights.sum())

    @cached_property
    def _first_name(self) -> int:
        return len(self.vocabulary) - self.n_names

    def _name(self, vertex: int) -> list[int]:
        """Tokens of a vertex, by its number in base `n_names`."""
        digits = []
        for _ in range(self.name_length):
            vertex, digit = divmod(vertex, self.n_names)
            digits.append(self._first_name + digit)
        return digits

    def cycle(self, index: int) -> tuple[list[int], list[tuple[int, int]]]:
        """Vertices of a document's cycle in their order, and (steps, place in the cycle) of its questions."""
        return self._drawn(index)[:2]

    def _drawn(self, index: int) -> tuple[list[int], list[tuple[int, int]], Dice]:
        dice = Dice(stream(self.seed, self.split, index))

        def drawn() -> list[int]:
            n = self._fewest + int(np.searchsorted(self._bounds[:-1], dice.random(), side="right"))
            vertices: list[int] = []
            while len(vertices) < n:
                vertex = dice.below(self.n_names**self.name_length)
                vertices += [vertex] * (vertex not in vertices)
            first = vertices.index(min(vertices))
            return vertices[first:] + vertices[:first]

        told = f"cycles belongs to {self.split}; take more names or larger cycles"
        vertices = first_good(drawn, lambda found: split_of(found) == self.split, told)
        n = len(vertices)
        most = min(self.max_hops, n - 1)
        hops = [self.hops if self.hops else 1 + dice.below(most) for _ in range(self.n_questions)]
        return vertices, [(k, dice.below(n)) for k in hops], dice

    def document(self, index: int) -> Document:
        """Document of an index."""
        vertices, questions, dice = self._drawn(index)
        n = len(vertices)
        arrow, stop, ask, colon = range(len(MARKS), len(MARKS) + 4)
        tokens, learned = [BEGIN], [False]
        for i in dice.shuffled(range(n)):
            tokens += [*self._name(vertices[i]), arrow, *self._name(vertices[(i + 1) % n]), stop]
        for hops, i in questions:
            tokens += [ask, colon + hops, *self._name(vertices[i]), colon]
            learned += [False] * (len(tokens) - len(learned)) + [True] * self.name_length
            tokens += self._name(vertices[(i + hops) % n])
        tokens.append(END)
        return Document(np.array(tokens), np.array([*learned, False]))


class Ancestors:
    """A graph without cycles as shuffled edges, then a vertex, and as target all vertices that it depends on, in order.

    A graph with its question belongs to one split.

    Args:
        seed: of the documents.
        split: `train` or `test`.
        n_vertices: most vertices; the number is drawn evenly from 3 on.
        max_degree: most vertices that a vertex depends on directly.
        n_names: number of names.
        exact: whether every graph has `n_vertices`.

    Attributes:
        vocabulary: words of the tokens.

    Raises:
        LmphysError: more vertices than names.
    """

    def __init__(
        self,
        seed: int,
        split: str = "train",
        n_vertices: int = 10,
        max_degree: int = 4,
        n_names: int = 50,
        exact: bool = False,
    ) -> None:
        if not 3 <= n_vertices <= n_names:
            raise LmphysError(
                f"{n_vertices} vertices do not fit {n_names} names; take 3 vertices at least, or more names"
            )
        self.seed, self.split, self.n_vertices, self.max_degree = seed, split, n_vertices, max_degree
        self.n_names, self.exact = n_names, exact
        self.vocabulary = (*MARKS, ">", ".", "?", ":", *(f"v{i}" for i in range(n_names)))

    def graph(self, index: int) -> tuple[dict[int, list[int]], int]:
        """Tokens that each vertex's token depends on directly, and the one that is asked for."""
        return self._drawn(index)[:2]

    def _drawn(self, index: int) -> tuple[dict[int, list[int]], int, Dice]:
        dice = Dice(stream(self.seed, self.split, index))

        def drawn() -> tuple[dict[int, list[int]], int]:
            n = self.n_vertices if self.exact else 3 + dice.below(self.n_vertices - 2)
            order = [len(self.vocabulary) - self.n_names + name for name in dice.shuffled(range(self.n_names), n)]
            parents = {order[0]: list[int]()}
            for i in range(1, n):
                parents[order[i]] = dice.shuffled(order[:i], 1 + dice.below(min(self.max_degree, i)))
            # The last quarter depends on enough to be worth a question.
            return parents, order[-1 - dice.below(max(1, n // 4))]

        def belongs(found: tuple[dict[int, list[int]], int]) -> bool:
            parents, query = found
            return split_of((query, sorted((child, sorted(above)) for child, above in parents.items()))) == self.split

        told = f"graphs belongs to {self.split}; take more names or larger graphs"
        return *first_good(drawn, belongs, told), dice

    def document(self, index: int) -> Document:
        """Document of an index; its answer is one valid order of many."""
        parents, query, dice = self._drawn(index)
        arrow, stop, ask, colon = range(len(MARKS), len(MARKS) + 4)
        edges = dice.shuffled([(parent, child) for child, above in parents.items() for parent in above])
        tokens = [
            BEGIN,
            *(token for parent, child in edges for token in (parent, arrow, child, stop)),
            ask,
            query,
            colon,
        ]
        answer: list[int] = []
        left = ancestors(parents, query)
        while left:
            ready = sorted(vertex for vertex in left if not left & set(parents[vertex]))
            answer.append(dice.pick(ready))
            left.remove(answer[-1])
        mask = [False] * len(tokens) + [True] * (len(answer) + 1)
        return Document(np.array([*tokens, *answer, END]), np.array(mask))

    def is_right(self, index: int, answer: Sequence[int]) -> bool:
        """Whether tokens, the end left out, are all ancestors of the query, each after those that it depends on."""
        parents, query = self.graph(index)
        seen: set[int] = set()
        for token in answer:
            if token in seen or not set(parents.get(token, [token])) <= seen:
                return False
            seen.add(token)
        return seen == ancestors(parents, query)


def ancestors(parents: dict[int, list[int]], vertex: int) -> set[int]:
    """All vertices that one depends on, directly or not, itself left out."""
    found: set[int] = set()
    waiting = list(parents[vertex])
    while waiting:
        above = waiting.pop()
        if above not in found:
            found.add(above)
            waiting += parents[above]
    return found
