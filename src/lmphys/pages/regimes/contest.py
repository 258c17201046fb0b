"""Several Gaussians against one heavy tail, in few dimensions and in many."""

from collections.abc import Iterable, Mapping

import pandas as pd

from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.mixtures import against_student, choose_mixture
from lmphys.dynamics.projection import Projection


def contest_by_rank(
    corpora: Mapping[str, Trajectories],
    counts: Iterable[int],
    ranks: Iterable[int],
    known: Mapping[tuple[str, int], pd.DataFrame],
    *,
    seed: int,
) -> pd.DataFrame:
    """The best mixture of full covariance beside one Student t, for each corpus and number of dimensions.

    Args:
        corpora: name to chains.
        counts: numbers of components K.
        ranks: numbers of dimensions.
        known: what `choose_mixture` has given already, by corpus and dimensions.
        seed: of `choose_mixture`.

    Returns:
        Indexed by `corpus` and `dimensions`, in order; columns of `against_student`.
    """
    counts = list(counts)
    settings = {"covariances": ("full",), "seed": seed}
    tables = {
        (name, rank): choose_mixture(corpora[name], counts, projection=Projection(rank), **settings)
        for name in corpora
        for rank in ranks
    }
    rows = {key: against_student(table) for key, table in {**tables, **known}.items()}
    return pd.DataFrame(rows).T.infer_objects().rename_axis(["corpus", "dimensions"]).sort_index()
