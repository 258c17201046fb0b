"""The `lmphys` command."""

import contextlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from lmphys import __version__
from lmphys.core.boundaries import file_system
from lmphys.core.errors import LmphysError
from lmphys.core.extras import needed
from lmphys.core.paths import MODEL_FORMS, cache_home, home_folder, seen_from

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lmphys.book.chapter import Chapter

# The commands import what they need themselves: `lmphys --help` must not wait for torch and pandas.


_STOPPED = "stopped; nothing half-written"


def _stop(message: str, status: int = 1) -> NoReturn:
    print("lmphys:", " ".join(message.split("\n")), file=sys.stderr)
    raise typer.Exit(status)


class _OneLineErrors(TyperGroup):
    """Every failure that the user can mend is one line on standard error, and a status."""

    def invoke(self, ctx: Any) -> Any:
        try:
            with file_system(), needed("this command"):
                result = super().invoke(ctx)
            _flush()
            return result
        except LmphysError as error:
            with contextlib.suppress(LmphysError):
                _flush()
            _stop(str(error))
        except KeyboardInterrupt:
            _stop(_STOPPED, 130)


def _flush() -> None:
    """Write out what was printed, while an error can still be told.

    Raises:
        LmphysError: it cannot be written, as on a full disk.
    """
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        sys.stdout = _nowhere()  # else Python tries again at its end, and adds lines of its own
        raise LmphysError(
            f"the output cannot be written ({error.strerror}); send it elsewhere, and run the same command again"
        ) from error


def _nowhere() -> Any:
    return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123


def _open_streams() -> None:
    """Streams that take every text: a terminal without our letters shows a question mark, a closed stream nothing."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, _nowhere())
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


app = typer.Typer(
    cls=_OneLineErrors,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Run the chapters of the book on a language model, build the book, and read its ledger.",
)

Model = Annotated[str | None, typer.Option(help=f"Model: {MODEL_FORMS}.")]
Profile = Annotated[str | None, typer.Option(help="Amount of data: smoke (tests), quick (CPU) or full.")]
Set = Annotated[list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Set a parameter; may be repeated.")]
Quantize = Annotated[
    str | None,
    typer.Option(help="Weights of 8bit or 4bit, for models that are too large otherwise; needs bitsandbytes."),
]
Device = Annotated[str | None, typer.Option(help="cpu, cuda, cuda:1 or mps; by default the best that there is.")]
Jobs = Annotated[
    int | None, typer.Option(help="Pages side by side; by default one a core, as memory allows, or one on a GPU.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only print what would run, and about how long it takes.")]
Force = Annotated[bool, typer.Option("--force", help="Run again even if nothing has changed.")]


def _choose_device(device: str | None, quantize: str | None = None) -> None:
    if device is not None:
        os.environ["LMPHYS_DEVICE"] = device
    if quantize is not None:
        from lmphys.core.devices import quantized

        os.environ["LMPHYS_DTYPE"] = quantized(quantize)


def _overrides(chapters: "Sequence[Chapter]", settings: list[str] | None, **named: str | None) -> dict[str, Any]:
    """Values of parameters that were asked for, with the paths among them seen from the folder of the user."""
    from lmphys.book.parameters import read_settings

    found: dict[str, Any] = {**read_settings(settings or []), **{k: v for k, v in named.items() if v is not None}}
    seen: dict[str, Any] = {}
    for chapter in chapters:
        taken, defaults = chapter.taken(found), chapter.resolve({})
        values = {name: value for name, value in chapter.resolve(taken).items() if name in taken}
        texts = {name: value for name, value in values.items() if isinstance(value, str | list)}
        seen |= {name: seen_from(Path.cwd(), value) for name, value in texts.items() if value != defaults[name]}
    return found | seen


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"lmphys {__version__}")
        raise typer.Exit


@app.callback()
def _top(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    if os.environ.get("LMPHYS_HOME"):
        os.environ["LMPHYS_HOME"] = str(cache_home())  # the kernels of chapters run in another folder
    home = home_folder()
    if home is None or not os.access(home, os.W_OK):
        # Matplotlib warns, in the middle of a page, where it cannot keep its list of fonts below the user's home.
        os.environ.setdefault("MPLCONFIGDIR", str(cache_home() / "matplotlib"))


@app.command("list")
def list_chapters() -> None:
    """List the chapters: id, title, state of the page in the book, run time."""
    from rich.console import Console
    from rich.table import Table

    from lmphys.book.chapter import find_chapters
    from lmphys.book.record import book_record
    from lmphys.core.paths import project_root

    table = Table("chapter", "title", "page", "run time", "model", "profile", box=None)
    for chapter in find_chapters(project_root()):
        record, current = book_record(chapter)
        if record is None:
            table.add_row(chapter.id, chapter.title, "not run", "–", "–", "–")
            continue
        model, profile = (str(record.parameters.get(name, "–")) for name in ("model", "profile"))
        state = "up to date" if current else "outdated"
        table.add_row(chapter.id, chapter.title, state, f"{record.seconds:.0f} s", model, profile)
    Console(width=None if sys.stdout.isatty() else 160, highlight=False, markup=False).print(table)


@app.command()
def run(
    chapters: Annotated[
        list[str] | None, typer.Argument(help="Chapter ids, as in `lmphys list`; all by default.")
    ] = None,
    model: Model = None,
    profile: Profile = None,
    set_: Set = None,
    device: Device = None,
    quantize: Quantize = None,
    force: Force = False,
    into_book: Annotated[
        bool, typer.Option("--into-book", help="Replace the page of the book even with other parameters.")
    ] = False,
    ship: Annotated[
        bool, typer.Option("--ship", help="Put the chains that are drawn anew into data/chains, for all readers.")
    ] = False,
    dry_run: DryRun = False,
    jobs: Jobs = None,
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait for another lmphys that runs pages of the book, instead of stopping.")
    ] = False,
) -> None:
    """Run chapters, by default as they stand in the book.

    A run with other parameters, such as your own model, is kept under runs/ beside the book, and its numbers join the
    ledger under the name of the model. A wrong parameter lists what the chapter takes.
    """
    from lmphys.book.chapter import check_settings, find_chapter, find_chapters
    from lmphys.book.plan import carry_out, make_plan
    from lmphys.book.runner import lock_for, run_chapter
    from lmphys.core.paths import SHIP, project_root

    _choose_device(device, quantize)
    if ship:
        os.environ[SHIP] = "1"
    root = project_root()
    everything = find_chapters(root)
    wanted = [find_chapter(everything, name) for name in chapters] if chapters else everything
    overrides = _overrides(wanted, set_, model=model, profile=profile)
    if chapters:
        for chapter in wanted:
            chapter.resolve(overrides)  # a chapter that is named takes all that is set
    else:
        check_settings(wanted, overrides, typer.echo)
    settings: dict[str, Any] = {"overrides": overrides, "into_book": into_book, "force": force}
    plan = make_plan(root, wanted, **settings, in_order=bool(chapters), jobs=jobs)
    if dry_run:
        typer.echo("\n".join(plan.lines()))
        return
    with lock_for(root, wanted, overrides=overrides, into_book=into_book, wait=wait):
        for chapter in plan.fresh:  # it says so
            run_chapter(chapter, **{**settings, "overrides": chapter.taken(overrides)}, echo=typer.echo)
        carry_out(plan, **settings, echo=typer.echo)


@app.command()
def build(
    model: Model = None,
    profile: Profile = None,
    set_: Set = None,
    device: Device = None,
    force: Force = False,
    dry_run: DryRun = False,
    jobs: Jobs = None,
) -> None:
    """Run every chapter that changed and render the book to _build/html/index.html.

    Each chapter takes those settings that it has a parameter for, and its page then goes into the book. Pages that
    should take least run first. Where the rest takes minutes, the book is rendered early to _build/early, in which the
    pages to come say that they wait.
    """
    from lmphys.book.build import build_book
    from lmphys.book.chapter import find_chapters
    from lmphys.book.runner import project_lock
    from lmphys.core.paths import project_root

    _choose_device(device)
    root = project_root()
    overrides = _overrides(find_chapters(root), set_, model=model, profile=profile)
    settings: dict[str, Any] = {"force": force, "overrides": overrides, "jobs": jobs, "echo": typer.echo}
    if dry_run:
        build_book(root, dry_run=True, **settings)
        return
    with project_lock(root):
        index = build_book(root, **settings)
    typer.echo(str(index.relative_to(Path.cwd()) if index.is_relative_to(Path.cwd()) else index))


@app.command()
def pdf(
    into: Annotated[Path | None, typer.Option(help="File that is written; by default _build/lmphys.pdf")] = None,
) -> None:
    """Print the built book into one PDF, with Chromium; minutes.

    Pages that were built last are printed as they are: build them first (lmphys build).
    """
    from lmphys.book.chapter import toc_files
    from lmphys.book.pdf import write_pdf
    from lmphys.core.paths import expanded, project_root

    root = project_root()
    path = root / "_build" / "lmphys.pdf" if into is None else Path.cwd() / expanded(str(into))
    sheets = write_pdf(root / "_build" / "html", toc_files(root), path)
    typer.echo(f"{path}: {sheets} sheets")


@app.command()
def ledger(
    model: Annotated[str | None, typer.Option(help="Only the rows of this model; all models by default.")] = None,
    format_: Annotated[str, typer.Option("--format", metavar="[table|csv|json]", help="table, csv or json.")] = "table",
    across: Annotated[
        bool, typer.Option("--across", help="Headline claims of every paper as rows, models as columns, by size.")
    ] = False,
    folder: Annotated[Path | None, typer.Option(help="With --across: further ledgers, such as a sweep leaves.")] = None,
) -> None:
    """Print every number that was set beside a number of a paper, with its controls and verdict.

    --across sets models side by side: those whose ledgers the book keeps (data/reference/ledgers), those of --folder,
    and yours, which `lmphys run PAGES --model X` adds.
    """
    from lmphys.book.ledger import read_ledger, readable
    from lmphys.core.paths import expanded, project_root

    if format_ not in ("table", "csv", "json"):
        raise LmphysError(f"--format {format_} is unknown; choose table, csv or json")
    if across:
        from lmphys.book.across_view import print_across

        further = None if folder is None else Path.cwd() / expanded(str(folder))
        print_across(project_root(), further, model, format_)
        return
    if folder is not None:
        raise LmphysError("--folder is read with --across; add --across")
    rows = read_ledger(project_root(), model)
    if format_ == "json":
        typer.echo(rows.to_json(orient="records", indent=1, force_ascii=False))
    elif format_ == "csv":
        typer.echo(rows.to_csv(index=False), nl=False)
    elif rows.empty:
        typer.echo("no rows yet: lmphys run, or lmphys build, records them")
    else:
        from rich.console import Console
        from rich.table import Table

        table = Table("model", "claim", "paper", "here", "controls", "verdict", show_lines=True)
        for row, text in zip(rows.itertuples(), readable(rows).itertuples(), strict=True):
            judged = f"{text.verdict}: {text.reason}"
            cells = (f"{row.model} ({row.profile})", text.claim, text.paper, text.here, text.controls, judged)
            table.add_row(*map(str, cells))
        Console(width=None if sys.stdout.isatty() else 160, highlight=False, markup=False).print(table)


@app.command()
def card(
    model: Annotated[str, typer.Argument(help="Model spec or name, as in `lmphys ledger --across`.")],
    into: Annotated[Path | None, typer.Option(help="Folder that is written to; by default runs/cards")] = None,
    folder: Annotated[Path | None, typer.Option(help="Further ledgers, such as a sweep leaves.")] = None,
) -> None:
    """Write the physics of a model on one page, as Markdown and SVG, beside what is known of other models.

    What is not measured says so, with the command that measures it.
    """
    from lmphys.book.card_figure import write_card
    from lmphys.core.paths import expanded, project_root

    root, here = project_root(), Path.cwd()
    place = root / "runs" / "cards" if into is None else here / expanded(str(into))
    further = None if folder is None else here / expanded(str(folder))
    for path in write_card(root, model, place, further):
        typer.echo(str(path.relative_to(here) if path.is_relative_to(here) else path))


@app.command()
def summary() -> None:
    """Print the book on one page, as Markdown: the questions about each paper with their computed answers."""
    from lmphys.book.chapter import find_chapters
    from lmphys.book.standing import standing_of_book
    from lmphys.book.summary import summaries_of_book
    from lmphys.core.paths import project_root

    root = project_root()
    chapters = find_chapters(root)
    found = summaries_of_book(root, chapters)
    if not found:
        raise LmphysError("no questions are asked: book/summary.csv is missing or empty; restore it with git")
    typer.echo(
        "\n".join(filter(None, (standing_of_book(root, chapters), *(part.markdown() for part in found)))), nl=False
    )


@app.command()
def reference(
    check: Annotated[
        bool, typer.Option("--check", help="Keep nothing; compare with what is kept. Status 1 for another verdict.")
    ] = False,
    page: Annotated[
        list[str] | None, typer.Option(help="Keep this page alone, in the ledger that is kept. May be given again.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="Keep what was run of this model, a column of `lmphys ledger --across`.")
    ] = None,
    profile: Annotated[str, typer.Option(help="Of the runs of --model.")] = "quick",
) -> None:
    """Keep the ledger of the book as it is now, for readers and other machines, and what its pages took.

    The ledger goes to data/reference/ledgers/, seconds and tokens of the pages go to data/benchmarks.json, under the
    kind of this machine. --check lists rows whose verdict differs from the ledger that is kept, and numbers that differ
    by more than rounding; rows that a clock decides are left out, and other verdicts on rows that the kept ledger calls
    not firm leave the status at 0. --page puts one page of the book into the ledger that is kept, which then says of
    it when and where it was run; the other pages stay as they were recorded. With --model it is the pages that were run
    of another model, whichever they are, beside the book.
    """
    from lmphys.book.budgets import record_budgets
    from lmphys.book.chapter import find_chapter, find_chapters
    from lmphys.book.reference import (
        check_reference,
        read_references,
        reference_of_book,
        reference_of_model,
        renewed,
    )
    from lmphys.core.paths import project_root

    root = project_root()
    chapters = find_chapters(root)
    if check and model is not None:
        raise LmphysError("--check compares the book; run the model again, and compare with tools/compare_ledgers.py")
    if check:
        found = check_reference(root, chapters)
        typer.echo("\n".join(found.lines()))
        if found.flips:
            raise typer.Exit(1)
        return
    some = [find_chapter(chapters, name) for name in page] if page else chapters
    if model is None:
        fresh = reference_of_book(root, some)
    else:
        fresh = reference_of_model(root, some, seen_from(Path.cwd(), model), profile)
    if page:
        (kept,) = [run for run in read_references(root) if run.name == fresh.name] or [fresh]
        fresh = renewed(kept, fresh)
    written = [fresh.write(root), *([record_budgets(root, chapters)] if model is None else [])]
    for path in written:
        typer.echo(str(path.relative_to(root)))


@app.command(context_settings={"allow_extra_args": True})
def sweep(
    context: typer.Context,
    config: Annotated[
        Path | None, typer.Option(help="Settings: models, pages, seeds, profile; by default config/sweep.yaml.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only print the plan, and write it for Snakemake.")
    ] = False,
    executor: Annotated[
        str, typer.Option(help="Who runs the jobs: local, slurm, or any other that Snakemake has a plugin for.")
    ] = "local",
    jobs: Annotated[
        int | None, typer.Option(help="Jobs side by side; by default what processors and memory allow, or 64.")
    ] = None,
    profile_dir: Annotated[
        Path | None, typer.Option(help="Folder with a profile of Snakemake, such as workflow/profiles/slurm-plain.")
    ] = None,
) -> None:
    """Run models by pages by seeds as jobs, on this machine or on a cluster.

    Corpora are built in parts, merged, and read by pages; each model and seed gets a ledger below runs/sweeps. What
    stands is kept: the same command goes on where a sweep was stopped. What follows -- goes to Snakemake.

    Example: lmphys sweep --config mine.yaml --executor slurm -- --default-resources slurm_partition=gpu
    """
    from lmphys.book.sweep.command import run_sweep
    from lmphys.core.paths import project_root

    run_sweep(
        project_root(),
        None if config is None else config.absolute(),
        dry_run=dry_run,
        executor=executor,
        jobs=jobs,
        profile=None if profile_dir is None else profile_dir.absolute(),
        more=context.args,
        echo=typer.echo,
    )


@app.command()
def doctor(
    model: Annotated[str | None, typer.Option(help=f"Check this model instead: {MODEL_FORMS}.")] = None,
    prompt: Annotated[str, typer.Option(help="As it would be asked: chat, or a text with {question}.")] = "chat",
    device: Device = None,
    quantize: Quantize = None,
) -> None:
    """Check the installation: packages against the lock, device, model, disk. Ends with status 1 where one fails.

    With a model it is the model that is checked: weights, states, batches, cache, tokens, prompt and length.
    """
    from lmphys.core.findings import FAIL

    _choose_device(device, quantize)
    if model is None:
        from lmphys.book.doctor import examine

        findings = examine()
    else:
        from lmphys.lm.doctor import examine_model

        findings = examine_model(model, prompt)
    failed = False
    for finding in findings:
        typer.echo(str(finding))
        failed |= finding.level == FAIL
    if failed:
        raise typer.Exit(1)


@app.command()
def texts(
    file: Annotated[
        Path, typer.Argument(help='A JSON object a line: {"text": ...}, and where known "source", "author", "time".')
    ],
    model: Annotated[str, typer.Option(help=f"Model that reads: {MODEL_FORMS}.")] = "smollm2",
    by: Annotated[str, typer.Option(metavar="[source|author]", help="What the texts are grouped by.")] = "source",
    window: Annotated[
        int | None, typer.Option(help="Tokens that count in a window; by default three texts of four fill one.")
    ] = None,
    context: Annotated[int, typer.Option(help="Tokens before them, which do not count.")] = 8,
    bins: Annotated[int, typer.Option(help="Steps of a path in time, at most.")] = 30,
    seed: Annotated[int, typer.Option(help="Seed of folds, dealings and intervals.")] = 0,
    figure: Annotated[Path | None, typer.Option(help="Draw the tables into this file (svg, png or pdf).")] = None,
    json_: Annotated[
        Path | None, typer.Option("--json", help="Write all of it, a row a text included, into this file.")
    ] = None,
    device: Device = None,
) -> None:
    """Take the temperature of your own texts, and compare their sources.

    Each text is cut into windows of one length, which the model reads. Told are, with 95 % intervals over texts: the
    temperature at which the model would most likely have written so, cross-entropy, free energy and heat capacity
    there; the relative entropy between sources through the model and through counts of words, beside sources dealt out
    anew; how the mean state answers to mixing the sources; and, where there are times, whether the next state is known
    beforehand. Lines that cannot be used are left out, each with its reason.

    Example: lmphys texts posts.jsonl --figure posts.svg --json posts.json
    """
    _choose_device(device)
    from lmphys.book.text_command import take_temperatures

    take_temperatures(
        file.absolute(),
        model=seen_from(Path.cwd(), model),
        by=by,
        window=window,
        context=context,
        bins=bins,
        seed=seed,
        figure=figure,
        record=json_,
        echo=typer.echo,
    )


@app.command("training-log")
def training_log(
    file: Annotated[
        Path, typer.Argument(help="CSV, JSON lines, or trainer_state.json, with step, loss and learning rate")
    ],
    step: Annotated[str | None, typer.Option(help="Column of the step; by default the usual names.")] = None,
    loss: Annotated[str | None, typer.Option(help="Column of the loss; by default the usual names.")] = None,
    rate: Annotated[str | None, typer.Option(help="Column of the learning rate; by default the usual names.")] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print all numbers as JSON.")] = False,
    figure: Annotated[Path | None, typer.Option(help="Draw the fit into this file: .png, .svg or .pdf.")] = None,
) -> None:
    """Say how much of a training loss is heat, which a decay of the learning rate would take away now.

    The loss is fitted as L0 + A x^-alpha + c rate, x the updates or the sum of the rates; intervals (95 %) are over
    blocks of residuals and both clocks. The page training/thermal_laws says where that can be relied on.
    """
    import json

    from lmphys.training.thermal.heat import fit_heat
    from lmphys.training.thermal.log import read_log

    found = fit_heat(read_log(file, step=step, loss=loss, rate=rate))
    if figure is not None:
        from lmphys.book.heat import draw

        draw(found, figure)
    if json_:
        typer.echo(json.dumps(found.to_json(), indent=1))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(show_header=False, box=None)
    for name, value in found.lines():
        table.add_row(name, value)
    console = Console(width=None if sys.stdout.isatty() else 160, highlight=False, markup=False)
    console.print(table)
    for remark in found.remarks():
        console.print("-", remark)


def _hand_down(context: typer.Context, name: str, app_below: typer.Typer) -> None:
    """Run a group of commands that is imported only when it is asked for."""
    command = typer.main.get_command(app_below)
    # Not app_below(...): its errors and its Ctrl-C are to reach the top group, as those of the commands here do.
    with command.make_context(name, context.args or ["--help"], parent=context.parent) as below:
        command.invoke(below)


_HANDED_DOWN: dict[str, Any] = {
    "context_settings": {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
    "options_metavar": "",
}


@app.command(**_HANDED_DOWN)
def corpus(context: typer.Context) -> None:
    """Build, inspect, verify or export corpora of hidden states; `lmphys corpus --help` tells more."""
    from lmphys.corpus.cli import app as corpus_app

    _hand_down(context, "corpus", corpus_app)


@app.command(**_HANDED_DOWN)
def train(context: typer.Context) -> None:
    """Train the reasoner or a tiny transformer; `lmphys train --list` and `lmphys train --help` tell more."""
    from lmphys.training.cli import app as learning_app

    _hand_down(context, "train", learning_app)


def main() -> None:
    """Entry point of the command line."""
    _open_streams()
    try:
        app()
    except KeyboardInterrupt:  # while the program starts or cleans up, outside of every command
        print(f"lmphys: {_STOPPED}", file=sys.stderr)
        sys.exit(130)


if __name__ == "__main__":
    main()
