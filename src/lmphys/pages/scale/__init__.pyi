from .curve import at_stage as at_stage
from .curve import curve_of as curve_of
from .curve import grown as grown
from .curve import has_curve as has_curve
from .curve import read_curve as read_curve
from .measures import measure as measure
from .parts import disjoint_parts as disjoint_parts
