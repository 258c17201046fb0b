"""A corpus on disk: shards with checksums, written one by one, and a manifest that completes them.

<cache>/corpora/<key>/
shard-00000.safetensors   states by site and position, token columns
shard-00000.chains.jsonl  a line a chain
shard-00000.sentences.jsonl
shard-00000.json          checksums of the three; the shard counts once this stands
manifest.json             spec, versions, model, checksums; the corpus counts once this stands
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from safetensors.numpy import load_file, save

from lmphys.core.boundaries import file_system, given
from lmphys.core.errors import LmphysError
from lmphys.core.files import write_atomically
from lmphys.core.locks import in_turn
from lmphys.core.paths import cache_home
from lmphys.core.progress import announce, remark
from lmphys.core.tables import SENTENCE_COLUMNS, from_lines, to_lines
from lmphys.core.trajectories import Trajectories
from lmphys.corpus.spec import CorpusSpec
from lmphys.lm.sites import SITES

POSITIONS = ("boundary", "after")
# What is measured of every token while it is drawn, see `lmphys.lm.decode.DecodedChain`.
TOKEN_COLUMNS = ("logp", "logp_sampling", "entropy")
# Share of chains that the longest length may cut off before it is told.
_OFTEN_CUT = 0.1


@dataclass
class Shard:
    """Some chains of a corpus.

    Attributes:
        arrays: `<site>.<position>` (sentences, D); `jumps.<site>` (tokens,) norm of the step to each token from the
            one before it, NaN at a chain's first; `midway.<site>` (sentences,) norm of the jump over as many tokens
            as from the sentence before, begun and ended half a sentence before the boundaries, NaN at a chain's
            first; `tokens` and `TOKEN_COLUMNS` (tokens,).
        chains: a row a chain.
        sentences: a row a sentence; `chain` is the row in `chains`.
    """

    arrays: dict[str, np.ndarray]
    chains: pd.DataFrame
    sentences: pd.DataFrame


def corpora_home() -> Path:
    """Folder of all corpora."""
    return cache_home() / "corpora"


class ShardStore:
    """Writes and reads the shards of one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder: a second process waits here until the first is done."""
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        with in_turn(Path(f"{self.folder}.lock"), "builds the same corpus"):
            self.folder.mkdir(exist_ok=True)
            for part in self.folder.glob(".*.part"):  # of a process that was killed, unless its shard is in hand
                if not self._lock(part.name[1:12]).exists():
                    part.unlink(missing_ok=True)
            yield

    @contextmanager
    def holding(self, number: int) -> Iterator[None]:
        """Hold one shard, so that any number of processes on any machines can build the shards of one corpus.

        Who comes second waits, and finds the shard there. A process that dies lets go of it; only then does its lock
        file stay.
        """
        name = f"shard-{number:05d}"
        self.folder.mkdir(parents=True, exist_ok=True)
        with in_turn(self._lock(name), "builds the same shard"):
            for part in self.folder.glob(f".{name}.*.part"):
                part.unlink(missing_ok=True)
            try:
                yield
            finally:
                self._lock(name).unlink(missing_ok=True)

    def _lock(self, name: str) -> Path:
        return self.folder / f"{name}.lock"

    @property
    def complete(self) -> bool:
        """Whether the manifest stands."""
        return (self.folder / "manifest.json").is_file()

    def complete_by(self, build: Callable[[], None]) -> None:
        """Build what is not complete yet; a second process waits until the first is done, and finds it complete."""
        if self.complete:
            return
        with file_system(), self.locked():
            if not self.complete:
                build()

    def has(self, number: int) -> bool:
        """Whether a shard is complete and undamaged."""
        try:
            self._checked(number)
        except (OSError, ValueError, LmphysError):
            return False
        return True

    def write(self, number: int, shard: Shard) -> None:
        """Write a shard; it counts only once its checksums are there."""
        files = {
            f"shard-{number:05d}.safetensors": save({k: np.ascontiguousarray(v) for k, v in shard.arrays.items()}),
            f"shard-{number:05d}.chains.jsonl": to_lines(shard.chains),
            f"shard-{number:05d}.sentences.jsonl": to_lines(shard.sentences),
        }
        for name, content in files.items():
            write_atomically(self.folder / name, content)
        sums = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
        write_atomically(self.folder / f"shard-{number:05d}.json", json.dumps(sums, indent=1))

    def read(self, number: int) -> Shard:
        """Read a shard after checking its checksums.

        Raises:
            LmphysError: a file is missing or differs from what was written.
        """
        arrays, chains, sentences = self._checked(number)
        return Shard(
            load_file(arrays),
            from_lines(chains.read_bytes()),
            from_lines(sentences.read_bytes(), SENTENCE_COLUMNS),
        )

    def files(self, number: int) -> list[str]:
        """Names of the files of a shard, the one with the checksums last.

        Raises:
            LmphysError: one is missing or differs from what was written.
        """
        return [*(file.name for file in self._checked(number)), f"shard-{number:05d}.json"]

    def _checked(self, number: int) -> list[Path]:
        sums = json.loads((self.folder / f"shard-{number:05d}.json").read_text(encoding="utf-8"))
        for name, expected in sums.items():
            file = self.folder / name
            if not file.is_file() or hashlib.sha256(file.read_bytes()).hexdigest() != expected:
                raise LmphysError(f"{file} is missing or damaged; remove {self.folder} and build the corpus again")
        return [self.folder / name for name in sums]

    def write_manifest(self, manifest: dict[str, Any], n_shards: int) -> None:
        """Complete the corpus."""
        sums = {f"shard-{i:05d}": _sum(self.folder / f"shard-{i:05d}.json") for i in range(n_shards)}
        content = {**manifest, "shards": sums}
        content["checksum"] = _content_sum(content)
        write_atomically(self.folder / "manifest.json", json.dumps(content, indent=1, sort_keys=True))


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a finished folder, without its checksum.

    Raises:
        LmphysError: there is none, or it is damaged.
    """
    file = folder / "manifest.json"
    if not file.is_file():
        raise LmphysError(f"{folder} holds no finished corpus; build it: lmphys corpus build")
    with given(file, f"remove {folder} and build the corpus again", "is damaged"):
        manifest = dict(json.loads(file.read_text(encoding="utf-8")))
        checksum = manifest.pop("checksum")
        manifest["spec"], manifest["shards"]
        if checksum != _content_sum(manifest):
            raise ValueError("its checksum is another")
    return manifest


def read_shards(folder: Path, manifest: dict[str, Any]) -> list[Shard]:
    """All shards that a manifest names.

    Raises:
        LmphysError: one is missing or differs from what the manifest says.
    """
    store = ShardStore(folder)
    shards = []
    for number, (name, expected) in enumerate(sorted(manifest["shards"].items())):
        file = folder / f"{name}.json"
        if not file.is_file() or _sum(file) != expected:
            raise LmphysError(f"{file} is missing or damaged; remove {folder} and build the corpus again")
        shards.append(store.read(number))
    return shards


class Corpus:
    """A finished corpus, read from disk when it is asked for.

    Args:
        folder: where it lies.

    Raises:
        LmphysError: there is no manifest, or a shard differs from it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._told_short = False
        self.manifest = read_manifest(folder)
        with given(folder, "remove it and build the corpus again", "holds another kind of corpus"):
            self.spec = CorpusSpec.from_json(self.manifest["spec"])

    @cached_property
    def _shards(self) -> list[Shard]:
        return read_shards(self.folder, self.manifest)

    def verify(self) -> int:
        """Check every checksum and return the number of files; raises LmphysError naming the first bad one."""
        return 4 * len(self._shards) + 1

    @cached_property
    def chains(self) -> pd.DataFrame:
        """A row a chain: question, seed, text, answer, correctness, lengths."""
        table = pd.concat([shard.chains for shard in self._shards], ignore_index=True)
        cut = int((~table["ended"].astype(bool)).sum())
        if cut > _OFTEN_CUT * len(table):
            remark(
                f"{self.spec.writer or self.spec.model}: {cut} of {len(table)} chains are cut off at "
                f"{self.spec.sampling.max_tokens} tokens; for longer ones --set max_tokens=N "
                "(lmphys corpus build: --max-tokens N)"
            )
        return table

    @cached_property
    def sentences(self) -> pd.DataFrame:
        """A row a sentence of any chain; `chain` is the row in `chains`."""
        parts, shift = [], 0
        for shard in self._shards:
            parts.append(shard.sentences.assign(chain=shard.sentences["chain"] + shift))
            shift += len(shard.chains)
        return pd.concat(parts, ignore_index=True)

    def column(self, name: str) -> np.ndarray:
        """A column of all tokens (`tokens`, `TOKEN_COLUMNS`, `jumps.<site>`) or sentences (`midway.<site>`)."""
        return np.concatenate([shard.arrays[name] for shard in self._shards])

    def tokens(self) -> list[np.ndarray]:
        """Token ids of each chain, (n,) int64."""
        return np.split(self.column("tokens"), np.cumsum(self.chains["n_tokens"])[:-1])

    def token_jumps(self, site: str | None = None) -> pd.Series:
        """Norms of all steps from one token to the next inside a chain; the index is the row in `chains`."""
        return self._norms(f"jumps.{self._site(site)}", "n_tokens")

    def midway_jumps(self, site: str | None = None) -> pd.Series:
        """Norms of jumps with the strides of the sentences, begun half a sentence before them; see `Shard`."""
        return self._norms(f"midway.{self._site(site)}", "n_sentences")

    def sentence_jumps(self, site: str | None = None, position: str = "boundary") -> pd.Series:
        """Norms of all steps from one sentence boundary to the next; the index is the row in `chains`."""
        states = self.trajectories(site, position)
        rows = np.flatnonzero(self.chains["n_sentences"] >= 2)
        return pd.Series(np.linalg.norm(states.increments(), axis=1), index=rows[states.pairs()[2]])

    def _site(self, site: str | None) -> str:
        return _known(self.spec.site if site is None else site, SITES)

    def _norms(self, name: str, count: str) -> pd.Series:
        chain = np.repeat(np.arange(len(self.chains)), self.chains[count])
        norms = pd.Series(self.column(name), index=chain)
        return norms[np.isfinite(norms)]

    def accuracy(self) -> pd.DataFrame:
        """Right answers by task: columns chains, answered, correct (shares of the chains), index task."""
        groups = self.chains.assign(answered=self.chains["extracted"].notna()).groupby("task", sort=False)
        return groups.agg(chains=("correct", "size"), answered=("answered", "mean"), correct=("correct", "mean"))

    def trajectories(self, site: str | None = None, position: str = "boundary", *, min_length: int = 2) -> Trajectories:
        """States at the sentence boundaries, of the chains with at least `min_length` sentences.

        Args:
            site: `final_norm` (after the last normalisation) or `resid_post` (residual stream after the spec's layer);
                None takes the spec's `site`.
            position: `boundary` (the token that ends the sentence) or `after` (the token after it).
            min_length: shorter chains are left out; how many is in `meta["shorter_chains_left_out"]`.

        Raises:
            LmphysError: unknown site or position, or no chain is long enough.
        """
        site = self._site(site)
        name = f"{site}.{_known(position, POSITIONS)}"
        states = np.concatenate([shard.arrays[name] for shard in self._shards])
        counts = self.chains["n_sentences"].to_numpy()
        kept = counts >= min_length
        if not kept.any():
            raise LmphysError(
                f"no chain has {min_length} sentences (of {len(counts)} chains); ask for reasoning in the "
                "prompt, or for longer chains (--max-tokens of lmphys corpus build)"
            )
        if not kept.all() and not self._told_short:
            announce(f"{(~kept).sum()} of {len(kept)} chains have fewer than {min_length} sentences and are left out")
            self._told_short = True
        in_kept = np.repeat(kept, counts)
        sentences = self.sentences[in_kept].reset_index(drop=True)
        sentences["chain"] = np.repeat(np.arange(int(kept.sum())), counts[kept])
        meta = {"model": self.spec.model, "layer": self.manifest["layer"], "site": site, "position": position,
                "dtype": self.spec.dtype, "corpus": self.folder.name,
                "shorter_chains_left_out": int((~kept).sum())}  # fmt: skip
        return Trajectories(states[in_kept], counts[kept], self.chains[kept].reset_index(drop=True), sentences, meta)


def _known(name: str, names: tuple[str, ...]) -> str:
    if name not in names:
        raise LmphysError(f"unknown {name!r}; use {' or '.join(names)}")
    return name


def _sum(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _content_sum(manifest: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()
