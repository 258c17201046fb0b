from .detection import calibrate as calibrate
from .detection import confidence_set as confidence_set
from .detection import power as power
from .detection import regime_statistics as regime_statistics
from .maps import recovery_ceiling as recovery_ceiling
from .maps import recovery_map as recovery_map
