"""Tables of the page: chains with their labels, what was held out, the training, and rates with intervals."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from lmphys.problems import vocabulary
from lmphys.problems.chains import LabelledChain
from lmphys.problems.problem import DIFFICULTIES
from lmphys.training.reasoner import outcomes
from lmphys.training.reasoner.reference import Reference, acceptance_checks, chance

_NAMES = ("women", "men", "things", "colours", "subjects", "events")
_RATES = ("correct", "slipped", "corrected", "derailed")


def sentence_table(chain: LabelledChain) -> pd.DataFrame:
    """A row a sentence: its text and its labels."""
    return pd.DataFrame([dataclasses.asdict(sentence) for sentence in chain.sentences])


def first_corrected(chains: Sequence[LabelledChain]) -> LabelledChain:
    """The first chain in which a step is corrected; the first of all where there is none."""
    return next((c for c in chains if any(s.phase == "correct" for s in c.sentences)), chains[0])


def first_wrong(found: pd.DataFrame) -> int:
    """Row of the first chain that slipped and ended wrong; of the first of all where there is none.

    Args:
        found: of `chain_outcomes`.
    """
    wrong = found.index[found["slipped"] & ~found["correct"]]
    return int(wrong[0]) if len(wrong) else 0


def shared_words() -> int:
    """How many names and things the problems of training and of test have in common."""
    train, test = (vocabulary.VOCABULARIES[part] for part in ("train", "test"))
    return sum(len(set(getattr(train, name)) & set(getattr(test, name))) for name in _NAMES)


def unseen_steps(record: Reference) -> list[int]:
    """Difficulties that are asked and were not taught, ascending."""
    return sorted(set(DIFFICULTIES) - set(record.training["recipe"]["difficulties"]))


def training_facts(training: Mapping[str, Any]) -> pd.DataFrame:
    """The size, time and place of a training, as text.

    Args:
        training: of `Reference`.
    """
    machine = training["machine"]
    facts = {
        "trained parameters": f"{training['trained_parameters']:,}",
        "parameters of the base": f"{training['model']['parameters']:,}",
        "examples": f"{training['examples']:,}",
        "tokens": f"{training['tokens']:,}",
        "tokens that carry loss": f"{training['target_tokens']:,}",
        "seconds": f"{training['seconds']:,.0f}",
        "machine": machine.get("gpu", machine["processor"]),
        "loss at the end": f"{training['final_loss']:.3f}",
    }
    return pd.Series(facts, name="the training as it was run").to_frame()


def rate_table(found: pd.DataFrame, by: str, *, seed: int = 0) -> pd.DataFrame:
    """Rates with their intervals as text, a row a group.

    Args:
        found: of `chain_outcomes`.
        by: column to group by.
        seed: of the resampling.
    """
    rates = outcomes.rates(found, _RATES, by=(by,), seed=seed)
    ends = zip(rates["value"], rates["low"], rates["high"], strict=True)
    rates["rate"] = [f"{value:.2f} [{low:.2f}, {high:.2f}]" for value, low, high in ends]
    return rates.pivot(index=by, columns="quantity", values="rate")[list(_RATES)]


def near_chance(found: pd.DataFrame, *, seed: int = 0) -> pd.DataFrame:
    """Accuracy by family beside a blind guess, and whether its interval holds the guess.

    Args:
        found: of `chain_outcomes`.
        seed: of the resampling.

    Returns:
        Indexed by `family`: `value`, `low`, `high`, `chance`, `near chance`.
    """
    table = outcomes.rates(found, ["correct"], by=("family",), seed=seed).set_index("family")
    table = table[["value", "low", "high"]].join(chance(found))
    return table.assign(**{"near chance": table["chance"].between(table["low"], table["high"])})


def checks(found: pd.DataFrame, record: Reference, *, seed: int = 0) -> pd.DataFrame:
    """`acceptance_checks` of a run and of the reference, indexed by `source` and `promise`."""
    here = acceptance_checks(found, seed=seed)
    there = acceptance_checks(record.outcomes, record.greedy, seed=seed)
    return pd.concat({"this run": here, "reference": there}, names=["source"])
