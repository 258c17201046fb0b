"""An agent of active inference that must learn what it sees and what its actions do, factor by factor."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lmphys.agents.beliefs import information, updated, utility
from lmphys.core.errors import LmphysError

_TIE = 1e-9  # scores that differ by less are equal: what rounding does decides nothing


@dataclass(frozen=True, eq=False)
class Modality:
    """One kind of observation.

    Attributes:
        factor: the factor of the hidden state that it shows.
        preferences: (O,) of its levels, as logarithms up to a constant.
    """

    factor: int
    preferences: np.ndarray

    @property
    def log_c(self) -> np.ndarray:
        """(O,) log of the preferred law."""
        return self.preferences - np.logaddexp.reduce(self.preferences)


def _rarity(counts: np.ndarray) -> np.ndarray:
    """1/a - 1/a0 of columns (K, ...) of counts a: what libraries weigh novelty with."""
    return 1 / counts - 1 / counts.sum(axis=0)


class Agent:
    """Belief over factors that do not interact, counts of observations (A) and of transitions (B), and a choice.

    A control u_f acts on factor f alone, and a modality shows one factor. A policy is one step long: a control for each
    factor. It is scored by G, the sum over modalities and factors of utility, information about the state, and novelty
    of A and of B, both as the library pymdp (Heins et al. 2022) computes them: Σ p(o) w(o, s) q(s), w = 1/a - 1/a0. The
    policy of the largest G is taken, and a tie is broken at random. Modalities of one factor are scored one by one.

    Args:
        states: number of states S_f of each factor.
        controls: number of controls U_f of each factor.
        modalities: what is observed.
        policies: (P, F) control of each factor.
        rate_A: what one observation adds to the counts of A, shared out over the states by the belief.
        rate_B: what one transition adds to those of B.
        novelty_A: whether the novelty of A counts in G.
        novelty_B: whether that of B does.
        epistemic_and_utility: whether the other terms do.
        lean: what is added to the count of the transition into state u by the control u.

    Attributes:
        a: counts (O, S_f) of each modality.
        b: counts (S_f, S_f, U_f) of each factor: to a state, from a state, by a control.
        q: belief (S_f,) about each factor.
    """

    def __init__(
        self,
        states: Sequence[int],
        controls: Sequence[int],
        modalities: Sequence[Modality],
        policies: np.ndarray,
        *,
        rate_A: float,
        rate_B: float,
        novelty_A: bool = True,
        novelty_B: bool = True,
        epistemic_and_utility: bool = True,
        lean: float = 0.0,
    ) -> None:
        if policies.shape[1] != len(states) or (policies >= np.array(controls)).any():
            raise LmphysError("a policy names a control that its factor lacks; give one control for each factor")
        self.modalities, self.policies = list(modalities), policies
        self.rate_A, self.rate_B = rate_A, rate_B
        self.novelty_A, self.novelty_B, self.rest = novelty_A, novelty_B, epistemic_and_utility
        self.a: list[np.ndarray] = [np.ones((len(m.preferences), states[m.factor])) for m in modalities]
        self.b: list[np.ndarray] = [np.ones((s, s, u)) for s, u in zip(states, controls, strict=True)]
        for counts in self.b:
            own = range(min(counts.shape[0], counts.shape[2]))
            counts[own, :, own] += lean
        self.q = [np.full(s, 1 / s) for s in states]

    def expected(self) -> list[np.ndarray]:
        """Belief (U_f, S_f) about each factor after each of its controls."""
        return [
            np.einsum("tsu,s->ut", counts / counts.sum(axis=0), q) for counts, q in zip(self.b, self.q, strict=True)
        ]

    def scores(self) -> np.ndarray:
        """G (P,) of each policy, larger for better ones, in nats."""
        after = self.expected()
        each = [np.zeros(len(q)) for q in after]  # the factors do not interact: G is a sum over them
        for modality, counts in zip(self.modalities, self.a, strict=True):
            q, A = after[modality.factor], counts / counts.sum(axis=0)
            if self.rest:
                each[modality.factor] += utility(q, A, modality.log_c) + information(q, A)
            if self.novelty_A:
                each[modality.factor] += (q @ A.T @ _rarity(counts) * q).sum(axis=1)
        if self.novelty_B:
            for f, counts in enumerate(self.b):
                each[f] += (after[f] * np.einsum("tsu,s->ut", _rarity(counts), self.q[f])).sum(axis=1)
        return sum(each[f][self.policies[:, f]] for f in range(len(each)))

    def choose(self, rng: np.random.Generator) -> int:
        """The policy of the largest G, one of them at random where there are several."""
        G = self.scores()
        return int(rng.choice(np.flatnonzero(G.max() - G <= _TIE)))

    def learn(self, policy: int, seen: Sequence[int | None]) -> None:
        """Take in what was seen after a policy: a level of each modality, None where it showed nothing.

        The belief is updated first, then the counts with the new belief.
        """
        before, self.q = self.q, [q[u] for q, u in zip(self.expected(), self.policies[policy], strict=True)]
        for modality, counts, level in zip(self.modalities, self.a, seen, strict=True):
            if level is not None:
                self.q[modality.factor] = updated(self.q[modality.factor], counts[level] / counts.sum(axis=0))
        for modality, counts, level in zip(self.modalities, self.a, seen, strict=True):
            if level is not None:
                counts[level] += self.rate_A * self.q[modality.factor]
        for counts, u, old, new in zip(self.b, self.policies[policy], before, self.q, strict=True):
            counts[:, :, u] += self.rate_B * np.outer(new, old)
