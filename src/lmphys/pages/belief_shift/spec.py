"""What a set of belief chains is, as a value: two equal specs name the same folder."""

import dataclasses
import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lmphys.core.devices import resolve_device, resolve_dtype
from lmphys.core.errors import LmphysError
from lmphys.core.paths import DEFAULT_MODEL, cache_home
from lmphys.lm.prompt_identity import resolved_prompt
from lmphys.lm.sampling import Sampling
from lmphys.lm.sources import identity, random_base
from lmphys.pages.belief_shift.query import WORDINGS
from lmphys.pages.belief_shift.themes import load_statements, load_themes

# Raise it with every change that alters the text, the states or the beliefs which a spec stands for.
BELIEFS_VERSION = 1
CONDITIONS = ("clean", "poisoned")
# What is asked besides the claim at the last sentence: a statement of which nothing is known, and another claim.
CONTROLS = ("neutral", "other claim")
REQUEST = "Think about this step by step, in short sentences.\n\n{question}"

PROFILES: dict[str, dict[str, Any]] = {
    "smoke": {"n_themes": 4, "n_chains": 1, "n_steps": 6, "longest": 24, "wordings": ("short",)},
    "quick": {"n_chains": 3, "n_steps": 12, "longest": 32, "wordings": ("short",)},
    "full": {"n_chains": 100, "n_steps": 50, "longest": 48},  # the size of the paper's case study
}
# Pairs of plain statements that calibrate the question; all of them where a profile is not named.
PAIRS = {"smoke": 12}


@dataclass(frozen=True)
class BeliefSpec:
    """A set of clean and poisoned chains: who reads them, how many, how long, and how it is asked.

    Random weights, which write no sentences, read the chains that their base wrote.

    Attributes:
        model: spec of the model whose states and answers are kept.
        n_themes: of `load_themes`.
        n_chains: chains a theme and condition; chain i of both conditions has the same seed, and so the same
            sentences up to the first insertion.
        n_steps: sentences a chain, inserted ones included.
        longest: tokens of a sentence after which it is closed.
        wordings: of the question, see `WORDINGS`.
        sampling: how tokens are drawn; `max_tokens` is not used.
        prompt: see `lmphys.lm.prompts`.
        dtype: of weights; `auto` is resolved for the machine.
        seed: of the chains.
    """

    model: str = DEFAULT_MODEL
    n_themes: int = 12
    n_chains: int = 3
    n_steps: int = 12
    longest: int = 32
    wordings: tuple[str, ...] = tuple(WORDINGS)
    sampling: Sampling = field(default_factory=Sampling)
    prompt: str = "chat"
    dtype: str = "auto"
    seed: int = 0

    def check(self) -> None:
        """Raise LmphysError where the spec asks for the impossible."""
        if self.n_chains < 1 or self.longest < 2 or not self.wordings:
            raise LmphysError("belief chains need a chain, a wording and sentences of two tokens at least")
        if set(self.wordings) - set(WORDINGS):
            raise LmphysError(f"wordings {', '.join(self.wordings)}: choose among {', '.join(WORDINGS)}")
        for theme in load_themes(self.n_themes):
            theme.places(self.n_steps)
        self.sampling.check()

    @property
    def writer(self) -> str:
        """Spec of the model that writes the chains."""
        return random_base(self.model) or self.model

    def resolved(self, device: str = "auto") -> "BeliefSpec":
        """The same spec with `auto` replaced by what this machine stands for."""
        dtype = resolve_dtype(self.dtype, resolve_device(device))
        return dataclasses.replace(self, dtype=dtype, prompt=resolved_prompt(self.writer, self.prompt))

    def to_json(self) -> dict[str, Any]:
        """The spec as JSON values."""
        return json.loads(json.dumps(dataclasses.asdict(self)))

    def key(self) -> str:
        """Name of the set: a digest of the spec, of the themes and of what the names of models stand for."""
        if self.dtype == "auto":
            raise LmphysError("resolve the spec before naming it: spec.resolved().key()")
        content = {
            "spec": self.to_json(),
            "version": BELIEFS_VERSION,
            "models": [identity(self.model), identity(self.writer)],
            "themes": [dataclasses.asdict(theme) for theme in load_themes(self.n_themes)],
            "questions": [WORDINGS[w] for w in self.wordings] + neutral_statements(),
            "request": REQUEST,
        }
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:20]


def belief_spec(model: str = DEFAULT_MODEL, profile: str = "quick", **changes: Any) -> BeliefSpec:
    """The chains of a profile.

    Raises:
        LmphysError: no such profile.
    """
    if profile not in PROFILES:
        raise LmphysError(f"unknown profile {profile!r}; use {', '.join(PROFILES)}")
    return BeliefSpec(**{"model": model, **PROFILES[profile], **changes})


def beliefs_home() -> Path:
    """Folder of all belief chains and calibrations."""
    return cache_home() / "beliefs"


def neutral_statements() -> list[str]:
    """Statements of which nothing is known."""
    table = load_statements()
    return table["statement"][table["kind"] == "neutral"].tolist()
