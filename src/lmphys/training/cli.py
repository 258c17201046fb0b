"""`lmphys train`: the reasoner, and the tiny transformers of the recipes."""

import dataclasses
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from lmphys.core.errors import LmphysError
from lmphys.core.paths import MODEL_FORMS, seen_from
from lmphys.training.recipes import RECIPES
from lmphys.training.tiny.recipe import TinyRecipe

_HELP = "Train the reasoner, a small adapter, or a tiny transformer on a world whose laws are known."
app = typer.Typer(help=_HELP, no_args_is_help=True, add_completion=False)


def _show_recipes(wanted: bool) -> None:
    if not wanted:
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None)
    for heading in ("recipe", "world", "model", "updates", "documents"):
        table.add_column(heading, no_wrap=True)
    table.add_column("what for")
    for name, recipe in RECIPES.items():
        counts = (f"{recipe.steps:,}", f"{recipe.steps * recipe.batch_size:,}")
        table.add_row(name, recipe.world, str(recipe.shape), *counts, recipe.title)
    Console(width=None if sys.stdout.isatty() else 160, highlight=False, markup=False).print(table)
    raise typer.Exit


@app.callback()
def _top(
    list_: Annotated[
        bool, typer.Option("--list", callback=_show_recipes, is_eager=True, help="List the recipes.")
    ] = False,
) -> None:
    pass


@app.command()
def reasoner(
    profile: Annotated[
        str, typer.Option(help="smoke (a minute), quick (80 minutes on two cores) or full (for a GPU)")
    ] = "quick",
    base: Annotated[str | None, typer.Option(help=f"Model that is adapted: {MODEL_FORMS}; by default smollm2")] = None,
    into: Annotated[Path, typer.Option(help="Folder for adapters, loss curve and summary")] = Path("runs/reasoner"),
    steps: Annotated[int | None, typer.Option(help="Updates; by default those of the profile")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Examples an update; by default those of the profile")] = None,
    rank: Annotated[int | None, typer.Option(help="Rank of the change of each linear map; by default 8")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="After the warm-up; by default 0.001")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of examples and adapter; by default 0")] = None,
    device: Annotated[str, typer.Option(envvar="LMPHYS_DEVICE", help="cpu, cuda, mps or auto")] = "auto",
) -> None:
    """Train a low-rank adapter on synthetic chains of thought, or go on with a training that was stopped.

    The same command after Ctrl-C, a crash or a kill goes on from the last state, at most two minutes back. Adapters
    are kept at log-spaced steps; the folder of the last one is printed, and is itself a model spec.
    """
    from lmphys.training.reasoner.adapter import train
    from lmphys.training.reasoner.config import PROFILES

    if profile not in PROFILES:
        raise LmphysError(f"unknown profile {profile!r}; use {', '.join(PROFILES)}")
    wanted = {
        "base": seen_from(Path.cwd(), base),
        "steps": steps,
        "batch_size": batch_size,
        "rank": rank,
        "learning_rate": learning_rate,
        "seed": seed,
    }
    changes = {name: value for name, value in wanted.items() if value is not None}
    recipe = dataclasses.replace(PROFILES[profile], **changes)  # type: ignore[arg-type]
    folder = train(recipe, into, device=device)
    print(folder)
    print(f"use it: lmphys run CHAPTER --model {folder}")


def _known(name: str) -> TinyRecipe:
    if name not in RECIPES:
        raise LmphysError(f"unknown recipe {name!r}; lmphys train --list shows all of them")
    return RECIPES[name]


@app.command()
def rates(
    name: Annotated[str, typer.Argument(help="Recipe, as lmphys train --list names it")],
    into: Annotated[Path, typer.Option(help="Folder for the trainings, one in it for each recipe")] = Path(
        "runs/rates"
    ),
    share: Annotated[float, typer.Option(min=0.001, max=1, help="Share of the recipe's updates")] = 0.25,
    device: Annotated[str, typer.Option(envvar="LMPHYS_DEVICE", help="cpu, cuda, mps or auto")] = "auto",
) -> None:
    """Compare learning rates for a recipe: short trainings at half, once and twice its own."""
    from lmphys.training.tiny.rates import compare_rates

    table = compare_rates(_known(name), into / name, share=share, device=device)
    print(table.to_string(index=False, float_format="%.5g"))


@app.command()
def ship(
    name: Annotated[str, typer.Argument(help="Recipe, as lmphys train --list names it")],
    folders: Annotated[list[Path], typer.Argument(help="Folders of trainings that are done, one for each seed")],
) -> None:
    """Put trained transformers with their records into data/trained, where the chapters find them."""
    from lmphys.training.tiny.trained import ship as shipped

    _known(name)
    for folder in folders:
        print(shipped(name, folder).folder)


def _command(name: str, recipe: TinyRecipe) -> Callable[..., None]:
    """The command that trains a recipe."""
    folder = Path("runs", "train", name)

    def command(
        into: Annotated[Path, typer.Option(help="Folder for checkpoints, loss curve and summary")] = folder,
        steps: Annotated[int, typer.Option(help="Updates")] = recipe.steps,
        batch_size: Annotated[int, typer.Option(help="Documents an update")] = recipe.batch_size,
        learning_rate: Annotated[float, typer.Option(help="After the warm-up")] = recipe.learning_rate,
        seed: Annotated[int, typer.Option(help="Seed of documents and first weights")] = recipe.seed,
        device: Annotated[str, typer.Option(envvar="LMPHYS_DEVICE", help="cpu, cuda, mps or auto")] = "auto",
    ) -> None:
        from lmphys.training.tiny.learner import train

        changed = dataclasses.replace(
            recipe, steps=steps, batch_size=batch_size, learning_rate=learning_rate, seed=seed
        )
        last = train(changed, into, device=device)
        print(last)
        print(f"use it: lmphys run CHAPTER --model {last}")

    return command


for _name, _recipe in RECIPES.items():
    app.command(_name, help=_recipe.title)(_command(_name, _recipe))
