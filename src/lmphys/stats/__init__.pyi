from .bootstrap import bootstrap_chains as bootstrap_chains
from .interval import Interval as Interval
from .interval import percentile_interval as percentile_interval
from .mean import mean_interval as mean_interval
