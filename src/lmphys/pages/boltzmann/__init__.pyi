from .capacity import capacity_peaks as capacity_peaks
from .capacity import freezing_temperature as freezing_temperature
from .capacity import rem_capacity as rem_capacity
from .capacity import schottky as schottky
