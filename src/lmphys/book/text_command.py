"""What `lmphys texts` does: read a file, survey its texts, print tables, draw and write them."""

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from lmphys.core.boundaries import given
from lmphys.core.errors import LmphysError
from lmphys.core.files import write_atomically
from lmphys.core.progress import announce

_MOST_NOTES = 20
_DRAWN = (".svg", ".png", ".pdf")


def take_temperatures(
    file: Path,
    *,
    model: str,
    by: str,
    window: int | None,
    context: int,
    bins: int,
    seed: int,
    figure: Path | None,
    record: Path | None,
    echo: Callable[[str], object],
) -> None:
    """Survey the texts of a file.

    Args:
        file: JSON lines.
        model: spec of the reader.
        by: `source` or `author`.
        window: tokens that count in a window; None: three texts of four fill one.
        context: tokens before them.
        bins: steps of a path in time, at most.
        seed: of folds, dealings and intervals.
        figure: file to draw into.
        record: file for all of it as JSON.
        echo: prints a line.

    Raises:
        LmphysError: nothing of the file can be used, or a setting makes no sense.
    """
    if by not in ("source", "author"):
        raise LmphysError(f"--by {by} is unknown; choose source or author")
    if figure is not None and figure.suffix.lower() not in _DRAWN:
        raise LmphysError(f"--figure {figure} has no known ending; take one of {', '.join(_DRAWN)}")
    from lmphys.corpus.text_files import read_texts

    found = read_texts(file)
    from lmphys.lm.model import LanguageModel
    from lmphys.thermo.survey import survey_texts
    from lmphys.thermo.windows import cut_windows, read_windows

    reader = LanguageModel(model, dtype="float32")  # half precision would heat the laws
    windows = cut_windows(reader, found.texts, length=window, context=context)
    size = f"{len(windows)} windows of {context} + {windows.length} tokens"
    announce(f"{windows.n_tokens:,} tokens in {size}; {model} reads them")
    gas = survey_texts(read_windows(reader, windows, title="reading texts"), by=by, bins=bins, seed=seed)
    left_out = [*found.left_out, *windows.left_out]
    notes = [note for note in gas.notes if note not in windows.left_out]
    for line in left_out[:_MOST_NOTES]:
        echo(line)
    if len(left_out) > _MOST_NOTES:
        echo(f"... and {len(left_out) - _MOST_NOTES} more lines")
    n = len(gas.texts)
    echo(f"{n} text{'' if n == 1 else 's'} read, {len(left_out)} left out")
    echo("")
    echo(_sources(gas.sources))
    if gas.comparison is not None:
        echo("\nrelative entropy between sources, nats a window of full length; permuted: sources dealt out anew")
        echo(gas.relative_entropies(seed=seed).round(3).to_string())
    if gas.susceptibility is not None:
        echo("\nanswer of the mean state to mixing in more of a source, in spreads of the states of windows")
        echo(gas.susceptibility.round(3).to_string())
    if gas.forecasts is not None:
        steps = "in time" if gas.path == "time" else "from window to window of a text"
        echo(f"\nforecasts of the next mean state {steps}; gain: log density over one map, nats a step")
        echo(gas.forecasts.round(3).to_string())
    for note in notes:
        echo(f"note: {note}")
    if record is not None:
        content = {"file": file.name, "model": model, "context": context, "window": windows.length, "seed": seed}
        content |= {"left_out": left_out, **gas.record()}
        write_atomically(record, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
        echo(str(record))
    if figure is not None:
        import matplotlib as mpl

        mpl.use("agg")
        from lmphys.book.style import use_style
        from lmphys.book.text_figures import overview

        use_style()
        drawn = overview(gas)
        with given(f"the figure {figure}", "choose a place where you may write", "cannot be written"):
            figure.parent.mkdir(parents=True, exist_ok=True)
            drawn.savefig(figure)
        echo(str(figure))


def _sources(table: pd.DataFrame) -> str:
    """A table that fits a terminal: the temperature with its ends, the rest without."""
    shown = table[["texts", "tokens"]].astype(int)
    shown["T"] = [f"{row['T']:.2f} [{row['T_low']:.2f}, {row['T_high']:.2f}]" for _, row in table.iterrows()]
    for name in ("surprisal", "cross_entropy", "free_energy", "heat_capacity", "fluctuation"):
        shown[name] = table[name].round(2)
    return shown.to_string()
