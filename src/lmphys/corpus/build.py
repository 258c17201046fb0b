"""Building a corpus: questions, chains, sentences, states, shard by shard."""

import dataclasses
import importlib.metadata
import math
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from lmphys.core.errors import LmphysError
from lmphys.core.progress import Progress
from lmphys.core.tables import LABEL_COLUMNS, SENTENCE_COLUMNS
from lmphys.corpus.answers import Question, extract, is_correct
from lmphys.corpus.sentences import is_finished, split_sentences, token_ends
from lmphys.corpus.spec import CORPUS_VERSION, CorpusSpec, chain_seed
from lmphys.corpus.store import TOKEN_COLUMNS, Corpus, Shard, ShardStore, corpora_home
from lmphys.corpus.tasks import questions_of
from lmphys.lm.decode import Request
from lmphys.lm.model import LanguageModel
from lmphys.lm.prompts import REQUEST
from lmphys.lm.reading import read_chains
from lmphys.lm.shelf import Shelf, write_chains
from lmphys.lm.sites import SITES
from lmphys.lm.sources import random_base
from lmphys.problems.chains import problem_of
from lmphys.problems.parser import label_sentences

# Chains of a shard are sampled together and apart from those of other shards, so that a build that was stopped
# goes on exactly as it would have.
CHAINS_PER_SHARD = 160
BATCH_SIZE = 64


@dataclass(frozen=True)
class _Written:
    """A chain as text and tokens, whoever wrote it.

    Attributes:
        tokens: (n,) ids.
        ended: whether it ended by itself.
        measured: (n,) values for each name of `TOKEN_COLUMNS`; NaN where the writer is another model.
    """

    tokens: Tensor
    ended: bool
    measured: dict[str, np.ndarray]


def build_corpus(
    spec: CorpusSpec,
    *,
    device: str = "auto",
    batch_size: int = BATCH_SIZE,
    progress: bool | None = None,
    resample: bool = False,
) -> Corpus:
    """Return the corpus of a spec, building what is not on disk yet.

    Chains that come with the book (`lmphys.lm.shelf`) are read in one pass, all others sampled. Finished shards
    of an earlier, interrupted build are kept. When memory runs out the batch is halved.

    Args:
        spec: what to build.
        device: `cpu`, `cuda`, ...; `auto` takes a GPU where there is one.
        batch_size: chains side by side.
        progress: whether to show a bar; None shows it on a terminal.
        resample: sample even chains that come with the book. The corpus lies beside the other.

    Raises:
        LmphysError: unknown model, task or setting, no room on the disk, no network for a hub model.
    """
    spec, store = settle(spec, device, resample)
    store.complete_by(lambda: builder_of(spec, device, batch_size, resample).build(store, progress))
    return Corpus(store.folder)


def settle(spec: CorpusSpec, device: str, resample: bool) -> tuple[CorpusSpec, ShardStore]:
    """The spec with nothing left to the machine, and where its corpus lies."""
    spec.check()
    spec = spec.resolved(device)
    # A corpus of another text on the shelf, or of none, is another corpus.
    mark = "resampled" if resample else _shelf(spec).state
    return spec, ShardStore(corpora_home() / "-".join(filter(None, [spec.key(), mark])))


def builder_of(spec: CorpusSpec, device: str, batch_size: int, resample: bool) -> "Builder":
    """What builds the shards of a settled spec; it loads the model."""
    return (_Reader if spec.writer else _Writer)(spec, device, batch_size, resample)


def shards_of(n_chains: int) -> list[range]:
    """Chains of each shard: as few shards as there must be, of equal size."""
    n_shards = math.ceil(n_chains / CHAINS_PER_SHARD)
    bounds = np.linspace(0, n_chains, n_shards + 1).round().astype(int).tolist()
    return [range(first, last) for first, last in pairwise(bounds)]


def ship_corpus(corpus: Corpus) -> Path:
    """Put the chains of a corpus that its model has written on the shelf of this checkout; return its file.

    Raises:
        LmphysError: the model has read them only.
    """
    spec = corpus.spec
    if spec.writer is not None:
        raise LmphysError(f"{corpus.folder.name} only reads chains of {spec.writer}; ship the corpus of that model")
    writer = _Writer(spec, "cpu", 1, resample=True)
    lengths = corpus.chains["n_tokens"].tolist()
    tokens, logp = (list(torch.from_numpy(corpus.column(name)).split(lengths)) for name in ("tokens", "logp"))
    shelf = _shelf(spec)
    shelf.add(writer.requests(range(len(writer.jobs))), tokens, logp)
    return shelf.path


def _shelf(spec: CorpusSpec) -> Shelf:
    return Shelf.of(spec.writer or spec.model, spec.dtype, spec.sampling)


class Builder:
    """What sampling and reading have in common: a model, shards of chains, a manifest."""

    def __init__(self, spec: CorpusSpec, device: str, batch_size: int, resample: bool) -> None:
        self.spec = spec
        self.resample = resample
        self.device = device
        self.batch_size = batch_size
        self.questions = questions_of(spec.tasks, spec.n_questions, spec.seed)  # refused, if so, before a model loads
        self.model = LanguageModel(spec.model, dtype=spec.dtype, device=device)
        self.layer = self.model.layer_index(spec.layer)
        self.jobs = [(q, chain) for q in self.questions for chain in range(spec.n_chains)]

    def build(self, store: ShardStore, progress: bool | None) -> None:
        """Build all shards that are missing, and complete the corpus."""
        shards = range(len(shards_of(len(self.jobs))))
        self.build_shards(store, shards, progress)
        store.write_manifest(self.manifest(), len(shards))

    def build_shards(self, store: ShardStore, numbers: Sequence[int], progress: bool | None) -> None:
        """Build those of some shards that are missing; one that another process has in hand is waited for."""
        shards = shards_of(len(self.jobs))
        title = f"{self.spec.model} on {len(self.questions)} questions"
        with Progress(title, sum(len(shards[number]) for number in numbers), shown=progress) as bar:
            for number in numbers:
                with store.holding(number):
                    if store.has(number):
                        bar.skip(len(shards[number]))
                    else:
                        store.write(number, self._halving(shards[number], bar))

    def _halving(self, jobs: range, bar: Progress) -> Shard:
        """Build a shard, with half the batch each time that memory runs out."""
        while True:
            mark = bar.done
            try:
                return self.shard(jobs, bar)
            except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
                if not _out_of_memory(error):
                    raise
                if self.batch_size == 1:
                    raise LmphysError(
                        "out of memory even for a single chain; take a smaller model, or shorter "
                        "chains (--max-tokens of lmphys corpus build)"
                    ) from error
            self.batch_size //= 2
            bar.rewind(mark, f"out of memory: going on with {self.batch_size} chains side by side")
            if torch.cuda.is_available():
                torch.cuda.empty_cache()

    def shard(self, jobs: range, bar: Progress) -> Shard:
        """Write or read the chains of one shard."""
        raise NotImplementedError

    def drawn(self) -> str:
        """How the chains came about."""
        raise NotImplementedError

    @cached_property
    def prompts(self) -> dict[str, tuple[int, ...]]:
        """Id of a question to the tokens that ask it, once for all of its chains."""
        return {q.id: self.model.prompt_ids(REQUEST.format(question=q.text), self.spec.prompt) for q in self.questions}

    def manifest(self) -> dict[str, Any]:
        """What the corpus is and what it was made with, without its shards."""
        packages = ("torch", "transformers", "reasoning-gym", "lmphys")
        return {
            "spec": self.spec.to_json(),
            "key": self.spec.key(),
            "corpus_version": CORPUS_VERSION,
            "model": self.model.describe(),
            "layer": self.layer,
            "batch_size": self.batch_size,
            "drawn": self.drawn(),
            "versions": {name: importlib.metadata.version(name) for name in packages}
            | {"python": platform.python_version()},
            "threads": torch.get_num_threads(),
        }


class _Writer(Builder):
    """The model writes its own chains."""

    def requests(self, jobs: range) -> list[Request]:
        chosen = [self.jobs[i] for i in jobs]
        return [Request(self.prompts[q.id], chain_seed(self.spec.seed, q.id, chain)) for q, chain in chosen]

    def drawn(self) -> str:
        if self.resample:
            return "sampled"
        shelf = _shelf(self.spec)
        shipped = sum(shelf.find(request) is not None for request in self.requests(range(len(self.jobs))))
        return {0: "sampled", len(self.jobs): "shipped"}.get(shipped, "partly shipped")

    def shard(self, jobs: range, bar: Progress) -> Shard:
        requests = self.requests(jobs)
        parts: list[Shard | None] = [None] * len(requests)
        for chain in write_chains(
            self.model,
            requests,
            self.spec.sampling,
            layer=self.layer,
            batch_size=self.batch_size,
            on_tokens=bar.tokens,
            resample=self.resample,
        ):
            question, number = self.jobs[jobs[chain.index]]
            measured = {name: getattr(chain, name).numpy() for name in TOKEN_COLUMNS}
            written = _Written(chain.tokens, chain.ended, measured)
            row = {"chain_id": f"{question.id}/{number}", "seed": requests[chain.index].seed}
            parts[chain.index] = chain_shard(self.model, question, row, written, chain.states)
            bar.advance()
        return _join([part for part in parts if part is not None])


class _Reader(Builder):
    """The model reads the chains of another."""

    def __init__(self, spec: CorpusSpec, device: str, batch_size: int, resample: bool) -> None:
        assert spec.writer is not None
        source = dataclasses.replace(spec, model=spec.writer, writer=None, layer=-1)
        self.source = build_corpus(source, device=device, batch_size=batch_size, resample=resample)
        super().__init__(spec, device, batch_size, resample)

    def drawn(self) -> str:
        return self.source.manifest.get("drawn", "sampled")

    def shard(self, jobs: range, bar: Progress) -> Shard:
        source = ShardStore(self.source.folder).read(shards_of(len(self.jobs)).index(jobs))
        table = source.chains
        questions = [self.jobs[i][0] for i in jobs]
        tokens = self._tokens(source)
        parts: list[Shard | None] = [None] * len(questions)
        prompts = [self.prompts[question.id] for question in questions]
        for i, states in read_chains(self.model, prompts, tokens, layer=self.layer):
            row = table.iloc[i]
            unknown = np.full(len(tokens[i]), np.nan, dtype=np.float32)
            written = _Written(tokens[i], bool(row["ended"]), dict.fromkeys(TOKEN_COLUMNS, unknown))
            labels = {"chain_id": row["chain_id"], "seed": int(row["seed"])}
            parts[i] = chain_shard(self.model, questions[i], labels, written, states)
            bar.tokens(len(tokens[i]))
            bar.advance()
        return _join([part for part in parts if part is not None])

    def _tokens(self, source: Shard) -> list[Tensor]:
        """Token ids of the chains for this model: the writer's own where both share a tokenizer."""
        if random_base(self.spec.model) == self.spec.writer:
            return list(torch.from_numpy(source.arrays["tokens"]).split(source.chains["n_tokens"].tolist()))
        closing = self.model.stop_ids[:1]
        texts = [self.model.tokenizer(text, add_special_tokens=False)["input_ids"] for text in source.chains["text"]]
        return [
            torch.cat([torch.tensor(text, dtype=torch.long), closing[: int(ended)]])
            for text, ended in zip(texts, source.chains["ended"], strict=True)
        ]


def chain_shard(
    model: LanguageModel,
    question: Question,
    row: dict[str, Any],
    written: _Written,
    states: dict[str, Tensor],
) -> Shard:
    """One chain cut into sentences: its rows of the tables, and its states where sentences end.

    A sentence's boundary token is the one that holds its last character; a sentence counts when it is finished and
    another token, the end-of-sequence token included, follows it. Sentences about a problem with known steps get the
    labels of `lmphys.problems.parser`.
    """
    tokens = written.tokens
    model.check_finite("states", tokens, *(array.isfinite().all(-1) for array in states.values()))
    text = model.tokenizer.decode(tokens.tolist(), skip_special_tokens=True, clean_up_tokenization_spaces=False)
    ends = np.array(token_ends(model.tokenizer, tokens.tolist()))
    rows: list[dict[str, Any]] = []
    first = 0  # first token of the sentence
    for sentence in split_sentences(text):
        boundary = int(np.searchsorted(ends, sentence.end))
        if boundary + 1 >= len(tokens) or not is_finished(text, sentence, ended=written.ended):
            continue
        if rows and boundary <= rows[-1]["token"]:
            rows.pop()  # two ends inside one token: the later one stands
            first = rows[-1]["token"] + 1 if rows else 0
        rows.append(
            {
                "chain": 0,
                "t": len(rows),
                "text": text[sentence.start : sentence.end],
                "start": sentence.start,
                "end": sentence.end,
                "token": boundary,
                "boundary_token": _piece(model, tokens[boundary]),
                "after_token": _piece(model, tokens[boundary + 1]),
                "n_tokens": boundary + 1 - first,
                **{name: float(written.measured[name][first : boundary + 1].sum()) for name in ("logp", "entropy")},
            }
        )
        first = boundary + 1
    places = np.array([r["token"] for r in rows], dtype=np.int64)
    arrays: dict[str, np.ndarray] = {}
    for site in SITES:
        array = states[site].numpy()
        arrays[f"{site}.boundary"] = array[places]
        arrays[f"{site}.after"] = array[places + 1]
        steps = np.linalg.norm(np.diff(array, axis=0), axis=1)
        arrays[f"jumps.{site}"] = np.concatenate([[np.nan], steps]).astype(np.float32)
        arrays[f"midway.{site}"] = _midway_jumps(array, places)
    arrays |= {
        "tokens": tokens.numpy(),
        **{name: values.astype(np.float32) for name, values in written.measured.items()},
    }
    problem = problem_of(question.id)
    if problem is not None:
        for r, label in zip(rows, label_sentences(problem, [r["text"] for r in rows]), strict=True):
            r |= {"phase": label.phase, "valid": label.valid, "astray": label.astray}
    extracted = extract(text, question, ended=written.ended)
    chain = {
        **row,
        "question_id": question.id,
        "task": question.task,
        "answer": question.answer,
        "extracted": extracted,
        "correct": is_correct(extracted, question),
        "n_tokens": len(tokens),
        "n_sentences": len(rows),
        "ended": written.ended,
        "logp": float(written.measured["logp"].sum()),
        "question": question.text,
        "text": text,
    }
    columns = SENTENCE_COLUMNS + LABEL_COLUMNS * (problem is not None)
    sentences = pd.DataFrame(rows, columns=columns)
    return Shard(arrays, pd.DataFrame([chain]), sentences)


def _midway_jumps(states: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Norms of jumps with the strides of the sentences, begun and ended half a sentence before its boundaries.

    (sentences,) float32, NaN for the first sentence: the control that tells what is long about a sentence jump from
    what is long about any jump over so many tokens.
    """
    out = np.full(len(places), np.nan, dtype=np.float32)
    if len(places) > 1:
        strides = np.diff(places)
        shift = np.minimum(strides // 2, places[:-1])
        out[1:] = np.linalg.norm(states[places[1:] - shift] - states[places[:-1] - shift], axis=1)
    return out


def _piece(model: LanguageModel, token: Tensor) -> str:
    return model.tokenizer.decode([int(token)])


def _join(parts: Sequence[Shard]) -> Shard:
    """Chains of one shard, in the order of their requests."""
    arrays = {name: np.concatenate([part.arrays[name] for part in parts]) for name in parts[0].arrays}
    sentences = [part.sentences.assign(chain=i) for i, part in enumerate(parts) if len(part.sentences)]
    empty = pd.DataFrame(columns=SENTENCE_COLUMNS)
    return Shard(
        arrays,
        pd.concat([part.chains for part in parts], ignore_index=True),
        pd.concat(sentences, ignore_index=True) if sentences else empty,
    )


def _out_of_memory(error: BaseException) -> bool:
    text = str(error).lower()
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or "alloc" in text or "out of memory" in text
