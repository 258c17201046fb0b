from .figures import severity_figure as severity_figure
from .severity import Severity as Severity
from .severity import at_the_peak as at_the_peak
from .severity import severity_sweep as severity_sweep
