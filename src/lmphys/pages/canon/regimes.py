"""Do the regimes of a switching model follow the parts that names play in a document?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from sklearn.linear_model import LogisticRegression

from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.linear import LinearDrift
from lmphys.dynamics.projection import Projection
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.pages.canon.scores import loaded
from lmphys.problems.documents import Document
from lmphys.problems.hops import Hops
from lmphys.stats.alignment import alignment
from lmphys.stats.interval import Interval
from lmphys.stats.regression import r2_gain

PARTS = ("from", "to", "asked", "answer")


def parts(tokens: np.ndarray, vocabulary: Sequence[str]) -> pd.DataFrame:
    """The names of a document: `token`, its place; `part`, one of `PARTS`; `hops`, of the question, missing in edges.

    Args:
        tokens: of a document of the world `hops` whose names are single tokens.
        vocabulary: of that world.
    """
    words = [vocabulary[token] for token in tokens]
    rows: list[tuple[int, str, str | None]] = []
    for place, word in enumerate(words):
        if not word.startswith("v"):
            continue
        before, after = words[place - 1], words[place + 1]
        if before == ":":
            rows.append((place, "answer", words[place - 3]))
        elif before.startswith("k"):
            rows.append((place, "asked", before))
        else:
            rows.append((place, "to" if before == ">" else "from", None))
        assert (after == ">") == (rows[-1][1] == "from")
    return pd.DataFrame(rows, columns=["token", "part", "hops"])


@torch.inference_mode()
def states_at_names(spec: str, documents: Sequence[Document], vocabulary: Sequence[str], block: int) -> Trajectories:
    """States at the names of documents, one chain a document, `part` and `hops` in `sentences`.

    Args:
        spec: of a tiny transformer of the world `hops`.
        documents: of this world.
        vocabulary: of this world.
        block: after which the states are taken, from 1.
    """
    model = loaded(spec)
    chains: list[np.ndarray] = []
    tables: list[pd.DataFrame] = []
    for number, (tokens, _) in enumerate(documents):
        table = parts(tokens, vocabulary)
        read = model.model(input_ids=torch.from_numpy(tokens)[None], use_cache=False, output_hidden_states=True)
        chains.append(read.hidden_states[block][0, table["token"].tolist()].float().numpy())
        tables.append(table.assign(chain=number, t=np.arange(len(table))))
    return Trajectories(
        np.concatenate(chains),
        np.array([len(chain) for chain in chains]),
        sentences=pd.concat(tables, ignore_index=True),
        meta={"model": spec, "layer": block},
    )


@dataclass(frozen=True)
class Found:
    """What a switching model of states at names finds.

    Attributes:
        table: of `stats.alignment.alignment`, rows `part` and `hops`.
        gain: R^2 of the next state, forecast from those before it, less that of one linear map, over documents.
        told: share of the parts, %, that a linear reader who was told the true ones names from the same coordinates.
    """

    table: pd.DataFrame
    gain: Interval
    told: float


def find(traj: Trajectories, *, rank: int, n_regimes: int, n_permutations: int = 199, seed: int = 0) -> Found:
    """Fit a switching model to 70 % of the documents, and set its regimes on the others beside the true parts.

    Args:
        traj: of `states_at_names`.
        rank: of the projection, learned on the same 70 %.
        n_regimes: of the model.
        n_permutations: of each null.
        seed: of split, starts, permutations and resampling.
    """
    train, test = traj.split(0.7, seed=seed)
    projection = Projection(rank, whiten=True).fit(train)
    train, test = projection.transform(train), projection.transform(test)
    model = SLDS(n_regimes, n_init=2, random_state=seed).fit(train)
    to = test.sources() + 1
    labels = {name: test.sentences[name].to_numpy()[to] for name in ("part", "hops")}
    table = alignment(
        model.viterbi(test),
        labels,
        positions=test.sentences["t"].to_numpy()[to],
        chains=test.pairs()[2],
        n_permutations=n_permutations,
        seed=seed,
    )
    one = LinearDrift(model.ridge_, penalty="A-I").fit(train)
    gain = r2_gain(test, model.predict(test).mean, one.predict(test).mean, seed=seed)
    reader = LogisticRegression(max_iter=500).fit(train.states, train.sentences["part"])
    return Found(table, gain, 100 * float(reader.score(test.states, test.sentences["part"])))


def trained_and_random(
    spec: str, options: Mapping[str, Any], n: int, *, block: int, seed: int, **settings: Any
) -> dict[str, Found]:
    """`find` for a trained transformer and for the same with random weights, on documents of the test split.

    Args:
        spec: of the trained transformer.
        options: of the world `hops`; sizes of cycles are drawn, so that the place does not tell the part.
        n: documents.
        block: after which the states are taken, from 1.
        seed: of documents, and as in `find`.
        settings: of `find`.
    """
    world = Hops(seed, **{**options, "split": "test"})
    documents = [world.document(index) for index in range(n)]
    return {
        name: find(states_at_names(which, documents, world.vocabulary, block), seed=seed, **settings)
        for name, which in {"trained": spec, "random weights": f"random:{spec}"}.items()
    }


def side_by_side(found: Mapping[str, Found]) -> pd.DataFrame:
    """What regimes of each transformer share with labels, its nulls, what they add to a forecast, what can be read."""
    rows = {
        (name, label): {**row[["nmi", "low", "high", "place", "place_high", "verdict"]], "gain": each.gain.value}
        | ({"told, %": each.told} if label == "part" else {})
        for name, each in found.items()
        for label, row in each.table.iterrows()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(["states", "label"])
