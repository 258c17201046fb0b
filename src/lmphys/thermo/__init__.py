"""The next-token distribution as a canonical ensemble.

>>> contexts = read_contexts(model, corpus, n_chains=16, per_chain=8)
>>> state = thermodynamics(contexts.energies(), temperatures)
"""

from lmphys.thermo.capacity import capacity_peaks, freezing_temperature, rem_capacity, schottky
from lmphys.thermo.contexts import Contexts, read_contexts
from lmphys.thermo.ensemble import GAUGES, State, gauge, identity_errors, thermodynamics
from lmphys.thermo.heating import heat

__all__ = [
    "GAUGES",
    "Contexts",
    "State",
    "capacity_peaks",
    "freezing_temperature",
    "gauge",
    "heat",
    "identity_errors",
    "read_contexts",
    "rem_capacity",
    "schottky",
    "thermodynamics",
]
