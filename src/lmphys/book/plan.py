"""What a build or run will do: which pages, in which order, and about how long each takes on this machine."""

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import chdir
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from lmphys.book.benchmarks import STATES, Benchmarks, Budget, Rates, load_benchmarks
from lmphys.book.chapter import Chapter
from lmphys.book.effort import effort_lines
from lmphys.book.record import RunRecord, Target, run_key
from lmphys.book.runner import page_bars, run_chapter, stop_kernels
from lmphys.book.speed import rates_of
from lmphys.core.errors import LmphysError
from lmphys.lm.size import Size, known_size
from lmphys.lm.sources import locate

# Memory that a page may need, bytes, and pages side by side that a screen can show.
_MEMORY, _MOST_JOBS = 4e9, 8


@dataclass(frozen=True)
class Step:
    """One page to run.

    Attributes:
        chapter: The page.
        seconds: That it should take; None where it was never run with these parameters.
        basis: What that is taken from, in words.
    """

    chapter: Chapter
    seconds: float | None
    basis: str


@dataclass(frozen=True)
class Plan:
    """The pages to run, those that should take least first, and the pages that are up to date.

    So a reader has something to read soon, and a fault that many pages share shows early. Pages without an estimate
    come last; among equals the order of the contents stays. `jobs` pages run side by side. `efforts` says what the
    models and their chains take, see `lmphys.book.effort`.
    """

    root: Path
    machine: str
    steps: tuple[Step, ...]
    fresh: tuple[Chapter, ...]
    jobs: int
    efforts: tuple[str, ...] = ()

    @property
    def unknown(self) -> int:
        """Pages to run that have no estimate."""
        return sum(step.seconds is None for step in self.steps)

    def seconds(self) -> float:
        """Estimate of all pages to run; those that have none are left out."""
        return together(self.steps, self.jobs)

    def headline(self) -> str:
        """One line: how many pages, and about how long on this machine."""
        text = f"{len(self.steps)} of {len(self.steps) + len(self.fresh)} chapters to run"
        if not self.steps:
            return text
        known = len(self.steps) - self.unknown
        if known:
            text += f": about {duration(self.seconds())} on this machine ({self.machine})"
        if self.unknown:
            text += (
                f"{';' if known else ':'} {self.unknown} of them never ran, so that nothing tells how long they take"
            )
        return text

    def opening(self) -> list[str]:
        """The headline, and what the models take."""
        return [self.headline(), *self.efforts]

    def lines(self) -> list[str]:
        """What stands at the opening, and a line a page to run."""
        width = max((len(step.chapter.id) for step in self.steps), default=0)
        return self.opening() + [
            f"{number:>3}  {step.chapter.id:<{width}}  {_about(step.seconds):>12}  {step.basis}"
            for number, step in enumerate(self.steps, 1)
        ]


def together(steps: Iterable[Step], jobs: int) -> float:
    """Seconds of some pages, `jobs` of them side by side: no less than the longest takes. Unknown ones count as 0."""
    each = [step.seconds or 0.0 for step in steps]
    return max([sum(each) / jobs, *each])


def duration(seconds: float) -> str:
    """Seconds below two minutes, whole minutes above."""
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} minutes"


def _about(seconds: float | None) -> str:
    return "unknown" if seconds is None else duration(seconds)


@dataclass
class _Estimator:
    """Seconds of a page from the best that is known; rates are measured once, and only where they are asked for."""

    root: Path
    machine: str
    recorded: Mapping[str, Benchmarks]
    _rates: list[Rates | None] = field(default_factory=list)

    def rates(self) -> Rates | None:
        if not self._rates:
            self._rates.append(rates_of(self.root, self.machine))
        return self._rates[0]

    def of(self, chapter: Chapter, parameters: dict[str, Any], last: RunRecord | None) -> tuple[float | None, str]:
        if last is not None and last.parameters == parameters and last.machine == self.machine:
            return last.seconds, "as last time"
        if parameters != chapter.resolve({}):
            return None, "no record with these parameters"
        here = self._budget(self.machine, chapter)
        if here is not None:
            return here.seconds, "as on machines of this kind"
        for kind, found in self.recorded.items():
            budget = self._budget(kind, chapter)
            rates = self.rates() if budget is not None and found.rates is not None else None
            if budget is not None and found.rates is not None and rates is not None:
                return scaled(budget, found.rates, rates), f"from {kind}, by tokens"
        return None, "no record"

    def _budget(self, kind: str, chapter: Chapter) -> Budget | None:
        found = self.recorded[kind].budgets.get(chapter.id, {}) if kind in self.recorded else {}
        return next((found[state] for state in STATES if state in found), None)


def scaled(budget: Budget, there: Rates, here: Rates) -> float:
    """Seconds of a page here from its budget on another machine.

    The tokens pass at the rates of this machine; what is left of the seconds there, fits and figures, is taken to be as
    much faster or slower as reading is.
    """
    rest = max(0.0, budget.seconds - budget.drawn / there.drawn - budget.read / there.read)
    return budget.drawn / here.drawn + budget.read / here.read + rest * there.read / here.read


def make_plan(
    root: Path,
    chapters: Sequence[Chapter],
    *,
    overrides: Mapping[str, Any],
    into_book: bool,
    force: bool = False,
    in_order: bool = False,
    jobs: int | None = None,
) -> Plan:
    """Plan of a run of chapters.

    It may take ten seconds, where nothing is recorded of machines of this kind, or for another model, and rates are
    measured.

    Args:
        root: Folder of the project.
        chapters: In the order of the contents.
        overrides: Parameter values; each chapter takes those that it knows.
        into_book: Whether the pages go into the book whatever the parameters.
        force: Run what has not changed, too.
        in_order: Keep the order of `chapters`.
        jobs: Pages side by side; None takes `jobs_here()`.

    Raises:
        LmphysError: `jobs` is below 1.
    """
    from lmphys.core.devices import machine_kind

    if jobs is not None and jobs < 1:
        raise LmphysError(f"{jobs} jobs: take at least 1")
    estimator = _Estimator(root, machine_kind(), load_benchmarks(root))
    steps, fresh = [], []
    for chapter in chapters:
        parameters = chapter.resolve(chapter.taken(overrides))
        target = Target.of(chapter, parameters, into_book)
        last = RunRecord.read(target.folder)
        if last is not None and not force and last.holds(run_key(chapter, parameters), target, root):
            fresh.append(chapter)
        else:
            steps.append(Step(chapter, *estimator.of(chapter, parameters, last)))
    if not in_order:
        steps.sort(key=lambda step: float("inf") if step.seconds is None else step.seconds)
    side_by_side = max(1, min(jobs_here() if jobs is None else jobs, len(steps)))
    pages = [(step.chapter, step.chapter.resolve(step.chapter.taken(overrides))) for step in steps]
    efforts = effort_lines(pages, estimator.rates, _size)
    return Plan(root, estimator.machine, tuple(steps), tuple(fresh), side_by_side, tuple(efforts))


def jobs_here() -> int:
    """Pages that run side by side unless told otherwise: one a core, as far as the memory that is free reaches.

    A page is for the most part small steps, which a second thread does not help; so two pages with a thread each finish
    sooner than one after the other with two. On an accelerator one page at a time has it.
    """
    from lmphys.core.devices import resolve_device

    if resolve_device(os.environ.get("LMPHYS_DEVICE", "auto")).type != "cpu":
        return 1
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, _MOST_JOBS, int(psutil.virtual_memory().available / _MEMORY)))


def carry_out(
    plan: Plan,
    *,
    overrides: Mapping[str, Any],
    into_book: bool,
    force: bool,
    after: Callable[[Sequence[Chapter]], None] = lambda done: None,
    echo: Callable[[str], None] = print,
) -> None:
    """Run the pages of a plan, `plan.jobs` side by side, a line before and after each.

    Time left is the plan's, times what the pages so far took of their estimates. A page that fails lets those beside it
    come to their end, and no other begins.

    Args:
        plan: Of `make_plan`, with the same settings.
        overrides: Parameter values; each chapter takes those that it knows.
        into_book: Replace the pages of the book whatever the parameters.
        force: Run even if nothing has changed.
        after: Called after each page with the chapters that are done.
        echo: Receives the lines.

    Raises:
        LmphysError: as `run_chapter`.
    """
    waiting, running, done = list(plan.steps), dict[Future[float], Step](), list[Chapter]()
    spent = expected = 0.0
    failures: list[BaseException] = []
    threads = None if plan.jobs == 1 else 1

    def run(step: Step) -> float:
        begin = time.monotonic()
        run_chapter(
            step.chapter, overrides=step.chapter.taken(overrides), into_book=into_book, force=force,
            expected=step.seconds, threads=threads, bars=bars, echo=echo,
        )  # fmt: skip
        return time.monotonic() - begin

    # Each page is run in the folder of the project, which a process has but one of.
    with chdir(plan.root), page_bars() as bars, ThreadPoolExecutor(plan.jobs) as pool:
        try:
            while running or (waiting and not failures):
                while waiting and len(running) < plan.jobs and not failures:
                    step = waiting.pop(_next(waiting, running.values(), overrides))
                    left = _left([*waiting, step, *running.values()], plan.jobs, spent, expected)
                    number = len(plan.steps) - len(waiting)
                    echo(f"{step.chapter.id}: running, {number} of {len(plan.steps)}{left}")
                    running[pool.submit(run, step)] = step
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    step, error = running.pop(future), future.exception()
                    if error is not None:
                        failures.append(error)
                        for other in running.values():
                            echo(f"{other.chapter.id}: still running, to its end")
                        continue
                    if step.seconds is not None:
                        spent, expected = spent + future.result(), expected + step.seconds
                    done.append(step.chapter)
                    after(done)
        except BaseException:
            stop_kernels()
            raise
    for error in failures[1:]:
        echo(str(error))
    if failures:
        raise failures[0]


def _next(waiting: Sequence[Step], running: Iterable[Step], overrides: Mapping[str, Any]) -> int:
    """Place of the first page of a model that no running page has: pages of one model wait for the same corpus."""

    def model(step: Step) -> Any:
        return step.chapter.resolve(step.chapter.taken(overrides)).get("model")

    busy, models = {model(step) for step in running}, (model(step) for step in waiting)
    return next((place for place, model in enumerate(models) if model not in busy), 0)


def _left(steps: Sequence[Step], jobs: int, spent: float, expected: float) -> str:
    pace = min(4.0, max(0.25, spent / expected)) if expected > 0 else 1.0
    total = pace * together(steps, jobs)
    return f"; about {duration(total)} left" if total else ""


def _size(model: str) -> Size | None:
    """Size of a model, None where its configuration tells nothing; what names nothing is an error, before all else."""
    locate(model)
    return known_size(model)
