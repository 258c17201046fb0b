"""Several ways to raise one token side by side: what they gain and cost, layer by layer and place by place."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from lmphys.pages.steering.contexts import Contexts, SteeringVector
from lmphys.pages.steering.steering import Gradients, Steered, steer, steer_by, target_log_p
from lmphys.pages.steering.tilts import tilt_cost
from lmphys.stats.interval import Interval
from lmphys.stats.mean import mean_interval


def cost_table(slopes: Gradients, states: Tensor, targets: Tensor, ways: Mapping[str, Steered]) -> pd.DataFrame:
    """What each way gains and costs at each place.

    Args:
        slopes: of the unsteered contexts, with the layers of all vectors.
        states: (B, D) unsteered states after the last normalisation.
        targets: (B,) tokens.
        ways: by name.

    Returns:
        A row for each way and place: `gain` of log p_t; `kl`, `floor` and `rest` as in `Cost`, nats; `relative_length`,
        length of the steering vector over that of the state that it moves. NaN where there is none.
    """
    before = target_log_p(slopes.log_p, targets)
    tables = {}
    for name, way in ways.items():
        cost = tilt_cost(way.log_p, slopes.log_p, targets)
        length = torch.full_like(before, torch.nan)
        if way.vector is not None:
            length = way.vector.step.norm(dim=1) / slopes.lengths[way.vector.layer]
        elif way.last_step is not None:
            length = way.last_step.norm(dim=1) / states.norm(dim=1)
        columns = {
            "gain": target_log_p(way.log_p, targets) - before,
            "kl": cost.total,
            "floor": cost.floor,
            "rest": cost.rest,
            "relative_length": length.masked_fill(~way.reached, torch.nan),
        }
        table = pd.DataFrame({column: x.double().numpy() for column, x in columns.items()})
        tables[name] = table.rename_axis("place")
    return pd.concat(tables, names=["way"])


def sweep(contexts: Contexts, targets: Tensor, slopes: Gradients, gain: float) -> pd.DataFrame:
    """Steer each layer of `slopes` along its gradient: once as far as a linear network would need, once until it gains.

    Returns:
        A row for each layer and place: `first`, gain of the vector that would do for a linear network; `longer`,
        length of the vector that has the gain, to 2 %, over that one, NaN where none was found; `relative_length`, its
        length over that of the state; `kl` and `rest` of it, nats.
    """
    before = target_log_p(slopes.log_p, targets)
    tables = {}
    for layer in slopes.slopes:
        shortest = slopes.first_order(layer, gain)
        first = target_log_p(steer_by(contexts, SteeringVector(layer, shortest)).log_p, targets) - before
        enough = steer(contexts, targets, slopes, layer, gain, tolerance=0.02 * gain)
        assert enough.vector is not None
        length = enough.vector.step.norm(dim=1).masked_fill(~enough.reached, torch.nan)
        cost = tilt_cost(enough.log_p, slopes.log_p, targets)
        columns = {
            "first": first,
            "longer": length / shortest.norm(dim=1),
            "relative_length": length / slopes.lengths[layer],
            "kl": cost.total,
            "rest": cost.rest,
        }
        table = pd.DataFrame({name: x.double().numpy() for name, x in columns.items()})
        tables[layer] = table.rename_axis("place")
    return pd.concat(tables, names=["layer"])


def mean_over_places(values: np.ndarray | pd.Series, *, seed: int = 0) -> Interval:
    """Mean of (B,) values, one a question, with a 95 % interval over them; NaN ones are left out.

    All three are NaN with fewer than two values.
    """
    there = np.asarray(values, dtype=float)
    there = there[~np.isnan(there)]
    if len(there) < 2:
        return Interval(*(np.full((), np.nan) for _ in range(3)))
    return mean_interval(there, groups=None, seed=seed)


def means(table: pd.DataFrame, columns: Sequence[str], *, seed: int = 0) -> pd.DataFrame:
    """Means over places of some columns of a table whose first index level is a way or a layer.

    Returns:
        Columns (name, `value` | `low` | `high`) for each name, and (`places`, ``); index the first level.
    """
    rows = {}
    for name, part in table.groupby(level=0, sort=False):
        row: dict[tuple[str, str], float] = {}
        for column in columns:
            interval = mean_over_places(part[column], seed=seed)
            row |= {(column, key): float(x) for key, x in interval._asdict().items()}
        row["places", ""] = int(part[columns[0]].notna().sum())
        rows[name] = row
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(str(table.index.names[0]))


class Paired(NamedTuple):
    """KL divergences of two ways at the places that both reach.

    Attributes:
        difference: mean of the first minus the second, nats, with a 95 % interval over places.
        cheaper: at how many places the first costs less.
        places: that both reach.
        means: mean KL of every way at these places, nats.
    """

    difference: Interval
    cheaper: int
    places: int
    means: pd.Series

    def __str__(self) -> str:
        return f"costs less at {self.cheaper} of the {self.places} places that both reach"


def paired_kl(costs: pd.DataFrame, first: str, second: str, *, seed: int = 0) -> Paired:
    """Compare the KL divergence of two ways, place by place.

    Args:
        costs: of `cost_table`.
        first: a way.
        second: the way to compare with.
        seed: of the interval.
    """
    pairs = costs["kl"].unstack("way").dropna(subset=[first, second])
    difference = pairs[first] - pairs[second]
    apart = mean_over_places(difference, seed=seed)
    return Paired(Interval(*map(float, apart)), int((difference < 0).sum()), len(pairs), pairs.mean())
