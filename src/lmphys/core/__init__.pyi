from .errors import LmphysError as LmphysError
from .paths import cache_home as cache_home
from .paths import project_root as project_root
from .trajectories import Trajectories as Trajectories
