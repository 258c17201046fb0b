"""What a corpus is, as a value: two equal specs name the same folder of states."""

import dataclasses
import hashlib
import importlib.metadata
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from lmphys.core.devices import resolve_device, resolve_dtype
from lmphys.core.errors import LmphysError
from lmphys.core.paths import DEFAULT_MODEL, RANDOM
from lmphys.core.settings import whole
from lmphys.corpus.tasks import EMBEDDED, task_identity
from lmphys.lm.adapters import REASONER
from lmphys.lm.prompt_identity import departure, resolved_prompt
from lmphys.lm.sampling import Sampling
from lmphys.lm.sources import identity, random_base, same_weights
from lmphys.problems.families import FAMILIES

# What the shipped reasoner was trained on: the tasks of its corpora unless others are asked for.
REASONER_TASKS: tuple[str, ...] = tuple(FAMILIES)
REASONER_TOKENS = 360  # the longest of its training chains has about as many

# Raise it with every change that alters the text or the states which a spec stands for.
CORPUS_VERSION = 3

PROFILES: dict[str, dict[str, Any]] = {
    "smoke": {"tasks": ("sums", "letters", "syllogisms"), "n_questions": 6, "n_chains": 4},
    "quick": {"n_questions": 10, "n_chains": 4},
    "full": {"n_questions": 153, "n_chains": 8},  # 9,792 chains, the size of the paper's corpus
}


@dataclass(frozen=True)
class CorpusSpec:
    """A corpus: who writes about what, and whose states are kept.

    Attributes:
        model: spec of the model whose states are kept.
        writer: spec of the model that writes the chains; None is `model` itself. With another writer its text is
            read by `model` with teacher forcing.
        tasks: names of tasks, see `lmphys.corpus.tasks`.
        n_questions: questions per task.
        n_chains: chains per question.
        sampling: how tokens are drawn.
        prompt: see `lmphys.lm.prompts`.
        layer: block after which `resid_post` is taken; -1 is the last. See `site`.
        dtype: of weights and states; `auto` is resolved for the machine.
        seed: of questions and chains.
    """

    model: str = DEFAULT_MODEL
    writer: str | None = None
    tasks: tuple[str, ...] = tuple(EMBEDDED)
    n_questions: int = 10
    n_chains: int = 4
    sampling: Sampling = field(default_factory=Sampling)
    prompt: str = "chat"
    layer: int = -1
    dtype: str = "auto"
    seed: int = 0

    @property
    def site(self) -> str:
        """Which states are meant unless said otherwise: those after the final norm, or after the block asked for."""
        return "final_norm" if self.layer == -1 else "resid_post"

    def check(self) -> None:
        """Raise LmphysError where the spec asks for the impossible."""
        if not self.tasks:
            raise LmphysError("a corpus needs at least one task; name one")
        whole("questions per task", self.n_questions, least=1)
        whole("chains per question", self.n_chains, least=1)
        whole("layer", self.layer)
        whole("seed", self.seed, least=0)
        self.sampling.check()

    def resolved(self, device: str = "auto") -> "CorpusSpec":
        """The same spec with `auto` replaced by what this machine stands for, writer and prompt written in one way.

        A writer that is the model itself, however its spec is written, is None; the one whose architecture random
        weights have is written as in their spec.
        """
        writer, base = self.writer, random_base(self.model)
        if writer is not None and same_weights(writer, self.model):
            writer = None
        elif writer is not None and base is not None and same_weights(writer, base):
            writer = base
        dtype = resolve_dtype(self.dtype, resolve_device(device))
        prompt = resolved_prompt(writer or self.model, self.prompt)
        return dataclasses.replace(self, dtype=dtype, writer=writer, prompt=prompt)

    def read_by(self, reader: str) -> "CorpusSpec":
        """The same text, read by another model; its states are those after its own block of the same number."""
        return dataclasses.replace(self, model=reader, writer=self.writer or self.model)

    def to_json(self) -> dict[str, Any]:
        """The spec as JSON values."""
        return json.loads(json.dumps(dataclasses.asdict(self)))

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "CorpusSpec":
        """Inverse of `to_json`."""
        values = {**values, "sampling": Sampling(**values["sampling"]), "tasks": tuple(values["tasks"])}
        return cls(**values)

    def key(self) -> str:
        """Name of the corpus: a digest of the spec and of what its names stand for. No time enters it."""
        if self.dtype == "auto":
            raise LmphysError("resolve the spec before naming it: spec.resolved().key()")
        content = {
            "spec": self.to_json(),
            "version": CORPUS_VERSION,
            "model": identity(self.model),
            "writer": identity(self.writer or self.model),
            "tasks": [task_identity(task) for task in self.tasks],
            "generators": importlib.metadata.version("reasoning-gym"),
        }
        prompts = {name: departure(name, self.prompt) for name in (self.model, self.writer or self.model)}
        if any(prompts.values()):  # only then: the names of all other corpora stay what they were
            content["prompts"] = prompts
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:20]


def default_spec(
    model: str = DEFAULT_MODEL,
    profile: str = "quick",
    *,
    tasks: Sequence[str] = (),
    max_tokens: int | None = None,
    **changes: Any,
) -> CorpusSpec:
    """The corpus that the chapters share.

    Args:
        model: whose states; `random:SPEC` reads the chains that SPEC wrote, since random weights write no sentences.
        profile: `smoke` (a minute), `quick` (minutes on two cores) or `full` (the paper's size, for a GPU).
        tasks: names of tasks or files; none stands for those of the profile, or for `REASONER_TASKS`, with chains of up
            to `REASONER_TOKENS`, where the model is `reasoner` or its control.
        max_tokens: of the longest chain; None leaves it to the sampling.
        changes: other fields of `CorpusSpec` to set.

    Raises:
        LmphysError: no such profile.
    """
    if profile not in PROFILES:
        raise LmphysError(f"unknown profile {profile!r}; use {', '.join(PROFILES)}")
    settings: dict[str, Any] = {"model": model, **PROFILES[profile]}
    base = random_base(model)
    if tasks:
        settings["tasks"] = tuple(tasks)
    elif REASONER.fullmatch(base or model):
        settings["tasks"] = REASONER_TASKS[:3] if profile == "smoke" else REASONER_TASKS
        settings["sampling"] = Sampling(max_tokens=REASONER_TOKENS)
    if base:
        settings["writer"] = base
    spec = CorpusSpec(**{**settings, **changes})
    if max_tokens is None:
        return spec
    return dataclasses.replace(spec, sampling=dataclasses.replace(spec.sampling, max_tokens=max_tokens))


def control_of(model: str) -> str:
    """Spec of the control of a model: its architecture with fresh random weights; of random weights, the next seed."""
    found = RANDOM.fullmatch(model)
    return f"random:{found['base']}#{int(found['seed'] or 0) + 1}" if found else f"random:{model}"


def comparison_models(model: str) -> list[str]:
    """Other models to compare with that need no download: the one with the other weights, and the one trained further.

    For a model its control, for random weights the model whose architecture they have; and the shipped reasoner, or
    the model that it was trained from where the reasoner is there already.
    """
    base = random_base(model)
    further = DEFAULT_MODEL if REASONER.fullmatch(base or model) else "reasoner"
    return [base or control_of(model), further]


def chain_seed(seed: int, question: str, chain: int) -> int:
    """Seed of one chain: a function of the corpus seed, the question's name and the number of the chain alone."""
    digest = hashlib.sha256(f"{seed} {question} {chain}".encode()).digest()
    return int.from_bytes(digest[:7], "big")
