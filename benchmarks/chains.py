"""Chains with their states: this package against `model.generate` and a second, teacher-forced pass.

Both ways answer the same questions with the same model, settings and number of chains side by side, and both end
with the last block's and the final norm's state at every token. Reported: tokens per second of each and their ratio,
and where the time of ours goes.
"""

import time
from collections import Counter

import torch

from lmphys.book.benchmarks import Row
from lmphys.corpus.tasks import EMBEDDED, load_questions
from lmphys.lm.decode import ChainDecoder, Request
from lmphys.lm.model import LanguageModel
from lmphys.lm.prompts import REQUEST
from lmphys.lm.sampling import Sampling

SAMPLING = Sampling(temperature=0.8, top_p=0.95, max_tokens=200)
N_QUESTIONS, N_CHAINS, BATCH = 4, 4, 64


def requests(model: LanguageModel) -> list[Request]:
    questions = [q for task in EMBEDDED for q in load_questions(task, N_QUESTIONS, 0)]
    prompts = [model.prompt_ids(REQUEST.format(question=q.text)) for q in questions]
    return [Request(prompt, 1000 * i + j) for i, prompt in enumerate(prompts) for j in range(N_CHAINS)]


def ours(model: LanguageModel, wanted: list[Request]) -> tuple[int, float]:
    start = time.perf_counter()
    n = sum(len(chain.tokens) for chain in ChainDecoder(model, SAMPLING, batch_size=BATCH).run(wanted))
    return n, time.perf_counter() - start


@torch.inference_mode()
def plain(model: LanguageModel, wanted: list[Request]) -> tuple[int, float, float]:
    """Tokens, and seconds of generating and of the second pass."""
    n, generating, reading = 0, 0.0, 0.0
    for first in range(0, len(wanted), BATCH):
        prompts = [torch.tensor(request.prompt) for request in wanted[first : first + BATCH]]
        width = max(map(len, prompts))
        ids = torch.stack([torch.nn.functional.pad(p, (width - len(p), 0), value=model.pad_id) for p in prompts])
        mask = torch.stack([torch.arange(width) >= width - len(p) for p in prompts]).long()
        start = time.perf_counter()
        torch.manual_seed(first)
        out = model.model.generate(
            ids, attention_mask=mask, do_sample=True, temperature=SAMPLING.temperature, top_p=SAMPLING.top_p,
            top_k=0, max_new_tokens=SAMPLING.max_tokens, pad_token_id=model.pad_id,
        )  # fmt: skip
        generating += time.perf_counter() - start
        new = out[:, width:]
        ended = torch.isin(new, model.stop_ids).int().cumsum(1)
        kept = (ended - torch.isin(new, model.stop_ids).int()) == 0
        n += int(kept.sum())
        start = time.perf_counter()
        full = torch.cat([mask, kept.long()], dim=1)
        positions = (full.cumsum(-1) - 1).clamp(min=0)
        # All at once would hold every layer's states of every token; a quarter of the batch fits in memory.
        for rows in torch.arange(len(prompts)).split(BATCH // 4):
            model.model(
                out[rows], attention_mask=full[rows], position_ids=positions[rows], output_hidden_states=True,
                logits_to_keep=1,
            )  # fmt: skip
        reading += time.perf_counter() - start
    return n, generating, reading


def where(model: LanguageModel, wanted: list[Request]) -> Counter:
    """Seconds of the parts of our way."""
    spent: Counter = Counter()

    def timed(owner: type, name: str) -> None:
        inner = getattr(owner, name)

        def wrapper(*args, **options):  # type: ignore[no-untyped-def]
            start = time.perf_counter()
            result = inner(*args, **options)
            spent[name] += time.perf_counter() - start
            return result

        setattr(owner, name, wrapper)
        undo.append((owner, name, inner))

    undo: list = []
    for owner, name in ((ChainDecoder, "_prefill"), (ChainDecoder, "_record"), (LanguageModel, "forward")):
        timed(owner, name)
    try:
        _, spent["all"] = ours(model, wanted)
    finally:
        for owner, name, inner in undo:
            setattr(owner, name, inner)
    return spent


def identical(model: LanguageModel, wanted: list[Request]) -> float:
    """Share of chains whose tokens are the same when sampled alone and in a full batch."""
    few = wanted[:: max(1, len(wanted) // 16)]
    short = Sampling(SAMPLING.temperature, SAMPLING.top_p, max_tokens=60)
    alone, together = (
        {c.index: c.tokens for c in ChainDecoder(model, short, batch_size=size).run(few)} for size in (1, len(few))
    )
    return sum(torch.equal(alone[i], together[i]) for i in alone) / len(alone)


def run() -> list[Row]:
    model = LanguageModel()
    wanted = requests(model)
    ours(model, wanted[:8])  # warm up
    n, seconds = ours(model, wanted)
    n_plain, generating, reading = plain(model, wanted)
    parts = where(model, wanted)
    dtype = model.describe()["dtype"]
    rate, plain_rate = n / seconds, n_plain / (generating + reading)
    share = ", ".join(
        f"{name} {parts[key] / parts['all']:.0%}"
        for name, key in (
            ("prompts", "_prefill"),
            ("forward passes with prompts", "forward"),
            ("drawing", "_record"),
        )
    )
    rows = [
        Row("chains with states", f"{rate:.0f} tokens/s", f"{plain_rate:.0f} tokens/s (generate, then a second pass)",
            rate / plain_rate, at_least=2.5),
        Row("the same against generate alone", f"{rate:.0f} tokens/s", f"{n_plain / generating:.0f} tokens/s",
            rate * generating / n_plain),
        Row("where our time goes", share),
        Row(f"chains identical alone and in a batch, {dtype}", f"{identical(model, wanted):.2f}"),
    ]  # fmt: skip
    other = "bfloat16" if dtype == "float32" else "float32"
    rows.append(Row(f"the same in {other}", f"{identical(LanguageModel(dtype=other), wanted):.2f}"))
    return rows
