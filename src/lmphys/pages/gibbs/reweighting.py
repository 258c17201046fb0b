"""Weights that are an average over another temperature: what weighting by a power of the likelihood amounts to.

Chains y drawn with probability q(y), weighted by p(y)^β / q(y), give averages under p^β / Z, the Boltzmann law of
whole chains at inverse temperature β: histogram reweighting (Ferrenberg and Swendsen 1988, Phys. Rev. Lett. 61,
2635). Drawn from p itself and weighted by p^γ, they are an average at β = 1 + γ. A sampler that divides its logits by
T and normalises at every token draws from another law, q(y) = Π_i p_T(y_i | y_<i), which is no power of p; its log-
probabilities have to be used.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from lmphys.corpus.store import Corpus
from lmphys.lm.sampling import Sampling
from lmphys.retrieval.gains import mean_over_questions
from lmphys.retrieval.laws import uniform
from lmphys.retrieval.pool import Pool
from lmphys.retrieval.votes import vote
from lmphys.stats.weights import effective_size


class Likelihoods(NamedTuple):
    """Log-probabilities of whole chains, nats, (Q, K).

    Attributes:
        log_p: under the model, at temperature 1.
        log_q: under the law they were drawn from: tempered token by token. What top-p and top-k cut off is not taken
            away from it; see `truncated`.
        truncated: most that a chain's log q may be too low by: -ln top_p for each token, as the kept tokens hold that
            share of the mass at least. 0 without top-p; unknown (NaN) with top-k.
    """

    log_p: np.ndarray
    log_q: np.ndarray
    truncated: np.ndarray


def likelihoods(corpus: Corpus, pool: Pool) -> Likelihoods:
    """Log-probabilities of the chains of a pool under the model and under its sampling.

    Args:
        corpus: of the pool; its `logp` and `logp_sampling`.
        pool: arrays (Q, K).
    """
    starts = np.cumsum(pool.n_tokens.ravel()) - pool.n_tokens.ravel()
    log_p, log_q = (
        np.add.reduceat(corpus.column(name).astype(float), starts).reshape(pool.n_tokens.shape)
        for name in ("logp", "logp_sampling")
    )
    return Likelihoods(log_p, log_q, pool.n_tokens * _cut_per_token(corpus.spec.sampling))


def _cut_per_token(sampling: Sampling) -> float:
    return float("nan") if sampling.top_k else -float(np.log(sampling.top_p))


def reweighted(found: Likelihoods, beta: float) -> np.ndarray:
    """Log weights (Q, K), β log p - log q, with which the chains stand for p^β."""
    return beta * found.log_p - found.log_q


def effective_beta(pool: Pool, power: float = 2.0) -> float:
    """The β that weights 1/E^n stand for, if all chains had the mean length and had been drawn from p.

    Near the mean energy 1/E^n falls like exp(-n E / ⟨E⟩) = p(y)^γ with γ = n / (⟨E⟩ L), E being -ln p(y) / L. So
    β = 1 + n / (⟨E⟩ ⟨L⟩).

    Args:
        pool: arrays (Q, K).
        power: n.
    """
    return float(1 + power / (pool.energy.mean() * pool.n_tokens.mean()))


def votes_by_beta(pool: Pool, found: Likelihoods, betas: list[float], *, seed: int = 0) -> pd.DataFrame:
    """Votes of all chains that stand for p^β.

    Args:
        pool: arrays (Q, K).
        found: of `likelihoods`.
        betas: inverse temperatures of whole chains.
        seed: of the bootstrap over questions.

    Returns:
        A row a β: `gain` over the majority vote with `low`, `high`, shares; `votes`, mean effective number of equal
        votes, which tells whether so few chains can stand for that law; `cut`, largest unknown in a log weight, nats.
        Empty where the chains have no energies, or no vote could differ from another.
    """
    if not (pool.has_energies and pool.decides):
        return pd.DataFrame()
    count = vote(pool, uniform(pool)).accuracy
    rows = {}
    for beta in betas:
        log_weights = reweighted(found, beta)
        gain = mean_over_questions(vote(pool, log_weights).accuracy - count, seed=seed)
        rows[beta] = {
            "gain": float(gain.value),
            "low": float(gain.low),
            "high": float(gain.high),
            "votes": effective_size(log_weights).mean(),
            "cut": found.truncated.max(),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("β")
