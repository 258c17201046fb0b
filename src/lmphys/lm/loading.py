"""Loading by `transformers`: without its noise, its failures in one line, and no weights but those of the files."""

import contextlib
import io
import logging
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from lmphys.core.boundaries import explained, said, system_error
from lmphys.core.errors import LmphysError


def refuse_pickles(folder: Path) -> None:
    """Refuse weights that are pickles alone: to read such a file is to run what is written in it."""
    pickles = sorted(file.name for file in folder.glob("*.bin") if not file.name.startswith("training_args"))
    if pickles and not any(folder.glob("*.safetensors")):
        raise LmphysError(
            f"{folder} has its weights as pickles ({pickles[0]}), which can run code when they are read; where you "
            "trust them, load them with transformers and save_pretrained them again, which writes safetensors"
        )


def check_report(model: Any, report: dict[str, Any], name: str) -> None:
    """Refuse weights that do not fill the model, which `transformers` draws at random in silence, or overfill it.

    Heads that are tied to the embeddings are not missing. What the files hold besides is of no account where it is
    another head or tower; where it belongs to a module that the model has (a bias, one more block), or is a layer
    beside the blocks, the configuration is not that of the weights.

    Args:
        model: as loaded.
        report: of `from_pretrained` with `REPORTED`.
        name: what to call the model.

    Raises:
        LmphysError: with names of weights.
    """
    missing, other = sorted(report["missing_keys"]), sorted(report["unexpected_keys"])
    shapes = [
        f"{key} ({tuple(had)} instead of {tuple(wants)})" for key, had, wants in sorted(report["mismatched_keys"])
    ]
    if missing:
        likely = f"; the files hold {_some(other)} instead" if other else ""
        raise LmphysError(
            f"{name} lacks weights of {type(model).__name__}, which would be random: {_some(missing)}{likely}; save "
            "the whole model again as this class, without wrappers around it"
        )
    if shapes:
        raise LmphysError(
            f"{name} has weights of other shapes than its config.json says: {_some(shapes)}; give the right one"
        )
    inside = [key for key in other if _matters(model, key)]
    if inside:
        raise LmphysError(
            f"{name} has weights that {type(model).__name__} of its config.json has no place for: {_some(inside)}; "
            "give the config.json that belongs to them"
        )


# For `from_pretrained`: to tell what did not fit, also where by itself it would raise without names.
REPORTED = {"output_loading_info": True, "ignore_mismatched_sizes": True}
# Constants that old files keep, and that are computed today.
_DERIVED = re.compile(
    r"(rotary_emb\.(inv_freq|(cos|sin)_cached)|att(entio)?n\.(masked_)?bias|causal_mask|position_ids|\bversion)$"
)


def _matters(model: Any, key: str) -> bool:
    """Whether what a model has no place for belongs to a part of it that text goes through."""
    if _DERIVED.search(key):
        return False
    modules = dict(model.named_modules())
    parts = key.split(".")
    depth = next(n for n in range(len(parts) - 1, -1, -1) if ".".join(parts[:n]) in modules)
    nearest = ".".join(parts[:depth])
    lists = [name for name, module in modules.items() if isinstance(module, torch.nn.ModuleList)]
    around = {name.rpartition(".")[0] for name in lists if not any(name.startswith(f"{outer}.") for outer in lists)}
    if nearest in around - {""}:  # beside the blocks: a layer, or a whole tower
        return len(parts) - depth <= 2
    return nearest != "" and not any(name.startswith(f"{nearest}.") for name in around)


def _some(names: list[str]) -> str:
    return f"{', '.join(names[:3])}{f' and {len(names) - 3} more' if len(names) > 3 else ''}"


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Silence the progress bars and notices of `transformers` and `gguf`; errors still come through."""
    from transformers.utils import logging as transformers_logging

    level = transformers_logging.get_verbosity()
    bars = transformers_logging.is_progress_bar_enabled()
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    logging.getLogger("accelerate").setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        transformers_logging.set_verbosity(level)
        if bars:
            transformers_logging.enable_progress_bar()


@contextlib.contextmanager
def explained_loading(spec: str) -> Iterator[None]:
    """Turn the many ways in which loading fails into one line."""
    try:
        yield
    except LmphysError:
        raise
    except Exception as error:  # of whichever library reads the file at hand
        text = said(error)
        system = error if isinstance(error, OSError) else system_error(type(error).__name__, text)
        if system is not None and system.errno and not isinstance(error, ConnectionError):
            raise explained(system) from error
        if isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in text:
            raise LmphysError(f"{spec} does not fit into memory; use a smaller model, or bfloat16") from error
        if re.search(r"gated|401|403|authenticated", text):
            raise LmphysError(
                f"the hub refuses {spec} (missing, private or gated): log in, or check the name"
            ) from error
        if re.search(r"connect|offline|resolve host|couldn't reach|timed out|Max retries", text, re.I):
            raise LmphysError(
                f"the hub could not be reached for {spec}; connect, or give a local folder ({text[:120]})"
            ) from error
        if re.search(r"custom code|trust_remote_code", text):
            raise LmphysError(
                f"{spec} brings code of its own (auto_map in its config.json), which is not run here; use a model "
                "whose architecture transformers knows, or a conversion of it"
            ) from error
        if re.search(r"safetensors", text) and isinstance(error, OSError):
            raise LmphysError(
                f"{spec} has no weights as safetensors (pickles can run code when they are read); use a revision that "
                "has, such as SPEC@refs/pr/N, or load it with transformers where you trust it and save_pretrained it"
            ) from error
        raise LmphysError(
            f"{spec} could not be loaded as a causal language model ({text}); copy or download it again, whole"
        ) from error
