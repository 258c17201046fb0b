"""Whether regimes follow labels: mutual information or Rand index, beside what place in the chain alone would give."""

from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from lmphys.core.errors import LmphysError
from lmphys.stats.bootstrap import bootstrap_chains, sum_by_group

_LEVEL = 0.05
_COLUMNS = [
    *("low", "high", "any", "any_high", "p_any"),
    *("place", "place_low", "place_high", "p_place", "beyond", "verdict"),
]
_TIE = 1e-12  # permutations that change nothing must count as ties


def normalised_information(counts: np.ndarray) -> np.ndarray:
    """Mutual information over the mean of the two entropies, 2 I(Z; Y) / (H(Z) + H(Y)), from tables of counts.

    Args:
        counts: (..., K, L), not negative; they need not be whole numbers.

    Returns:
        (...,) in [0, 1]; 0 where neither variable varies.

    Source: Strehl & Ghosh 2002, JMLR 3, 583, with the arithmetic mean of the entropies.
    """
    p = counts / counts.sum(axis=(-2, -1), keepdims=True)

    def entropy(q: np.ndarray, axis: int | tuple[int, ...]) -> np.ndarray:
        return -np.where(q > 0, q * np.log(np.where(q > 0, q, 1)), 0).sum(axis=axis)

    both = entropy(p, (-2, -1))
    rows, columns = entropy(p.sum(axis=-1), -1), entropy(p.sum(axis=-2), -1)
    total = rows + columns
    found = 2 * (total - both) / np.where(total > 0, total, 1)
    return np.clip(found, 0, 1)


def adjusted_rand(counts: np.ndarray) -> np.ndarray:
    """Adjusted Rand index from tables of counts (..., K, L): 1 for equal partitions, 0 on average for unrelated ones.

    Returns:
        (...,); 0 where neither variable varies.

    Source: Hubert & Arabie 1985, J. Classif. 2, 193.
    """

    def pairs(n: np.ndarray) -> np.ndarray:
        return n * (n - 1) / 2

    both = pairs(counts).sum(axis=(-2, -1))
    rows, columns = (pairs(counts.sum(axis=axis)).sum(axis=-1) for axis in (-1, -2))
    expected = rows * columns / pairs(counts.sum(axis=(-2, -1)))
    room = (rows + columns) / 2 - expected
    return np.where(room > 0, (both - expected) / np.where(room > 0, room, 1), 0.0)


def alignment(
    regimes: ArrayLike,
    labels: Mapping[str, ArrayLike],
    *,
    positions: ArrayLike,
    chains: ArrayLike,
    groups: ArrayLike | None = None,
    index: Literal["nmi", "ari"] = "nmi",
    n_permutations: int = 499,
    n_bootstrap: int = 500,
    seed: int = 0,
) -> pd.DataFrame:
    """How regimes agree with each of several labels, and with the labels permuted.

    Two nulls. `any`: labels permuted among all steps. `place`: labels exchanged between chains at the same
    position, whole chains at a time as far as their lengths allow, and the chains of a group together, so that what the
    labels of one chain or group have in common is kept. A label that only follows the position passes the first and
    not the second.

    Args:
        regimes: (N,) regime of each step.
        labels: name -> (N,) labels; steps with a missing one are left out for that label.
        positions: (N,) place of each step in its chain.
        chains: (N,) chain of each step; no chain has two steps of one position.
        groups: (N,) question of each step; None: each chain is its own.
        index: "nmi", normalised mutual information, or "ari", adjusted Rand index.
        n_permutations: of each null.
        n_bootstrap: resamplings of whole groups, for the interval; few of them push a mutual information up, and the
            interval with it, so judge by the nulls.
        seed: of permutations and resampling.

    Returns:
        A row a label: `n` steps, `classes`, `nmi` (or `ari`) with `low` and `high` (95 %), the mean `any` and the 95 %
        point `any_high` of the first null with `p_any`, the same of the second (`place`, `place_high`, `p_place`) with
        its 2.5 % point `place_low`, `beyond`, the index minus `place`, and the `verdict` at 5 % shared among the labels
        (Bonferroni).

    Raises:
        LmphysError: arrays of unequal length, no labels, or no permutations.
    """
    arrays = {"regimes": regimes, "positions": positions, "chains": chains, **labels}
    lengths = {name: len(np.asarray(values)) for name, values in arrays.items()}
    if not labels or n_permutations < 1 or len(set(lengths.values())) > 1:
        raise LmphysError(
            f"alignment needs labels, a permutation or more, and arrays of one length; got {len(labels)} labels, "
            f"{n_permutations} permutations, lengths {lengths}"
        )
    z = pd.factorize(np.asarray(regimes))[0]
    place = pd.factorize(np.asarray(positions))[0]
    chain = pd.factorize(np.asarray(chains))[0]
    group = chain if groups is None else pd.factorize(np.asarray(groups))[0]
    rows = {}
    for name, values in labels.items():
        y = pd.factorize(np.asarray(pd.Series(values, dtype=object)))[0]  # missing ones are -1
        known = y >= 0
        steps = _Steps(*(x[known] for x in (z, y, place, chain, group)))
        rows[name] = _row(steps, index, n_permutations, n_bootstrap, seed, _LEVEL / len(labels))
    # Where no label can be measured, the table still has its columns.
    return (
        pd.DataFrame.from_dict(rows, orient="index")
        .reindex(columns=["n", "classes", index, *_COLUMNS])
        .rename_axis("label")
    )


class _Steps(NamedTuple):
    """Codes of the steps that have a label: regime, label, position, chain and group, each (n,)."""

    z: np.ndarray
    y: np.ndarray
    place: np.ndarray
    chain: np.ndarray
    group: np.ndarray


def _row(steps: _Steps, index: str, n_permutations: int, n_bootstrap: int, seed: int, level: float) -> dict[str, Any]:
    z, y, place, chain, group = steps
    classes = len(np.unique(y))
    if classes < 2 or len(np.unique(z)) < 2:
        what = "labels" if classes < 2 else "regimes"
        return {"n": len(y), "classes": classes, index: np.nan, "verdict": f"not measured: fewer than two {what}"}
    n_z, n_y = int(z.max()) + 1, int(y.max()) + 1
    rng = np.random.default_rng(seed)
    measure = normalised_information if index == "nmi" else adjusted_rand

    def agreement(y: np.ndarray) -> float:
        return float(measure(np.bincount(z * n_y + y, minlength=n_z * n_y).reshape(n_z, n_y)))

    value = agreement(y)
    anywhere = np.array([agreement(rng.permutation(y)) for _ in range(n_permutations)])
    within = np.array([agreement(y[exchanged(place, chain, group, rng)]) for _ in range(n_permutations)])
    p_any, p_place = ((1 + (null >= value - _TIE).sum()) / (1 + n_permutations) for null in (anywhere, within))
    unit = np.unique(group, return_inverse=True)[1]
    n_units = int(unit.max()) + 1
    interval: tuple[Any, Any] = (np.nan, np.nan)
    if n_units > 1:
        cells = sum_by_group(np.eye(n_z * n_y)[z * n_y + y], unit, n_units)

        def statistic(weights: np.ndarray) -> np.ndarray:
            return measure((weights @ cells).reshape(-1, n_z, n_y))

        interval = bootstrap_chains(statistic, n_units, n_bootstrap=n_bootstrap, seed=seed)[1:]
    verdict = "no more than at random"
    if p_any <= level:
        verdict = "no more than position" if p_place > level else "beyond position"
    return {
        "n": len(y), "classes": classes, index: value, "low": float(interval[0]), "high": float(interval[1]),
        "any": anywhere.mean(), "any_high": np.quantile(anywhere, 0.95), "p_any": p_any,
        "place": within.mean(), "place_low": np.quantile(within, 0.025), "place_high": np.quantile(within, 0.95),
        "p_place": p_place,
        "beyond": value - within.mean(), "verdict": verdict,
    }  # fmt: skip


def exchanged(place: np.ndarray, chain: np.ndarray, group: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A permutation of steps that keeps positions and, as far as lengths allow, whole chains and groups.

    The chains stand in a random order, those of a group side by side. At each position, the chains that are long
    enough pass their step on along this order, around a circle, by the same share of its length.

    Args:
        place: (N,) position of each step, integers from 0.
        chain: (N,) chain of each step, integers from 0.
        group: (N,) group of its chain, integers from 0.
        rng: where randomness comes from.

    Returns:
        (N,) step whose label each step gets.
    """
    order = np.lexsort((rng.random(int(chain.max()) + 1)[chain], rng.random(int(group.max()) + 1)[group], place))
    sizes = np.bincount(place)
    ends = np.cumsum(sizes)
    share = rng.random()
    source = np.empty(len(place), dtype=np.int64)
    for end, size in zip(ends, sizes, strict=True):
        rows = order[end - size : end]
        # At least one step on, so that only a position that a single chain reaches keeps its label.
        source[rows] = np.roll(rows, 1 + int(share * (size - 1)))
    return source


def common(labels: ArrayLike, groups: ArrayLike, n: int = 10) -> np.ndarray:
    """Which sentences have a label that occurs in at least `n` groups (questions): the others are too few to learn.

    Args:
        labels: (N,); missing ones count as rare.
        groups: (N,).
        n: groups.

    Returns:
        (N,) booleans.
    """
    table = pd.DataFrame({"label": pd.Series(labels, dtype=object).to_numpy(), "group": np.asarray(groups)})
    counts = table.groupby("label")["group"].nunique()
    return table["label"].map(counts).fillna(0).to_numpy() >= n


def table_or_reason(
    score: Callable[..., pd.DataFrame], states: Any, labels: ArrayLike, *args: Any, **settings: Any
) -> pd.DataFrame:
    """The table that a score of labels returns, or one with a single cell `reason` that says why there is none.

    A page that runs on a small corpus, or on a model that writes other chains, thus says what is missing and goes on.

    Args:
        score: such as `probe_by_layer`.
        states: its first argument.
        labels: (N,) its second; there may be none.
        args: its further arguments.
        settings: its keyword arguments.
    """
    if not len(np.asarray(labels)):
        return pd.DataFrame({"reason": ["no sentence has such a label; sample more chains, or ask the reasoner"]})
    try:
        return score(states, labels, *args, **settings)
    except LmphysError as error:
        return pd.DataFrame({"reason": [str(error)]})
