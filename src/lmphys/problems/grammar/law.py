r"""The exact law of the next word, of all prefixes of many strings at once.

Two passes over sparse matrices of positions. *Inside*, from the words up: $I_s[i,j]$ is the probability that symbol s
yields the words between i and j, a sum over rules of products of matrices. *Forward*, from the root down:
$\alpha_s[i]$ is the probability that the words before i are as they are and that s starts at i. For a rule
$s \to abc$ of probability p, $\alpha_b$ gains $p\,\alpha_s I_a$ and $\alpha_c$ gains $p\,\alpha_s I_a I_b$. At a word
w, $\alpha_w[t]$ is then the probability of the first t words followed by w; the root's own row of $I$ is that of ending
there. Together they are the prefix probabilities of Jelinek & Lafferty (1991), for a grammar without recursion.

Strings stand one after the other in one block-diagonal matrix, so that many short ones cost no more than a long one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from lmphys.core.errors import LmphysError
from lmphys.problems.grammar.grammar import Grammar, Rule

# Matrices of the root and its children would be full; only few of their rows are asked for, which vectors give.
_AS_VECTORS = 2


@dataclass(frozen=True)
class Law:
    """Law of the next word at every position of some strings.

    Attributes:
        lengths: (strings,) words of each.
        next: (sum of lengths + 1, words of the grammar + 1) probabilities, the last column that of the end; the rows of
            a string stand for its prefixes, from the empty one to the whole. nan where the prefix is impossible.
        log_prefix: (sum of lengths + 1,) logarithm of the probability of each prefix, -inf where it is impossible.
        log_probability: (strings,) of each whole string; -inf where it does not belong to the language.
    """

    lengths: np.ndarray
    next: np.ndarray
    log_prefix: np.ndarray
    log_probability: np.ndarray

    @property
    def entropy(self) -> np.ndarray:
        """(sum of lengths + 1,) nats of the next word; their mean over samples is the floor of any model's loss."""
        logs = np.log(self.next, out=np.zeros_like(self.next), where=self.next > 0)
        return -(self.next * logs).sum(1)

    def split(self, rows: np.ndarray) -> list[np.ndarray]:
        """An array with a row for every prefix, as one array for every string."""
        return np.split(rows, np.cumsum(self.lengths + 1)[:-1])


def next_word_law(grammar: Grammar, strings: Sequence[np.ndarray]) -> Law:
    """The law of the next word after every prefix of the strings.

    Args:
        grammar: its law.
        strings: words of each; they need not belong to the language.
    """
    # Each word counts e^h times its weight, h being the entropy per word, so that long strings do not underflow.
    scale = float(np.exp(grammar.derivation_entropy / grammar.mean_length))
    weights = [[[rule.probability for rule in rules] for rules in level] for level in grammar.levels]
    chart = _Chart(grammar, strings, scale, weights)
    following, ended = chart.forward()
    joint = np.column_stack([following.T, ended])
    total = joint.sum(1)
    with np.errstate(divide="ignore", invalid="ignore"):
        log_prefix = np.log(total) - chart.position * np.log(scale)
        law = joint / total[:, None]
        log_end = np.log(ended[chart.last]) - chart.lengths * np.log(scale)
    return Law(chart.lengths, law, log_prefix, log_end)


def count_parses(grammar: Grammar, strings: Sequence[np.ndarray]) -> np.ndarray:
    """(strings,) number of derivations of each; exact up to 2^53, zero outside the language."""
    chart = _Chart(grammar, strings, 1.0, [[[1.0] * len(rules) for rules in level] for level in grammar.levels])
    return chart.ended()[chart.last]


class _Chart:
    """Inside matrices of strings, and vectors through them.

    Args:
        grammar: its rules.
        strings: words of each.
        scale: weight of a word.
        weights: of each rule of each symbol of each level.
    """

    def __init__(
        self, grammar: Grammar, strings: Sequence[np.ndarray], scale: float, weights: list[list[list[float]]]
    ) -> None:
        words = np.concatenate([np.asarray(string, dtype=np.int64) for string in strings])
        if len(words) and not 0 <= words.min() <= words.max() < grammar.n_words:
            raise LmphysError(f"a string holds no word of the grammar's {grammar.n_words}; pass words, without marks")
        self.grammar, self.weights = grammar, weights
        self.lengths = np.array([len(string) for string in strings])
        self.last = np.cumsum(self.lengths + 1) - 1
        self.first = self.last - self.lengths
        size = int(self.last[-1]) + 1
        self.position = np.arange(size) - np.repeat(self.first, self.lengths + 1)
        node = np.delete(np.arange(size), self.last)  # where each word starts
        inside = []
        for word in range(grammar.n_words):
            at = node[words == word]
            inside.append(csr_array((np.full(len(at), scale), (at, at + 1)), shape=(size, size)))
        self.inside: dict[int, list[csr_array]] = {grammar.depth: inside}
        for depth in reversed(range(min(_AS_VECTORS, grammar.depth), grammar.depth)):
            self.inside[depth] = self._level(depth)

    def _level(self, depth: int) -> list[csr_array]:
        products: dict[tuple[int, ...], csr_array] = {(i,): matrix for i, matrix in enumerate(self.inside[depth + 1])}

        def through(children: tuple[int, ...]) -> csr_array:
            if children not in products:
                products[children] = through(children[:-1]) @ products[children[-1:]]
            return products[children]

        return [
            sum((through(rule.children) * weight for rule, weight in rest), through(rule.children) * weight)
            for (rule, weight), *rest in (self._weighted(depth, symbol) for symbol in range(self.grammar.sizes[depth]))
        ]

    def _weighted(self, depth: int, symbol: int) -> list[tuple[Rule, float]]:
        return list(zip(self.grammar.levels[depth][symbol], self.weights[depth][symbol], strict=True))

    def _through(self, depth: int, symbol: int, row: np.ndarray) -> np.ndarray:
        """The row vector times the inside matrix of a symbol."""
        if depth in self.inside:
            return self.inside[depth][symbol].T @ row
        found = np.zeros_like(row)
        for rule, weight in self._weighted(depth, symbol):
            reached = row
            for child in rule.children:
                reached = self._through(depth + 1, child, reached)
            found += weight * reached
        return found

    def _starts(self) -> np.ndarray:
        starts = np.zeros(len(self.position))
        starts[self.first] = 1
        return starts

    def ended(self) -> np.ndarray:
        """(nodes,) weight of the strings that end there."""
        return self._through(0, 0, self._starts())

    def forward(self) -> tuple[np.ndarray, np.ndarray]:
        """(words, nodes) weight of each prefix followed by each word, and (nodes,) of each prefix that ends."""
        alpha = self._starts()[None]
        for depth in range(self.grammar.depth):
            below = np.zeros((self.grammar.sizes[depth + 1], len(self.position)))
            for symbol, row in enumerate(alpha):
                for rule, weight in self._weighted(depth, symbol):
                    reached = weight * row
                    for i, child in enumerate(rule.children):
                        below[child] += reached
                        if i + 1 < len(rule.children):
                            reached = self._through(depth + 1, child, reached)
            alpha = below
        return alpha, self.ended()
