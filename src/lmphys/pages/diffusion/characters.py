"""Characters of a written text as a chain of first order, and what it costs to fill them in several at a time.

Absorbing noise: the characters of a string are masked one after the other, at times that are drawn from 1 to T, each
as likely. The reverse chain fills in all characters of one time at once, each from its own law given those that stand.
That is the best chain that draws them apart, as these laws are exact.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lmphys.core.errors import LmphysError
from lmphys.problems.prose import Prose, text_of

SYMBOLS = " abcdefghijklmnopqrstuvwxyz"


def letters(text: str) -> np.ndarray:
    """(n,) 0 for a space and 1 to 26 for letters; all else becomes a space, and of several one is left."""
    kept = "".join(c if c in SYMBOLS else " " for c in text.lower())
    return np.array([SYMBOLS.index(c) for c in " ".join(kept.split())])


@dataclass(frozen=True, eq=False)
class Chain:
    """A stationary chain of first order.

    Attributes:
        transitions: (A, A) law of the next symbol, a row for each one.
        length: L of the strings.
    """

    transitions: np.ndarray
    length: int = 16

    @classmethod
    def of_text(cls, length: int = 16) -> "Chain":
        """The chain of all pairs of neighbours in the text of the book.

        Half a pair of each kind is added: what a reverse chain may write must be possible forward, if both are to have
        a work.
        """
        counts = np.full((len(SYMBOLS), len(SYMBOLS)), 0.5)
        for split in ("train", "test"):
            for topic in Prose(0, split).topics:
                symbols = letters(text_of(topic))
                np.add.at(counts, (symbols[:-1], symbols[1:]), 1)
        return cls(counts / counts.sum(axis=1, keepdims=True), length)

    def independent(self) -> "Chain":
        """Symbols as frequent as these, each without regard to the others."""
        return Chain(np.tile(self.start, (len(self.start), 1)), self.length)

    @cached_property
    def start(self) -> np.ndarray:
        """(A,) the stationary law."""
        values, vectors = np.linalg.eig(self.transitions.T)
        found = np.abs(np.real(vectors[:, np.argmax(np.real(values))]))
        return found / found.sum()

    @cached_property
    def _powers(self) -> np.ndarray:
        """(L + 1, A, A) of the transitions; row 0 is not used."""
        found = [np.eye(len(self.start))]
        for _ in range(self.length):
            found.append(found[-1] @ self.transitions)
        return np.stack(found)

    @property
    def entropies(self) -> tuple[float, float]:
        """Of one symbol, and of one given the one before, bits."""
        with np.errstate(divide="ignore", invalid="ignore"):
            one = -np.nansum(self.start * np.log2(self.start))
            rate = -np.nansum(self.start[:, None] * self.transitions * np.log2(self.transitions))
        return float(one), float(rate)

    @property
    def total_correlation(self) -> float:
        """Entropies of the symbols of a string less that of the string, bits a symbol."""
        one, rate = self.entropies
        return (one - rate) * (self.length - 1) / self.length

    def draw(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """(n, L) strings."""
        cumulative = np.cumsum(np.vstack([self.transitions, self.start]), axis=1)
        cumulative[:, -1] = 1
        found = np.full((n, self.length + 1), len(self.start))
        for i in range(self.length):
            found[:, i + 1] = (rng.random(n)[:, None] > cumulative[found[:, i]]).sum(axis=1)
        return found[:, 1:]

    def log2_p(self, strings: np.ndarray) -> np.ndarray:
        """(n,) log2 probabilities of strings (n, L)."""
        with np.errstate(divide="ignore"):
            steps = np.log2(self.transitions[strings[:, :-1], strings[:, 1:]])
            return np.log2(self.start[strings[:, 0]]) + steps.sum(axis=1)

    def law(self, strings: np.ndarray, times: np.ndarray, place: int) -> np.ndarray:
        """(n, A) law of the symbol at a place given those that are masked later: its neighbours that stand.

        Args:
            strings: (n, L); only symbols of later times are looked at.
            times: (n, L) at which they are masked, from 1 on.
            place: from 0 to L - 1.
        """
        n, rows = len(strings), np.arange(len(strings))
        stands = times > times[:, [place]]
        p = np.tile(self.start, (n, 1))
        left = np.where(stands[:, :place], np.arange(place), -1).max(axis=1, initial=-1)
        known = left >= 0
        p[known] = self._powers[place - left[known], strings[rows[known], left[known]]]
        after = np.where(stands[:, place + 1 :], np.arange(place + 1, self.length), self.length)
        right = after.min(axis=1, initial=self.length)
        known = right < self.length
        p[known] *= self._powers[right[known] - place, :, strings[rows[known], right[known]]]
        return p / p.sum(axis=1, keepdims=True)

    def work(self, strings: np.ndarray, times: np.ndarray) -> np.ndarray:
        """Work (n,) dissipated by masking strings at times (n, L), bits: log2 q of each less log2 p of filling it."""
        rows = np.arange(len(strings))
        spent = self.log2_p(strings)
        for place in range(self.length):
            spent = spent - np.log2(self.law(strings, times, place)[rows, strings[:, place]])
        return spent

    def fill(self, times: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """(n, L) strings that the reverse chain writes when the symbols of one time are filled in at once."""
        found = np.zeros(times.shape, dtype=int)
        for t in range(int(times.max()), 0, -1):
            for place in range(self.length):
                now = times[:, place] == t
                if now.any():
                    cumulative = self.law(found[now], times[now], place).cumsum(axis=1)
                    cumulative[:, -1] = 1
                    found[now, place] = (rng.random(now.sum())[:, None] > cumulative).sum(axis=1)
        return found


def random_times(n: int, length: int, n_steps: int, rng: np.random.Generator) -> np.ndarray:
    """(n, L) times from 1 to T, each as likely: every step masks one symbol in T on average."""
    return rng.integers(1, n_steps + 1, (n, length))


def block_times(n: int, length: int, n_steps: int) -> np.ndarray:
    """(n, L) times at which strings are masked in blocks, so that they are filled in from left to right.

    Raises:
        LmphysError: the blocks do not fill the string.
    """
    if length % n_steps:
        raise LmphysError(f"{n_steps} blocks do not divide {length} symbols; take a divisor")
    return np.tile(n_steps - np.arange(length) // (length // n_steps), (n, 1))


def works(chain: Chain, steps: tuple[int, ...], n: int, seed: int = 0) -> dict[int, np.ndarray]:
    """Number of steps to the work (n,) of the same strings, bits."""
    rng = np.random.default_rng(seed)
    strings = chain.draw(n, rng)
    return {T: chain.work(strings, random_times(n, chain.length, T, rng)) for T in steps}


def block_works(chain: Chain, steps: tuple[int, ...], n: int, seed: int = 0) -> dict[int, np.ndarray]:
    """The same where strings are filled in from left to right, in blocks."""
    strings = chain.draw(n, np.random.default_rng(seed))
    return {T: chain.work(strings, block_times(n, chain.length, T)) for T in steps}


def both_ways(chain: Chain, n_steps: int, n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Work (n,) of paths of the forward process, and the same logarithms for paths of the reverse chain, bits."""
    rng = np.random.default_rng(seed)
    forward = chain.work(chain.draw(n, rng), random_times(n, chain.length, n_steps, rng))
    times = random_times(n, chain.length, n_steps, rng)
    return forward, chain.work(chain.fill(times, rng), times)
