"""Temperatures and functions of state of texts and of their sources."""

import numpy as np
import pandas as pd

from lmphys.core.errors import LmphysError
from lmphys.stats.bootstrap import chain_weights
from lmphys.stats.interval import Interval, percentile_interval
from lmphys.thermo.thermogram import BETAS, ONE, Thermogram
from lmphys.thermo.windows import Windows

_SURE = 1.959963984540054
_RESAMPLES = 300


def text_table(windows: Windows) -> pd.DataFrame:
    """A row a text: line, source, author, time, `n_tokens`, `T` with its ends, `surprisal`.

    The ends of T are from the curvature of the likelihood: the luck of the draw of its tokens, and nothing else.
    """
    text = windows.table["text"].to_numpy()
    names, first, of_window = np.unique(text, return_index=True, return_inverse=True)
    sums = windows.laws.summed(of_window[windows.of_token], len(names))
    beta = sums.beta()
    half = _SURE / np.sqrt(np.maximum(sums.at(beta)[2], 1e-12))
    table = windows.table.iloc[first][["line", "source", "author", "time"]].reset_index(drop=True)
    return table.assign(
        n_tokens=sums.n_tokens.astype(int),
        T=1 / beta,
        T_low=1 / (beta + half),
        T_high=np.where(beta > half, 1 / np.maximum(beta - half, 1e-12), np.inf),
        surprisal=sums.surprisal,
    )


def functions_of_state(sums: Thermogram) -> dict[str, np.ndarray]:
    """Functions of state per token (N,) of rows of sums, each at its own temperature of likelihood.

    Energies are counted in the information gauge, E_v = -ln p_v at T = 1, of which F(1) = 0. At the temperature of
    likelihood the mean energy of what came is that of the laws, so U is the surprisal at T = 1, and what the tokens
    cost under the tempered laws, `cross_entropy`, is their entropy.

    Returns:
        T, surprisal, cross_entropy, free_energy (nats per token), heat_capacity (k_B per token).
    """
    beta = sums.beta()
    log_z, _, variance = sums.at(beta)
    n = sums.n_tokens
    return {
        "T": 1 / beta,
        "surprisal": sums.surprisal,
        "cross_entropy": (log_z - beta * sums.taken) / n,
        "free_energy": -(log_z / beta - sums.log_Z[:, ONE]) / n,
        "heat_capacity": beta**2 * variance / n,
    }


def fluctuation_ratio(windows: Windows, group: np.ndarray, n_groups: int, beta: np.ndarray) -> np.ndarray:
    """Squares of the energy of what came about its mean, over the variance of the laws, each at a temperature.

    1 for a text that was drawn from the tempered laws of the model, up to luck.

    Args:
        windows: that were read.
        group: (N,) group of each token.
        n_groups: how many there are.
        beta: (n_groups,) inverse temperature of each.

    Returns:
        (n_groups, 2) the two sums.
    """
    laws = windows.laws
    _, mean, variance = laws.at(beta[group])
    both = np.stack([(laws.taken - mean) ** 2, variance], axis=1)
    found = np.zeros((n_groups, 2))
    np.add.at(found, group, both)
    return found


def source_table(windows: Windows, *, by: str = "source", seed: int = 0) -> pd.DataFrame:
    """A row a source: texts, tokens, and functions of state with 95 % intervals over its texts.

    Args:
        windows: that were read.
        by: column of their table that names the source.
        seed: of the resampling.

    Returns:
        Columns `texts`, `tokens`, those of `functions_of_state`, and `fluctuation`, each with `_low` and `_high`; NaN
        ends for a source of one text.
    """
    rows = {}
    for name, chosen in windows.table.groupby(by, sort=False).indices.items():
        own = windows.select(np.asarray(chosen))
        rows[str(name)] = _row(own, seed)
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(by)


def _row(own: Windows, seed: int) -> dict[str, float]:
    found, n_texts = text_intervals(own, seed=seed)
    row: dict[str, float] = {"texts": n_texts, "tokens": own.n_tokens}
    for name, interval in found.items():
        row |= {name: float(interval.value), f"{name}_low": float(interval.low), f"{name}_high": float(interval.high)}
    return row


def text_intervals(own: Windows, *, seed: int = 0) -> tuple[dict[str, Interval], int]:
    """Functions of state of windows together, with 95 % intervals over their texts, and the number of texts."""
    text = own.table["text"].to_numpy()
    names, of_window = np.unique(text, return_inverse=True)
    of_token = of_window[own.of_token]
    sums = own.laws.summed(of_token, len(names))
    weights = np.ones((1, len(names)))
    if len(names) > 1:
        weights = np.concatenate([weights, chain_weights(len(names), _RESAMPLES, seed)])
    found = functions_of_state(sums.weighted(weights))
    # The temperature of all is used for each text: between the replicates it differs by little.
    squares = fluctuation_ratio(own, of_token, len(names), np.full(len(names), 1 / found["T"][0]))
    spread, heat = (weights @ squares).T
    found["fluctuation"] = spread / heat
    intervals = {}
    for name, values in found.items():
        if len(values) > 1:
            intervals[name] = percentile_interval(values)
        else:
            intervals[name] = Interval(values[0], np.nan, np.nan)
    return intervals, len(names)


def off_the_ladder(temperature: float) -> bool:
    """Whether a temperature is an end of the ladder, so that the true one lies beyond it."""
    return not (1 / BETAS[-1]) * 1.001 < temperature < (1 / BETAS[0]) * 0.999


def check_sources(windows: Windows, by: str, *, least: int = 2) -> list[str]:
    """Sources that have at least so many texts with full windows, so that they can be compared.

    Raises:
        LmphysError: the table has no such column.
    """
    if by not in windows.table:
        raise LmphysError(f"texts have no {by!r}; group them by source or author")
    full = windows.table[windows.table["full"]]
    counts = full.groupby(by, sort=False)["text"].nunique()
    return [str(name) for name, n in counts.items() if n >= least]
