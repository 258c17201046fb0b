"""What is known of the sentences on both sides of a step, and whether regimes follow it."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.mixtures import Regimes
from lmphys.pages.regimes.sentence_types import sentence_type
from lmphys.stats.alignment import alignment

THIS, NEXT = "this sentence", "next sentence"
_LAST_PLACE = 9  # later places are too few to be told apart
_SHOWN = ["classes", "nmi", "low", "high", "any", "place", "place_high", "p_any", "p_place", "verdict"]


@dataclass(frozen=True, eq=False)
class LabelledSteps:
    """Labels of m steps, and what an exchange of labels must keep.

    Attributes:
        labels: name to (m,) labels.
        place: (m,) place of the step in its chain, from 0.
        chain: (m,) its chain.
        question: (m,) its question.
    """

    labels: dict[str, np.ndarray]
    place: np.ndarray
    chain: np.ndarray
    question: np.ndarray

    def align(self, regimes: np.ndarray, *, seed: int) -> pd.DataFrame:
        """How much each label tells of the regimes (m,), beside two nulls (`lmphys.stats.alignment`)."""
        found = alignment(
            regimes, self.labels, positions=self.place, chains=self.chain, groups=self.question, seed=seed
        )
        return found[_SHOWN]

    def usual_token(self) -> str:
        """The token that ends most next sentences."""
        return str(pd.Series(self.labels[f"token, {NEXT}"]).value_counts().index[0])

    def of_token(self, token: str) -> np.ndarray:
        """(m,) whether both sentences of a step end with a token."""
        return np.logical_and(*(self.labels[f"token, {side}"] == token for side in (THIS, NEXT)))

    def select(self, mask: np.ndarray) -> "LabelledSteps":
        """The steps of a mask (m,), without their tokens, which a choice by token has made one."""
        kept = {name: x[mask] for name, x in self.labels.items() if not name.startswith("token")}
        return replace(self, labels=kept, place=self.place[mask], chain=self.chain[mask], question=self.question[mask])


def label_steps(traj: Trajectories, position: str) -> LabelledSteps:
    """Labels of all steps of chains of a corpus.

    Args:
        traj: with texts, tokens and places of the sentences, and task, question and outcome of the chains; the phase of
            each sentence too, where the chains are labelled.
        position: whose token, `boundary` or `after`.
    """
    rows, chain = traj.sources(), traj.pairs()[2]
    token = traj.sentences[f"{position}_token"].to_numpy()
    kind = traj.sentences["text"].map(sentence_type).to_numpy()
    place = traj.sentences["t"].to_numpy()[rows]
    labels = {
        f"token, {THIS}": token[rows],
        f"token, {NEXT}": token[rows + 1],
        f"type, {THIS}": kind[rows],
        f"type, {NEXT}": kind[rows + 1],
        "place in the chain": np.minimum(place, _LAST_PLACE),
        "task": traj.chains["task"].to_numpy()[chain],
        "correct": traj.chains["correct"].to_numpy()[chain],
    }
    if "phase" in traj.sentences:
        labels[f"phase, {NEXT}"] = traj.sentences["phase"].to_numpy()[rows + 1]
    return LabelledSteps(labels, place, chain, traj.chains["question_id"].to_numpy()[chain])


def share_by_regime(regimes: np.ndarray, steps: LabelledSteps, label: str, *, most: int = 7) -> pd.DataFrame:
    """Shares of the classes of a label in each regime; a row adds up to 1.

    Args:
        regimes: (m,) regime of each step.
        steps: with the label.
        label: its name.
        most: classes shown by name, the commonest; the rest are "others".
    """
    values = pd.Series(steps.labels[label], name=label).astype(str)
    kept = values.isin(values.value_counts().index[:most])
    shown = (values.map(repr) if label.startswith("token") else values).where(kept, "others")
    return pd.crosstab(pd.Series(regimes, name="regime"), shown, normalize="index")


def surest_sentences(regimes: Regimes, traj: Trajectories, *, n: int = 4, width: int = 80, seed: int) -> pd.DataFrame:
    """Sentences whose regime is most certain, with the sentence before, indexed by `regime`.

    Args:
        regimes: of the steps of `traj`.
        traj: chains with texts.
        n: sentences of each regime, no sentence twice.
        width: characters shown.
        seed: of the order among equals.
    """
    text = traj.sentences["text"].str.slice(0, width).to_numpy()
    rows = traj.sources()
    columns = {"regime": regimes.labels, "sure": regimes.probability, THIS: text[rows], NEXT: text[rows + 1]}
    table = pd.DataFrame(columns).sample(frac=1, random_state=seed)
    table = table.sort_values("sure", ascending=False, kind="stable").drop_duplicates(NEXT)
    table = table.groupby("regime").head(n).sort_values("regime", kind="stable")
    return table.set_index("regime").drop(columns="sure")
