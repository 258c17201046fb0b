from .leakage import leakage_intervals as leakage_intervals
from .leakage import subspace_leakage as subspace_leakage
