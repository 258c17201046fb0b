"""The next-token distribution as a canonical ensemble.

>>> contexts = read_contexts(model, corpus, n_chains=16, per_chain=8)
>>> state = thermodynamics(contexts.energies(), temperatures)
"""

from lmphys.thermo.approximation import NEAR_ZERO, by_entropy, divergences, excess_share, slower
from lmphys.thermo.capacity import capacity_peaks, freezing_temperature, rem_capacity, schottky
from lmphys.thermo.contexts import Contexts, read_contexts
from lmphys.thermo.ensemble import GAUGES, State, gauge, identity_errors, thermodynamics
from lmphys.thermo.heating import heat
from lmphys.thermo.ngrams import NGram

__all__ = [
    "GAUGES",
    "NEAR_ZERO",
    "Contexts",
    "NGram",
    "State",
    "by_entropy",
    "capacity_peaks",
    "divergences",
    "excess_share",
    "freezing_temperature",
    "gauge",
    "heat",
    "identity_errors",
    "read_contexts",
    "rem_capacity",
    "schottky",
    "slower",
    "thermodynamics",
]
