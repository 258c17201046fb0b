"""From states to a fitted, tested stochastic model."""

from lmphys.dynamics.bootstrap import Interval, bootstrap_chains
from lmphys.dynamics.drift import LinearDrift
from lmphys.dynamics.leakage import Leakage, leakage
from lmphys.dynamics.modes import count_modes, dip_excess, dip_test
from lmphys.dynamics.norms import (
    GroupR2,
    excess_kurtosis_interval,
    fit_tails,
    group_r2,
    median_ratio,
)
from lmphys.dynamics.projection import (
    Projection,
    davis_kahan_bound,
    principal_angles,
    random_overlap,
    rank_share,
    split_half_angles,
    subspace_overlap,
)
from lmphys.dynamics.scores import expected_r2_ar1, held_out_scores, one_step_scores, residual_nll
from lmphys.dynamics.surrogates import phase_randomise, shuffle_chains, shuffle_order

__all__ = [
    "GroupR2",
    "Interval",
    "Leakage",
    "LinearDrift",
    "Projection",
    "bootstrap_chains",
    "count_modes",
    "davis_kahan_bound",
    "dip_excess",
    "dip_test",
    "excess_kurtosis_interval",
    "expected_r2_ar1",
    "fit_tails",
    "group_r2",
    "held_out_scores",
    "leakage",
    "median_ratio",
    "one_step_scores",
    "phase_randomise",
    "principal_angles",
    "random_overlap",
    "rank_share",
    "residual_nll",
    "shuffle_chains",
    "shuffle_order",
    "split_half_angles",
    "subspace_overlap",
]
