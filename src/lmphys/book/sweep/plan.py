"""Planning a sweep: its jobs, what they need, and about how long they take.

Neither weights nor questions are loaded for it: sizes of models are told by their configurations, numbers of chains by
the profile.
"""

import math
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from lmphys.book.benchmarks import STATES, load_benchmarks
from lmphys.book.budgets import BOUNDS
from lmphys.book.chapter import Chapter, find_chapter
from lmphys.book.sweep.config import SweepConfig
from lmphys.book.sweep.jobs import CorpusJobs, LedgerJob, PageJob, Resources, SweepPlan
from lmphys.book.sweep.rates import (
    Device,
    job_memory,
    model_memory,
    n_gpus,
    read_devices,
    weight_bytes,
)
from lmphys.core.errors import LmphysError
from lmphys.core.files import model_slug
from lmphys.corpus.build import shards_of
from lmphys.corpus.spec import CorpusSpec, default_spec
from lmphys.lm.size import Size, size_of
from lmphys.lm.sources import random_base

SWEEPS = Path("runs", "sweeps")
# Share of the longest chain that chains are long on average; the default model's are 97 tokens of 200.
FILLED = 0.5
# How many times as long as loading the weights a job should take, and bytes a second at which a node loads them.
_LOADS, _LOADING = 5, 1e9
# What a chapter says that takes the corpus of its model, and perhaps of others.
_TAKES_CORPUS = re.compile(r"default_spec\(\s*[a-z_]+\s*[,)]")
# Sentences of a chain, and states kept of each: two sites at two positions, float32.
SENTENCES, STATE_BYTES = 8, 4 * 4


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
        self.sizes: dict[str, Size] = {model: size_of(model) for model in self._written()}
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
        takers = [page for page in self.pages if takes_corpus(page)]
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
        parts = n_parts(seconds, n_shards, self.config.job_minutes, self.sizes[model], self.config.dtype)
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
        states = _chains(spec) * SENTENCES * STATE_BYTES * self.sizes[model].width
        for number, group in enumerate(groups, 1):
            seconds = sum(self.seconds[page.id] for page in group)
            arguments = [*(page.id for page in group), "--model", model, "--profile", self.config.profile]
            arguments += ["--set", f"seed={seed}"]
            takes = any(map(takes_corpus, group))
            name = self._name(model, seed)
            yield PageJob(
                f"{name}--pages{number}",
                arguments,
                [name] if takes else [],
                seconds,
                self._resources(model, seconds, states),
            )

    def _rate(self, device: Device, model: str) -> float:
        return device.rate(self.sizes[model], self.config.dtype, self.config.batch_size)

    def _resources(self, model: str, seconds: float, states: float = 0.0) -> Resources:
        longest = default_spec(model, self.config.profile).sampling.max_tokens
        need = model_memory(self.sizes[model], self.config.dtype, self.config.batch_size, longest)
        gpus = n_gpus(need, self.config.gpu_memory_gb) if self.device == "cuda" else 0
        return Resources(math.ceil(job_memory(need, states) / 1e6), math.ceil(3 * seconds / 60) + 10, gpus)

    def _hours(self, device: Device, wanted: Sequence[tuple[str, int]], groups: Sequence[PageJob]) -> float:
        drawn = sum(_tokens(self._spec(model, seed)) / self._rate(device, model) for model, seed in wanted)
        return (drawn + sum(job.seconds for job in groups)) / 3600


def takes_corpus(page: Chapter) -> bool:
    """Whether a page takes the corpus of its model, which then had better be there before."""
    return _TAKES_CORPUS.search(page.source) is not None


def n_parts(seconds: float, n_shards: int, job_minutes: float, size: Size, dtype: str) -> int:
    """Jobs that share a corpus: of `job_minutes` each, or of several times what loading the weights takes.

    Args:
        seconds: of work for the whole corpus.
        n_shards: of the corpus, of which each job has at least one.
        job_minutes: that a job should have.
        size: of the model.
        dtype: of its weights.
    """
    least = max(60 * job_minutes, _LOADS * weight_bytes(size, dtype) / _LOADING)
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
