"""What a sweep is to run: the settings of `config/sweep.yaml`."""

import dataclasses
import difflib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from lmphys.core.boundaries import given
from lmphys.core.errors import LmphysError
from lmphys.core.paths import seen_from
from lmphys.core.settings import real, whole

SWEEP_CONFIG = Path("config", "sweep.yaml")
_CHOICES = {"device": ("auto", "cpu", "cuda"), "dtype": ("float32", "bfloat16", "float16")}


@dataclass(frozen=True)
class SweepConfig:
    """Settings of a sweep.

    Attributes:
        models: specs, each once.
        pages: ids of chapters, each once.
        seeds: of corpora, splits and bootstrap.
        profile: amount of data.
        name: of the folder of its results.
        device: `auto`, `cpu` or `cuda`.
        dtype: of weights and states.
        batch_size: chains side by side.
        job_minutes: work that a job should have, minutes.
        cpus: processors of a job.
        gpu_memory_gb: memory of one GPU, GB.
        retries: of a job that fails.
    """

    models: tuple[str, ...]
    pages: tuple[str, ...]
    seeds: tuple[int, ...] = (0,)
    profile: str = "quick"
    name: str = "sweep"
    device: str = "auto"
    dtype: str = "float32"
    batch_size: int = 64
    job_minutes: float = 10.0
    cpus: int = 2
    gpu_memory_gb: float = 80.0
    retries: int = 2

    @classmethod
    def read(cls, path: Path) -> "SweepConfig":
        """Read a file of settings.

        Args:
            path: of a YAML file; relative paths of models are seen from its folder.

        Raises:
            LmphysError: it is missing or no YAML, names an unknown setting, lacks one, or has one of the wrong kind.
        """
        if not path.is_file():
            raise LmphysError(f"no file {path}; copy {SWEEP_CONFIG} of the book and name your models and pages in it")
        with given(path, f"write it like {SWEEP_CONFIG} of the book", "is no YAML"):
            found = yaml.safe_load(path.read_text(encoding="utf-8"))
        if not isinstance(found, dict):
            raise LmphysError(f"{path} holds no settings; write it like {SWEEP_CONFIG} of the book")
        fields = {field.name: field for field in dataclasses.fields(cls)}
        for name in found:
            if name not in fields:
                close = difflib.get_close_matches(str(name), fields, 1, 0.5)
                raise LmphysError(f"{path}: unknown setting {name!r}; use {' or '.join(close) or ', '.join(fields)}")
        missing = [
            name for name, field in fields.items() if field.default is dataclasses.MISSING and not found.get(name)
        ]
        if missing:
            raise LmphysError(f"{path} lacks {' and '.join(missing)}; name at least one of each")
        lists = {name: _several(path, name, found[name]) for name in ("models", "pages", "seeds") if name in found}
        for name in ("models", "pages"):
            lists[name] = tuple(map(str, lists[name]))
        config = cls(**{**found, **lists})
        config.check(path)
        models = (seen_from(path.absolute().parent, model) for model in config.models)
        return dataclasses.replace(config, models=tuple(models))

    def check(self, path: Path) -> None:
        """Refuse values of the wrong kind.

        Raises:
            LmphysError: one is; it names the file.
        """
        from lmphys.corpus.spec import PROFILES

        for name, choices in {**_CHOICES, "profile": tuple(PROFILES)}.items():
            if getattr(self, name) not in choices:
                raise LmphysError(f"{path}: {name} is {getattr(self, name)!r}; use {', '.join(choices)}")
        if not re.fullmatch(r"[A-Za-z0-9][\w.-]*", str(self.name)):
            raise LmphysError(f"{path}: name is {self.name!r}; take letters, digits, dots and dashes, as for a folder")
        for seed in self.seeds:
            whole(f"{path}: seed", seed)
        for name, least in (("batch_size", 1), ("cpus", 1), ("retries", 0)):
            whole(f"{path}: {name}", getattr(self, name), least=least)
        for name in ("job_minutes", "gpu_memory_gb"):
            real(f"{path}: {name}", getattr(self, name), least=0, above=True)


def _several(path: Path, name: str, value: Any) -> tuple[Any, ...]:
    """The values of a list, each once; a single one stands for a list of it."""
    found = value if isinstance(value, list) else [value]
    if not found or any(isinstance(item, bool) or not isinstance(item, str | int) for item in found):
        raise LmphysError(
            f"{path}: {name} is {value!r}; give a list, such as [{'0, 1' if name == 'seeds' else 'a, b'}]"
        )
    return tuple(dict.fromkeys(found))
