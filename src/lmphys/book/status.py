"""The status page: how each page was made and what it took, and what was measured on each kind of machine."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
import pandas as pd

from lmphys.book.benchmarks import Benchmarks, benchmark_table, load_benchmarks
from lmphys.book.budgets import BOUNDS, budget_figure, budgets_of
from lmphys.book.chapter import Chapter
from lmphys.book.ledger import raw_html, scrolling_table
from lmphys.book.plots import growth
from lmphys.book.record import book_records
from lmphys.book.style import svg_text, use_style
from lmphys.core.provenance import git_state, machine, versions

# The page that includes these is book/status.md, and their paths count from there.
_GROWTH_FIGURE = """```{{figure}} _generated/{file}
:alt: Seconds of an EM iteration against transitions, regimes and dimension, a curve for this package and each peer.

Time of one iteration of EM as one size grows and the other two stay{middle}. Both axes are logarithmic: a straight
line is a power law, its slope the power. *Bare matrix products* are the least that an exact iteration has to compute:
the whitened residuals of every regime, and the second moments of all but one, which has what they leave of the total. A
point is the difference of two timings; where noise exceeded it, or ssm would have taken minutes, there is none.
```

"""
_BUDGET_FIGURE = f"""```{{figure}} _generated/budgets.svg
:name: fig-budgets
:alt: Seconds of each page as bars, with the bounds as lines, a panel for each kind of machine.

Seconds of each page, in this book and as recorded on each kind of machine. *Cold*: the page had to add to the cache, to
unpack a model or to read or sample chains; *warm*: all that it needs was there. The lines are the bounds that pages
should keep, {BOUNDS["cold"]:.0f} s cold and {BOUNDS["warm"]:.0f} s warm.
```

"""


def status_page(root: Path, chapters: Sequence[Chapter]) -> str:
    """Markdown of the status: how each page was made, package versions, machine, budgets, benchmarks."""
    records = book_records(chapters)
    pages = pd.DataFrame(
        [
            {
                "page": f'<a href="chapters/{chapter.id}.html">{chapter.id}</a>',
                "run time": f"{record.seconds:.0f} s",
                "cache": "cold" if record.cold else "warm",
                "tokens drawn": f"{record.tokens_drawn:,}",
                "tokens read": f"{record.tokens_read:,}",
                "peak memory": "–" if record.peak_memory_gb is None else f"{record.peak_memory_gb:.1f} GB",
                "device": record.device,
                "model": record.parameters.get("model", "–"),
                "profile": record.parameters.get("profile", "–"),
                "date": record.date[:16].replace("T", " "),
                "commit": re.sub(r"^([0-9a-f]{8})[0-9a-f]{32}", r"\1", record.git),
            }
            for chapter, record in records
        ]
    )
    gpus = sorted({record.device for _, record in records if record.device.startswith("cuda")})
    facts = {**machine(), "GPU used": "; ".join(gpus) or "none", "git commit": git_state(root), **versions()}
    seconds = sum(record.seconds for _, record in records)
    return (
        f"{len(records)} pages, {seconds / 60:.1f} minutes of running in all.\n\n"
        f"{raw_html(scrolling_table(pages, raw=('page',)))}\n"
        f"Machine and packages of the last build:\n\n{_facts_table(facts)}\n"
        f"{_BUDGET_FIGURE if records else ''}"
        f"## Benchmarks\n\n{_benchmarks_section(root)}"
    )


def _facts_table(facts: Mapping[str, str]) -> str:
    return raw_html(scrolling_table(pd.DataFrame(facts.items(), columns=["what", "value"])))


def _benchmarks_section(root: Path) -> str:
    measured = {kind: found for kind, found in load_benchmarks(root).items() if found.rows}
    if not measured:
        return "None are recorded: `make bench` measures them, `make book` does not.\n"
    parts = [
        "Speed and memory beside other ways to do the same, with the bounds that they must keep. They are taken by "
        "`make bench`, at the date and on the machine below each table, and do not change with `make book`.\n"
    ]
    for number, (kind, found) in enumerate(measured.items(), 1):
        parts.append(f"### {kind}\n\n{raw_html(scrolling_table(benchmark_table(found.rows)))}")
        if not found.growth.empty:
            parts.append(_growth_figure(growth_file(number), found.middle))
        parts.append(f"Measured on:\n\n{_facts_table(found.machine)}")
    return "\n".join(parts)


def growth_file(number: int) -> str:
    """Name of the figure of growth of the kind of machine with this number."""
    return f"growth-{number}.svg"


def _growth_figure(file: str, middle: Mapping[str, int]) -> str:
    stay = [f"${name}$ = {value:,}" for name, value in middle.items()]
    return _GROWTH_FIGURE.format(file=file, middle=f", of {', '.join(stay)}" if stay else "")


def status_figures(root: Path, chapters: Sequence[Chapter]) -> dict[str, str]:
    """The figures of the status page as SVG, by file name. Equal numbers, equal text."""
    recorded = load_benchmarks(root)
    measured: list[Benchmarks] = [found for found in recorded.values() if found.rows]
    with mpl.rc_context():
        use_style()
        figures = {
            growth_file(number): svg_text(growth(found.growth))
            for number, found in enumerate(measured, 1)
            if not found.growth.empty
        }
        records = book_records(chapters)
        if records:
            panels = {"this book": budgets_of(records)}
            panels |= {kind: found.budgets for kind, found in recorded.items() if found.budgets}
            figures["budgets.svg"] = svg_text(budget_figure(panels, [chapter.id for chapter in chapters]))
    return figures
