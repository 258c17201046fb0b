from .tuning import TunedLaw as TunedLaw
from .within import correlation_within as correlation_within
from .within import discrimination as discrimination
from .within import null_discrimination as null_discrimination
from .within import pairs as pairs
from .within import scores_of as scores_of
