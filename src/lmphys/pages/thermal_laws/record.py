"""The recorded experiments: a table of curves, and the losses of single texts, one of each for a seed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd

from lmphys.core.boundaries import given
from lmphys.core.files import listed, write_atomically
from lmphys.core.paths import project_root
from lmphys.pages.thermal_laws.experiments import HELD_OUT, TRAINED, Piece

FOLDER = Path("data", "reference", "thermal")
TRUNK = "trunk-0.safetensors"
KEY = ["experiment", "setting", "part"]
_DIGITS = 6


@dataclass(frozen=True)
class Recorded:
    """The experiments on the trunk of one seed.

    Attributes:
        seed: of documents and first weights.
        curves: a row a reading: `seed`, `experiment`, `setting`, `part`, `batch_size`, `rate` (of the update before, or
            of the first), `update`, `training` (mean loss of the updates since the last reading), `trained`, `held_out`
            (nats a character), `root_v`.
        texts: by name of the texts, the loss of each text at each row of `curves` (rows, N).
    """

    seed: int
    curves: pd.DataFrame
    texts: Mapping[str, np.ndarray]

    def has(self, experiment: str) -> bool:
        """Whether an experiment was done."""
        return bool((self.curves["experiment"] == experiment).any())

    def losses(self, experiment: str, setting: str, part: str, texts: str = TRAINED) -> np.ndarray:
        """(E, N) loss of each text at each reading of a branch, nats a character."""
        rows = (self.curves[KEY] == [experiment, setting, part]).all(axis=1).to_numpy()
        return self.texts[texts][rows]

    def updates(self, experiment: str, setting: str, part: str) -> np.ndarray:
        """(E,) updates of a branch after which it was read."""
        rows = (self.curves[KEY] == [experiment, setting, part]).all(axis=1)
        return self.curves.loc[rows, "update"].to_numpy()

    def root_v(self, experiment: str, setting: str, part: str) -> float:
        """Sum of the roots of Adam's second moments at the end of a branch."""
        rows = (self.curves[KEY] == [experiment, setting, part]).all(axis=1)
        return float(self.curves.loc[rows, "root_v"].iloc[-1])

    def joined(self, experiment: str, pieces: Iterable[Piece]) -> "Recorded":
        """With another experiment."""
        tables, found = [self.curves], {name: [some] for name, some in self.texts.items()}
        for piece in pieces:
            tables.append(_rows(self.seed, experiment, piece))
            for name in found:
                found[name].append(piece.branch.losses[name].astype(np.float16))
        curves = pd.concat([table for table in tables if len(table)], ignore_index=True)
        return Recorded(self.seed, curves, {name: np.concatenate(some) for name, some in found.items()})

    def write(self, folder: Path) -> None:
        """Write `seed-<n>.csv` and `seed-<n>.npz`."""
        csv = self.curves.to_csv(index=False, lineterminator="\n", float_format=f"%.{_DIGITS}g")
        packed = BytesIO()
        half = {name: self.texts[name].astype(np.float16) for name in (TRAINED, HELD_OUT)}
        np.savez_compressed(packed, trained=half[TRAINED], held_out=half[HELD_OUT])
        write_atomically(folder / f"seed-{self.seed}.npz", packed.getvalue())
        write_atomically(folder / f"seed-{self.seed}.csv", csv)

    @classmethod
    def empty(cls, seed: int, n_texts: int) -> "Recorded":
        """Of a seed of which nothing was done."""
        nothing = np.empty((0, n_texts), np.float16)
        return cls(seed, pd.DataFrame(columns=["seed", *KEY]), {TRAINED: nothing, HELD_OUT: nothing})

    @classmethod
    def read(cls, folder: Path, seed: int) -> "Recorded":
        """What was written for a seed.

        Raises:
            LmphysError: a file is missing or damaged.
        """
        file = folder / f"seed-{seed}.csv"
        with given(file, "restore it: git checkout data", "is damaged"):
            curves = pd.read_csv(file, dtype={"setting": str})
            with np.load(file.with_suffix(".npz")) as stored:
                texts = {TRAINED: stored["trained"].astype(float), HELD_OUT: stored["held_out"].astype(float)}
        return cls(seed, curves, texts)


def recorded(folder: Path | None = None) -> list[Recorded]:
    """What was recorded for each seed, in their order.

    Args:
        folder: None: the one that comes with the book.
    """
    folder = project_root() / FOLDER if folder is None else folder
    seeds = sorted(int(file.stem.removeprefix("seed-")) for file in listed(folder, "seed-*.csv"))
    return [Recorded.read(folder, seed) for seed in seeds]


def trunk_file() -> Path:
    """The trunk of seed 0, from which all its branches branched off."""
    return project_root() / FOLDER / TRUNK


def _rows(seed: int, experiment: str, piece: Piece) -> pd.DataFrame:
    found = piece.branch
    parts = np.split(found.training, found.steps[1:-1])
    training = [np.nan, *(part.mean() for part in parts)]
    return pd.DataFrame({
        "seed": seed,
        "experiment": experiment,
        "setting": piece.setting,
        "part": piece.part,
        "batch_size": piece.batch_size,
        "rate": found.rates[np.maximum(found.steps - 1, 0)],
        "update": found.steps,
        "training": training,
        "trained": found.curve(TRAINED),
        "held_out": found.curve(HELD_OUT),
        "root_v": found.root_v,
    })  # fmt: skip
