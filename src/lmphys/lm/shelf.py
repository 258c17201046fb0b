"""Chains that come with the book: the token ids that a model drew once, so that every reader has one text.

`data/chains/<key>.npz` is a shelf, one for each writer and way of drawing. Of every chain on it the shelf holds the
name of its request (a digest of the prompt, the seed and the tokens given), its `tokens`, and the log-probability
`logp` (nats, temperature 1) of each token when it was drawn. `<key>.json` beside it tells who drew them, how and where.
States, entropies and log-probabilities are computed anew where a chain is read, and the latter must agree.
"""

import dataclasses
import hashlib
import io
import json
import os
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from lmphys.core.boundaries import given
from lmphys.core.errors import LmphysError
from lmphys.core.files import file_digest, write_atomically
from lmphys.core.locks import in_turn
from lmphys.core.paths import SHIP, project_root
from lmphys.core.provenance import git_state, machine, versions
from lmphys.lm.decode import ChainDecoder, DecodedChain, Request
from lmphys.lm.model import LanguageModel
from lmphys.lm.reading import read_written
from lmphys.lm.sampling import Sampling
from lmphys.lm.sources import identity

FOLDER = Path("data", "chains")
# Largest difference of a log-probability (nats) between two machines in float32; another token differs by far more.
TOLERANCE = 1e-3
_KINDS = {"requests": np.uint64, "tokens": np.int64, "logp": np.float32, "lengths": np.int64}


def write_chains(
    model: LanguageModel,
    requests: Sequence[Request],
    sampling: Sampling,
    *,
    layer: int = -1,
    batch_size: int = 64,
    on_tokens: Callable[[int], None] | None = None,
    resample: bool = False,
) -> Iterator[DecodedChain]:
    """Yield a chain for each request, in no order: read where it comes with the book, else drawn.

    Args:
        model: the writer.
        requests: chains that are wanted; those of one question side by side.
        sampling: how tokens are drawn.
        layer: block whose output is kept.
        batch_size: chains side by side, where they are drawn.
        on_tokens: called with the number of tokens that were written since it was last called.
        resample: draw even chains that come with the book.

    Raises:
        LmphysError: the shelf is damaged, or a chain on it is not what this model would have written.
    """
    shelf = Shelf.of(model.spec, str(model.dtype).removeprefix("torch."), sampling)
    known = {} if resample else {i: found for i, r in enumerate(requests) if (found := shelf.find(r)) is not None}
    places = list(known)
    prompts = [requests[i].prompt for i in places]
    for chain in read_written(model, prompts, [shelf.tokens[known[i]] for i in places], sampling, layer=layer):
        i = places[chain.index]
        shelf.check(known[i], chain.logp)
        if on_tokens is not None:
            on_tokens(len(chain.tokens))
        yield dataclasses.replace(chain, index=i)
    others = [i for i in range(len(requests)) if i not in known]
    drawn: list[tuple[Request, DecodedChain]] = []
    decoder = ChainDecoder(model, sampling, layer=layer, batch_size=batch_size)
    for chain in decoder.run([requests[i] for i in others], on_tokens):
        i = others[chain.index]
        if os.environ.get(SHIP):
            drawn.append((requests[i], dataclasses.replace(chain, states={})))
        yield dataclasses.replace(chain, index=i)
    if drawn:
        shelf.add([request for request, _ in drawn], [c.tokens for _, c in drawn], [c.logp for _, c in drawn])


class Shelf:
    """The chains of one writer, drawn in one way; an empty shelf where the book carries none.

    Args:
        writer: spec of the model.
        dtype: that it drew in.
        sampling: how.
        folder: where shelves lie.
    """

    def __init__(self, writer: str, dtype: str, sampling: Sampling, folder: Path) -> None:
        self.recipe = {"writer": writer, "dtype": dtype, "sampling": dataclasses.asdict(sampling)}
        content = {**self.recipe, "identity": identity(writer)}
        key = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]
        self.path = folder / f"{key}.npz"

    @classmethod
    def of(cls, writer: str, dtype: str, sampling: Sampling) -> "Shelf":
        """The shelf of this checkout; outside of one, or for a model that no spec names, an empty one."""
        try:
            return cls(writer, dtype, sampling, project_root() / FOLDER)
        except LmphysError:
            return cls(writer, dtype, sampling, Path(os.devnull))

    @property
    def state(self) -> str:
        """What tells the content of the shelf from another; empty where there is none."""
        return file_digest(self.path)[:8] if self.path.is_file() else ""

    @property
    def tokens(self) -> list[Tensor]:
        """(n,) ids of each chain."""
        return self._content[1]

    @property
    def logp(self) -> list[Tensor]:
        """(n,) log-probabilities when they were drawn, nats."""
        return self._content[2]

    def find(self, request: Request) -> int | None:
        """Number of a chain on the shelf, or None."""
        return self._content[0].get(_name(request)) if self._content[0] else None

    def check(self, chain: int, logp: Tensor) -> None:
        """Compare the log-probabilities of a chain with those that the model gives it now.

        Raises:
            LmphysError: a token has another one: it is not the token that was drawn, or the model is another.
        """
        then = self.logp[chain]
        excess = (then - logp).abs() - TOLERANCE * (1 + then.abs())
        if not bool((excess <= 0).all()):  # not a number is off, too
            place = int(excess.nan_to_num(nan=float("inf")).argmax())
            raise LmphysError(
                f"token {place} of chain {chain} in {self.path} has a log-probability of {logp[place]:.4f} here and "
                f"{then[place]:.4f} when it was drawn; restore the file (git checkout {FOLDER}), or remove it to "
                "sample anew"
            )

    def add(self, requests: Sequence[Request], tokens: Sequence[Tensor], logp: Sequence[Tensor]) -> None:
        """Put chains on the shelf, in place of those of the same request.

        Args:
            requests: that they answer.
            tokens: (n,) ids of each.
            logp: (n,) their log-probabilities, nats.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with in_turn(self.path.with_suffix(".lock"), "puts chains on the same shelf"):
            self.__dict__.pop("_content", None)
            every = {name: (self.tokens[i], self.logp[i]) for name, i in self._content[0].items()}
            every |= {_name(r): (t, p) for r, t, p in zip(requests, tokens, logp, strict=True)}
            names = sorted(every)
            ids = torch.cat([every[name][0] for name in names]).numpy()
            packed = io.BytesIO()
            np.savez_compressed(
                packed,
                requests=np.array(names, dtype=np.uint64),
                tokens=ids.astype(np.uint16 if ids.max() < 2**16 else np.uint32),
                logp=torch.cat([every[name][1] for name in names]).numpy().astype(np.float32).round(4),
                lengths=np.array([len(every[name][0]) for name in names], dtype=np.uint32),
            )
            made = {"versions": versions(), "machine": machine(), "commit": git_state(Path.cwd())}
            recipe = {**self.recipe, "chains": len(names), "tokens": len(ids), "last_added": made}
            write_atomically(self.path, packed.getvalue())
            write_atomically(self.path.with_suffix(".json"), json.dumps(recipe, indent=1) + "\n")
        self.path.with_suffix(".lock").unlink(missing_ok=True)
        self.__dict__.pop("_content", None)

    @cached_property
    def _content(self) -> tuple[dict[int, int], list[Tensor], list[Tensor]]:
        """Name of a request -> number of its chain; ids and log-probabilities of the chains."""
        if not self.path.is_file():
            return {}, [], []
        with given(self.path, f"restore it: git checkout {FOLDER}", "is damaged"):
            with self.path.open("rb") as stream, np.load(stream) as arrays:
                names, ids, logp, lengths = (arrays[name].astype(kind) for name, kind in _KINDS.items())
            parts = lengths.tolist()
            if len(names) != len(parts):
                raise ValueError(f"{len(names)} names of {len(parts)} chains")
            found = dict(zip(names.tolist(), range(len(names)), strict=True))
            return found, list(torch.from_numpy(ids).split(parts)), list(torch.from_numpy(logp).split(parts))


def _name(request: Request) -> int:
    """A request as a number of 64 bits."""
    content = [request.prompt, request.seed, request.given, request.uniforms, request.version]
    return int.from_bytes(hashlib.sha256(json.dumps(content).encode()).digest()[:8], "big")
