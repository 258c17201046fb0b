from .bootstrap import bootstrap_chains as bootstrap_chains
from .interval import Interval as Interval
