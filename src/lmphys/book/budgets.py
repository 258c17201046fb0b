"""What each page of the book takes, in seconds and tokens through models, beside the bounds that it should keep."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from lmphys.book.benchmarks import BENCHMARKS_FILE, STATES, Budget, Budgets, load_benchmarks, write_benchmarks
from lmphys.book.chapter import Chapter
from lmphys.book.record import RunRecord, book_record
from lmphys.book.style import BLUE, VERMILION
from lmphys.core.errors import LmphysError

# Seconds that a page may take, where it has to add to the cache and where all that it needs is there.
BOUNDS = {"cold": 120.0, "warm": 60.0}
_COLOURS = {"cold": VERMILION, "warm": BLUE}


def budget_of(record: RunRecord) -> tuple[str, Budget]:
    """State of the cache that a page was run with, and what it took."""
    return "cold" if record.cold else "warm", Budget(round(record.seconds, 1), record.tokens_drawn, record.tokens_read)


def budgets_of(records: Sequence[tuple[Chapter, RunRecord]]) -> Budgets:
    """Budgets of pages as they were run here last."""
    return {chapter.id: dict([budget_of(record)]) for chapter, record in records}


def record_budgets(root: Path, chapters: Sequence[Chapter]) -> Path:
    """Keep the budgets of the pages in the book in `data/benchmarks.json`, by the kind of machine that ran them.

    Pages that are out of date, or were run with other parameters than their own, are left out. Of each page the last
    cold and the last warm run are kept, so that both are known after a second build.

    Returns:
        The file.

    Raises:
        LmphysError: there is no such page.
    """
    recorded = load_benchmarks(root)
    found: dict[str, dict[str, dict[str, Budget]]] = defaultdict(dict)
    for chapter in chapters:
        record, current = book_record(chapter)
        if record is None or not current or record.parameters != chapter.resolve({}):
            continue
        kept = recorded[record.machine].budgets if record.machine in recorded else {}
        state, budget = budget_of(record)
        found[record.machine][chapter.id] = {**kept.get(chapter.id, {}), state: budget}
    if not found:
        raise LmphysError("no page in the book is up to date and has its own parameters; build it first: lmphys build")
    ids = {chapter.id for chapter in chapters}
    for kind, budgets in found.items():
        others = recorded[kind].budgets if kind in recorded else {}
        there_still = {page: kept for page, kept in others.items() if page in ids}
        write_benchmarks(root, kind, budgets={**there_still, **budgets})
    return root / BENCHMARKS_FILE


def budget_figure(panels: Mapping[str, Budgets], pages: Sequence[str]) -> Figure:
    """Bars of the seconds of each page, a panel for each machine, with the bounds as lines.

    Args:
        panels: Title to budgets.
        pages: Ids in the order of the contents, from above.
    """
    figure = Figure(figsize=(1.8 + 2.4 * len(panels), 1.2 + 0.24 * len(pages)), layout="constrained")
    axes = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    height = 0.4
    for ax, (title, budgets) in zip(axes, panels.items(), strict=True):
        for number, state in enumerate(STATES):
            shown = [i for i, page in enumerate(pages) if state in budgets.get(page, {})]
            seconds = [budgets[pages[i]][state].seconds for i in shown]
            ax.barh(np.array(shown) + (number - 0.5) * height, seconds, height, color=_COLOURS[state], label=state)
            line = "--" if state == "cold" else ":"
            ax.axvline(BOUNDS[state], color=_COLOURS[state], linestyle=line, label=f"bound, {state}")
        ax.set_title(title)
        ax.set_xlabel("seconds")
        ax.set_xlim(left=0)
    axes[0].set_yticks(range(len(pages)), pages)
    axes[0].set_ylim(len(pages) - 0.5, -0.5)
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=4)
    return figure
