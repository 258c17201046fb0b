"""How large a model is, told by its configuration: no weights are loaded."""

from functools import cache

from lmphys.core.errors import LmphysError
from lmphys.lm.sources import locate
from lmphys.lm.weights import architecture_of


@cache
def n_parameters(spec: str) -> int:
    """Parameters of a model, tied ones once; random weights and merged adapters change nothing.

    Args:
        spec: see `lmphys.lm.sources.FORMS`.

    Raises:
        LmphysError: it names nothing whose configuration can be read.
    """
    return sum(parameter.numel() for parameter in architecture_of(locate(spec)).parameters())


def known_size(spec: str) -> int | None:
    """The same, or None where it cannot be told here, as of a model that another machine has."""
    try:
        return n_parameters(spec)
    except LmphysError:
        return None
