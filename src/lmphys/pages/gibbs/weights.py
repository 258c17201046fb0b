"""How steep weights of the form 1/E^p are, and what steeper ones would do."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lmphys.retrieval.gains import compare_laws
from lmphys.retrieval.laws import Law, inverse_power, lowest
from lmphys.retrieval.pool import Pool
from lmphys.stats.weights import effective_size


def equivalent_temperature(pool: Pool, power: float = 2.0) -> pd.Series:
    """The Boltzmann weight that 1/E^p amounts to near the typical energy, and how unequal it makes the chains.

    Args:
        pool: arrays (Q, K).
        power: p.

    Returns:
        Numbers by name, NaN where there are no energies or one chain a question. The spread is the root mean variance
        of the energies inside a question.
    """
    several = pool.has_energies and pool.n_chains > 1
    energy = pool.energy if several else np.full((1, 2), np.nan)
    log_weights = inverse_power(power)(pool) if several else energy
    mean, spread = energy.mean(), np.sqrt(energy.var(axis=1, ddof=1).mean())
    return pd.Series(
        {
            "mean energy, nats per token": mean,
            "spread inside a question": spread,
            "β that it amounts to": power / mean,
            "β times the spread": power / mean * spread,
            "equal votes it amounts to": effective_size(log_weights).mean(),
            "chains a question": float(pool.n_chains),
            "heaviest chain over lightest": np.exp(np.ptp(log_weights, axis=1)).mean(),
        }
    )


def sweep_powers(pool: Pool, powers: Sequence[float] | np.ndarray, *, seed: int = 0) -> pd.DataFrame:
    """`compare_laws` for weights 1/E^p, indexed by p, with the chain of the lowest energy alone at p = ∞.

    Empty where the chains have no energies, or no vote could differ from another.
    """
    if not (pool.has_energies and pool.decides):
        return pd.DataFrame()
    laws: dict[str, Law] = {str(power): inverse_power(float(power)) for power in powers}
    found = compare_laws(pool, {**laws, "inf": lowest}, seed=seed)
    return found.set_index(pd.Index([*map(float, powers), np.inf], name="p"))
