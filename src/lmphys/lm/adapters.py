"""Adapters: small changes to the weights of a base model, shipped or one's own, and merging them into it."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

from lmphys.core.boundaries import given
from lmphys.core.errors import LmphysError

REASONER = re.compile(r"reasoner(?:@(?P<step>.*))?")
CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
_SHIPPED = Path(__file__).parents[1] / "training" / "reasoner" / "adapters"


def reasoner_steps() -> dict[int, Path]:
    """Kept training steps of the shipped reasoner, ascending, each with the folder of its adapter.

    Step 0, the base before training, has no adapter and is not among them.

    Raises:
        LmphysError: the installation carries no adapter.
    """
    folders = {int(folder.name[5:]): folder for folder in _SHIPPED.glob("step-*") if folder.name[5:].isdecimal()}
    if not folders:
        raise LmphysError(
            "this installation carries no reasoner; install lmphys again, or train one: lmphys train reasoner"
        )
    return dict(sorted(folders.items()))


def base_of(folder: Path) -> tuple[str, str | None]:
    """Spec of the model that an adapter changes, and the revision of it that the adapter asks for, if any.

    Raises:
        LmphysError: the folder is not that of a whole adapter.
    """
    if not (folder / WEIGHTS).is_file():
        raise LmphysError(f"the adapter {folder} has no {WEIGHTS}; save it again with save_pretrained of peft")
    config = _config(folder)
    base = config.get("base_model_name_or_path")
    if not isinstance(base, str) or not base:
        raise LmphysError(f"{folder / CONFIG} names no base; set its base_model_name_or_path to a model spec")
    return base, config.get("revision")


def adapter_digest(folder: Path) -> str:
    """Sixteen hexadecimal digits of an adapter's tensors and settings: the scale is one of the latter."""
    with (folder / WEIGHTS).open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256")
    digest.update(json.dumps(_config(folder), sort_keys=True).encode())
    return digest.hexdigest()[:16]


def merge(model: Any, folder: Path, base: str) -> Any:
    """The base with the adapter added to its weights: the same modules as before, nothing of `peft` left in them.

    Args:
        model: the base, float32 on the CPU; it is changed.
        folder: of the adapter.
        base: what to call the base in messages.

    Raises:
        LmphysError: the file is damaged, or the adapter does not fit the base.
    """
    import torch
    from peft import PeftConfig, PeftModel
    from safetensors import safe_open

    with given(folder / WEIGHTS, "copy or save the adapter again", "is damaged"), safe_open(folder / WEIGHTS, "pt"):
        pass
    with given(folder / CONFIG, "save the adapter again", "is no configuration of peft"):
        config = PeftConfig.from_pretrained(folder)
    try:
        with torch.random.fork_rng(devices=[]):  # peft draws initial values before it reads those of the file
            adapted = PeftModel(model, config)
            if not hasattr(adapted, "merge_and_unload"):
                kind = _config(folder).get("peft_type")
                raise LmphysError(f"the adapter {folder} ({kind}) cannot be merged into weights; use one of kind LORA")
            read = adapted.load_adapter(folder, "default", torch_device="cpu")
    except (RuntimeError, ValueError) as error:
        text = " ".join(str(error).split())
        if isinstance(error, RuntimeError) and "size mismatch" not in text:
            raise
        raise _misfit(folder, base, re.sub(".*?(?=size mismatch)", "", text, count=1)[:200]) from error
    # What has no place in the base is dropped by peft, and what the file lacks stays as it was drawn: both in silence.
    for names, what in ((read.unexpected_keys, "has no place for"), (read.missing_keys, "also wants")):
        if names:
            raise _misfit(folder, base, f"the base {what} {', '.join(names[:2])}{' ...' if len(names) > 2 else ''}")
    return adapted.merge_and_unload().requires_grad_(True)


def _config(folder: Path) -> dict[str, Any]:
    """The settings of an adapter."""
    with given(folder / CONFIG, "save the adapter again"):
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    if not isinstance(config, dict):
        raise LmphysError(f"{folder / CONFIG} is not a JSON object; save the adapter again")
    return config


def _misfit(folder: Path, base: str, detail: str) -> LmphysError:
    return LmphysError(
        f"the adapter {folder} does not fit its base {base}: {detail}; name the model that it was trained on as "
        f"base_model_name_or_path in its {CONFIG}"
    )
