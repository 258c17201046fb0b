"""Tables of the page: what the text alone leads one to expect, and the tie of the terms from several sides."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lmphys.mechanics.balance import Balance
from lmphys.mechanics.energies import C1, C3, Candidate
from lmphys.mechanics.paths import Paths
from lmphys.mechanics.summary import balance_of
from lmphys.pages.conservation.initial import Head, random_surprisal


def surprisals(paths: Paths) -> np.ndarray:
    """Log PP of all tokens but the last of each text, (N,), nats."""
    return np.concatenate([log_pp[:-1] for log_pp in paths.log_pp])


def surprisal_table(head: Head, own: Paths, random: Mapping[str, Paths]) -> pd.DataFrame:
    """How steady the potential is by itself: closed form (where the head has one), random weights, model.

    Returns:
        Columns `mean`, `sd`, nats, and `variation`, the latter over the former.
    """
    rows = {}
    if head.logit_sd is not None:
        rows["closed form"] = random_surprisal(head.n_tokens, head.logit_sd)._asdict()
    for name, paths in {**random, "model": own}.items():
        x = surprisals(paths)
        rows[name] = {"mean": x.mean(), "sd": x.std()}
    table = pd.DataFrame.from_dict(rows, orient="index")
    return table.assign(variation=table["sd"] / table["mean"])


def sphere(paths: Paths) -> pd.Series:
    """How well the states after the final normalisation lie on a sphere, and K on what the angle alone gives.

    Returns:
        `radius`, the mean length R over √D; `spread`, the standard deviation of the length over its mean; `error`, the
        largest relative difference between K and R² (1 − cos).
    """
    states = np.concatenate(paths.states["final_norm"])
    lengths = np.linalg.norm(states, axis=1)
    radius = lengths.mean()
    motion = paths.motion(per_dimension=False)
    error = np.abs(motion.kinetic / (radius**2 * motion.turn) - 1).max()
    return pd.Series(
        {"radius": radius / np.sqrt(states.shape[1]), "spread": lengths.std() / radius, "error": error}, dtype=float
    )


def ratio_table(balances: Mapping[str, Balance], *, seed: int = 0) -> pd.DataFrame:
    """Q with its interval and the correlation of the terms.

    Args:
        balances: by name.
        seed: of the intervals.

    Returns:
        Columns `places`, `Q`, `low`, `high`, `r`; index the names.
    """
    rows = {}
    for name, balance in balances.items():
        ratio = balance.interval(Balance.ratio, seed=seed)
        r = balance.value(Balance.correlation)
        rows[name] = (int(balance.n.sum()), *map(float, ratio), r)
    return pd.DataFrame.from_dict(rows, orient="index", columns=["places", "Q", "low", "high", "r"])


def without_repeats(paths: Mapping[str, Paths], candidate: Candidate = C3, *, seed: int = 0) -> pd.DataFrame:
    """The tie of a candidate with and without the steps to a token that repeats the one before.

    Returns:
        As `ratio_table`, two rows a reader: `all` and `no repeats`.
    """
    tables = {}
    for name, read in paths.items():
        motion = read.motion()
        parts = {"all": motion, "no repeats": motion.keep(~motion.repeat)}
        balances = {label: Balance.of(*candidate.terms(part), part.chain) for label, part in parts.items()}
        tables[name] = ratio_table(balances, seed=seed)
    return pd.concat(tables)


def best_masses(paths: Mapping[str, Paths], *, seed: int = 0) -> pd.DataFrame:
    """What is left of the variance of the potential at the mass that suits best, for C1 at both ends and for C3.

    Returns:
        Columns `mass`, `left`, `low`, `high`; two index levels, the reader and the reading of the energy.
    """
    rows = {}
    for name, read in paths.items():
        for candidate, arriving in ((C1, False), (C1, True), (C3, False)):
            balance = balance_of(read, candidate, arriving=arriving)
            left = balance.interval(Balance.left_at_best_mass, seed=seed)
            label = candidate.name + (", potential at the end" if arriving else "")
            rows[name, label] = (balance.best_mass(), *map(float, left))
    return pd.DataFrame.from_dict(
        {key: dict(zip(("mass", "left", "low", "high"), row, strict=True)) for key, row in rows.items()},
        orient="index",
    )
