from .capacity import freezing_temperature as freezing_temperature
from .capacity import schottky as schottky
from .peaks import capacity_peaks as capacity_peaks
from .peaks import level_spread as level_spread
from .peaks import one_gap_temperature as one_gap_temperature
from .peaks import summarise_peaks as summarise_peaks
from .places import describe_places as describe_places
from .places import telling_places as telling_places
