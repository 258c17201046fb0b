"""The ragged container that every later step reads: one sequence of states for each chain."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from safetensors.numpy import load_file, save_file

from lmphys.core.boundaries import given
from lmphys.core.errors import LmphysError
from lmphys.core.tables import from_lines, to_lines

# Rows that are looked at together.
_BLOCK = 1 << 16


@dataclass(frozen=True, eq=False)
class Trajectories:
    """Sequences of states of unequal length, concatenated.

    Attributes:
        states: (N, D) float32 or float64, all chains one after the other, N = `lengths.sum()`.
        lengths: (C,) number of states of each chain, at least 1.
        chains: C rows, one a chain, in the order of `lengths` (columns such as chain_id, question_id, task, correct).
        sentences: N rows, one a state, in the order of `states`; `chain` is the row in `chains`, `t` the place
            in the chain from 0.
        meta: what the states are (model, layer, site, position, ...), JSON values only.

    Raises:
        LmphysError: shapes disagree, or a state is not finite.
    """

    states: np.ndarray
    lengths: np.ndarray
    chains: pd.DataFrame = field(default_factory=pd.DataFrame)
    sentences: pd.DataFrame = field(default_factory=pd.DataFrame)
    meta: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        lengths = np.asarray(self.lengths, dtype=np.int64)
        object.__setattr__(self, "lengths", lengths)
        if self.states.ndim != 2 or lengths.ndim != 1 or int(lengths.sum()) != len(self.states):
            raise LmphysError(
                f"states {self.states.shape} and lengths {lengths.shape} (sum {int(lengths.sum())}) disagree"
            )
        if len(lengths) and lengths.min() < 1:
            raise LmphysError("a chain without states: leave such chains out before building trajectories")
        row = _first_not_finite(self.states)
        if row is not None:
            chain = int(np.searchsorted(np.cumsum(lengths), row, side="right"))
            raise LmphysError(
                f"state {row} (chain {chain}) is not finite: leave such states out; where a model wrote them, read it "
                "in float32, and where they are padding, cut each chain to its own length"
            )
        if self.chains.empty:
            object.__setattr__(self, "chains", pd.DataFrame({"chain_id": np.arange(len(lengths))}))
        if self.sentences.empty:
            object.__setattr__(self, "sentences", self._places())
        if len(self.chains) != len(lengths) or len(self.sentences) != len(self.states):
            raise LmphysError(
                f"tables disagree with the states: {len(self.chains)} rows for {len(lengths)} chains, "
                f"{len(self.sentences)} rows for {len(self.states)} states"
            )

    def _places(self) -> pd.DataFrame:
        chain = np.repeat(np.arange(len(self.lengths)), self.lengths)
        return pd.DataFrame({"chain": chain, "t": np.arange(len(chain)) - np.repeat(self.offsets[:-1], self.lengths)})

    @classmethod
    def from_list(
        cls, sequences: Sequence[np.ndarray], *, questions: Sequence[Any] | None = None, **meta: Any
    ) -> "Trajectories":
        """Build from a list of (T_c, D) arrays; other keyword arguments become `meta`.

        Args:
            sequences: of C chains.
            questions: what each chain is about, C values; chains of one question are held out and resampled together.
                None: each chain is about a question of its own.

        Raises:
            LmphysError: there is no chain, or not one question for each.
        """
        if not len(sequences):
            raise LmphysError("no sequences: at least one chain is needed")
        if questions is not None and len(questions) != len(sequences):
            raise LmphysError(f"{len(questions)} questions for {len(sequences)} chains: give one for each chain")
        about = pd.DataFrame() if questions is None else pd.DataFrame({"question_id": list(questions)})
        return cls(np.concatenate(list(sequences)), np.array([len(s) for s in sequences]), about, meta=meta)

    @classmethod
    def concatenate(cls, parts: Sequence["Trajectories"]) -> "Trajectories":
        """Join several containers of equal width; `meta` keeps what all parts agree on."""
        if not parts:
            raise LmphysError("nothing to concatenate: give at least one Trajectories")
        widths = sorted({part.width for part in parts})
        if len(widths) > 1:
            raise LmphysError(f"cannot join states of different width {widths}: project them to one rank first")
        shared = {k: v for k, v in parts[0].meta.items() if all(p.meta.get(k) == v for p in parts)}
        shifts = np.cumsum([0] + [len(part) for part in parts[:-1]])
        sentences = [p.sentences.assign(chain=p.sentences["chain"] + s) for p, s in zip(parts, shifts, strict=True)]
        return cls(
            np.concatenate([part.states for part in parts]),
            np.concatenate([part.lengths for part in parts]),
            pd.concat([part.chains for part in parts], ignore_index=True),
            pd.concat(sentences, ignore_index=True),
            shared,
        )

    @property
    def offsets(self) -> np.ndarray:
        """(C + 1,) first row of each chain, and the end."""
        return np.concatenate([[0], np.cumsum(self.lengths)])

    @property
    def questions(self) -> np.ndarray:
        """(C,) question of each chain, numbered from 0; its own number where `chains` has no `question_id`.

        What intervals resample: chains of one question share its difficulty and its words.
        """
        named = "question_id" in self.chains
        return pd.factorize(self.chains["question_id"])[0] if named else np.arange(len(self))

    @property
    def width(self) -> int:
        """Dimension D of a state."""
        return self.states.shape[1]

    @property
    def n_transitions(self) -> int:
        """Number of pairs (h_t, h_{t+1}), N - C."""
        return len(self.states) - len(self.lengths)

    def __len__(self) -> int:
        return len(self.lengths)

    def __iter__(self) -> Iterator[np.ndarray]:
        yield from np.split(self.states, self.offsets[1:-1])

    def __getitem__(self, chain: int) -> np.ndarray:
        """States (T, D) of one chain."""
        if not -len(self) <= chain < len(self):
            raise IndexError(f"chain {chain} of {len(self)}")
        start = self.offsets[chain % len(self)]
        return self.states[start : start + self.lengths[chain]]

    def __repr__(self) -> str:
        what = "".join(f", {k}={v}" for k, v in self.meta.items() if isinstance(v, str | int))
        return f"Trajectories({len(self)} chains, {len(self.states)} states of width {self.width}{what})"

    def sources(self) -> np.ndarray:
        """(N - C,) rows of the states h_t that have a successor; the successor is the next row."""
        return np.delete(np.arange(len(self.states)), self.offsets[1:] - 1)

    def pairs(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Transitions: h_t (N - C, D), h_{t+1} (N - C, D) and the row in `chains` of each (N - C,)."""
        rows = self.sources()
        return self.states[rows], self.states[rows + 1], np.repeat(np.arange(len(self)), self.lengths - 1)

    def step_questions(self) -> tuple[np.ndarray, int]:
        """Question of each transition (N - C,), as `questions` numbers them, and how many there are."""
        question = self.questions
        return np.repeat(question, self.lengths - 1), int(question.max()) + 1

    def increments(self) -> np.ndarray:
        """Jumps h_{t+1} - h_t, (N - C, D)."""
        rows = self.sources()
        return self.states[rows + 1] - self.states[rows]

    def with_states(self, states: np.ndarray, **meta: Any) -> "Trajectories":
        """The same chains with other states (N, D'); keyword arguments are added to `meta`."""
        return replace(self, states=states, meta={**self.meta, **meta})

    def select(self, chains: np.ndarray | Sequence[int] | Sequence[bool]) -> "Trajectories":
        """Keep chains by index (in the given order) or by boolean mask."""
        wanted = np.asarray(chains)
        if wanted.dtype == bool:
            if len(wanted) != len(self):
                raise LmphysError(f"a mask of {len(wanted)} entries for {len(self)} chains")
            wanted = np.flatnonzero(wanted)
        wanted = wanted.astype(np.int64)
        starts = self.offsets
        rows = np.concatenate([np.arange(starts[c], starts[c + 1]) for c in wanted] or [np.empty(0, np.int64)])
        sentences = self.sentences.iloc[rows].reset_index(drop=True)
        sentences["chain"] = np.repeat(np.arange(len(wanted)), self.lengths[wanted])
        kept = self.chains.iloc[wanted].reset_index(drop=True)
        return replace(self, states=self.states[rows], lengths=self.lengths[wanted], chains=kept, sentences=sentences)

    def split(
        self, fraction: float = 0.7, *, seed: int, by: str | None = None
    ) -> tuple["Trajectories", "Trajectories"]:
        """Split into two disjoint sets of chains, about `fraction` of them in the first.

        Chains with an equal value in column `by` of `chains` stay together; the default is `question_id` where
        there is one, so that no question is on both sides, and the single chain otherwise.

        Raises:
            LmphysError: `fraction` is not inside (0, 1), `by` is no column, or a side would be empty.
        """
        if not 0 < fraction < 1:
            raise LmphysError(f"split fraction {fraction} is not between 0 and 1")
        if by is None:
            by = "question_id" if "question_id" in self.chains else None
        elif by not in self.chains:
            raise LmphysError(f"cannot split by {by!r}: the chains have {', '.join(map(str, self.chains))}")
        group = np.arange(len(self)) if by is None else pd.factorize(self.chains[by])[0]
        n_groups = int(group.max()) + 1 if len(group) else 0
        order = np.random.default_rng(seed).permutation(n_groups)
        first = np.isin(group, order[: round(fraction * n_groups)])
        if not first.any() or first.all():
            raise LmphysError(f"{n_groups} groups of chains are too few to split at {fraction}: sample more questions")
        return self.select(first), self.select(~first)

    def save(self, folder: str | Path) -> None:
        """Write states.safetensors, two tables (JSON lines) and meta.json into `folder`."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        save_file(
            {"states": np.ascontiguousarray(self.states), "lengths": self.lengths},
            folder / "states.safetensors",
        )
        for name, table in (("chains", self.chains), ("sentences", self.sentences)):
            (folder / f"{name}.jsonl").write_bytes(to_lines(table))
        (folder / "meta.json").write_text(json.dumps(self.meta, indent=1, sort_keys=True))

    @classmethod
    def load(cls, folder: str | Path) -> "Trajectories":
        """Read what `save` wrote.

        Raises:
            LmphysError: a file is missing or damaged.
        """
        folder = Path(folder)
        with given(folder, "build or save them again", "holds no readable trajectories"):
            arrays = load_file(folder / "states.safetensors")
            chains, sentences = (
                from_lines((folder / f"{name}.jsonl").read_bytes()) for name in ("chains", "sentences")
            )
            meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
        return cls(arrays["states"], arrays["lengths"], chains, sentences, meta)


def _first_not_finite(states: np.ndarray) -> int | None:
    """First row (of N, D) with an entry that is not finite; in blocks, as the states may be larger than the memory."""
    for first in range(0, len(states), _BLOCK):
        finite = np.isfinite(states[first : first + _BLOCK]).all(axis=1)
        if not finite.all():
            return first + int(np.argmin(finite))
    return None


# What the functions of this package take as chains.
Data = Trajectories | Sequence[np.ndarray]


def as_trajectories(data: Data) -> Trajectories:
    """Trajectories as they are, or made of a list of (T_c, D) arrays: float32 as they are, the rest as float64.

    Raises:
        LmphysError: the list is empty, its items are no real matrices of one width and finite numbers, or chains end in
            rows of zeros, as padded ones do.
    """
    if isinstance(data, Trajectories):
        return data
    wanted = "give Trajectories, or a list of real matrices (states, width) of one width"
    if not isinstance(data, Sequence) and not np.ndim(data):
        raise LmphysError(f"chains cannot be of type {type(data).__name__}: {wanted}")
    arrays = []
    for i, chain in enumerate(data):
        try:
            x = np.asarray(chain)
        except (TypeError, ValueError, RuntimeError) as error:
            raise LmphysError(f"chain {i} is ragged or otherwise no matrix: {wanted}") from error
        if x.dtype.kind not in "iuf" or x.ndim != 2 or not x.shape[1]:
            raise LmphysError(f"chain {i} has shape {x.shape} and type {x.dtype}: {wanted}")
        arrays.append(x if x.dtype == np.float32 else x.astype(np.float64, copy=False))
    widths = sorted({x.shape[1] for x in arrays})
    if len(widths) > 1:
        raise LmphysError(f"chains have the widths {widths}: {wanted}")
    for i, x in enumerate(arrays):
        # Padding would count as states that do not move. One state may be 0, a whole chain, too; a tail is padding.
        if len(x) > 2 and x.any() and not x[-2:].any():
            raise LmphysError(
                f"chain {i} ends in rows of zeros, as padded arrays do: cut each chain to its own length, "
                "[states[i, :lengths[i]] for i in range(len(lengths))]"
            )
    return Trajectories.from_list(arrays)
