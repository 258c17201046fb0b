"""A bar with rate and time left, on a terminal; a line in a file where another process shows it."""

import contextlib
import os
import sys
import time
from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress


def announce(text: str) -> None:
    """Tell what takes a while: in the runner's bar where there is one, else on standard error."""
    told = os.environ.get("LMPHYS_PROGRESS_FILE")
    if told:
        _tell(told, text)
    else:
        print(text, file=sys.stderr, flush=True)


def remark(text: str) -> None:
    """Tell what the user should know of the result: after the page where a runner asked for it, else at once.

    A runner names the file that collects such lines in the environment variable LMPHYS_REMARKS_FILE.
    """
    told = os.environ.get("LMPHYS_REMARKS_FILE")
    if told:
        with contextlib.suppress(OSError), Path(told).open("a", encoding="utf-8") as file:
            file.write(f"{text}\n")
    else:
        print(text, file=sys.stderr, flush=True)


def _tell(file: str, text: str) -> None:
    with contextlib.suppress(OSError):  # no page fails for want of a line about its progress
        Path(file).write_text(text, encoding="utf-8")


class Progress:
    """Chains, or other units, done of those wanted, with tokens per second.

    Where the environment variable LMPHYS_PROGRESS_FILE is set, the state is also written there, at most once a
    second: a chapter runs in a process without a terminal, and the runner shows the line in its own bar.

    Args:
        title: what is being done.
        total: number of units.
        unit: what is counted, in the plural.
        shown: whether to draw; None draws on a terminal only.
    """

    def __init__(self, title: str, total: int, *, unit: str = "chains", shown: bool | None = None) -> None:
        self.title, self.total, self.unit, self.done = title, total, unit, 0
        self._n_tokens = 0
        self._start = self._told = time.monotonic()
        self._skipped = 0
        self._file = os.environ.get("LMPHYS_PROGRESS_FILE")
        draw = sys.stderr.isatty() if shown is None else shown
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
        )
        self._bar = RichProgress(*columns, console=Console(stderr=True), disable=not draw)
        self._task = self._bar.add_task(title, total=total, rate="")

    def __enter__(self) -> "Progress":
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()
        if self._file:
            with contextlib.suppress(OSError):
                Path(self._file).unlink(missing_ok=True)

    def tokens(self, n: int) -> None:
        """Count tokens."""
        self._n_tokens += n
        now = time.monotonic()
        if now - self._told < 1:
            return
        self._told = now
        rate = self._n_tokens / (now - self._start)
        self._bar.update(self._task, rate=f"{rate:.0f} tokens/s")
        if self._file:
            fresh = self.done - self._skipped
            left = (self.total - self.done) * (now - self._start) / fresh if fresh else float("nan")
            text = f"{self.title}: {self.done}/{self.total} {self.unit}, {rate:.0f} tokens/s"
            _tell(self._file, text + (f", {left:.0f} s left" if fresh else ""))

    def advance(self) -> None:
        """Count a finished unit."""
        self.done += 1
        self._bar.update(self._task, completed=self.done)

    def skip(self, n: int) -> None:
        """Count units that were there already."""
        self.done += n
        self._skipped += n
        self._bar.update(self._task, completed=self.done)

    def rewind(self, done: int, why: str) -> None:
        """Go back to an earlier count and say why."""
        self.done = done
        self._bar.update(self._task, completed=done)
        self._bar.console.print(f"lmphys: {why}")
