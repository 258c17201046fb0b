from .approximation import NEAR_ZERO as NEAR_ZERO
from .approximation import by_entropy as by_entropy
from .approximation import divergences as divergences
from .approximation import excess_share as excess_share
from .approximation import slower as slower
from .ngrams import NGram as NGram
