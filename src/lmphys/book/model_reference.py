"""The ledger of a model that was run beside the book, kept as the book's own is: a column for everybody."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from lmphys.book.chapter import Chapter
from lmphys.book.ledger import COLUMNS, SUITED
from lmphys.book.record import RunRecord, Target, run_key
from lmphys.book.reference import ReferenceRun, book_rows, reference_of_runs
from lmphys.core.errors import LmphysError
from lmphys.core.files import model_name


def reference_of_model(
    root: Path, chapters: Sequence[Chapter], model: str, profile: str, *, seed: int | None = None
) -> ReferenceRun:
    """What was run of a model, in the book or beside it, as a reference run; pages that were not run are left out.

    A run counts where nothing but the model, the profile and what suits the page to the model was changed. A model that
    is a file or a folder goes by its name alone, as its place says nothing to others.

    Args:
        root: of the project.
        chapters: whose runs are looked for.
        model: its spec, as it was run.
        profile: of the runs.
        seed: of the runs; None for that of the chapters.

    Raises:
        LmphysError: there is no run, or one is out of date.
    """
    found, stale = [], []
    asked = {"model": model, "profile": profile} | ({} if seed is None else {"seed": seed})
    for chapter in chapters:
        runs = list(_runs_of(chapter, asked))
        if not runs:
            continue
        record, current = max(runs, key=lambda run: (run[1], run[0].date))
        found.append((chapter, record))
        stale += [] if current else [chapter.id]
    if not found:
        some = f"lmphys run {chapters[0].id if len(chapters) == 1 else 'PAGES'} --model {model} --profile {profile}"
        raise LmphysError(f"no page was run with {model} in the profile {profile}; run some: {some}")
    if stale:
        again = f"lmphys run {' '.join(stale)} --model {model} --profile {profile}"
        raise LmphysError(f"not up to date: {', '.join(stale)}; run them again: {again}")
    rows = book_rows(root, found)[list(COLUMNS)]
    return _named(reference_of_runs(root, found, rows[rows["model"] == model].to_dict("records")), model)


def _runs_of(chapter: Chapter, asked: Mapping[str, Any]) -> Iterator[tuple[RunRecord, bool]]:
    """Runs of a page with what was asked for whose rows join the ledger, and whether each is up to date."""
    aside = (chapter.root / "runs" / chapter.id).parent.glob(f"{chapter.slug}--*")
    for folder in [Target.of(chapter, {}, into_book=True).folder, *sorted(aside)]:
        record = RunRecord.read(folder)
        if record is None or any(record.parameters.get(name) != value for name, value in asked.items()):
            continue
        try:
            parameters = chapter.resolve(record.parameters)
        except LmphysError:  # the chapter has other parameters now
            yield record, False
            continue
        plain = chapter.resolve(asked)
        target = Target.of(chapter, parameters, into_book=folder.name == chapter.slug)
        if all(parameters[name] == plain[name] for name in plain if name not in SUITED):
            yield record, record.holds(run_key(chapter, parameters), target, chapter.root)


def _named(run: ReferenceRun, model: str) -> ReferenceRun:
    """A run of one model, with the name of the model in the place of its spec wherever that stands."""
    name = model_name(model)

    def told(row: Mapping[str, Any]) -> dict[str, Any]:
        return {part: value.replace(model, name) if isinstance(value, str) else value for part, value in row.items()}

    return replace(
        run,
        model=name,
        rows=[told(row) for row in run.rows],
        measures=[told(row) for row in run.measures if row["model"] == model],
        sizes={name: run.sizes[model]} if model in run.sizes else {},
    )
