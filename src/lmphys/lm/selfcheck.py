"""Whether a model can be read as this package reads models: compared once with plain passes over a few tokens.

No list of architectures can be complete, so what the decoder and the readers rely on is tried on the model itself:

- `text`: it runs on tokens alone, and its blocks and body are found;
- `finite`: states and logits are numbers;
- `states`: what is caught at the blocks and before the head is what `output_hidden_states` tells;
- `mask`: a mask of ones, and places if the model takes them, change nothing;
- `causal`: another token later does not change a state before it;
- `batch`, `cache`: chains that are drawn side by side, of unequal length, on keys and values kept from step to step,
  have the states and the log-probabilities of a pass over each text alone, and so have chains that are read together.

Where only the last fails the chains are run one at a time, or their text is read anew at each step; whatever else fails
is refused. The errors are relative ones: of a state, to its norm; of a log-probability, to the largest logit.
"""

import contextlib
import dataclasses
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor

from lmphys.core.errors import LmphysError
from lmphys.core.files import write_atomically
from lmphys.core.paths import cache_home
from lmphys.lm.anatomy import Anatomy, dissect, no_cache

if TYPE_CHECKING:
    from lmphys.lm.model import LanguageModel

# Largest relative error. In half precision it is that of rounding, about ten units in the last place after some thirty
# blocks: coarse mistakes show, subtle ones need float32.
BOUNDS = {torch.float64: 1e-4, torch.float32: 1e-4, torch.float16: 1e-2, torch.bfloat16: 8e-2}
# One above the window of the tiny models of the tests, and short enough for a processor.
_LENGTHS = (19, 3, 8)
_N_DRAWN = 3
# Ways to run a model, the best first: whether it keeps keys and values, and whether several chains stand side by side.
_WAYS = ((True, True), (True, False), (False, True), (False, False))


@dataclass(frozen=True)
class SelfCheck:
    """How a model is to be read.

    Attributes:
        anatomy: where its states are.
        takes_places: whether it is told the place of each token; one that counts from another number is not.
        keeps_keys: whether its past is kept as keys and values, or its text read anew at each step.
        side_by_side: whether chains of unequal length may stand in one batch.
        errors: largest relative error of each comparison that was made.
        notes: what did not pass, as far as there is another way.
    """

    anatomy: Anatomy
    takes_places: bool = True
    keeps_keys: bool = True
    side_by_side: bool = True
    errors: dict[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "SelfCheck":
        """Inverse of `to_json`."""
        return cls(**{**values, "anatomy": Anatomy(**values["anatomy"]), "notes": tuple(values["notes"])})


def self_check(model: "LanguageModel", identity: str | None) -> SelfCheck:
    """The self-check of a model, from the cache where one like it has passed.

    Args:
        model: whose weights and tokenizer are there; afterwards it is set as the check says.
        identity: what tells the architecture and its configuration from others; None looks at no cache.

    Raises:
        LmphysError: the model is refused.
    """
    file = None if identity is None else _file(model, identity)
    found = None if file is None else _recalled(file)
    if found is None:
        found = examine(model)
        if file is not None:
            with contextlib.suppress(OSError):  # where nothing can be kept it is made again
                write_atomically(file, json.dumps(found.to_json(), indent=1) + "\n")
    model.settle(found)
    return found


@torch.inference_mode()
def examine(model: "LanguageModel") -> SelfCheck:
    """Compare a model with plain passes; the model is set as the check says.

    Raises:
        LmphysError: it is refused, with the name of the check.
    """
    texts = _texts(model)
    longest, bound = texts[0], BOUNDS.get(model.dtype, max(BOUNDS.values()))
    try:
        anatomy = dissect(model.model, torch.tensor([longest], device=model.device))
        model.settle(SelfCheck(anatomy))
        plain = _plain(model, longest)
    except LmphysError as error:
        raise _refused(model, "text", str(error)) from error
    except Exception as error:  # whatever a model of others raises that wants an image, or another text beside this one
        raise _refused(
            model, "text", f"it does not run on tokens alone ({_cause(error)}); use another model"
        ) from error
    _check_finite(model, longest, plain)
    errors = {"states": _check_states(model, plain, bound)}
    try:
        errors["mask"], takes_places = _check_mask(model, longest, plain, bound)
    except LmphysError:
        raise
    except Exception as error:  # whatever it raises at a mask
        raise _refused(model, "mask", f"it does not run with one ({_cause(error)}); use another model") from error
    found = SelfCheck(anatomy, takes_places=takes_places, errors=errors)
    model.settle(found)
    errors["causal"] = _check_causal(model, longest, plain, bound)
    return _best_way(model, texts, found, bound)


def one_line(found: SelfCheck, spec: str) -> str | None:
    """What a reader must know of how the model is run; None where nothing is out of the ordinary."""
    return f"{spec}: {'; '.join(found.notes)}" if found.notes else None


class _Pass(NamedTuple):
    """A pass over one text of n tokens: states (n, D) after each block and before the head, logits (n, V)."""

    layers: list[Tensor]
    final: Tensor
    logits: Tensor
    told: list[Tensor]


def _plain(model: "LanguageModel", text: Sequence[int]) -> _Pass:
    """The model as `transformers` runs it: one text, no mask, no places, no cache."""
    from lmphys.lm.hooks import Capture

    layers = range(model.n_layers + 1)
    with Capture(model, layers).attached() as capture:
        output = model.model(
            input_ids=torch.tensor([list(text)], device=model.device),
            output_hidden_states=True,
            **no_cache(model.model),
        )
        kept = [capture.states(layer)["resid_post"][0].float() for layer in layers]
        final = capture.states(0)["final_norm"][0].float()
    told = [states[0].float() for states in output.hidden_states or ()]
    return _Pass(kept, final, output.logits[0].float(), told)


def _texts(model: "LanguageModel") -> list[list[int]]:
    """Three texts of unequal length: ordinary tokens, drawn once and for all, and in the longest one that pads.

    It stands in prompts too where it is the end token, and some models count places without it.
    """
    special = set(model.tokenizer.all_special_ids)
    ordinary = [i for i in range(min(model.n_rows, 5000)) if i not in special] or [0]
    limit = (model.context_length or 10**6) - _N_DRAWN
    generator = torch.Generator().manual_seed(0)
    lengths = [min(length, max(2, limit)) for length in _LENGTHS]
    texts = [[ordinary[i] for i in torch.randint(len(ordinary), (n,), generator=generator)] for n in lengths]
    texts[0][len(texts[0]) // 2] = model.pad_id
    return texts


def _check_finite(model: "LanguageModel", text: Sequence[int], plain: _Pass) -> None:
    model.check_finite("states", text, *(states.isfinite().all(-1) for states in (*plain.layers, plain.final)))
    bad = plain.logits.isnan().any(-1) | plain.logits.isposinf().any(-1)  # a barred token may well be at minus infinity
    model.check_finite("logits", text, ~bad)


def _check_states(model: "LanguageModel", plain: _Pass, bound: float) -> float:
    """Error of what was caught against `output_hidden_states`."""
    if len(plain.told) < model.n_layers:
        raise _refused(model, "states", "it tells no hidden states to compare with; use another class of model")
    worst = _error(plain.final, plain.told[-1])
    if worst > bound:
        raise _refused(model, "states", f"what its head reads is not its last hidden state (error {worst:.1g})")
    # Most tell the embeddings first; some (Mamba) begin after the first block. The last block's stands behind the norm.
    off = []
    for first in (0, 1):
        layers = range(first, model.n_layers)
        off.append(max((_error(plain.layers[layer], plain.told[layer - first]) for layer in layers), default=0.0))
        if off[-1] <= bound:
            return max(worst, off[-1])
    raise _refused(model, "states", f"what its blocks put out is not what it tells (error {min(off):.1g})")


def _check_mask(model: "LanguageModel", text: Sequence[int], plain: _Pass, bound: float) -> tuple[float, bool]:
    """Error of a pass with mask and places against the plain one, and whether the model may be told the places."""
    ids = torch.tensor([list(text)])
    mask, places = torch.ones_like(ids, dtype=torch.bool), torch.arange(ids.shape[1])[None]
    error = float("inf")
    for takes_places in (True, False):
        model.settle(dataclasses.replace(model.checked, takes_places=takes_places))
        error = _logit_error(model.logits(ids, mask, places)[0].float(), plain.logits[-1:])
        if error <= bound:
            return error, takes_places
    raise _refused(model, "mask", f"a mask of ones changes its logits (error {error:.1g})")


def _check_causal(model: "LanguageModel", text: Sequence[int], plain: _Pass, bound: float) -> float:
    """Error of the states before the last tokens once these are others."""
    kept = len(text) - max(1, len(text) // 4)
    other = _plain(model, [*text[:kept], *reversed(text[: len(text) - kept])])
    pairs = zip([*other.layers, other.final], [*plain.layers, plain.final], strict=True)
    error = max(_error(states[:kept], right[:kept]) for states, right in pairs)
    if error > bound:
        raise _refused(
            model,
            "causal",
            f"a later token changes the states before it (error {error:.1g}): it does not write from left to right; "
            "use a causal model",
        )
    return error


def _best_way(model: "LanguageModel", texts: Sequence[Sequence[int]], found: SelfCheck, bound: float) -> SelfCheck:
    """The first way of running the model that gives what plain passes give."""
    ways = [way for way in _WAYS if model.may_keep_keys or not way[0]]
    failed: dict[str, float] = {}
    for keeps_keys, side_by_side in ways:
        way = dataclasses.replace(found, keeps_keys=keeps_keys, side_by_side=side_by_side)
        model.settle(way)
        errors = _way_errors(model, texts)
        if max(errors.values()) <= bound:
            notes = []
            if model.may_keep_keys and not keeps_keys:
                notes.append(
                    "what it keeps from step to step gives other states, so its text is read anew at each step (slow)"
                )
            if not side_by_side:
                off = max(failed.values())
                notes.append(
                    "a batch of unequal lengths changes its states"
                    + (f" (error {off:.1g})" if off < float("inf") else "")
                    + ", so chains are run one at a time (slow)"
                )
            checked = dataclasses.replace(way, errors={**found.errors, **errors}, notes=tuple(notes))
            model.settle(checked)
            return checked
        failed = errors
    worst = max(failed, key=lambda name: failed[name])
    error = failed[worst]
    how = f"error {error:.1g} of one chain alone" if error < float("inf") else "it fails in doing so"
    raise _refused(model, worst, f"reading step by step does not give the states of a plain pass ({how})")


def _way_errors(model: "LanguageModel", texts: Sequence[Sequence[int]]) -> dict[str, float]:
    """Errors of decoding (`cache`) and of reading (`batch`) as the model is set, infinite where it fails."""
    from lmphys.lm.decode import ChainDecoder, Request
    from lmphys.lm.reading import read_chains
    from lmphys.lm.sampling import Sampling

    requests = [Request(tuple(text), seed) for seed, text in enumerate(texts)]
    layer = model.n_layers // 2
    try:
        decoder = ChainDecoder(model, Sampling(1.0, 1.0, 0, _N_DRAWN), layer=layer, batch_size=2)
        drawn = sorted(decoder.run(requests), key=lambda chain: chain.index)
        plain = [
            _plain(model, (*request.prompt, *c.tokens.tolist())) for request, c in zip(requests, drawn, strict=True)
        ]
        read = dict(read_chains(model, [r.prompt for r in requests], [c.tokens for c in drawn], layer=layer))
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RuntimeError, LmphysError) as error:
        if isinstance(error, torch.OutOfMemoryError):
            raise
        return {"cache": float("inf"), "batch": float("inf")}
    errors = {"cache": 0.0, "batch": 0.0}
    for chain, one in zip(drawn, plain, strict=True):
        n = len(chain.tokens)
        for name, states in (("cache", chain.states), ("batch", read[chain.index])):
            for site, right in (("resid_post", one.layers[layer]), ("final_norm", one.final)):
                errors[name] = max(errors[name], _error(states[site], right[-n:].cpu()))
        logp = one.logits[-n - 1 : -1].log_softmax(-1).cpu().gather(-1, chain.tokens[:, None])[:, 0]
        scale = _scale(one.logits[-n - 1 : -1])
        errors["cache"] = max(errors["cache"], _or_infinite(float((logp - chain.logp).abs().max()) / scale))
    return errors


def _error(states: Tensor, right: Tensor) -> float:
    """Largest distance of a state from the right one, relative to the norm of the latter."""
    if states.shape != right.shape:
        return float("inf")
    norms = right.norm(dim=-1)
    floor = max(1e-3 * float(norms.max()), 1e-30)
    return _or_infinite(float(((states - right).norm(dim=-1) / norms.clamp(min=floor)).max()))


def _logit_error(logits: Tensor, right: Tensor) -> float:
    finite = right.isfinite()
    return _or_infinite(float((logits - right)[finite].abs().max()) / _scale(right))


def _scale(logits: Tensor) -> float:
    return max(float(logits[logits.isfinite()].abs().max()), 1.0)


def _or_infinite(error: float) -> float:
    return error if error == error else float("inf")  # not a number is as wrong as can be


def _cause(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:150]}"


def _refused(model: "LanguageModel", check: str, cause: str) -> LmphysError:
    return LmphysError(f"{model.spec} ({type(model.model).__name__}) fails the self-check '{check}': {cause}")


def _file(model: "LanguageModel", identity: str) -> Path:
    """Where the passed check of a model is kept: another file for all that could change its outcome."""
    own = hashlib.sha256(b"".join(file.read_bytes() for file in sorted(Path(__file__).parent.glob("*.py"))))
    content = {
        "model": identity,
        "class": type(model.model).__name__,
        "attention": getattr(model.model.config, "_attn_implementation", None),
        "dtype": model.precision,
        "device": model.device.type,
        "versions": {name: metadata.version(name) for name in ("torch", "transformers", "lmphys")},
        "code": own.hexdigest(),
    }
    name = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:20]
    return cache_home() / "selfchecks" / f"{name}.json"


def _recalled(file: Path) -> SelfCheck | None:
    """What a file tells; None where there is none, or a damaged one."""
    try:
        return SelfCheck.from_json(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
