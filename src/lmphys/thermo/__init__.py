"""The next-token distribution as a canonical ensemble.

>>> contexts = read_contexts(model, corpus, n_chains=16, per_chain=8)
>>> state = thermodynamics(contexts.energies(), temperatures)
"""

from lmphys.thermo.adjacency import Adjacency, count_adjacent, null_correlations, pearson, table_correlations
from lmphys.thermo.approximation import NEAR_ZERO, by_entropy, divergences, excess_share, slower
from lmphys.thermo.capacity import capacity_peaks, freezing_temperature, rem_capacity, schottky
from lmphys.thermo.contexts import Contexts, read_contexts
from lmphys.thermo.cooccurrence import (
    Expected,
    binned_pmi,
    break_isotropy,
    expected_pmi,
    expected_words,
    finite_size,
    fit_laws,
    lag_slope,
)
from lmphys.thermo.ensemble import GAUGES, State, gauge, identity_errors, thermodynamics
from lmphys.thermo.heating import heat
from lmphys.thermo.isotropy import (
    best_gauge,
    constancy,
    expected_spread,
    isotropic_twin,
    isotropy,
    log_partition,
    logit_spread,
    participation_ratio,
    share_interval,
    share_within,
)
from lmphys.thermo.ngrams import NGram
from lmphys.thermo.tables import read_tables
from lmphys.thermo.walk import draw_scales, draw_vectors, on_sphere, speak, step_correlation, stretched, walk

__all__ = [
    "GAUGES",
    "NEAR_ZERO",
    "Adjacency",
    "Contexts",
    "Expected",
    "NGram",
    "State",
    "best_gauge",
    "binned_pmi",
    "break_isotropy",
    "by_entropy",
    "capacity_peaks",
    "constancy",
    "count_adjacent",
    "divergences",
    "draw_scales",
    "draw_vectors",
    "excess_share",
    "expected_pmi",
    "expected_spread",
    "expected_words",
    "finite_size",
    "fit_laws",
    "freezing_temperature",
    "gauge",
    "heat",
    "identity_errors",
    "isotropic_twin",
    "isotropy",
    "lag_slope",
    "log_partition",
    "logit_spread",
    "null_correlations",
    "on_sphere",
    "participation_ratio",
    "pearson",
    "read_contexts",
    "read_tables",
    "rem_capacity",
    "schottky",
    "share_interval",
    "share_within",
    "slower",
    "speak",
    "step_correlation",
    "stretched",
    "table_correlations",
    "thermodynamics",
    "walk",
]
