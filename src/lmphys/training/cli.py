"""`lmphys train`: train an adapter for a model."""

from pathlib import Path
from typing import Annotated

import typer

from lmphys.core.errors import LmphysError
from lmphys.core.paths import seen_from

app = typer.Typer(help="Train an adapter for a model.", no_args_is_help=True, add_completion=False)


@app.callback()
def _top() -> None:
    # With a callback, typer asks for the name of the command even where there is but one.
    pass


@app.command()
def reasoner(
    profile: Annotated[
        str, typer.Option(help="smoke (a minute), quick (80 minutes on two cores) or full (for a GPU)")
    ] = "quick",
    base: Annotated[str | None, typer.Option(help="Model that is adapted: any model spec; by default smollm2")] = None,
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
    import dataclasses

    from lmphys.training.loop import train
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
