"""The book before all of its pages have run: sources in which the pages that wait are placeholders.

They are staged and rendered beside the book proper, under `_build/`, and never enter it: neither its sources under
`book/` nor its HTML. So nothing of a result can be taken from them, and whatever stops the build leaves the book whole.
"""

import shutil
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import yaml

from lmphys.book.page import split_opening
from lmphys.book.plan import Step, duration

EARLY = Path("_build", "early")
# The class of the note on a placeholder: no page of the book proper has it.
MARK = "lmphys-placeholder"


def placeholder(waiting: Sequence[Step], place: int, now: datetime, jobs: int = 1) -> str:
    """Markdown in place of a page that waits to be run.

    Args:
        waiting: The pages that are still to run, in order.
        place: Of this page in the queue, from 0.
        now: When the note is written.
        jobs: Pages that run side by side.
    """
    step, before = waiting[place], waiting[:place]
    opening = split_opening(step.chapter.prose)[0]
    state = "Running now" if place < jobs else f"Waiting: number {place + 1} of {len(waiting)} in the queue"
    if any(known.seconds is None for known in (*before, step)):
        when = "it is not known how long that takes"
    else:
        wait = max(sum(known.seconds or 0.0 for known in (*before, step)) / jobs, step.seconds or 0.0)
        when = f"it should be done about {duration(wait)} after {now:%H:%M}"
    return (
        f"{opening}\n\n"
        f":::{{admonition}} {state}\n:class: warning {MARK}\n"
        f"This page has not been run yet, so it shows no result; {when}. Nothing on it was computed.\n:::\n"
    )


def stage(root: Path, folder: Path, waiting: Sequence[Step], now: datetime, jobs: int = 1) -> None:
    """Copy `book/` and the configuration to `folder`, with placeholders for the pages that wait.

    Every page has a line above it that says what it is part of. The generated tables are copied as they are: whoever
    calls this writes those of the pages that are there.
    """
    shutil.rmtree(folder, ignore_errors=True)
    pages = folder / "book" / "chapters"
    shutil.copytree(root / "book", folder / "book")
    for place, step in enumerate(waiting):
        file = pages / f"{step.chapter.id}.md"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.with_suffix(".ipynb").unlink(missing_ok=True)
        file.write_text(placeholder(waiting, place, now, jobs), encoding="utf-8")
    config = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
    html = config.get("html") or {}
    html["announcement"] = (
        f"An early look, made at {now:%H:%M}: {len(waiting)} pages have not been run yet, and the tables and links "
        "lack them. The whole book will stand in _build/html."
    )
    (folder / "_config.yml").write_text(yaml.safe_dump({**config, "html": html}), encoding="utf-8")
