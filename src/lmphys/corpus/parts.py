"""Parts of a corpus: some of its shards, built anywhere, and all of them put together.

A chain's text depends on its own seed, and a shard on the chains in it; so the shards that many machines build are
those that one builds, byte for byte in float32 on processors of one kind. Beside its shards a part leaves
`part-<I>-of-<N>.json`: which they are, and what they were made with. Merging turns these records into the manifest.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lmphys.core.boundaries import file_system, given
from lmphys.core.errors import LmphysError
from lmphys.core.files import listed, write_atomically
from lmphys.corpus.build import BATCH_SIZE, builder_of, settle, shards_of
from lmphys.corpus.spec import CorpusSpec
from lmphys.corpus.store import Corpus, ShardStore, corpora_home
from lmphys.corpus.tasks import questions_of

# What may differ between the parts of one corpus and leaves it the same corpus; everything else must agree.
_CIRCUMSTANCES = ("batch_size", "threads", "device", "python")


@dataclass(frozen=True)
class Part:
    """One of several parts of a corpus.

    Attributes:
        number: from 1.
        of: how many there are.
    """

    number: int
    of: int

    @classmethod
    def parse(cls, text: str) -> "Part":
        """Read `I/N`.

        Raises:
            LmphysError: it is something else.
        """
        match = re.fullmatch(r"(\d{1,6})/(\d{1,6})", text)
        if match is None or not 1 <= int(match[1]) <= int(match[2]):
            raise LmphysError(f"--shard {text} is not I/N with I from 1 to N; for example --shard 1/4")
        return cls(int(match[1]), int(match[2]))

    def shards(self, n: int) -> range:
        """Numbers of its shards, of `n` in all.

        Raises:
            LmphysError: there are fewer shards than parts.
        """
        if self.of > n:
            raise LmphysError(
                f"the corpus has {n} shard{'s' * (n > 1)}, which {self.of} parts cannot share; take N at most {n}"
            )
        return range((self.number - 1) * n // self.of, self.number * n // self.of)

    @property
    def file(self) -> str:
        """Name of its record."""
        return f"part-{self.number:05d}-of-{self.of:05d}.json"


@dataclass(frozen=True)
class BuiltPart:
    """Where a part lies, which shards it holds, and how many the corpus has."""

    folder: Path
    shards: range
    n_shards: int


def build_part(
    spec: CorpusSpec,
    part: Part,
    *,
    device: str = "auto",
    batch_size: int = BATCH_SIZE,
    progress: bool | None = None,
    resample: bool = False,
) -> BuiltPart:
    """Build the shards of one part, but those that stand, and leave its record; other parts may be built meanwhile.

    Args:
        spec: of the whole corpus.
        part: which shards.
        device: as in `build_corpus`, as are the others.
        batch_size: chains side by side.
        progress: whether to show a bar.
        resample: sample even chains that come with the book.

    Raises:
        LmphysError: as `build_corpus`, or there are more parts than shards.
    """
    spec, store = settle(spec, device, resample)
    n_shards = len(shards_of(len(questions_of(spec.tasks, spec.n_questions, spec.seed)) * spec.n_chains))
    found = BuiltPart(store.folder, part.shards(n_shards), n_shards)
    record = store.folder / part.file
    if store.complete or (record.is_file() and all(map(store.has, found.shards))):
        return found
    with file_system():
        builder = builder_of(spec, device, batch_size, resample)
        builder.build_shards(store, found.shards, progress)
        content = {"shards": list(found.shards), "n_shards": n_shards, "manifest": builder.manifest()}
        write_atomically(record, json.dumps(content, indent=1, sort_keys=True))
    return found


def merge_parts(name: str, sources: Sequence[Path] = ()) -> Corpus:
    """Complete a corpus whose parts were built apart. The model is not needed.

    Args:
        name: of its folder, in the cache.
        sources: folders of the same corpus, from other machines, whose shards are copied first.

    Raises:
        LmphysError: shards are missing or damaged, or the parts were not made alike.
    """
    store = ShardStore(corpora_home() / name)
    with file_system(), store.locked():
        if store.complete:
            return Corpus(store.folder)
        for source in sources:
            _fetch(source, store)
        records = _records(store.folder)
        if not records:
            raise LmphysError(f"{store.folder} holds no part of a corpus; build one: lmphys corpus build --shard 1/2")
        manifest, n_shards = _together(store.folder, records)
        missing = [number for number in range(n_shards) if not store.has(number)]
        if missing:
            parts = ", ".join(f"{number + 1}/{n_shards}" for number in missing[:8]) + ", …" * (len(missing) > 8)
            raise LmphysError(
                f"{name} lacks {len(missing)} of its {n_shards} shards; build them with lmphys corpus build and the "
                f"same options, --shard {parts}"
            )
        store.write_manifest(manifest, n_shards)
        for file in records:
            file.unlink()
    return Corpus(store.folder)


def _fetch(source: Path, store: ShardStore) -> None:
    """Copy the parts of a folder and their shards; a shard counts only when its checksums have come, as the last."""
    if source.name != store.folder.name:
        raise LmphysError(f"{source} is another corpus than {store.folder.name}; name the folder of that name")
    there = ShardStore(source)
    records = _records(source)
    if not records:
        raise LmphysError(f"{source} holds no part of a corpus; name what lmphys corpus build --shard has printed")
    for file, record in records.items():
        for number in record["shards"]:
            if not store.has(number):
                for name in there.files(number):
                    write_atomically(store.folder / name, (source / name).read_bytes())
        write_atomically(store.folder / file.name, file.read_bytes())


def _records(folder: Path) -> dict[Path, dict[str, Any]]:
    found = {}
    for file in listed(folder, "part-*.json"):
        with given(file, "remove it and build the part again", "is damaged"):
            found[file] = dict(json.loads(file.read_text(encoding="utf-8")))
            found[file]["manifest"], found[file]["n_shards"], found[file]["shards"]
    return found


def _together(folder: Path, records: Mapping[Path, Mapping[str, Any]]) -> tuple[dict[str, Any], int]:
    """The manifest of all parts, and the number of shards; circumstances that differ are told of each part.

    Raises:
        LmphysError: the parts were not made alike.
    """
    (first, one), *others = records.items()
    alike = _without_circumstances(one["manifest"])
    for file, other in others:
        found = _without_circumstances(other["manifest"])
        differ = sorted(name for name in alike | found if alike.get(name) != found.get(name))
        if differ or one["n_shards"] != other["n_shards"]:
            raise LmphysError(
                f"{first.name} and {file.name} of {folder} differ in {', '.join(differ) or 'the number of shards'}; "
                "remove one with its shards and build it again like the other"
            )
    manifest = dict(one["manifest"])
    ways = [{"shards": record["shards"], **_circumstances(record["manifest"])} for record in records.values()]
    if any(_circumstances(record["manifest"]) != _circumstances(one["manifest"]) for record in records.values()):
        manifest["parts"] = ways
    return manifest, int(one["n_shards"])


def _flat(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Entries of a manifest, those about the model and the versions by their own names."""
    versions = manifest["versions"]
    return {**{k: v for k, v in manifest.items() if k not in ("versions", "model")}, **manifest["model"], **versions}


def _circumstances(manifest: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in _flat(manifest).items() if name in _CIRCUMSTANCES}


def _without_circumstances(manifest: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in _flat(manifest).items() if name not in _CIRCUMSTANCES}
