"""The jobs of a sweep, what they need and about how long they take; written to a file, which the workflow reads.

Neither weights nor questions are loaded for it: sizes of models are told by their configurations, numbers of chains by
the profile.
"""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from lmphys.book.benchmarks import STATES, load_benchmarks
from lmphys.book.budgets import BOUNDS
from lmphys.book.chapter import Chapter, find_chapter
from lmphys.book.plan import duration
from lmphys.book.sweep.config import SweepConfig
from lmphys.book.sweep.rates import (
    Device,
    Shape,
    job_memory,
    model_memory,
    n_gpus,
    read_devices,
    shape_of,
    weight_bytes,
)
from lmphys.core.errors import LmphysError
from lmphys.core.files import model_slug, write_atomically
from lmphys.corpus.build import shards_of
from lmphys.corpus.spec import CorpusSpec, default_spec
from lmphys.lm.sources import random_base

SWEEPS = Path("runs", "sweeps")
# Share of the longest chain that chains are long on average; the default model's are 97 tokens of 200.
FILLED = 0.5
# How many times as long as loading the weights a job should take, and bytes a second at which a node loads them.
_LOADS, _LOADING = 5, 1e9
# What a chapter says that takes the corpus of its model.
_TAKES_CORPUS = "default_spec(model"
# Sentences of a chain, and states kept of each: two sites at two positions, float32.
SENTENCES, STATE_BYTES = 8, 4 * 4


@dataclass(frozen=True)
class Resources:
    """What a job asks of a cluster.

    Attributes:
        mem_mb: main memory, MB.
        runtime: minutes, thrice the estimate and some for the start.
        gpus: of one node.
    """

    mem_mb: int
    runtime: int
    gpus: int


@dataclass(frozen=True)
class CorpusJobs:
    """A corpus, its parts and their merging.

    Attributes:
        name: of its files.
        options: of `lmphys corpus build`.
        after: names of corpora that must stand before, as the text of a model that random weights read.
        chains: how many.
        tokens: how many, estimated.
        shards: of the corpus.
        parts: jobs.
        resources: of one part.
    """

    name: str
    options: list[str]
    after: list[str]
    chains: int
    tokens: int
    shards: int
    parts: int
    resources: Resources


@dataclass(frozen=True)
class PageJob:
    """Pages of one model and seed that one job runs.

    Attributes:
        name: of its file.
        arguments: of `lmphys run`.
        after: names of corpora.
        seconds: of work, estimated.
        resources: of the job.
    """

    name: str
    arguments: list[str]
    after: list[str]
    seconds: float
    resources: Resources


@dataclass(frozen=True)
class LedgerJob:
    """The ledger of one model and seed.

    Attributes:
        name: of its file.
        model: spec.
        profile: of its runs.
        seed: of its runs.
        pages: ids of chapters.
        after: names of page jobs.
    """

    name: str
    model: str
    profile: str
    seed: int
    pages: list[str]
    after: list[str]


@dataclass(frozen=True)
class SweepPlan:
    """All jobs of a sweep.

    Attributes:
        config: its settings.
        folder: of its results, seen from the project.
        device: `cpu` or `cuda`.
        corpora, pages, ledgers: jobs.
        hours: device to hours that one of it takes for all, estimated.
    """

    config: SweepConfig
    folder: Path
    device: str
    corpora: list[CorpusJobs]
    pages: list[PageJob]
    ledgers: list[LedgerJob]
    hours: dict[str, float]

    def files(self) -> list[Path]:
        """What the jobs leave, seen from the project."""
        parts = [f"parts/{c.name}/{i}-of-{c.parts}.txt" for c in self.corpora for i in range(1, c.parts + 1)]
        corpora = [f"corpora/{corpus.name}.txt" for corpus in self.corpora]
        pages = [f"pages/{page.name}.txt" for page in self.pages]
        ledgers = [f"ledgers/{ledger.name}.json" for ledger in self.ledgers]
        return [self.folder / name for name in (*parts, *corpora, *pages, *ledgers, "comparison.csv")]

    def environment(self) -> dict[str, str]:
        """What is the same in all jobs, wherever they run."""
        chosen = {} if self.config.device == "auto" else {"LMPHYS_DEVICE": self.device}
        return {"LMPHYS_DTYPE": self.config.dtype, **chosen}

    def lines(self, root: Path) -> list[str]:
        """The plan in words, a line each."""
        c = self.config
        made = {"model": len(c.models), "page": len(c.pages), "seed": len(c.seeds)}
        counted = " × ".join(f"{n} {word}{'s' * (n != 1)}" for word, n in made.items())
        files = self.files()
        done = sum((root / file).is_file() for file in files)
        parts = sum(corpus.parts for corpus in self.corpora)
        tokens = sum(corpus.tokens for corpus in self.corpora)
        lines = [f"sweep {c.name}: {counted}, profile {c.profile}, {c.dtype} on {self.device}"]
        for corpus in self.corpora:
            needs = _asked(corpus.resources)
            lines.append(
                f"  corpus {corpus.name}: {corpus.chains:,} chains, about {corpus.tokens:,} tokens, {corpus.shards} "
                f"shard{'s' * (corpus.shards != 1)} in {corpus.parts} job{'s' * (corpus.parts != 1)} of {needs}"
            )
        for page in self.pages:
            names = " ".join(name for name in page.arguments[: page.arguments.index("--model")])
            lines.append(f"  pages {page.name}: {names}, about {duration(page.seconds)}, {_asked(page.resources)}")
        lines.append(
            f"{len(files)} jobs, {done} of them done: {parts} parts and {len(self.corpora)} merges of corpora, "
            f"{len(self.pages)} of pages, {len(self.ledgers)} ledgers, a comparison; about {tokens:,} tokens"
        )
        lines += [f"about {hours:.2g} hours on one {device}" for device, hours in self.hours.items()]
        return lines

    def write(self, root: Path) -> Path:
        """Write it into its folder, for `workflow/Snakefile`; returns the file."""
        content = {
            "folder": self.folder.as_posix(),
            "environment": self.environment(),
            "on_gpu": self.device == "cuda",
            "cpus": self.config.cpus,
            "retries": self.config.retries,
            **{
                kind: {job.name: asdict(job) for job in getattr(self, kind)} for kind in ("corpora", "pages", "ledgers")
            },
        }
        path = root / self.folder / "plan.json"
        write_atomically(path, json.dumps(content, indent=1) + "\n")
        return path


def _asked(resources: Resources) -> str:
    gpus = f", {resources.gpus} GPU{'s' * (resources.gpus != 1)}" if resources.gpus else ""
    return f"{resources.mem_mb / 1000:.0f} GB{gpus} and at most {resources.runtime} minutes each"


def plan_sweep(root: Path, config: SweepConfig, chapters: list[Chapter], *, local: bool = True) -> SweepPlan:
    """The jobs of a sweep.

    Args:
        root: of the project.
        config: what to run.
        chapters: of the book.
        local: whether all runs on this machine.

    Raises:
        LmphysError: an unknown page or model, a page that lacks a parameter, or a device that only this machine knows.
    """
    return _Planner(root, config, chapters, local).plan()


class _Planner:
    def __init__(self, root: Path, config: SweepConfig, chapters: list[Chapter], local: bool) -> None:
        self.config = config
        self.pages = list({(page := find_chapter(chapters, name)).id: page for name in config.pages}.values())
        for page in self.pages:
            page.resolve({"model": config.models[0], "profile": config.profile, "seed": config.seeds[0]})
        self.device = _device(config, local)
        self.shapes: dict[str, Shape] = {model: shape_of(model) for model in self._written()}
        self.devices = read_devices(root)
        # Of several devices of a kind the slowest: a job must not be stopped for want of time.
        self.slowest = min((d for d in self.devices if d.kind == self.device), key=lambda device: device.drawn)
        self.seconds = {page.id: self._seconds(root, page) for page in self.pages}

    def _written(self) -> list[str]:
        """The models, each after the one whose text it reads."""
        return list(dict.fromkeys(m for model in self.config.models for m in (random_base(model), model) if m))

    def _seconds(self, root: Path, page: Chapter) -> float:
        """Seconds of a page: what it takes at most by the budgets of the book, times as many chains as it has more."""
        found = [
            kinds.budgets[page.id][state].seconds
            for kinds in load_benchmarks(root).values()
            for state in STATES
            if state in kinds.budgets.get(page.id, {})
        ]
        usual = str(page.resolve({})["profile"])
        more = _chains(default_spec(profile=self.config.profile)) / _chains(default_spec(profile=usual))
        return max(found, default=BOUNDS["warm"]) * max(1.0, more)

    def plan(self) -> SweepPlan:
        """All of it."""
        takers = [page for page in self.pages if _TAKES_CORPUS in page.source]
        wanted = [(model, seed) for seed in self.config.seeds for model in self._written()] if takers else []
        corpora = [self._corpus(model, seed) for model, seed in wanted]
        asked = [(model, seed) for seed in self.config.seeds for model in self.config.models]
        groups = [job for model, seed in asked for job in self._groups(model, seed)]
        ledgers = [
            LedgerJob(
                self._name(model, seed), model, self.config.profile, seed, [page.id for page in self.pages],
                [job.name for job in groups if job.name.startswith(self._name(model, seed) + "--pages")],
            )
            for model, seed in asked
        ]  # fmt: skip
        hours = {device.name: self._hours(device, wanted, groups) for device in self.devices}
        folder = SWEEPS / self.config.name
        return SweepPlan(self.config, folder, self.device, corpora, groups, ledgers, hours)

    def _name(self, model: str, seed: int) -> str:
        return f"{model_slug(model)}--{self.config.profile}" + (f"--seed{seed}" if seed else "")

    def _spec(self, model: str, seed: int) -> CorpusSpec:
        return default_spec(model, self.config.profile, seed=seed)

    def _corpus(self, model: str, seed: int) -> CorpusJobs:
        spec = self._spec(model, seed)
        chains = _chains(spec)
        tokens = _tokens(spec)
        seconds = tokens / self._rate(self.slowest, model)
        n_shards = len(shards_of(chains))
        parts = n_parts(seconds, n_shards, self.config.job_minutes, self.shapes[model], self.config.dtype)
        each = seconds * math.ceil(n_shards / parts) / n_shards
        base = random_base(model)
        options = ["--model", model, "--profile", self.config.profile, "--seed", str(seed)]
        options += ["--batch-size", str(self.config.batch_size)]
        return CorpusJobs(
            self._name(model, seed),
            options,
            [self._name(base, seed)] if base else [],
            chains,
            tokens,
            n_shards,
            parts,
            self._resources(model, each),
        )

    def _groups(self, model: str, seed: int) -> Iterable[PageJob]:
        """Pages in the order of the settings, as many to a job as it should have work."""
        groups: list[list[Chapter]] = []
        full = 60 * self.config.job_minutes
        for page in self.pages:
            if not groups or sum(self.seconds[other.id] for other in groups[-1]) + self.seconds[page.id] > full:
                groups.append([])
            groups[-1].append(page)
        spec = self._spec(model, seed)
        states = _chains(spec) * SENTENCES * STATE_BYTES * self.shapes[model].width
        for number, group in enumerate(groups, 1):
            seconds = sum(self.seconds[page.id] for page in group)
            arguments = [*(page.id for page in group), "--model", model, "--profile", self.config.profile]
            arguments += ["--set", f"seed={seed}"]
            takes = any(_TAKES_CORPUS in page.source for page in group)
            name = self._name(model, seed)
            yield PageJob(
                f"{name}--pages{number}",
                arguments,
                [name] if takes else [],
                seconds,
                self._resources(model, seconds, states),
            )

    def _rate(self, device: Device, model: str) -> float:
        return device.rate(self.shapes[model], self.config.dtype, self.config.batch_size)

    def _resources(self, model: str, seconds: float, states: float = 0.0) -> Resources:
        longest = default_spec(model, self.config.profile).sampling.max_tokens
        need = model_memory(self.shapes[model], self.config.dtype, self.config.batch_size, longest)
        gpus = n_gpus(need, self.config.gpu_memory_gb) if self.device == "cuda" else 0
        return Resources(math.ceil(job_memory(need, states) / 1e6), math.ceil(3 * seconds / 60) + 10, gpus)

    def _hours(self, device: Device, wanted: Sequence[tuple[str, int]], groups: Sequence[PageJob]) -> float:
        drawn = sum(_tokens(self._spec(model, seed)) / self._rate(device, model) for model, seed in wanted)
        return (drawn + sum(job.seconds for job in groups)) / 3600


def n_parts(seconds: float, n_shards: int, job_minutes: float, shape: Shape, dtype: str) -> int:
    """Jobs that share a corpus: of `job_minutes` each, or of several times what loading the weights takes.

    Args:
        seconds: of work for the whole corpus.
        n_shards: of the corpus, of which each job has at least one.
        job_minutes: that a job should have.
        shape: of the model.
        dtype: of its weights.
    """
    least = max(60 * job_minutes, _LOADS * weight_bytes(shape, dtype) / _LOADING)
    return min(n_shards, max(1, math.ceil(seconds / least)))


def _device(config: SweepConfig, local: bool) -> str:
    if config.device != "auto":
        return config.device
    if not local:
        raise LmphysError("device: auto says nothing of other machines; set device: cpu or cuda in the settings")
    from lmphys.core.devices import resolve_device

    return "cuda" if resolve_device("auto").type == "cuda" else "cpu"


def _chains(spec: CorpusSpec) -> int:
    return len(spec.tasks) * spec.n_questions * spec.n_chains


def _tokens(spec: CorpusSpec) -> int:
    """Tokens of all chains; reading them, as random weights do, is taken to be no faster than drawing."""
    return round(_chains(spec) * FILLED * spec.sampling.max_tokens)
