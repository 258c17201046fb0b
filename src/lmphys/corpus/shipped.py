"""Chains that come with the book: the token ids that a sampling gave once, so that every reader has one text.

`data/chains/<key>.npz`, named by `CorpusSpec.key`, holds for all chains of a corpus, one after the other, their
`tokens`, the log-probability `logp` (nats, temperature 1) of each when it was drawn, and the `lengths` of the chains;
`<key>.json` beside it tells the recipe. States, entropies and log-probabilities are computed anew where the chains are
read, and the latter must agree.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import torch
from torch import Tensor

from lmphys.core.errors import LmphysError
from lmphys.core.files import write_atomically
from lmphys.core.paths import project_root
from lmphys.core.provenance import git_state, machine
from lmphys.corpus.store import Corpus

FOLDER = Path("data", "chains")
# Largest difference of a log-probability (nats) between two machines in float32; another token differs by far more.
TOLERANCE = 1e-3


@dataclass(frozen=True)
class ShippedChains:
    """Chains of a corpus in the order of its questions.

    Attributes:
        path: of the file.
        tokens: (n,) ids of each chain.
        logp: (n,) log-probabilities when they were drawn, nats.
    """

    path: Path
    tokens: list[Tensor]
    logp: list[Tensor]

    def check(self, chain: int, logp: Tensor) -> None:
        """Compare the log-probabilities of a chain with those that the model gives it now.

        Raises:
            LmphysError: a token has another one: it is not the token that was drawn, or the model is another.
        """
        excess = (self.logp[chain] - logp).abs() - TOLERANCE * (1 + self.logp[chain].abs())
        if not bool((excess <= 0).all()):  # not a number is off, too
            place = int(excess.nan_to_num(nan=float("inf")).argmax())
            raise LmphysError(
                f"token {place} of chain {chain} in {self.path} has a log-probability of {logp[place]:.4f} here and "
                f"{self.logp[chain][place]:.4f} when it was drawn; restore the file (git checkout {FOLDER}), or remove "
                "it to sample anew"
            )


def load_chains(key: str) -> ShippedChains | None:
    """The shipped chains of a corpus; None where the book carries none, or outside of a checkout.

    Raises:
        LmphysError: the file is damaged.
    """
    try:
        path = project_root() / FOLDER / f"{key}.npz"
    except LmphysError:
        return None
    if not path.is_file():
        return None
    try:
        with path.open("rb") as stream, np.load(stream) as arrays:
            ids, logp, lengths = (torch.from_numpy(arrays[name].astype(kind)) for name, kind in _KINDS.items())
        parts = lengths.tolist()
        return ShippedChains(path, list(ids.split(parts)), list(logp.split(parts)))
    except (OSError, ValueError, KeyError, RuntimeError, BadZipFile) as error:
        raise LmphysError(f"{path} is damaged ({error}); restore it: git checkout {FOLDER}") from error


_KINDS = {"tokens": np.int64, "logp": np.float32, "lengths": np.int64}


def save_chains(corpus: Corpus, folder: Path) -> Path:
    """Write the chains of a corpus that its model has written to `<folder>/<key>.npz`, with their recipe beside them.

    Raises:
        LmphysError: the model has read them only.
    """
    if corpus.spec.writer is not None:
        raise LmphysError(
            f"{corpus.folder.name} only reads chains of {corpus.spec.writer}; ship the corpus of that model"
        )
    key = corpus.spec.key()
    tokens = corpus.column("tokens")
    small = tokens.astype(np.uint16 if tokens.max() < 2**16 else np.uint32)
    logp, lengths = corpus.column("logp").round(4), corpus.chains["n_tokens"].to_numpy(np.uint32)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{key}.npz"
    partial = path.with_suffix(".part.npz")
    np.savez_compressed(partial, tokens=small, logp=logp, lengths=lengths)
    recipe = {
        "spec": corpus.spec.to_json(),
        "chains": len(lengths),
        "tokens": len(tokens),
        "drawn": corpus.manifest.get("drawn", "sampled"),
        "device": corpus.manifest["model"].get("device"),
        "versions": corpus.manifest["versions"],
        "machine": machine(),
        "commit": git_state(Path.cwd()),
    }
    partial.replace(path)
    write_atomically(path.with_suffix(".json"), json.dumps(recipe, indent=1) + "\n")
    return path
