from .bits import learned as learned
from .points import Trial as Trial
from .points import over as over
from .points import over_seeds as over_seeds
from .points import peak as peak
from .points import read_points as read_points
from .rounding import by_precision as by_precision
