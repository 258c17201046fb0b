"""Run a chapter and put the executed page in place, whole or not at all."""

import json
import logging
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
from nbformat import NotebookNode
from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeElapsedColumn
from rich.text import Text

from lmphys.book import page as pages
from lmphys.book.chapter import Chapter
from lmphys.book.ledger import SUITED
from lmphys.book.record import RunRecord, Target, input_digests, run_key, short_digest
from lmphys.core.boundaries import explained, file_system, system_error
from lmphys.core.errors import LmphysError
from lmphys.core.files import file_digest, listed, write_atomically
from lmphys.core.locks import alone, in_turn
from lmphys.core.provenance import git_state

if TYPE_CHECKING:
    from jupyter_client.manager import AsyncKernelManager


# What a page has to say of its result, see `lmphys.core.progress.remark`; in the folder of the run.
_REMARKS = "remarks.txt"


@dataclass(frozen=True)
class RunResult:
    """Outcome of `run_chapter`: the executed notebook, its record, and whether an earlier run served."""

    page: Path
    record: RunRecord
    cached: bool


@contextmanager
def project_lock(root: Path, *, wait: bool = False) -> Iterator[None]:
    """Let one process at a time change the pages of a book.

    Args:
        root: of the project.
        wait: for another process, in place of an error.

    Raises:
        LmphysError: another process holds the lock.
    """
    (root / "runs").mkdir(exist_ok=True)
    busy = f"another lmphys is running chapters of {root}; wait for it or stop it"
    lock = root / "runs" / ".lock"
    with file_system(), in_turn(lock, "runs chapters of this book") if wait else alone(lock, busy):
        yield


def lock_for(
    root: Path, chapters: Sequence[Chapter], *, overrides: Mapping[str, Any], into_book: bool, wait: bool = False
) -> AbstractContextManager[None]:
    """The lock of the project where a run changes pages of the book; none where all pages stay aside.

    Any number of processes may run pages aside, on any machines: each page holds its own folder.
    """
    targets = [Target.of(chapter, chapter.resolve(chapter.taken(overrides)), into_book) for chapter in chapters]
    return project_lock(root, wait=wait) if any(target.in_book for target in targets) else nullcontext()


# Process ids of the kernels that are running now, in whatever thread their page waits.
_KERNELS: set[int] = set()
_STOPPED: set[int] = set()


def stop_kernels() -> None:
    """Kill the kernels of all pages that are running; the pages then fail, and change nothing."""
    for pid in tuple(_KERNELS):
        _STOPPED.add(pid)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _kernel_class(environment: dict[str, str], started: list[int]) -> "type[AsyncKernelManager]":
    """A manager that starts this very interpreter, with `environment` added to ours; its process goes to `started`.

    The kernelspec `python3` of a user's or system's Jupyter may be another interpreter; without folders to search,
    the manager falls back on the one that belongs to the running `sys.executable`.
    """
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager
    from traitlets import default

    class OwnKernelManager(AsyncKernelManager):
        @default("kernel_spec_manager")
        def _own_interpreter(self) -> KernelSpecManager:
            return KernelSpecManager(kernel_dirs=[])

        async def start_kernel(self, **kw: Any) -> None:  # type: ignore[override]
            await super().start_kernel(**kw, env={**os.environ, **environment})
            pid = getattr(self.provisioner, "pid", None)
            if pid is not None:
                started.append(pid)
                _KERNELS.add(pid)

    return OwnKernelManager


class _CorpusColumn(ProgressColumn):
    """What a corpus build inside the kernel says of its progress, see `lmphys.core.progress`."""

    def render(self, task: Task) -> Text:
        try:
            return Text(task.fields["progress_file"].read_text(encoding="utf-8"), style="dim")
        except OSError:  # nothing is being sampled
            return Text("")


def page_bars() -> Progress:
    """Bars of running pages, one each, at a terminal; nothing elsewhere."""
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("cell {task.completed} of {task.total}"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[left]}"),
        _CorpusColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


class _Watch:
    """Follows a running notebook: which cells have started, shown as one of the bars."""

    def __init__(
        self, bars: Progress, chapter: Chapter, n_cells: int, expected: float | None, progress_file: Path
    ) -> None:
        self.bar, self.chapter, self.expected, self.started = bars, chapter, expected, list[str]()
        self.begin = time.monotonic()
        self.task = bars.add_task(chapter.id, total=n_cells, left="", progress_file=progress_file)

    def on_cell_start(self, cell: NotebookNode, cell_index: int) -> None:
        tags = cell.metadata.get("tags", [])
        if cell.cell_type != "code" or "injected-parameters" in tags or pages.PROBE_TAG in tags:
            return
        self.started.append(cell.source)
        left = ""
        if self.expected is not None:
            left = f"about {max(0.0, self.expected - (time.monotonic() - self.begin)):.0f} s left"
        self.bar.update(self.task, completed=len(self.started), left=left)

    def name_cell(self, source: str | None = None) -> str:
        """Name the cell with `source`, or the one that started last."""
        if source is None or source not in self.started:
            source = self.started[-1] if self.started else ""
        number = self.started.index(source) + 1 if self.started else 0
        return f"chapter {self.chapter.id}, cell {number} (`{pages.first_line(source)}`)"


def _execute(
    chapter: Chapter,
    changed: dict[str, Any],
    folder: Path,
    expected: float | None,
    threads: int | None,
    bars: Progress,
) -> NotebookNode:
    """Execute in `folder`; returns the raw notebook or leaves `failed.ipynb` and raises LmphysError."""
    import papermill
    from nbclient.exceptions import DeadKernelError

    logging.getLogger("papermill").addHandler(logging.NullHandler())  # else its errors repeat ours on the terminal
    notebook = chapter.notebook()
    n_cells = sum(cell.cell_type == "code" for cell in notebook.cells)
    notebook.cells.append(pages.probe_cell())
    written, running, failed = (folder / f"{name}.ipynb" for name in ("input", "running", "failed"))
    nbformat.write(notebook, written)
    startup = folder / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True, exist_ok=True)
    (startup / "watch.py").write_text("from lmphys.core import provenance as _p; _p.watch_files()\n")
    environment = {
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",  # a user's other choice would swallow the figures
        "IPYTHONDIR": str(folder / "ipython"),  # no start-up files of the user, but ours, which notes what is read
        "LMPHYS_LEDGER_FOLDER": str(folder / "ledger.new"),
        "LMPHYS_PROGRESS_FILE": str(folder / "progress.txt"),
        "LMPHYS_REMARKS_FILE": str(folder / _REMARKS),
        "TQDM_DISABLE": "1",
        "PYTHONWARNINGS": "ignore:IProgress not found",  # tqdm asks for widgets, which a printed page cannot have
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    }
    if threads is not None and "OMP_NUM_THREADS" not in os.environ:
        environment |= {"OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}
    watch = _Watch(bars, chapter, n_cells, expected, folder / "progress.txt")
    kernels: list[int] = []
    try:
        return papermill.execute_notebook(
            str(written),
            str(running),
            parameters=changed,
            progress_bar=False,
            cwd=str(chapter.root),
            kernel_manager_class=_kernel_class(environment, kernels),
            shutdown_kernel="immediate",
            extra_arguments=["--log-level=ERROR"],  # else each kernel warns of its local TCP ports
            on_cell_start=watch.on_cell_start,
        )
    except papermill.PapermillExecutionError as error:
        message = pages.one_line(error.evalue)
        found = system_error(error.ename, error.evalue)
        said = str(explained(found)) if found else f"{error.ename}{': ' * bool(message)}{message}"
        cause = f"{watch.name_cell(error.source)}: {said}"
    except DeadKernelError:
        cause = f"{watch.name_cell()}: the kernel was killed, often for want of memory (try --profile smoke)"
    except RuntimeError as error:
        cause = f"chapter {chapter.id}: the kernel did not start ({pages.one_line(str(error))}; see lmphys doctor)"
    finally:
        _KERNELS.difference_update(kernels)
        bars.remove_task(watch.task)
        written.unlink(missing_ok=True)
        shutil.rmtree(folder / "ipython", ignore_errors=True)
    if _STOPPED.intersection(kernels):
        running.unlink(missing_ok=True)
        raise LmphysError(f"chapter {chapter.id}: stopped")
    if running.exists():
        running.replace(failed)
    raise LmphysError(f"{cause}; partial notebook: {failed.relative_to(chapter.root)}")


def _publish_ledger(
    staged: Path, target: Target, chapter: Chapter, parameters: dict[str, Any]
) -> tuple[list[str], dict[str, str]]:
    """Move the rows that a run recorded to where they belong; returns the files and the verdict of each claim."""
    files, verdicts = list[str](), dict[str, str]()
    defaults, seed = chapter.resolve({}), parameters.get("seed")
    known = {name: parameters.get(name) for name in ("seed", *SUITED)}
    suited = {name: known[name] for name in SUITED if known[name] != defaults.get(name)}
    suffix = ("" if seed == defaults.get("seed") else f"--seed{seed}") + (f"--{short_digest(suited)}" if suited else "")
    for path in listed(staged, "*.json"):
        recorded = json.loads(path.read_text(encoding="utf-8"))
        parts = {part: [row | known for row in recorded.get(part, [])] for part in ("rows", "measures")}
        verdicts.update({row["claim"]: row["verdict"] for row in parts["rows"]})
        place = target.ledger / f"{path.stem}{suffix}.json"
        write_atomically(place, json.dumps(parts, indent=1))
        files.append(place.relative_to(chapter.root).as_posix())
    return files, verdicts


def run_chapter(
    chapter: Chapter,
    *,
    overrides: Mapping[str, Any] | None = None,
    into_book: bool = False,
    force: bool = False,
    expected: float | None = None,
    threads: int | None = None,
    bars: Progress | None = None,
    echo: Callable[[str], None] = print,
) -> RunResult:
    """Run a chapter unless an unchanged run is there already, and put the executed page in place.

    A run with default parameters is the page of the book; another one stays under `runs/` unless `into_book` is set.
    The device is the environment's `LMPHYS_DEVICE`. Nothing of an earlier good page changes before the new one is
    complete.

    Args:
        chapter: The chapter.
        overrides: Parameter values; strings are read in the declared type.
        into_book: Replace the page of the book whatever the parameters.
        force: Run even if nothing has changed.
        expected: Seconds that it should take, for the bar.
        threads: Of the page, where `OMP_NUM_THREADS` says nothing; None leaves it to the libraries.
        bars: That are shown already; None shows one for this page.
        echo: Receives one line for each event.

    Raises:
        LmphysError: a parameter is wrong, or a cell failed; the message names the cell and the partial notebook.
    """
    parameters = chapter.resolve(overrides or {})
    target = Target.of(chapter, parameters, into_book)
    target.folder.mkdir(parents=True, exist_ok=True)
    with in_turn(target.folder / ".lock", f"runs {chapter.id} with the same parameters"):
        return _run_held(chapter, parameters, target, force, expected, threads, bars, echo)


def _run_held(
    chapter: Chapter,
    parameters: dict[str, Any],
    target: Target,
    force: bool,
    expected: float | None,
    threads: int | None,
    bars: Progress | None,
    echo: Callable[[str], None],
) -> RunResult:
    """As `run_chapter`, where nobody else runs the page with these parameters."""
    from lmphys.core.devices import machine_kind  # loads torch, which a list of chapters does without

    root, defaults = chapter.root, chapter.resolve({})
    key = run_key(chapter, parameters)
    last = RunRecord.read(target.folder)
    if last is not None and not force and last.holds(key, target, root):
        echo(f"{chapter.id}: up to date ({target.page.relative_to(root)})")
        return RunResult(target.page, last, True)

    before = input_digests(root)  # files that change while the page runs must not count as used
    staged, remarks = target.folder / "ledger.new", target.folder / _REMARKS
    shutil.rmtree(staged, ignore_errors=True)
    remarks.unlink(missing_ok=True)
    running = target.folder / "running.ipynb"
    try:
        begin = time.monotonic()
        changed = {name: value for name, value in parameters.items() if value != defaults[name]}
        with nullcontext(bars) if bars is not None else page_bars() as shown:
            notebook = _execute(chapter, changed, target.folder, expected, threads, shown)
        seconds = time.monotonic() - begin
        try:
            pages.check(notebook, chapter.id)
            probe = pages.take_probe(notebook, chapter.id)
        except LmphysError as error:
            failed = target.folder / "failed.ipynb"
            running.replace(failed)
            raise LmphysError(f"{error}; partial notebook: {failed.relative_to(root)}") from error
        pages.tidy(notebook, root)
        told = ("device", "cold", "tokens_drawn", "tokens_read", "versions", "peak_memory_gb")
        facts = {name: probe[name] for name in told} | {"machine": machine_kind()}
        facts |= {"git": git_state(root), "date": datetime.now(UTC).isoformat(timespec="seconds")}
        facts |= {"seconds": round(seconds, 2)}
        pages.finish(notebook, chapter, parameters, facts)
        text = nbformat.writes(notebook) + "\n"
        files, rows = _publish_ledger(staged, target, chapter, parameters)
        write_atomically(target.page.with_suffix(".py"), chapter.source)
        write_atomically(target.page, text)
        used = {name: before[name] for name in probe["inputs"] if name in before}
        kept = {file: file_digest(root / file) for file in files}
        record = RunRecord(key, used, file_digest(target.page), parameters, ledger=kept, rows=rows, **facts)
        record.write(target.folder)
        (target.folder / "failed.ipynb").unlink(missing_ok=True)
    finally:
        running.unlink(missing_ok=True)
        shutil.rmtree(staged, ignore_errors=True)
    echo(f"{chapter.id}: {seconds:.1f} s → {target.page.relative_to(root)}")
    if remarks.is_file():
        for line in dict.fromkeys(remarks.read_text(encoding="utf-8").splitlines()):
            echo(f"{chapter.id}: {line}")
    if files and target.ledger != root / "runs" / "ledger":
        echo(f"{chapter.id}: ledger rows of changed parameters stay in {target.ledger.relative_to(root)}")
    return RunResult(target.page, record, False)
