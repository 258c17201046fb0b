"""What a model costs before it is loaded: tokens, memory, disk and time of the chains that the pages share."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lmphys.book.benchmarks import Benchmarks, Rates
from lmphys.book.chapter import Chapter
from lmphys.core.paths import DEFAULT_MODEL
from lmphys.corpus.spec import CorpusSpec, default_spec
from lmphys.lm.size import BYTES, DEFAULT_SIZE, Size
from lmphys.retrieval.pool import pool_spec

# Chains side by side, tokens of a long question, and tokens of a short sentence (of the reasoner's, which are short).
_BATCH, _QUESTION, _SENTENCE = 64, 200, 13
# A sentence has the states of two sites at two positions; bytes of a token are its id, three measures and two jumps.
_STATES, _TOKEN_BYTES = 4, 28
# Sizes of common open models, for the table: weights, width, blocks, cached numbers a token and block, vocabulary.
COMMON = {
    "0.1B": DEFAULT_SIZE,
    "0.5B": Size(0.494e9, 896, 24, 256, 151_936),
    "1.5B": Size(1.54e9, 1536, 28, 512, 151_936),
    "3B": Size(3.09e9, 2048, 36, 512, 151_936),
    "7B": Size(7.62e9, 3584, 28, 1024, 152_064),
    "14B": Size(14.8e9, 5120, 48, 2048, 152_064),
    "32B": Size(32.8e9, 5120, 64, 2048, 152_064),
    "70B": Size(70.6e9, 8192, 80, 2048, 128_256),
}
_DRAWN = "chains with states"  # row of the benchmarks


@dataclass(frozen=True)
class Effort:
    """What the chains of a corpus take, at most: chains that end by themselves are shorter.

    Attributes:
        chains: number of them.
        tokens: that are drawn.
        memory: bytes of weights, cache and logits.
        disk: bytes of the corpus.
        seconds: of the drawing; None where no speed is known.
    """

    chains: int
    tokens: int
    memory: float
    disk: float
    seconds: float | None


def effort_of(size: Size, spec: CorpusSpec, dtype: str, drawn: float | None = None) -> Effort:
    """What the chains of a corpus take.

    Args:
        size: of the model.
        spec: of the corpus.
        dtype: of weights and states.
        drawn: tokens that this machine draws a second from the default model. A model of twice its weights is taken to
            draw half as many.
    """
    number, longest = BYTES[dtype], spec.sampling.max_tokens
    chains = len(spec.tasks) * spec.n_questions * spec.n_chains
    tokens = chains * longest
    batch = min(_BATCH, chains)
    cache = batch * (_QUESTION + longest) * size.layers * size.cached * number
    logits = 2 * batch * size.vocabulary * 4
    disk = tokens / _SENTENCE * _STATES * size.width * number + tokens * _TOKEN_BYTES
    seconds = None if drawn is None else tokens / drawn * size.parameters / DEFAULT_SIZE.parameters
    return Effort(chains, tokens, size.parameters * number + cache + logits, disk, seconds)


def effort_line(model: str, size: Size | None, spec: CorpusSpec, dtype: str, drawn: float | None) -> str:
    """What a model and its chains take, in a line."""
    if size is None:
        return f"{model}: its configuration tells no size; no estimate of memory and time"
    effort = effort_of(size, spec, dtype, drawn)
    text = f"{model}: {_short(size.parameters)} weights, about {_bytes(effort.memory)} of memory in {dtype}; "
    text += f"{effort.chains:,} chains, at most {effort.tokens:,} tokens and {_bytes(effort.disk)} on disk"
    return text if effort.seconds is None else f"{text}; at most about {_long(effort.seconds)} to draw them here"


def effort_lines(
    pages: Iterable[tuple[Chapter, Mapping[str, Any]]],
    rates: Callable[[], Rates | None],
    size_of: Callable[[str], Size | None],
) -> list[str]:
    """A line for each model and kind of corpus of the pages that have chains drawn.

    The speed is asked for only where a model will draw: the chains of those that come with the book come along, too.

    Args:
        pages: to run, with the values of their parameters.
        rates: of this machine.
        size_of: of a model.
    """
    from lmphys.core.devices import resolve_device, resolve_dtype

    corpora = {(values["model"], _corpus(page, values)): None for page, values in pages if "prompt" in values}
    dtype = resolve_dtype("auto", resolve_device("auto"))
    lines: dict[str, None] = {}
    for model, spec in corpora:
        # Random weights read what others wrote.
        speed = None if model in (DEFAULT_MODEL, "reasoner") or spec.writer is not None else rates()
        drawn = None if speed is None else speed.drawn
        lines[effort_line(model, size_of(model), spec, dtype, drawn)] = None
    return list(lines)


def effort_table(benchmarks: Mapping[str, Benchmarks]) -> str:
    """Markdown: memory, disk and time of models from 0.1 to 70 billion weights.

    Args:
        benchmarks: by the kind of machine; the first that measured the drawing of chains tells the time.
    """
    rows = [(kind, row) for kind, found in benchmarks.items() for row in found.rows if row.what == _DRAWN]
    kind, drawn = (rows[0][0], float(rows[0][1].ours.split()[0])) if rows else (None, None)
    head = ["weights", "memory, float32", "memory, bfloat16"]
    head += [f"`{profile}`: {what}" for profile in ("quick", "full") for what in ("disk", "time")]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for name, size in COMMON.items():
        quick, full = (effort_of(size, default_spec(profile=p), "bfloat16", drawn) for p in ("quick", "full"))
        single = effort_of(size, default_spec(), "float32")
        cells = [name, _bytes(single.memory), _bytes(quick.memory)]
        for effort in (quick, full):
            cells += [_bytes(effort.disk), "–" if effort.seconds is None else _long(effort.seconds)]
        lines.append("| " + " | ".join(cells) + " |")
    quick, full = (effort_of(DEFAULT_SIZE, default_spec(profile=p), "bfloat16") for p in ("quick", "full"))
    where = f" Time: to draw them on {kind}, from its {drawn:.0f} tokens/s with 0.1B." if kind else ""
    return "\n".join(lines) + (
        f"\n\n`quick` has {quick.chains:,} chains of up to {quick.tokens // quick.chains} tokens, "
        f"`full` {full.chains:,}. "
        f"All numbers are upper ends, for chains that do not end by themselves; disk is that of bfloat16.{where}\n"
    )


def _corpus(page: Chapter, values: Mapping[str, Any]) -> CorpusSpec:
    """The corpus that a page has drawn; its prompt is left out, which costs little."""
    asked = {name: values[name] for name in ("model", "profile", "tasks", "seed") if name in values}
    # Elsewhere `max_tokens` is how much of each chain a page reads.
    longest = any(p.name == "max_tokens" and p.type == "int | None" for p in page.parameters)
    asked["max_tokens"] = values["max_tokens"] if longest else None
    pool = {name: values[name] for name in ("n_questions", "n_chains", "temperature") if name in values}
    return pool_spec(**asked, **pool, prompt=values["prompt"]) if len(pool) == 3 else default_spec(**asked)


def _short(number: float) -> str:
    return f"{number / 1e9:.1f} billion" if number >= 0.95e9 else f"{number / 1e6:.0f} million"


def _bytes(number: float) -> str:
    return f"{number / 1e9:.1f} GB" if number >= 0.95e9 else f"{number / 1e6:.0f} MB"


def _long(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 2 * 3600:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds / 3600:.0f} hours" if seconds < 2 * 86400 else f"{seconds / 86400:.0f} days"
