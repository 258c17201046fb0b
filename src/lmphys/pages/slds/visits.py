"""How long a regime lasts: visits counted on decoded paths, beside what a Markov chain makes of them."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.evaluate.simulation import dwell_times
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.stats.bootstrap import bootstrap_chains, sum_by_group
from lmphys.stats.interval import Interval


def expected_visits(pi: np.ndarray, T: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Expected number of visits that last s steps or more in chains of given lengths, (longest, K), s = 1, 2, ...

    The end of a chain cuts a visit, which then counts with the steps it had, as in `realism.dwell_times`. A visit
    of regime j begins at the first step with probability pi_j, or at a later one where another regime led the step
    before; it lasts s steps or more with probability T_jj^(s - 1), if the chain does. Row 0 is the number of
    visits, and the sum over the rows is the number of steps of each regime.

    Args:
        pi: (K,) law of the regime of the first step.
        T: (K, K) transition probabilities.
        lengths: (C,) number of states of each chain, one more than its steps.
    """
    steps = np.asarray(lengths) - 1
    longest = int(steps.max(initial=0))
    at_least = np.array([(steps >= n).sum() for n in range(1, longest + 1)])  # chains with n steps or more
    stay = np.diag(T)
    visits = np.zeros((longest, len(pi)))
    law = np.asarray(pi, dtype=np.float64)
    begins = law
    for t in range(longest):
        # Those that begin at step t (from 0) and last s steps need a chain of t + s steps.
        lasting = stay ** np.arange(longest - t)[:, None]
        visits[: longest - t] += begins * lasting * at_least[t:, None]
        begins = law @ T - law * stay
        law = law @ T
    return visits


def mean_visit(visits: np.ndarray) -> float:
    """Mean steps of a visit, over all regimes, from `expected_visits`: steps over visits. NaN without any."""
    return float(visits.sum() / visits[0].sum()) if len(visits) and visits[0].sum() else float("nan")


def count_visits(path: np.ndarray, lengths: np.ndarray, n_regimes: int) -> np.ndarray:
    """Number of visits of s steps or more on a decoded path, cut ones included, as `expected_visits`, (longest, K).

    Args:
        path: (N - C,) regimes, as `SLDS.viterbi` gives them.
        lengths: (C,) number of states of each chain.
        n_regimes: K.

    Raises:
        LmphysError: path and lengths disagree.
    """
    runs = dwell_times(path, lengths)
    longest = int(np.max(np.asarray(lengths) - 1, initial=0))
    counts = np.zeros((longest, n_regimes))
    np.add.at(counts, (runs["steps"].to_numpy() - 1, runs["regime"].to_numpy()), 1)
    return counts[::-1].cumsum(axis=0)[::-1]


def compare_visits(path: np.ndarray, lengths: np.ndarray, pi: np.ndarray, T: np.ndarray) -> pd.DataFrame:
    """Visits counted on a path, under the fitted Markov chain, and under draws without memory.

    Args:
        path: (N - C,) decoded regimes of chains of these lengths.
        lengths: (C,) number of states of each chain.
        pi: (K,) fitted law of the first regime.
        T: (K, K) fitted transition probabilities.

    Returns:
        Indexed by steps s = 1, 2, ...: the share of visits that last s steps or more, `counted` on the path, under
        the fitted law (`fitted`), and where each step draws its regime anew with the shares of the path
        (`memoryless`), which is the geometric law of no memory. All three have the ends of the chains.
    """
    K = len(pi)
    share = np.bincount(path, minlength=K) / len(path)
    tables = {
        "counted": count_visits(path, lengths, K),
        "fitted": expected_visits(pi, T, lengths),
        "memoryless": expected_visits(share, np.tile(share, (K, 1)), lengths),
    }
    survival = {name: table.sum(axis=1) / table[0].sum() for name, table in tables.items()}
    return pd.DataFrame(survival, index=pd.RangeIndex(1, len(tables["fitted"]) + 1, name="steps"))


def persistence(
    path: np.ndarray,
    lengths: np.ndarray,
    n_regimes: int,
    *,
    questions: np.ndarray | None = None,
    n_bootstrap: int = 500,
    seed: int = 0,
) -> Interval:
    """Mean visit over the mean visit without memory, with a 95 % interval over questions: 1 where nothing persists.

    Without memory each step draws its regime anew with the shares p of the path. Two neighbours then agree with
    probability sum p_j^2, and a chain of L steps has 1 + (L - 1) (1 - sum p_j^2) visits on average. Chains that differ
    in their regimes from question to question raise the ratio too; to rule that out, compare with chains whose
    states are in shuffled order.

    Args:
        path: (N - C,) regimes, as `SLDS.viterbi` gives them.
        lengths: (C,) number of states of each chain.
        n_regimes: K.
        questions: (C,) question of each chain, from 0; None: each chain is its own.
        n_bootstrap: replicates.
        seed: of the resampling.

    Raises:
        LmphysError: path and lengths disagree, or there are fewer than two questions.
    """
    n = len(lengths)
    unit = np.arange(n) if questions is None else questions
    steps = np.asarray(lengths) - 1
    visits = np.bincount(dwell_times(path, lengths)["chain"], minlength=n)
    used = sum_by_group(np.eye(n_regimes)[path], np.repeat(np.arange(n), steps), n)
    chains, neighbours = (steps > 0).astype(float), np.maximum(steps - 1, 0)

    def statistic(weights: np.ndarray) -> np.ndarray:
        share = weights @ used
        agree = ((share / share.sum(axis=1, keepdims=True)) ** 2).sum(axis=1)
        return (weights @ chains + (weights @ neighbours) * (1 - agree)) / (weights @ visits)

    return bootstrap_chains(lambda w: statistic(w[:, unit]), int(unit.max()) + 1, n_bootstrap=n_bootstrap, seed=seed)


def compare_corpora(
    models: Mapping[str, SLDS], chains: Mapping[str, Trajectories], *, seed: int = 0
) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    """Visits decoded in several corpora, each by its own model.

    Args:
        models: corpus to a model of K regimes.
        chains: corpus to held-out chains of its width.
        seed: of the intervals.

    Returns:
        What `compare_visits` gives for each; and `persistence` of each, a row a corpus: `value`, `low`, `high`.
    """
    tables, lasting = {}, {}
    for name, model in models.items():
        p, path = model.parameters_, model.viterbi(chains[name])
        tables[name] = compare_visits(path, chains[name].lengths, p.pi, p.T)
        lasting[name] = persistence(
            path, chains[name].lengths, p.n_regimes, questions=chains[name].questions, seed=seed
        )
    return tables, pd.DataFrame(lasting, index=Interval._fields).T.astype(float)
