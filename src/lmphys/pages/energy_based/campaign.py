"""The windows that come with the book: `python -m lmphys.pages.energy_based.campaign [n=576]`, minutes of one core."""

import json
import sys
import time
from pathlib import Path

from lmphys.core.files import write_atomically
from lmphys.core.paths import project_root
from lmphys.core.provenance import git_state, machine, versions
from lmphys.lm import LanguageModel
from lmphys.pages.energy_based.windows import CONTEXT, FILE, LENGTH, Ends, cut, load, read_ends, save

FOLDER = Path("runs", "energy_based")
MODEL, SEED, PART = "smollm2", 0, 64


def make(n: int, file: Path, folder: Path) -> Ends:
    """Draw and read n windows part by part; whoever is stopped goes on with the same call.

    Args:
        n: windows.
        file: for all of them; a record lies beside it.
        folder: for the parts.
    """
    model = LanguageModel(MODEL, dtype="float32", device="cpu")
    windows = cut(model, n, seed=SEED)
    folder.mkdir(parents=True, exist_ok=True)
    parts, seconds = [], 0.0
    for first in range(0, n, PART):
        part, begun = folder / f"{n}-{first}.npz", time.perf_counter()
        if not part.is_file():
            unfinished = part.with_suffix(".part.npz")
            save(read_ends(model, windows[first : first + PART], first=first), unfinished)
            unfinished.rename(part)
            seconds += time.perf_counter() - begun
            print(f"{first + PART} of {n}: {seconds:.0f} s", flush=True)
        parts.append(load(part))
    ends = Ends.joined(parts)
    file.parent.mkdir(parents=True, exist_ok=True)
    save(ends, file)
    record = {
        **{"model": MODEL, "dtype": "float32", "windows": n, "seed": SEED, "context": CONTEXT, "length": LENGTH},
        **{"temperature": 1.0, "seconds": round(seconds), "commit": git_state(project_root())},
        **{"versions": versions(), "machine": machine()},
    }
    write_atomically(file.with_suffix(".json"), json.dumps(record, indent=1) + "\n")
    return ends


if __name__ == "__main__":
    numbers = [int(argument[2:]) for argument in sys.argv[1:] if argument.startswith("n=")]
    (wanted,) = numbers or [576]
    root = project_root()
    make(wanted, root / FILE, root / FOLDER)
