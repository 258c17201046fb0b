from .figures import draw_directions as draw_directions
from .labels import explained_by as explained_by
from .reversal import arrow_of_time as arrow_of_time
from .reversal import play_backwards as play_backwards
from .tails import kurtosis_by_direction as kurtosis_by_direction
