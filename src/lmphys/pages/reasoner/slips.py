"""Own slips of a model: how probable the result that it wrote was, and how probable the right one.

A wrong result may have looked right to the model, if it gave it more than the right one; or it may be an unlucky draw,
since chains are sampled. The two are told apart where the two sentences part: at the first token in which they differ.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch

from lmphys.corpus.store import Corpus
from lmphys.lm.model import LanguageModel
from lmphys.lm.prompts import REQUEST
from lmphys.lm.reading import read_logits
from lmphys.problems.chains import problem_of
from lmphys.problems.parser import right_results
from lmphys.stats.mean import mean_interval


class Slip(NamedTuple):
    """A step with a wrong result in a chain of a corpus.

    Attributes:
        chain: row of the chain.
        question: its question.
        place: number of the token at which the written sentence and the right one part.
        written: that token.
        right: the token that the right sentence has there.
        said: the written sentence.
        mended: the right one.
    """

    chain: int
    question: str
    place: int
    written: int
    right: int
    said: str
    mended: str


def own_slips(model: LanguageModel, corpus: Corpus, *, most: int = 24, seed: int = 0) -> list[Slip]:
    """Steps of a corpus whose result alone is wrong: the first of a chain, one a question, chains in random order.

    A sentence whose tokens are not those of its text, so that it cannot be set beside another text, is left out.

    Args:
        model: the writer of the chains; its tokenizer is used.
        corpus: chains about problems with known steps.
        most: slips.
        seed: of the order, so that no family of problems comes first.
    """
    found: dict[str, Slip] = {}
    tokens = corpus.tokens()
    for chain in np.random.default_rng(seed).permutation(len(corpus.chains)).tolist():
        question = str(corpus.chains["question_id"].iloc[chain])
        if len(found) < most and question not in found:
            slip = _first_slip(model, corpus, chain, question, tokens[chain])
            if slip is not None:
                found[question] = slip
    return list(found.values())


def _first_slip(model: LanguageModel, corpus: Corpus, chain: int, question: str, tokens: np.ndarray) -> Slip | None:
    """The first step of a chain, of these tokens, whose result alone is wrong."""
    problem = problem_of(question)
    sentences = corpus.sentences[corpus.sentences["chain"] == chain]
    if problem is None:
        return None
    texts, ends, sizes = (sentences[name].tolist() for name in ("text", "token", "n_tokens"))
    for said, mended, end, size in zip(texts, right_results(problem, texts), ends, sizes, strict=True):
        first = end + 1 - size
        parted = None if mended is None else _parted(model, tokens[first : end + 1], said, mended)
        if mended is not None and parted is not None:
            place, written, right = parted
            return Slip(chain, question, first + place, written, right, said, mended)
    return None


def _parted(model: LanguageModel, ids: np.ndarray, said: str, mended: str) -> tuple[int, int, int] | None:
    """Number of the first token in which two sentences differ, and both tokens there."""
    text = model.tokenizer.decode(ids.tolist(), skip_special_tokens=True, clean_up_tokenization_spaces=False)
    if text.strip() != said:
        return None
    own, other = (
        model.tokenizer(text.replace(said, sentence), add_special_tokens=False)["input_ids"]
        for sentence in (said, mended)
    )
    if own != ids.tolist():
        return None
    at = next((i for i, (a, b) in enumerate(zip(own, other, strict=False)) if a != b), None)
    return None if at is None else (at, own[at], other[at])


def compare_slips(model: LanguageModel, corpus: Corpus, slips: Sequence[Slip]) -> pd.DataFrame:
    """Probabilities at temperature 1 of the written and of the right token where they part.

    Args:
        model: the writer of the chains.
        corpus: the chains.
        slips: of `own_slips`.

    Returns:
        A row a slip: `question`, `written`, `right` (the sentences), `p(written)`, `p(right)`.
    """
    tokens, questions = corpus.tokens(), corpus.chains["question"]
    prompts = [model.prompt_ids(REQUEST.format(question=questions[s.chain]), corpus.spec.prompt) for s in slips]
    chains = [torch.from_numpy(tokens[s.chain][: s.place + 1].astype(np.int64)) for s in slips]
    logits = dict(read_logits(model, prompts, chains, [torch.tensor([s.place]) for s in slips])) if slips else {}
    rows = []
    for i, slip in enumerate(slips):
        p = logits[i][0].double().softmax(-1)
        rows.append((slip.question, slip.said, slip.mended, float(p[slip.written]), float(p[slip.right])))
    return pd.DataFrame(rows, columns=["question", "written", "right", "p(written)", "p(right)"])


def looked_right(compared: pd.DataFrame, *, seed: int = 0) -> pd.DataFrame:
    """How often a slip was the likelier result, and how probable both results were.

    Args:
        compared: of `compare_slips`, a row a question.
        seed: of the intervals, over questions.

    Returns:
        Columns `value`, `low`, `high`; rows `slips`, `share with p(written) > p(right)`, `mean p(written)` and `mean
        p(right)`. All but the number is NaN with fewer than two slips.
    """
    numbers = {
        "share with p(written) > p(right)": (compared["p(written)"] > compared["p(right)"]).to_numpy(float),
        "mean p(written)": compared["p(written)"].to_numpy(),
        "mean p(right)": compared["p(right)"].to_numpy(),
    }
    rows = {"slips": {"value": float(len(compared)), "low": np.nan, "high": np.nan}}
    for name, values in numbers.items():
        if len(values) > 1:
            value, low, high = map(float, mean_interval(values, groups=None, bounds=(0.0, 1.0), seed=seed))
            rows[name] = {"value": value, "low": low, "high": high}
        else:
            rows[name] = dict.fromkeys(("value", "low", "high"), np.nan)
    return pd.DataFrame.from_dict(rows, orient="index")
