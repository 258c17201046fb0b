"""Chains drawn from a switching model; `realism.py` compares them with real ones."""

import numpy as np
import pandas as pd

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.slds.parameters import SLDSParameters


def simulate(
    parameters: SLDSParameters,
    prefix: Trajectories,
    steps: int | np.ndarray,
    regime_weights: np.ndarray,
    *,
    seed: int,
    innovations: np.ndarray | None = None,
) -> Trajectories:
    """Continue chains by states drawn from the model.

    Args:
        parameters: of the model, K regimes in D dimensions.
        prefix: C chains of width D to continue.
        steps: states to add to each chain, a whole number or (C,) of them.
        regime_weights: (C, K) probabilities of the regime of each chain's first new step.
        seed: of the draws.
        innovations: (m, D) white noise whose rows are drawn with replacement, in place of standard normal numbers;
            the Cholesky factor of Sigma_j turns them into noise.

    Returns:
        C chains, the prefix and what was drawn. `sentences` has `chain`, `t` and `regime`, the regime of the
        step that led to the state, -1 in the prefix; `chains` are those of the prefix.

    Raises:
        LmphysError: `steps` is negative, not whole or of the wrong length, `seed` is negative, or the states grow
            beyond what is finite.
    """
    p, C = parameters, len(prefix)
    wanted = _whole_steps(steps, C)
    if seed < 0:
        raise LmphysError(f"seed {seed}: use 0 or more")
    rng = np.random.default_rng(seed)
    factor = np.linalg.cholesky(p.Sigma)
    longest = int(wanted.max(initial=0))
    states, regimes = np.empty((C, longest, p.width)), np.empty((C, longest), dtype=np.int64)
    h = np.stack([chain[-1] for chain in prefix]).astype(np.float64)
    weights = regime_weights
    for t in range(longest):
        z = _draw(weights, rng)
        noise = rng.standard_normal((C, p.width)) if innovations is None else _rows(innovations, C, rng)
        with np.errstate(over="ignore", invalid="ignore"):  # refused below, unless the chain has ended
            for j in range(p.n_regimes):
                at = z == j
                h[at] += h[at] @ p.M[j].T + p.b[j] + noise[at] @ factor[j].T
        if not np.isfinite(h[wanted > t]).all():
            raise LmphysError(_why_infinite(p, t + 1))
        states[:, t], regimes[:, t] = h, z
        weights = p.T[z]
    lengths = prefix.lengths + wanted
    parts = [np.concatenate([old, new[:n]]) for old, new, n in zip(prefix, states, wanted, strict=True)]
    regime = [np.append(np.full(n, -1), z[:m]) for n, z, m in zip(prefix.lengths, regimes, wanted, strict=True)]
    places = pd.DataFrame(
        {
            "chain": np.repeat(np.arange(C), lengths),
            "t": np.concatenate([np.arange(n) for n in lengths]),
            "regime": np.concatenate(regime),
        }
    )
    meta = {**prefix.meta, "simulated": seed}
    return Trajectories(np.concatenate(parts), lengths, prefix.chains, places, meta)


def _whole_steps(steps: int | np.ndarray, n_chains: int) -> np.ndarray:
    """Steps of each chain, (C,) int64."""
    given = np.asarray(steps)
    wanted = np.full(n_chains, given) if given.ndim == 0 else given
    if wanted.shape != (n_chains,) or wanted.dtype.kind not in "iuf" or not ((wanted >= 0) & (wanted < np.inf)).all():
        raise LmphysError(
            f"steps of shape {given.shape} for {n_chains} chains: give a number or one for each, 0 or more"
        )
    whole = wanted.astype(np.int64)
    if (whole != wanted).any():
        raise LmphysError(f"steps {float(wanted[whole != wanted][0])} is no whole number of states: round it")
    return whole


def _draw(weights: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One index (C,) from each row of weights (C, K)."""
    cumulative = np.cumsum(weights, axis=1)
    return (rng.random(len(weights))[:, None] * cumulative[:, -1:] > cumulative).sum(axis=1)


def _rows(innovations: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """Rows drawn with replacement, n of them."""
    return innovations[rng.integers(len(innovations), size=n)]


def _why_infinite(parameters: SLDSParameters, step: int) -> str:
    moduli = np.abs(parameters.eigenvalues()[:, 0])
    worst = int(np.argmax(moduli))
    return (
        f"simulated states are no longer finite after {step} steps: I + M of regime {worst} has an eigenvalue of "
        f"modulus {moduli[worst]:.3g}, and beyond 1 it expands; raise drift_prior or simulate fewer steps"
    )
