"""`lmphys corpus`: build, look at, check and export corpora."""

import json
import shutil
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from lmphys.core.errors import LmphysError
from lmphys.core.files import listed
from lmphys.core.paths import MODEL_FORMS, seen_from

app = typer.Typer(help="Build, look at, check and export corpora of chains and states.", no_args_is_help=True)

Model = Annotated[str, typer.Option(help=MODEL_FORMS)]
Profile = Annotated[str, typer.Option(help="smoke (a minute), quick (minutes on two cores) or full (for a GPU)")]
Key = Annotated[str, typer.Argument(help="Key of a corpus, or its first letters; see `lmphys corpus info`")]


@app.command()
def build(
    model: Model = "smollm2",
    profile: Profile = "quick",
    task: Annotated[
        list[str] | None,
        typer.Option(help="Task by name, or a .jsonl file with question, answer[, choices]; repeat it"),
    ] = None,
    questions: Annotated[int | None, typer.Option(help="Questions per task")] = None,
    chains: Annotated[int | None, typer.Option(help="Chains per question")] = None,
    temperature: Annotated[float, typer.Option(help="Sampling temperature; 0 is greedy")] = 0.8,
    top_p: Annotated[float, typer.Option(help="Share of probability kept; 1 keeps all")] = 0.95,
    top_k: Annotated[int, typer.Option(help="Most probable tokens kept; 0 keeps all")] = 0,
    max_tokens: Annotated[int | None, typer.Option(help="Longest chain in tokens (200; reasoner: 360)")] = None,
    prompt: Annotated[
        str,
        typer.Option(
            help="'chat' (a plain question and answer where it has no template), 'chat:NAME' or 'chat:SETTING=VALUE' "
            "of its template, or a text with {question}"
        ),
    ] = "chat",
    writer: Annotated[
        str | None, typer.Option(help="Model that writes the chains which MODEL reads, in any form as MODEL")
    ] = None,
    layer: Annotated[int, typer.Option(help="Block whose output is kept; -1 is the last")] = -1,
    dtype: Annotated[str, typer.Option(help="float32, bfloat16, float16, 8bit, 4bit or auto")] = "auto",
    quantize: Annotated[str | None, typer.Option(help="8bit or 4bit: the same as such a --dtype")] = None,
    device: Annotated[str, typer.Option(envvar="LMPHYS_DEVICE", help="cpu, cuda, mps or auto")] = "auto",
    batch_size: Annotated[int, typer.Option(help="Chains side by side")] = 64,
    seed: Annotated[int, typer.Option(help="Seed of questions and chains")] = 0,
    resample: Annotated[bool, typer.Option("--resample", help="Sample even chains that come with the book")] = False,
    shard: Annotated[
        str | None, typer.Option(metavar="I/N", help="Only part I of N, as on one of N machines; then see merge")
    ] = None,
) -> None:
    """Build a corpus, or go on with one that was stopped; print where it lies."""
    from lmphys.core.devices import quantized
    from lmphys.corpus.build import build_corpus
    from lmphys.corpus.parts import Part, build_part
    from lmphys.corpus.spec import default_spec
    from lmphys.lm.sampling import Sampling

    here = Path.cwd()
    model, tasks = seen_from(here, model), seen_from(here, task or [])
    wanted = {"n_questions": questions, "n_chains": chains, "writer": seen_from(here, writer)}
    changes: dict[str, Any] = {name: value for name, value in wanted.items() if value is not None}
    longest = default_spec(model, profile).sampling.max_tokens if max_tokens is None else max_tokens
    spec = default_spec(
        model,
        profile,
        tasks=tasks,
        sampling=Sampling(temperature, top_p, top_k, longest),
        prompt=prompt,
        layer=layer,
        dtype=dtype if quantize is None else quantized(quantize),
        seed=seed,
        **changes,
    )
    console = _console()
    how: dict[str, Any] = {"device": device, "batch_size": batch_size, "resample": resample}
    if shard is not None:
        part = Part.parse(shard)
        built = build_part(spec, part, **how)
        console.print(
            f"part {part.number} of {part.of} stands: {len(built.shards)} of {built.n_shards} shards; when all parts "
            f"stand: lmphys corpus merge {built.folder.name}"
        )
        print(built.folder)
        return
    corpus = build_corpus(spec, **how)
    console.print(_accuracy_table(corpus.accuracy()))
    short = int((corpus.chains["n_sentences"] < 2).sum())
    console.print(
        f"{len(corpus.chains)} chains, {len(corpus.sentences)} sentences; {short} chains have fewer than two sentences "
        "and make no trajectory"
    )
    print(corpus.folder)


def _accuracy_table(accuracy) -> Table:  # type: ignore[no-untyped-def]
    table = Table("task", "chains", "answered", "right")
    for name, row in accuracy.iterrows():
        table.add_row(str(name), f"{row['chains']:.0f}", f"{row['answered']:.2f}", f"{row['correct']:.2f}")
    return table


@app.command()
def merge(
    key: Annotated[str, typer.Argument(help="Key of the corpus, its first letters, or what `build --shard` printed")],
    source: Annotated[
        list[Path] | None,
        typer.Option("--from", help="Folder of the same corpus from another machine, to be copied first; repeat it"),
    ] = None,
) -> None:
    """Complete a corpus whose parts were built apart (`build --shard I/N`); print where it lies."""
    from lmphys.corpus.parts import merge_parts

    sources = [path.absolute() for path in source or []]
    print(merge_parts(_begun(key, sources), sources).folder)


def _begun(key: str, sources: list[Path]) -> str:
    """Name of the folder that is meant."""
    name = key.rstrip("/").rpartition("/")[2]
    known = {folder.name for folder in (*_folders(), *_unfinished(), *sources)}
    found = [folder for folder in sorted(known) if name and folder.startswith(name)]
    if len(found) != 1:
        raise LmphysError(
            f"{len(found)} corpora begin with {name!r}; on disk: {', '.join(sorted(known)) or 'none yet'}; build a "
            "part: lmphys corpus build --shard 1/2"
        )
    return found[0]


@app.command()
def info(
    key: Annotated[str, typer.Argument(help="Key of a corpus, or its first letters; none lists all")] = "",
) -> None:
    """List the corpora on disk with the chains that they hold, or print the manifest of one."""
    if key:
        print(json.dumps(_find(key).manifest, indent=1, sort_keys=True))
        return
    from lmphys.corpus.store import Corpus

    table = Table("key", "model", "writer", "tasks", "chains", "seed", "MB", box=None)
    for folder in _folders():
        spec = Corpus(folder).manifest["spec"]
        writer, tasks, seed = spec["writer"] or "itself", str(len(spec["tasks"])), str(spec["seed"])
        table.add_row(folder.name, spec["model"], writer, tasks, str(_written(folder)), seed, _megabytes(folder))
    for folder in _unfinished():
        table.add_row(folder.name, "unfinished", "–", "–", str(_written(folder)), "–", _megabytes(folder))
    _console().print(table)


def _written(folder: Path) -> int:
    """Number of chains that lie in a folder, whatever its spec asked for."""
    files = folder.glob("shard-*.chains.jsonl")
    return sum(bool(line.strip()) for file in files for line in file.read_bytes().split(b"\n"))


def _megabytes(folder: Path) -> str:
    return f"{sum(file.stat().st_size for file in folder.iterdir()) / 1e6:.1f}"


def _console() -> Console:
    """The terminal; for a pipe or a file a console so wide that nothing is cut."""
    return Console(width=None if sys.stdout.isatty() else 10_000, highlight=False, markup=False)


@app.command()
def verify(key: Annotated[str, typer.Argument(help="Key or first letters; none checks all")] = "") -> None:
    """Check the files of corpora against their checksums."""
    from lmphys.corpus.store import Corpus

    for corpus in [_find(key)] if key else [Corpus(folder) for folder in _folders()]:
        print(f"{corpus.folder.name}: {corpus.verify()} files as written")


@app.command()
def export(
    key: Key,
    folder: Annotated[Path, typer.Argument(help="New folder to write into")],
    site: Annotated[str, typer.Option(help="final_norm or resid_post")] = "final_norm",
    position: Annotated[str, typer.Option(help="boundary or after")] = "boundary",
) -> None:
    """Write the trajectories of a corpus as states.safetensors and two tables (JSON lines)."""
    if folder.exists():
        raise LmphysError(f"{folder} exists already; name a new folder")
    part = folder.with_name(f".{folder.name}.part")
    try:
        _find(key).trajectories(site, position).save(part)
        part.replace(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    print(folder)


@app.command()
def ship(key: Key) -> None:
    """Put the token ids of a corpus into data/chains, so that readers of the book have the same text."""
    from lmphys.corpus.build import ship_corpus

    print(ship_corpus(_find(key)))


def _folders() -> list[Path]:
    from lmphys.corpus.store import corpora_home

    return [folder for folder in listed(corpora_home(), "*") if (folder / "manifest.json").is_file()]


def _unfinished() -> list[Path]:
    from lmphys.corpus.store import corpora_home

    begun = {file.parent for file in corpora_home().glob("*/shard-*.json")}
    return sorted(folder for folder in begun if not (folder / "manifest.json").is_file())


def _find(key: str):  # type: ignore[no-untyped-def]
    from lmphys.corpus.store import Corpus

    found = [folder for folder in _folders() if folder.name.startswith(key)]
    if len(found) != 1:
        known = ", ".join(folder.name for folder in _folders()) or "none yet; build one: lmphys corpus build"
        raise LmphysError(f"{len(found)} corpora begin with {key!r}; on disk: {known}")
    return Corpus(found[0])
