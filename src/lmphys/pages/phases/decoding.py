"""Whether regimes that a fit finds are the known phases: decoders that were told and that were not, held out."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.dynamics.slds.inference import SwitchingModel
from lmphys.pages.phases.labelled import LabelledSLDS
from lmphys.stats.alignment import alignment

# Permutations of each null.
_N_PERMUTATIONS = 199


def fit_decoders(train: Trajectories, n_regimes: int, *, seed: int = 0) -> dict[str, Any]:
    """Switching models of the same chains, by what they were told of their phases.

    Args:
        train: chains with the phase as `label` in `sentences`.
        n_regimes: K of the first.
        seed: of the starts.

    Returns:
        "never told", K regimes; "never told, as many", as many as there are phases; "started from phases", EM whose
        first parameters are those of the last; "told", a `LabelledSLDS`.
    """
    told = LabelledSLDS().fit(train, train.sentences["label"])
    n_phases = len(told.classes_)
    return {
        "never told": SLDS(n_regimes, random_state=seed).fit(train),
        "never told, as many": SLDS(n_phases, random_state=seed).fit(train),
        "started from phases": SLDS(n_phases, init=told.parameters_).fit(train),
        "told": told,
    }


def agreement(decoders: Mapping[str, SwitchingModel], test: Trajectories, *, seed: int = 0) -> pd.DataFrame:
    """How the most probable regimes of held-out steps agree with the phase of the sentence that each step leads to.

    Args:
        decoders: name -> fitted model.
        test: held-out chains with the phase as `label` in `sentences`.
        seed: of permutations and resampling.

    Returns:
        Indexed by `fit` and `index` (nmi, ari): the index as `value`, and the columns of `alignment`.
    """
    phase = {"phase": test.sentences["label"].to_numpy()[test.sources() + 1]}
    rows = {}
    for name, model in decoders.items():
        regimes = model.viterbi(test)
        for index in ("nmi", "ari"):
            table = alignment(regimes, phase, index=index, **_where(test, seed))
            rows[name, index] = table.rename(columns={index: "value"}).loc["phase"]
    return pd.DataFrame(rows).T.rename_axis(["fit", "index"])


def densities(decoders: Mapping[str, SwitchingModel], train: Trajectories, test: Trajectories) -> pd.DataFrame:
    """Log density of training and held-out chains under each decoder, nats a step."""
    rows = {name: {"training": model.score(train), "held out": model.score(test)} for name, model in decoders.items()}
    return pd.DataFrame(rows).T


def followed(model: SwitchingModel, test: Trajectories, *, longest: int = 9, seed: int = 0) -> pd.DataFrame:
    """What the regimes of held-out steps follow: phase, boundary token, family, or place in the chain.

    Args:
        model: fitted.
        test: held-out chains with the phase as `label` in `sentences`.
        longest: places from this one on count as one.
        seed: of permutations and resampling.

    Returns:
        A row a label, columns of `alignment`.
    """
    at, chain = test.sources() + 1, test.pairs()[2]
    where = _where(test, seed)
    labels = {
        "phase": test.sentences["label"].to_numpy()[at],
        "boundary token": test.sentences["boundary_token"].to_numpy()[at],
        "family": test.chains["task"].to_numpy()[chain],
        "place": np.minimum(where["positions"], longest),
    }
    return alignment(model.viterbi(test), labels, **where)


def _where(test: Trajectories, seed: int) -> dict[str, Any]:
    """Place, chain and question of each step, and how nulls are drawn: arguments of `alignment`."""
    chain = test.pairs()[2]
    return {
        "positions": test.sentences["t"].to_numpy()[test.sources() + 1],
        "chains": chain,
        "groups": test.chains["question_id"].to_numpy()[chain],
        "n_permutations": _N_PERMUTATIONS,
        "seed": seed,
    }
