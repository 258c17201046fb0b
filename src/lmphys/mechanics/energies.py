"""Four candidates for an energy of the motion from token to token.

The paper's own formula is not known to this book; the candidates are this book's. With a step v from token to token,
K = ½‖v‖² and the point perplexity PP = 1 / p of the token that follows, each is a sum of a term of the motion and a
term of the perplexity.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lmphys.mechanics.paths import Motion


@dataclass(frozen=True)
class Candidate:
    """A reading of "energy".

    Attributes:
        name: C1 to C4.
        formula: in words of mathematics, K for ½‖v‖².
        kinetic: maps K (N,) to the kinetic term.
        potential: maps log PP (N,) to the potential term.
    """

    name: str
    formula: str
    kinetic: Callable[[np.ndarray], np.ndarray]
    potential: Callable[[np.ndarray], np.ndarray]

    def terms(self, motion: Motion) -> tuple[np.ndarray, np.ndarray]:
        """Kinetic and potential term (N,) each; their sum is the energy."""
        return self.kinetic(motion.kinetic), self.potential(motion.log_pp)

    def energy(self, motion: Motion) -> np.ndarray:
        """Energy (N,)."""
        kinetic, potential = self.terms(motion)
        return kinetic + potential


def _same(x: np.ndarray) -> np.ndarray:
    return x


# Two equal states in a row have no logarithm of their speed; this is far below any speed of a model.
_SLOWEST = 1e-12


def _log(x: np.ndarray) -> np.ndarray:
    return np.log(np.maximum(x, _SLOWEST))


C1 = Candidate("C1", "K + log PP", _same, _same)
C2 = Candidate("C2", "K + PP", _same, np.exp)
# The energy p·v - L of the Lagrangian L = log K - log PP, whose momentum is p = ∂L/∂v = 2v / ‖v‖².
C3 = Candidate("C3", "2 − log K + log PP", lambda k: 2 - _log(k), _same)
C4 = Candidate("C4", "log K + log PP", _log, _same)
CANDIDATES = (C1, C2, C3, C4)
