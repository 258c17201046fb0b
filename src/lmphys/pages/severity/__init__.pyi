from .severity import Severity as Severity
from .severity import severity_sweep as severity_sweep
