from .leakage import subspace_leakage as subspace_leakage
