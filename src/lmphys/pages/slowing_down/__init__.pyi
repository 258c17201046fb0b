from .criticality import expected_window_variance as expected_window_variance
from .criticality import rolling_indicators as rolling_indicators
from .criticality import slowing_down as slowing_down
from .criticality import softening_chains as softening_chains
