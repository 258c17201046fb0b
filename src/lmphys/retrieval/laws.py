"""Weights of chains in a vote. A law maps a pool to log weights, (..., Q, K); a common factor does not matter."""

from collections.abc import Callable

import numpy as np

from lmphys.retrieval.pool import Pool

Law = Callable[[Pool], np.ndarray]
Parameter = float | np.ndarray  # one number, or (Q, 1) for one a question

# Eq. 4 of Awadhiya 2026 has an ε without a value; it keeps a chain of energy 0 from an infinite weight.
EPSILON = 1e-8


def uniform(pool: Pool) -> np.ndarray:
    """Every chain one vote: self-consistency, Wang et al. 2022."""
    return np.zeros(pool.right.shape)


def inverse_power(power: Parameter, epsilon: float = EPSILON) -> Law:
    """Weights 1 / (E² + ε)^(power / 2); power 2 is Eq. 4 of Awadhiya 2026, large powers are `lowest`."""
    return lambda pool: -power / 2 * np.log(pool.energy**2 + epsilon)


def boltzmann(beta: Parameter) -> Law:
    """Weights exp(-β E), Eq. 2 of Awadhiya 2026, β in tokens per nat; β = 1 is the normalised sum of Wang et al."""
    return lambda pool: -beta * pool.energy


def literal(c: float) -> Law:
    """Weights exp(-c / E): "β proportional to E⁻²" put into exp(-β E). They grow with E, so the sign is wrong."""
    return lambda pool: -c / pool.energy


def whole(pool: Pool) -> np.ndarray:
    """Weights P(y | x), the probability of the whole chain, not divided by its length."""
    return -pool.energy * pool.n_tokens


def total_entropy(pool: Pool) -> np.ndarray:
    """Weights 1 / (Σ H)², as Fig. 3 of Awadhiya 2026 prints them: a sum over tokens, not a mean."""
    return -2 * np.log(pool.entropy * pool.n_tokens)


def brief(pool: Pool) -> np.ndarray:
    """Weights 1 / L², L the number of tokens: what short chains alone are worth."""
    return -2 * np.log(pool.n_tokens)


def confident(inverse_temperature: Parameter) -> Law:
    """Weights exp(c / T) of the confidence c = exp(-E), the probability per token: Taubenfeld et al. 2025."""
    return lambda pool: inverse_temperature * np.exp(-pool.energy)


def calm_half(pool: Pool) -> np.ndarray:
    """One vote for each chain of the half without high spikes, none for the others, after Fu et al. 2025.

    An odd chain out votes, and so does whoever ties with the last of the half.
    """
    kept = (pool.n_chains + 1) // 2
    bound = np.sort(pool.spike, axis=-1)[..., kept - 1 : kept]
    return np.where(pool.spike <= bound, 0.0, -np.inf)


def lowest(pool: Pool) -> np.ndarray:
    """The chain of the lowest energy decides: best of K by likelihood."""
    return np.where(pool.energy == pool.energy.min(axis=-1, keepdims=True), 0.0, -np.inf)


def laws_of(pool: Pool) -> dict[str, Law]:
    """The laws without a free parameter that a pool allows; without energies, two."""
    plain: dict[str, Law] = {"majority": uniform, "1/L²": brief}
    if not pool.has_energies:
        return plain
    # The literal reading has a free constant; this one makes the slope of its log weights that of 1/E², reversed.
    c = 2 * float(pool.energy.mean())
    return {
        "majority": uniform,
        "1/E²": inverse_power(2),
        "1/E": inverse_power(1),
        "exp(−E)": boltzmann(1),
        "best of K": lowest,
        "P(chain)": whole,
        "1/(ΣH)²": total_entropy,
        "calmest half": calm_half,
        "1/L²": brief,
        "exp(−c/E)": literal(c),
    }
