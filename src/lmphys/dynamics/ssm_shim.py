"""The package `ssm` as it can be imported today; apart from its users, for a check that loads nothing else."""

import importlib
import sys
import types
import warnings
from functools import partial
from typing import Any

from lmphys.core.errors import LmphysError


def import_ssm() -> Any:
    """The package `ssm` of Linderman et al., made importable beside today's autograd, its progress bars off.

    Raises:
        LmphysError: it is not installed. Its sources of 2019 do not compile against Python 3.13.
    """
    try:
        # autograd.scipy.misc, where ssm looks for this function, was removed from autograd.
        moved: Any = types.ModuleType("autograd.scipy.misc")
        moved.logsumexp = importlib.import_module("autograd.scipy.special").logsumexp
        sys.modules.setdefault("autograd.scipy.misc", moved)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ssm: Any = importlib.import_module("ssm")
    except ImportError as error:
        raise LmphysError(f"ssm cannot be imported ({error}); install the lock under Python 3.11 or 3.12") from error
    ssm.hmm.trange = ssm.lds.trange = partial(importlib.import_module("tqdm.std").trange, disable=True)
    return ssm
