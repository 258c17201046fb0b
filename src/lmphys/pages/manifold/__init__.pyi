from .leakage import leakage_intervals as leakage_intervals
from .leakage import subspace_leakage as subspace_leakage
from .shares import held_out_share as held_out_share
from .shares import relative_residual as relative_residual
from .shares import share as share
