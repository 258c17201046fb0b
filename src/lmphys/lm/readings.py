"""Readings that are kept on disk: what a page asks of a model by itself, so that a second run of it asks nothing.

`<cache>/readings/<key>.npz` holds the arrays of one reading. The key is a digest of what was asked, of the texts and of
the weights; beside the arrays stands a digest of the code that made them, and a reading of other code is made anew in
the same file. A damaged file counts as none.
"""

import hashlib
import io
import json
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from lmphys.core.boundaries import file_system
from lmphys.core.files import file_digest, write_atomically
from lmphys.core.paths import cache_home
from lmphys.lm.model import LanguageModel
from lmphys.lm.reading import read_before, read_logits
from lmphys.lm.sources import identity

# What decides the numbers of every reading; the module that asks comes on top.
_READERS = ("anatomy", "cache", "head", "hooks", "model", "reading", "readings", "sampling", "weights")
_CODE = "code"  # name of the digest among the arrays
_DAMAGED = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile)

Arrays = dict[str, np.ndarray]


def kept(
    model: LanguageModel, asked: Any, make: Callable[[], Mapping[str, Any]], *, code: Sequence[str] = ()
) -> Arrays:
    """The arrays that `make` reads off a model, from disk where they were made before.

    A model that was given in memory has no name to be kept under: it is read each time. So must be a model that is
    interfered with.

    Args:
        model: the reader.
        asked: all that the arrays depend on besides the model, as JSON values, tensors or arrays.
        make: name -> array of numbers or of text.
        code: names of further modules that decide the numbers; that of `make` and those that read are known.
    """
    if model.revision == "in memory":
        return _arrays(make())
    dtype = str(model.dtype).removeprefix("torch.")
    return kept_of(model.spec, dtype, model.device.type, asked, make, code=code)


def kept_of(
    spec: str,
    dtype: str,
    device: str,
    asked: Any,
    make: Callable[[], Mapping[str, Any]],
    *,
    code: Sequence[str] = (),
) -> Arrays:
    """As `kept`, of a model that is not loaded yet; `make` loads it.

    Args:
        spec: of the model.
        dtype: of its weights, not `auto`.
        device: kind of its device, not `auto`.
        asked: as in `kept`.
        make: as in `kept`.
        code: as in `kept`.
    """
    what = f"{make.__module__}.{getattr(make, '__qualname__', '')}"
    content = [what, identity(spec), dtype, device, torch.__version__, asked]
    key = hashlib.sha256(json.dumps(content, default=_plain).encode()).hexdigest()[:20]
    file = cache_home() / "readings" / f"{key}.npz"
    state = _code_state((make.__module__, *code))
    found = _found(file, state)
    if found is None:
        found = _arrays(make())
        packed = io.BytesIO()
        np.savez(packed, **cast(Any, {_CODE: np.array(state), **found}))
        with file_system():
            write_atomically(file, packed.getvalue())
    return found


def kept_logits(
    model: LanguageModel,
    prompts: Sequence[tuple[int, ...]],
    chains: Sequence[Tensor],
    places: Sequence[Tensor],
) -> Iterator[tuple[int, Tensor]]:
    """As `read_logits`, in order; what is kept is the states before a linear head, as logits are large.

    Args:
        model: the reader, not interfered with.
        prompts: token ids before each chain.
        chains: (n,) token ids of each chain.
        places: (m,) places of the wanted tokens in each chain, 0 to n - 1.
    """
    head = model.head
    if head is None:
        yield from read_logits(model, prompts, chains, places)
        return

    def before() -> Arrays:
        found = dict(read_before(model, prompts, chains, places))
        return {f"{i}": found[i].float().cpu().numpy() for i in range(len(chains))}

    states = kept(model, ["before", list(prompts), list(chains), list(places)], before)
    with torch.inference_mode():
        for i in range(len(chains)):
            yield i, head(torch.from_numpy(states[f"{i}"]).to(model.device, model.dtype)).float().cpu()


def _arrays(made: Mapping[str, Any]) -> Arrays:
    return {name: np.asarray(array) for name, array in made.items()}


def _plain(value: Any) -> Any:
    """Tensors and arrays as lists."""
    return value.tolist()


def _code_state(further: Sequence[str]) -> str:
    """Digest of the modules that decide the numbers."""
    names = sorted({*(f"lmphys.lm.{name}" for name in _READERS), *further})
    files = [getattr(sys.modules.get(name), "__file__", None) for name in names]
    digests = [file_digest(Path(file)) if file else "" for file in files]
    return hashlib.sha256(json.dumps([names, digests]).encode()).hexdigest()


def _found(file: Path, state: str) -> Arrays | None:
    """The arrays in a file, if it is whole and was made by this code."""
    try:
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            if str(arrays[_CODE]) != state:
                return None
            return {name: arrays[name] for name in arrays.files if name != _CODE}
    except _DAMAGED:
        return None
