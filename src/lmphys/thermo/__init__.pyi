from .contexts import Contexts as Contexts
from .contexts import read_contexts as read_contexts
from .ensemble import GAUGES as GAUGES
from .ensemble import State as State
from .ensemble import gauge as gauge
from .ensemble import identity_errors as identity_errors
from .ensemble import thermodynamics as thermodynamics
from .heating import sample_texts as sample_texts
