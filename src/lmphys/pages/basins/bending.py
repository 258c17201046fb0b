"""Curvature of the energy of a text, from its values beside where it is."""

import dataclasses
from collections.abc import Sequence

import numpy as np
import pandas as pd

from lmphys.pages.basins.trials import TrialSpec, build_trials


def curvatures(energies: pd.DataFrame, step: float) -> pd.DataFrame:
    """Second differences (E(+s) + E(-s) - 2 E(0)) / s², nats per token: a row a chain, a column a direction.

    With directions of norm 1 for each token their mean is Σ_t |x_t|² tr(H_t) / D for small s, H_t the second derivative
    of E in the state x_t of width D.

    Args:
        energies: `chain`, `direction`, `step` (signed; 0 once a chain) and `energy`, nats per token.
        step: s, one of the steps.
    """
    moved = energies[energies["step"].isin([step, -step])]
    sums = moved.pivot_table(index="chain", columns="direction", values="energy", aggfunc="sum", sort=False)
    plain = energies[energies["step"] == 0].set_index("chain")["energy"]
    return sums.sub(2 * plain, axis=0).loc[sums.index] / step**2


def mean_curvatures(energies: pd.DataFrame, step: float, chains: Sequence[int]) -> np.ndarray:
    """Mean of `curvatures` over directions (P,) of each of P chains; NaN where a chain was not read."""
    return curvatures(energies, step).mean(axis=1).reindex(list(chains)).to_numpy()


def curvature_by_size(
    spec: TrialSpec, reader: str, sizes: Sequence[float], *, n_directions: int = 2
) -> dict[float, pd.DataFrame]:
    """Curvatures of as many chains as there are sizes, at each size of the displacement.

    Args:
        spec: of the trials, of which the first chains are taken.
        reader: model that reads them.
        sizes: of the displacement.
        n_directions: of each.

    Returns:
        Size to curvatures, a row a chain, a column a direction.
    """
    few = dataclasses.replace(
        spec, reader=reader, picked=spec.picked[: len(sizes)], steps=tuple(sizes), n_directions=n_directions
    )
    energies = build_trials(few).energies
    return {size: curvatures(energies, size) for size in sizes}


def curvature_spread(values: np.ndarray, by_direction: pd.DataFrame) -> pd.Series:
    """How many curvatures are negative, and their scatter over chains and over directions of one chain.

    Args:
        values: (P,) mean curvatures.
        by_direction: of `curvatures`, with several directions.
    """
    return pd.Series(
        {
            "chains with c < 0": int((values < 0).sum()),
            "chains": int(np.isfinite(values).sum()),
            "sd over chains": np.nanstd(values),
            "sd over directions": np.sqrt(by_direction.var(axis=1).mean()),
        },
        dtype=float,
    )
