"""What solutions cost a transformer above the exact law, and what they cost whoever lacks a single skill."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from lmphys.lm.model import LanguageModel
from lmphys.lm.tiny.reading import read_places
from lmphys.problems.arithmetic.parts import parts_of_solution
from lmphys.problems.arithmetic.source import ArithmeticDocuments
from lmphys.stats.interval import Interval
from lmphys.stats.mean import mean_interval

NO_SUMS, NO_PLAN = "no sums", "no plan"


class Costs(NamedTuple):
    """Words of some solutions, the end of each among them, one row a word.

    Attributes:
        document: of each word.
        part: what it is for, see `PARTS`; or "end".
        floor: nats under the exact law.
        lacking: `NO_SUMS` and `NO_PLAN` -> nats above it for whoever knows all but that: sums guessed evenly, names
            drawn evenly among all quantities that can be computed.
        documents: the token ids and targets.
    """

    document: np.ndarray
    part: np.ndarray
    floor: np.ndarray
    lacking: dict[str, np.ndarray]
    documents: list[tuple[np.ndarray, np.ndarray]]


def costs(source: ArithmeticDocuments, n: int) -> Costs:
    """The words of the first n documents of a source, and what they cost those who know its law."""
    documents, numbers, parts, floors, plans = [], [], [], [], []
    for index in range(n):
        solution = source.solution(index)
        document = source.document(index)
        documents.append((document.tokens, document.mask))
        own = [*parts_of_solution(solution, source.words), "end"]
        extra = np.zeros(len(own))
        needed = set(solution.problem.necessary)
        for sentence, can in zip(solution.sentences, solution.computable(), strict=True):
            if not sentence.mistaken:
                extra[sentence.start] = np.log(can.sum() / len(needed.intersection(np.flatnonzero(can))))
        numbers.append(np.full(len(own), index))
        parts += own
        floors.append(np.append(solution.loss, 0.0))
        plans.append(extra)
    part = np.array(parts)
    no_sums = np.where(part == "sum", np.log(source.words.modulus), 0.0)
    lacking = {NO_SUMS: no_sums, NO_PLAN: np.concatenate(plans)}
    return Costs(np.concatenate(numbers), part, np.concatenate(floors), lacking, documents)


def surprisals(model: LanguageModel, found: Costs) -> np.ndarray:
    """(words,) what the words cost a model, nats."""
    places = [np.flatnonzero(mask) - 1 for _, mask in found.documents]
    targets = np.concatenate([tokens[mask] for tokens, mask in found.documents])
    log_p = read_places(
        model, [tokens[: at[-1] + 1] for (tokens, _), at in zip(found.documents, places, strict=True)], places
    ).log_p
    return -log_p[np.arange(len(targets)), targets].astype(float)


def per_word(extra: np.ndarray, found: Costs, *, seed: int = 0) -> Interval:
    """Extra nats of all words over their number, with a 95 % interval over documents."""
    return mean_interval(extra, groups=found.document, seed=seed)


def by_part(extra: Sequence[np.ndarray], found: Costs) -> pd.DataFrame:
    """Nats above the floor by what a word is for.

    Args:
        extra: (words,) of each of several trainings, or of whoever lacks a skill.
        found: the words.

    Returns:
        A row a part: `share` of the words; `nats per word` of the part; and `nats per solution`, which add up.
    """
    mean = np.mean(extra, axis=0)
    table = pd.DataFrame({"part": found.part, "nats": mean}).groupby("part")["nats"].agg(["size", "mean", "sum"])
    table["share"] = table["size"] / len(mean)
    table["per solution"] = table["sum"] / len(found.documents)
    return table.rename(columns={"mean": "per word"})[["share", "per word", "per solution"]]
