"""Energy of the step into a place and of the step out of it, with and without a steering vector at the place."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from lmphys.mechanics.energies import CANDIDATES, Candidate
from lmphys.mechanics.paths import Paths
from lmphys.pages.steering.contexts import Contexts
from lmphys.pages.steering.setting import Setting
from lmphys.pages.steering.steering import Steered, target_log_p
from lmphys.pages.steering.targets import Places
from lmphys.pages.steering.ways import mean_over_places
from lmphys.stats.bootstrap import bootstrap_chains
from lmphys.stats.interval import Interval


@dataclass(frozen=True, eq=False)
class Passage:
    """The step into each of B places, and the step out of it, to the token that is written there.

    Attributes:
        kinetic: (B, 2) half of the squared length of both steps after the last normalisation, over D.
        log_pp: (B, 2) negative log-probability of the token at the place, and of the token after it, nats.
    """

    kinetic: np.ndarray
    log_pp: np.ndarray

    def energy(self, candidate: Candidate) -> np.ndarray:
        """Energies (B, 2) of both steps."""
        return candidate.kinetic(self.kinetic) + candidate.potential(self.log_pp)


def passage(
    contexts: Contexts, places: Places, paths: Paths, after: Steered, *, tokens: Tensor | None = None
) -> Passage:
    """Read a token after each place, with the steering vector still on the place.

    Args:
        contexts: of the places.
        places: where.
        paths: of the unsteered texts: what came before the place.
        after: the distribution at the place and the steering vector; NaN where there is none.
        tokens: (B,) what is written after the place; None for the target.
    """
    written = places.target if tokens is None else tokens
    with torch.no_grad():
        vectors = [] if after.vector is None else [after.vector]
        states = contexts.read(after=written[:, None], vectors=vectors).states.double()
    if after.last_step is not None:
        states[:, 0] += after.last_step.double()
    pairs = list(zip(places.text, places.place, strict=True))
    before = np.stack([paths.states["final_norm"][i][place - 1] for i, place in pairs]).astype(np.float64)
    here, there = states.numpy().swapaxes(0, 1)
    kinetic = np.stack([((here - before) ** 2).sum(1), ((there - here) ** 2).sum(1)], axis=1) / 2 / here.shape[1]
    came = np.array([paths.log_pp[i][place - 1] for i, place in pairs])
    goes = -target_log_p(after.log_p, written).double().numpy()
    missing = np.isnan(goes)[:, None]
    return Passage(np.where(missing, np.nan, kinetic), np.stack([came, goes], axis=1))


def natural_differences(paths: Paths, candidate: Candidate) -> tuple[np.ndarray, np.ndarray]:
    """Sum of |E_{t+1} - E_t| over each of C texts, (C,), and the number of differences, (C,)."""
    motion = paths.motion()
    energy = candidate.energy(motion)
    same = motion.chain[1:] == motion.chain[:-1]
    chain = motion.chain[1:][same]
    size = np.abs(np.diff(energy))[same]
    return np.bincount(chain, size, len(paths)), np.bincount(chain, minlength=len(paths)).astype(float)


def energy_changes(before: Passage, after: Passage, paths: Paths, places: Places, *, seed: int = 0) -> pd.DataFrame:
    """Change of every energy by steering, in units of the natural difference from token to token.

    Args:
        before: without steering.
        after: with it; rows that are NaN are left out.
        paths: of the unsteered texts, whose differences are the unit.
        places: in these texts.
        seed: of the intervals; the unit is resampled with the places.

    Returns:
        A row for each candidate and step (`in`, `out`): `change`, mean of E after - E before; `size`, mean of its
        absolute value; `ratio`, `size` over the mean |E_{t+1} - E_t| of the same texts; `low`, `high` of the ratio;
        all NaN with fewer than two places.
    """
    rows = {}
    for candidate in CANDIDATES:
        total, count = (x[places.text] for x in natural_differences(paths, candidate))
        changes = after.energy(candidate) - before.energy(candidate)
        for step, change in zip(("in", "out"), changes.T, strict=True):
            there = ~np.isnan(change)
            names = ("change", "size", "ratio", "low", "high")
            rows[candidate.name, step] = dict.fromkeys(names, np.nan)
            if there.sum() > 1:
                ratio = _ratio(np.abs(change[there]), total[there], count[there], seed)
                values = (change[there].mean(), np.abs(change[there]).mean(), *map(float, ratio))
                rows[candidate.name, step] = dict(zip(names, values, strict=True))
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(["energy", "step"])


def _ratio(size: np.ndarray, total: np.ndarray, count: np.ndarray, seed: int) -> Interval:
    """Mean of `size` (n,) over that of the natural differences, with an interval over the places."""

    def statistic(weights: np.ndarray) -> np.ndarray:
        return (weights @ size / weights.sum(1)) / (weights @ total / (weights @ count))

    return bootstrap_chains(statistic, len(size), seed=seed)


UNSTEERED = "unsteered"


def passages(
    setting: Setting, log_p: Tensor, ways: Mapping[str, Steered], *, tokens: Tensor | None = None
) -> dict[str, Passage]:
    """The passage of every place without steering, under the name `UNSTEERED`, and after each way.

    Args:
        setting: the places.
        log_p: (B, V) of the unsteered contexts.
        ways: by name.
        tokens: (B,) what is written after the place; None for the target.
    """
    each = {UNSTEERED: Steered(log_p), **ways}
    contexts, places, paths = setting.contexts, setting.places, setting.paths
    return {name: passage(contexts, places, paths, way, tokens=tokens) for name, way in each.items()}


def changes_by_way(found: Mapping[str, Passage], setting: Setting, *, seed: int = 0) -> pd.DataFrame:
    """Tables of `energy_changes`, one below the other; index levels `way`, `energy` and `step`.

    Args:
        found: of `passages`.
        setting: the same places.
        seed: of the intervals.
    """
    base = found[UNSTEERED]
    tables = {
        name: energy_changes(base, after, setting.paths, setting.places, seed=seed)
        for name, after in found.items()
        if name != UNSTEERED
    }
    return pd.concat(tables, names=["way"])


def energy_table(found: Mapping[str, Passage], changes: pd.DataFrame, *, seed: int = 0) -> pd.DataFrame:
    """Mean changes of C1 in both steps, and of the kinetic term of the step out with its 95 % interval.

    Args:
        found: of `passages`.
        changes: of `changes_by_way`.
        seed: of the intervals.

    Returns:
        Columns `in`, `out`, `kinetic, out`, `low`, `high`; index the ways.
    """
    ways = changes.index.unique("way")
    table = changes.xs("C1", level="energy")["change"].unstack("step").loc[ways]
    base = found[UNSTEERED].kinetic[:, 1]
    for way in ways:
        taken = mean_over_places(found[way].kinetic[:, 1] - base, seed=seed)
        table.loc[way, ["kinetic, out", "low", "high"]] = np.array(taken, dtype=float)
    return table


def ratios_out(changes: pd.DataFrame, own_word: pd.DataFrame) -> pd.DataFrame:
    """Change over natural difference in the step out, for every candidate.

    Args:
        changes: of `changes_by_way`, to the target.
        own_word: the same with the text's own next word in place of the target.

    Returns:
        A column a candidate, and `C1, own word`; index the ways.
    """
    table = changes.xs("out", level="step")["ratio"].unstack("energy").loc[changes.index.unique("way")]
    return table.assign(**{"C1, own word": own_word.xs(("C1", "out"), level=("energy", "step"))["ratio"]})
