"""What becomes of chains that are cut, displaced, or read beside where they are, kept on disk."""

import dataclasses
import hashlib
import importlib.metadata
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from lmphys.core.errors import LmphysError
from lmphys.core.paths import cache_home
from lmphys.core.progress import Progress
from lmphys.core.tables import SENTENCE_COLUMNS
from lmphys.corpus.answers import Question, extract, is_correct
from lmphys.corpus.build import build_corpus
from lmphys.corpus.spec import CorpusSpec, chain_seed
from lmphys.corpus.store import Corpus, Shard, ShardStore, read_manifest, read_shards
from lmphys.corpus.tasks import questions_of
from lmphys.lm.decode import DecodedChain, PromptKey, Request
from lmphys.lm.model import LanguageModel
from lmphys.lm.prompts import REQUEST
from lmphys.lm.shelf import write_chains
from lmphys.lm.sources import identity
from lmphys.pages.basins.displacement import DisplacedDecoder, directions, displaced_energies, own_uniforms
from lmphys.pages.basins.returns import given_tokens

# Raise it with every change that alters what a spec stands for.
TRIALS_VERSION = 1
_SLACK = 0.02
_NO_SENTENCES = pd.DataFrame(columns=SENTENCE_COLUMNS)


@dataclass(frozen=True)
class TrialSpec:
    """Trials with some chains of a corpus.

    Attributes:
        corpus: whose chains.
        picked: their numbers, rows of `Corpus.chains`.
        cuts: shares of the sentences after which a chain is written anew, in the dtype of the corpus.
        repeats: times that it is, with other random numbers.
        norms: relative displacements of the states of the first half, after which it is written on in float32, from a
            nucleus that is a little wider, with its own random numbers; at 0 it repeats itself.
        n_pushed: so many of the picked chains, the first ones, are displaced.
        depth: block after which they are displaced, as a share of the blocks.
        steps: relative displacements of the embeddings at which the energy is read, both ways, in float32.
        n_directions: random directions of them.
        reader: another model with the same tokens that only reads the energies; None is the corpus's own.
        seed: of all this.
    """

    corpus: CorpusSpec
    picked: tuple[int, ...]
    cuts: tuple[float, ...] = (0.25, 0.5, 0.75)
    repeats: int = 2
    norms: tuple[float, ...] = (0.0, 0.25, 0.5, 1.0)
    n_pushed: int = 24
    depth: float = 0.5
    steps: tuple[float, ...] = (0.1,)
    n_directions: int = 1
    reader: str | None = None
    seed: int = 0

    def check(self) -> None:
        """Raise LmphysError where the spec asks for the impossible."""
        if not self.picked:
            raise LmphysError("no chains are picked for trials; raise n_questions")
        if any(not 0 <= cut < 1 for cut in self.cuts) or any(norm < 0 for norm in self.norms):
            raise LmphysError("a cut is a share from 0 to below 1, and a norm is not negative")
        if any(step <= 0 for step in self.steps) or not 0 <= self.depth <= 1:
            raise LmphysError("steps are above 0, and depth is a share of the layers from 0 to 1")

    @property
    def writes(self) -> bool:
        """Whether the chains are the model's own, so that it can write them on."""
        return self.corpus.writer is None and self.reader is None

    def resolved(self, device: str = "auto") -> "TrialSpec":
        """The same spec with `auto` replaced by what this machine stands for."""
        return dataclasses.replace(self, corpus=self.corpus.resolved(device))

    def key(self) -> str:
        """Name of the trials: a digest of the spec and of the name of the corpus."""
        own = {**dataclasses.asdict(self), "corpus": self.corpus.key()}
        content = {"spec": own, "reader": self.reader and identity(self.reader), "version": TRIALS_VERSION}
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:20]


@dataclass(frozen=True, eq=False)
class Trials:
    """Finished trials.

    Attributes:
        cut: a row a continuation: `chain` (number in the corpus), `cut`, `repeat`, `given` (tokens kept), `n_tokens`
            (of the whole), `ended`, `extracted`, `correct`, `text`.
        displaced: the same for displaced chains, with `norm` and without `repeat`; empty where the model keeps no keys.
        energies: `chain`, `direction`, `step` (signed; 0 in direction 0 alone), `energy` in nats per token.

    The first two are empty where another model wrote the chains or reads the energies.
    """

    cut: pd.DataFrame
    displaced: pd.DataFrame
    energies: pd.DataFrame


def build_trials(
    spec: TrialSpec, *, device: str = "auto", batch_size: int = 64, progress: bool | None = None
) -> Trials:
    """Return the trials of a spec, doing what is not on disk yet; parts of an interrupted run are kept.

    Args:
        spec: what to do.
        device: `cpu`, `cuda`, ...; `auto` takes a GPU where there is one.
        batch_size: chains side by side.
        progress: whether to show a bar; None shows it on a terminal.

    Raises:
        LmphysError: an impossible spec, or one that its corpus does not have the chains for.
    """
    spec.check()
    spec = spec.resolved(device)
    store = ShardStore(cache_home() / "trials" / spec.key())
    store.complete_by(lambda: _Trier(spec, device, batch_size).build(store, progress))
    return _read(store.folder)


def _read(folder: Path) -> Trials:
    manifest = read_manifest(folder)
    tables = {part: s.chains for part, s in zip(manifest["parts"], read_shards(folder, manifest), strict=True)}
    return Trials(**{name: tables.get(name, pd.DataFrame()) for name in ("cut", "displaced", "energies")})


class _Trier:
    """Does the parts of a spec, a shard each."""

    def __init__(self, spec: TrialSpec, device: str, batch_size: int) -> None:
        self.spec, self.device, self.batch_size = spec, device, batch_size
        self.corpus: Corpus = build_corpus(spec.corpus, device=device)
        if max(spec.picked) >= len(self.corpus.chains):
            raise LmphysError(f"chain {max(spec.picked)} of a corpus of {len(self.corpus.chains)}; pick others")
        asked = spec.corpus
        found = questions_of(asked.tasks, asked.n_questions, asked.seed)
        self.questions: dict[str, Question] = {question.id: question for question in found}
        self.tokens = self.corpus.tokens()

    def build(self, store: ShardStore, shown: bool | None) -> None:
        spec, n = self.spec, len(self.spec.picked)
        parts: dict[str, Callable[[Progress], pd.DataFrame]] = {"energies": self._energies}
        if spec.writes:
            parts = {"cut": self._cut, "displaced": self._displaced, **parts}
        with Progress(f"{spec.corpus.model}: trials", n * len(parts), shown=shown) as bar:
            for number, work in enumerate(parts.values()):
                if store.has(number):
                    bar.skip(n)
                    continue
                table = work(bar)
                for _ in spec.picked:
                    bar.advance()
                store.write(number, Shard({"rows": np.array([len(table)])}, table, _NO_SENTENCES))
        versions = {"torch": importlib.metadata.version("torch")}
        store.write_manifest({"spec": dataclasses.asdict(spec), "parts": list(parts), "versions": versions}, len(parts))

    @cached_property
    def _exact(self) -> LanguageModel:
        """The reader in float32."""
        return LanguageModel(self.spec.reader or self.spec.corpus.model, dtype="float32", device=self.device)

    def _question(self, chain: int) -> Question:
        return self.questions[self.corpus.chains["question_id"].iloc[chain]]

    def _prompt(self, model: LanguageModel, chain: int) -> tuple[int, ...]:
        return model.prompt_ids(REQUEST.format(question=self._question(chain).text), self.spec.corpus.prompt)

    def _given(self, chain: int, cut: float) -> list[int]:
        sentences = self.corpus.sentences
        ends = sentences.loc[sentences["chain"] == chain, "token"].to_numpy(dtype=int)
        return self.tokens[chain][: given_tokens(ends, cut)].tolist()

    def _cut(self, bar: Progress) -> pd.DataFrame:
        spec, rows, requests = self.spec, [], []
        model = LanguageModel(spec.corpus.model, dtype=spec.corpus.dtype, device=self.device)
        for cut in spec.cuts:
            for chain in spec.picked:
                name, given = self.corpus.chains["chain_id"].iloc[chain], self._given(chain, cut)
                for repeat in range(spec.repeats):
                    seed = chain_seed(spec.seed, f"{name} cut {cut}", repeat)
                    requests.append(Request((*self._prompt(model, chain), *given), seed, len(given)))
                    rows.append({"chain": chain, "cut": cut, "repeat": repeat, "given": len(given)})
        chains = write_chains(model, requests, spec.corpus.sampling, batch_size=self.batch_size, on_tokens=bar.tokens)
        return self._written(model, chains, rows)

    def _displaced(self, bar: Progress) -> pd.DataFrame:
        spec, drew, model = self.spec, self.spec.corpus.sampling, self._exact
        # What a writer in another dtype drew may lie just outside the nucleus of this one.
        sampling = dataclasses.replace(drew, top_p=min(1.0, drew.top_p + _SLACK))
        rows: list[dict[str, Any]] = []
        requests: list[Request] = []
        shifts: dict[PromptKey, Tensor] = {}
        for chain in spec.picked[: spec.n_pushed] if model.keeps_keys else ():
            row, given, question = self.corpus.chains.iloc[chain], self._given(chain, 0.5), self._prompt(model, chain)
            tokens, prompt = torch.from_numpy(self.tokens[chain]), (*question, *given)
            uniforms = own_uniforms(model, question, tokens, len(given), int(row["seed"]), sampling)
            way = directions(len(given), model.width, chain_seed(spec.seed, f"{row['chain_id']} displaced", 0))
            # Of chains with the same first half the first one's directions count, but each has its own numbers.
            for version, norm in enumerate(spec.norms):
                requests.append(Request(prompt, 0, len(given), uniforms, version))
                shifts.setdefault(requests[-1].key, norm * way)
                rows.append({"chain": chain, "cut": 0.5, "norm": norm, "given": len(given)})
        at = round(spec.depth * model.n_layers)
        if not requests:
            return pd.DataFrame()
        decoder = DisplacedDecoder(model, sampling, shifts, at=at, batch_size=self.batch_size)
        return self._written(model, decoder.run(requests, bar.tokens), rows)

    def _written(
        self, model: LanguageModel, chains: Iterator[DecodedChain], rows: list[dict[str, Any]]
    ) -> pd.DataFrame:
        """The rows with what was written, and the answer of the whole chain."""
        for chain in chains:
            row = rows[chain.index]
            whole = [*self.tokens[row["chain"]][: row["given"]].tolist(), *chain.tokens.tolist()]
            text = model.tokenizer.decode(whole, skip_special_tokens=True, clean_up_tokenization_spaces=False)
            question = self._question(row["chain"])
            answer = extract(text, question, ended=chain.ended)
            row |= {"n_tokens": len(whole), "ended": chain.ended, "extracted": answer}
            row |= {"correct": is_correct(answer, question), "text": text}
        return pd.DataFrame(rows)

    def _energies(self, bar: Progress) -> pd.DataFrame:
        spec, model, rows = self.spec, self._exact, []
        steps = [sign * step for step in spec.steps for sign in (1, -1)]
        places = [(0, 0.0), *((direction, step) for direction in range(spec.n_directions) for step in steps)]
        for chain in spec.picked:
            tokens = torch.from_numpy(self.tokens[chain])
            n = len(tokens) - 1
            if n < 1:  # one token says nothing of what its state predicts
                continue
            seed = chain_seed(spec.seed, f"{self.corpus.chains['chain_id'].iloc[chain]} curvature", 0)
            ways = directions(spec.n_directions * n, model.width, seed).reshape(spec.n_directions, n, -1)
            shifts = torch.stack([step * ways[direction] for direction, step in places])
            found = displaced_energies(model, self._prompt(model, chain), tokens, shifts)
            bar.tokens(found.size * len(tokens))
            for (direction, step), energy in zip(places, found, strict=True):
                rows.append({"chain": chain, "direction": direction, "step": step, "energy": float(energy)})
        return pd.DataFrame(rows)
