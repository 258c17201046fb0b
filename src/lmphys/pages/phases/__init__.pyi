from .labelled import LabelledSLDS as LabelledSLDS
from .labelled import regime_gains as regime_gains
