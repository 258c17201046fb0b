"""From a model spec to weights and tokenizer: loaded, unpacked, drawn at random, or merged with adapters."""

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from lmphys.core.devices import quantized
from lmphys.core.errors import LmphysError
from lmphys.core.locks import in_turn
from lmphys.core.paths import cache_home
from lmphys.core.progress import announce
from lmphys.lm.adapters import merge
from lmphys.lm.loading import REPORTED, check_report, explained_loading, quiet, refuse_pickles
from lmphys.lm.packaged import PACKAGED, digest_of
from lmphys.lm.sources import Source, locate


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


def load_weights(spec: str, dtype: torch.dtype, device: torch.device, *, bits: str | None = None) -> Weights:
    """Load what `spec` names.

    Args:
        spec: see `lmphys.core.paths.MODEL_FORMS`.
        dtype: of the weights; adapters are merged in float32 and the sum is rounded.
        device: where they go; above one GPU a hub or local model without adapters is spread over all.
        bits: one of `QUANTIZED`, where weights have so many and are unpacked as they are used.

    Raises:
        LmphysError: the spec names nothing that can be loaded.
    """
    source = locate(spec)
    place = str(_dense(source)) if source.files else source.place
    with quiet(), explained_loading(f"{source.base} (base of {spec})" if source.adapters else source.base):
        from transformers import AutoTokenizer

        if source.kind in ("folder", "hub"):
            import lmphys.lm.tiny.model  # noqa: F401  tells `transformers` of the tiny transformer

        if bits is not None:
            model = _quantized(source, place, bits, device)
        elif source.adapters:
            model = _adapted(source, place, dtype, device)
        elif source.seed is not None:
            model = _random(source, place, source.seed).to(device, dtype)
        else:
            model = _stored(source, place, dtype, device)
        tokenizer = AutoTokenizer.from_pretrained(place, **source.options)
    commit = _commit(source)
    return Weights(model.eval(), tokenizer, source.describe(commit), source.architecture(commit))


def _commit(source: Source) -> str | None:
    """Commit of the hub whose files were read: the cache keeps each in a folder of its own."""
    if source.kind != "hub":
        return None
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(source.place, "config.json", revision=source.revision)
    return Path(found).parent.name if isinstance(found, str) else None


def load_tokenizer(source: Source) -> Any:
    """The tokenizer of what a spec stands for, without its weights.

    Raises:
        LmphysError: there is none that can be loaded.
    """
    place = str(_dense(source)) if source.files else source.place
    with quiet(), explained_loading(source.base):
        from transformers import AutoTokenizer

        return AutoTokenizer.from_pretrained(place, **source.options)


def architecture_of(source: Source) -> Any:
    """The model that a spec stands for, without its weights: parameters have shapes and no numbers.

    Raises:
        LmphysError: it has no configuration of a causal language model.
    """
    if len(source.files) == 1:  # the metadata of a GGUF file tell it, before anything is unpacked
        file = Path(source.place)
        place, options = str(file.parent), {"gguf_file": file.name}
    else:
        place, options = str(_dense(source)) if source.files else source.place, source.options
    with quiet(), explained_loading(source.base), torch.device("meta"):
        from transformers import AutoConfig, AutoModelForCausalLM

        if source.kind in ("folder", "hub"):
            import lmphys.lm.tiny.model  # noqa: F401  tells `transformers` of the tiny transformer

        return AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(place, **options))


def _stored(source: Source, place: str, dtype: torch.dtype, device: torch.device, **further: Any) -> Any:
    """The model whose weights lie at a place.

    Args:
        source: of the spec.
        place: folder, or name on the hub.
        dtype: of the weights.
        device: where they go.
        further: settings of `from_pretrained`, among them where the weights go.
    """
    from transformers import AutoModelForCausalLM

    if source.kind == "folder":
        refuse_pickles(Path(place))
    spread = further or ({"device_map": "auto"} if _spreads(device) else {})
    model, report = AutoModelForCausalLM.from_pretrained(
        place, dtype=dtype, use_safetensors=True, **REPORTED, **source.options, **spread
    )
    if getattr(model, "_hf_peft_config_loaded", False):
        raise LmphysError(f"{source.base} is an adapter on the hub; fetch it (hf download) and give its folder")
    check_report(model, report, source.base)
    return model if spread else model.to(device)


def _spreads(device: torch.device) -> bool:
    """Whether a model is spread over all GPUs: where there are several and none is named."""
    return device.type == "cuda" and device.index is None and torch.cuda.device_count() > 1


def _quantized(source: Source, place: str, bits: str, device: torch.device) -> Any:
    """The model with weights of few bits; adapters are merged, and random weights drawn, before they are rounded."""
    from transformers import BitsAndBytesConfig

    config = BitsAndBytesConfig(
        load_in_8bit=quantized(bits) == "8bit",
        load_in_4bit=bits == "4bit",
        bnb_4bit_quant_type="nf4",
        bnb_4bit_compute_dtype=torch.bfloat16,
    )
    further = {"quantization_config": config, "device_map": "auto" if _spreads(device) else {"": device}}
    if source.seed is None and not source.adapters:
        return _stored(source, place, torch.bfloat16, device, **further)
    cpu = torch.device("cpu")
    with tempfile.TemporaryDirectory() as folder:  # bits are made as weights are read
        if source.adapters:
            model = _adapted(source, place, torch.bfloat16, cpu)
        else:
            model = _random(source, place, source.seed or 0).to(torch.bfloat16)
        model.save_pretrained(folder)
        return _stored(Source("folder", folder, source.base), folder, torch.bfloat16, device, **further)


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


def _dense(source: Source) -> Path:
    """Folder with the unpacked weights of a GGUF file, made on first use and kept in the cache."""
    gguf, state, home = Path(source.place), digest_of(source.files), cache_home() / "models"
    if len(source.files) > 1 and state != PACKAGED[source.base].sha256:
        raise LmphysError(f"the pieces of {source.base} are damaged; install it again: {PACKAGED[source.base].install}")
    target = home / f"{gguf.stem[:150]}-{state}"
    if (target / "config.json").is_file():  # also in a cache that only others may write to
        return target
    home.mkdir(parents=True, exist_ok=True)
    with in_turn(Path(f"{target}.lock"), "unpacks the same model"):
        if not (target / "config.json").is_file():
            announce(f"unpacking {gguf.name} into {target} (once)")
            unpacked, joined = home / f".unpacking-{target.name}", home / f".joined-{target.name}.gguf"
            shutil.rmtree(unpacked, ignore_errors=True)  # of a process that was killed
            try:
                if len(source.files) > 1:
                    with joined.open("wb") as whole:
                        for piece in source.files:
                            with piece.open("rb") as part:
                                shutil.copyfileobj(part, whole)
                _unpack(joined if len(source.files) > 1 else gguf, unpacked, source.base)
                unpacked.replace(target)
            finally:
                joined.unlink(missing_ok=True)
                shutil.rmtree(unpacked, ignore_errors=True)
    return target


def _unpack(gguf: Path, folder: Path, name: str) -> None:
    """Write the dense weights and the tokenizer of a GGUF file into a folder.

    Args:
        gguf: the file.
        folder: where they go.
        name: what to call it.
    """
    with quiet(), explained_loading(name):
        from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

        where = {"gguf_file": gguf.name}
        model, report = AutoModelForCausalLM.from_pretrained(
            gguf.parent, quantization_config=GgufConfig(dequantize=True), dtype=torch.float32, **REPORTED, **where
        )
        check_report(model, report, name)
        model.save_pretrained(folder)
        AutoTokenizer.from_pretrained(gguf.parent, **where).save_pretrained(folder)
