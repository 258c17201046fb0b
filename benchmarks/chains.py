"""Chains with their states: this package against the bare matrix products, `model.generate`.

The bare products are those of all weights with the states of one step, and nothing else: no implementation in this
number format can beat them. `model.generate` keeps no states. All draw with the same settings, as many chains side by
side; times are taken in turns, and the least counts.
"""

import time
from collections.abc import Callable

import torch

from lmphys.book.benchmarks import Row
from lmphys.corpus.tasks import EMBEDDED, load_questions
from lmphys.lm.decode import ChainDecoder, Request
from lmphys.lm.head import LinearHead
from lmphys.lm.model import LanguageModel
from lmphys.lm.prompts import REQUEST
from lmphys.lm.reading import read_written
from lmphys.lm.sampling import Sampling

BATCHES = (1, 4, 16, 64, 256)
LENGTH = {1: 24, 4: 24, 16: 32, 64: 48, 256: 24}  # tokens of a chain
ROUNDS = 2


def sampling(n: int) -> Sampling:
    return Sampling(temperature=0.8, top_p=0.95, max_tokens=n)


def requests(model: LanguageModel, n: int) -> list[Request]:
    """n chains of the book's questions, four of each."""
    questions = [q for task in EMBEDDED for q in load_questions(task, 10, 0)]
    prompts = [model.prompt_ids(REQUEST.format(question=q.text)) for q in questions]
    return [Request(prompts[(i // 4) % len(prompts)], i) for i in range(n)]


class Endless:
    """The model with its stop tokens taken away, so that each way writes as many tokens."""

    def __init__(self, model: LanguageModel) -> None:
        self.model, self.stops = model, model.stop_ids

    def __enter__(self) -> None:
        self.model.stop_ids = torch.tensor([-1])

    def __exit__(self, *error: object) -> None:
        self.model.stop_ids = self.stops


def seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


@torch.inference_mode()
def products(model: LanguageModel, n: int) -> float:
    """Seconds of the products of all weights with n states: the least of some, the head in the better of two ways."""
    head = model.model.get_output_embeddings()
    blocks = [m.weight for m in model.body.modules() if isinstance(m, torch.nn.Linear)]
    states = {width: torch.randn(n, width, dtype=model.dtype) for width in {w.shape[1] for w in [*blocks, head.weight]}}
    ways = (head, LinearHead(head.weight, None))
    body = min(seconds(lambda: [torch.nn.functional.linear(states[w.shape[1]], w) for w in blocks]) for _ in range(4))
    return body + min(seconds(lambda way=way: way(states[head.weight.shape[1]])) for way in ways for _ in range(4))


def ours(model: LanguageModel, wanted: list[Request], n: int) -> int:
    return sum(len(c.tokens) for c in ChainDecoder(model, sampling(n), batch_size=len(wanted)).run(wanted))


@torch.inference_mode()
def generate(model: LanguageModel, wanted: list[Request], n: int, cache: str | None) -> None:
    prompts = [torch.tensor(request.prompt) for request in wanted]
    width = max(map(len, prompts))
    ids = torch.stack([torch.nn.functional.pad(p, (width - len(p), 0), value=model.pad_id) for p in prompts])
    mask = torch.stack([torch.arange(width) >= width - len(p) for p in prompts]).long()
    model.model.generate(
        ids, attention_mask=mask, do_sample=True, temperature=0.8, top_p=0.95, top_k=0, min_new_tokens=n,
        max_new_tokens=n, pad_token_id=model.pad_id, cache_implementation=cache, disable_compile=True,
    )  # fmt: skip


def batch_rows(model: LanguageModel, size: int) -> list[Row]:
    """Our rate with so many chains side by side, against the bare products and against `generate`."""
    n, wanted = LENGTH[size], requests(model, size)
    times: dict[str, list[float]] = {"ours": [], "products": [], "generate": [], "static": []}
    with Endless(model):
        ours(model, wanted, 2)  # warm up
        for _ in range(ROUNDS):
            times["ours"].append(seconds(lambda: ours(model, wanted, n)))
            times["products"].append(n * products(model, size))
            times["generate"].append(seconds(lambda: generate(model, wanted, n, None)))
            times["static"].append(seconds(lambda: generate(model, wanted, n, "static")))
    rate = {name: size * n / min(values) for name, values in times.items()}
    fastest = max(("generate", "static"), key=lambda name: rate[name])
    side = f"{size} chain{'s' * (size > 1)} side by side"
    mine, dtype = f"{rate['ours']:.0f} tokens/s", model.describe()["dtype"]
    rows = [
        Row(f"{side}, with states", mine, f"{rate[fastest]:.0f} tokens/s (generate, {fastest} cache, no states)",
            rate["ours"] / rate[fastest], at_least=1.0),
    ]  # fmt: skip
    bound = 0.75 if size == 64 else None
    rows.append(
        Row(f"the same, {dtype}", mine, f"{rate['products']:.0f} tokens/s (bare products)",
            rate["ours"] / rate["products"], at_least=bound),
    )  # fmt: skip
    return rows


def reading_row(model: LanguageModel) -> Row:
    """Teacher-forced reading with states, log-probabilities and entropies, against the bare products."""
    wanted = requests(model, 32)
    drawn = {c.index: c.tokens for c in ChainDecoder(model, sampling(120)).run(wanted)}
    prompts, tokens = [r.prompt for r in wanted], [drawn[i] for i in range(len(wanted))]
    passed = sum(map(len, tokens)) + sum(map(len, set(prompts)))

    def read() -> None:
        for _ in read_written(model, prompts, tokens, sampling(120)):
            pass

    mine, bare = [], []
    for _ in range(ROUNDS):
        mine.append(seconds(read))
        bare.append(products(model, 384) * passed / 384)
    ratio = min(bare) / min(mine)
    return Row("reading given chains, with states", f"{passed / min(mine):.0f} tokens/s",
               f"{passed / min(bare):.0f} tokens/s (bare products)", ratio, at_least=0.85)  # fmt: skip


def identical(model: LanguageModel) -> float:
    """Share of chains whose tokens are the same when sampled alone and in a full batch."""
    few = requests(model, 64)[::4]
    alone, together = (
        {c.index: c.tokens for c in ChainDecoder(model, sampling(60), batch_size=size).run(few)} for size in (1, 16)
    )
    return sum(torch.equal(alone[i], together[i]) for i in alone) / len(alone)


def run() -> list[Row]:
    model = LanguageModel()
    rows = [row for size in BATCHES for row in batch_rows(model, size)]
    rows.append(reading_row(model))
    dtype = model.describe()["dtype"]
    rows.append(Row(f"chains identical alone and in a batch, {dtype}", f"{identical(model):.2f}"))
    return rows
