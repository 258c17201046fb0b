"""The jobs of a sweep, in words and as the file that `workflow/Snakefile` reads."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from lmphys.book.plan import duration
from lmphys.book.sweep.config import SweepConfig
from lmphys.core.files import write_atomically


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
