"""What would happen: clean and poisoned chains as a switching model simulates them."""

import numpy as np
import pandas as pd

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Trajectories
from lmphys.pages.belief_shift.folds import Fold
from lmphys.pages.belief_shift.themes import Theme

# Kinds of chains in the table of `scenarios`.
REAL, READ, SIMULATED, UNDISPLACED = "real", "real, read out", "simulated", "simulated, no displacement"


def displacements(train: Trajectories, forecast: np.ndarray, condition: str = "poisoned") -> np.ndarray:
    """Mean of what the k-th inserted sentence adds to the state, beyond the forecast, (insertions, k).

    Args:
        train: chains with `condition` in `chains` and `how` in `sentences`; all with equally many insertions.
        forecast: one-step forecasts (N - C, k), in the order of `pairs()`.
        condition: whose insertions.

    Raises:
        LmphysError: there are no such chains, or they differ in their number of insertions.
    """
    rows = train.sources()
    given = (train.sentences["how"] == "given").to_numpy()[rows + 1]
    chain = train.pairs()[2]
    wanted = given & (train.chains["condition"] == condition).to_numpy()[chain]
    surprise = train.states[rows + 1][wanted] - forecast[wanted]
    counts = np.unique(chain[wanted], return_counts=True)[1]
    if not len(counts) or (counts != counts[0]).any():
        raise LmphysError(f"{condition} chains of the training themes have no, or unequally many, insertions")
    return surprise.reshape(-1, counts[0], train.width).mean(axis=0)


def simulate_poisoned(
    fold: Fold, starts: Trajectories, places: tuple[int, ...], shifts: np.ndarray | None, n_steps: int, *, seed: int
) -> Trajectories:
    """Chains of `n_steps` states from the first states of others, displaced where a sentence would be inserted.

    Args:
        fold: whose switching model moves them.
        starts: chains; only the first state of each is used.
        places: of the insertions, rising.
        shifts: (insertions, k) added to the states at these places; None: nothing is.
        n_steps: states of each chain.
        seed: of the draws.
    """
    chains = Trajectories(starts.states[starts.offsets[:-1]], np.ones(len(starts)), starts.chains, meta=starts.meta)
    seeds = np.random.SeedSequence(seed).generate_state(len(places) + 1)
    done = 1
    for number, place in enumerate([*places, n_steps - 1]):
        chains = fold.slds.simulate(chains, place + 1 - done, seed=int(seeds[number]))
        done = place + 1
        if shifts is not None and number < len(places):
            states = chains.states.copy()
            states[chains.offsets[1:] - 1] += shifts[number]
            chains = chains.with_states(states)
    return chains


def scenarios(folds: list[Fold], themes: list[Theme], *, seed: int = 0) -> pd.DataFrame:
    """Real and simulated beliefs of held-out themes, sentence by sentence.

    Simulated chains start from the first state of a real one each, of the same theme and condition. Clean ones follow
    the switching model. Poisoned ones are displaced at the places of the insertions by the mean surprise of the
    training themes there, or, as a control, not displaced. The simulated chains of one pair have the same noise.
    Beliefs are read out of the states; for real chains they are also those that were asked.

    Args:
        folds: of `fit_folds`, with chains of one length.
        themes: those of the chains.
        seed: of the simulations.

    Returns:
        Columns `theme`, `condition`, `kind` (`REAL`, `READ`, `SIMULATED` or `UNDISPLACED`), `chain`, `t`, `belief`.

    Source: Carson & Reisizadeh 2025 (arXiv 2506.04374), App. C.5.
    """
    known = {theme.id: theme for theme in themes}
    noise = dict(zip(known, np.random.SeedSequence(seed).generate_state(len(known)).tolist(), strict=True))
    tables = []
    for fold in folds:
        shifts = displacements(fold.train, fold.slds.forecasts(fold.train)["predictive"])
        names = fold.test.chains["question_id"].astype(str)
        for name in dict.fromkeys(names):
            for condition in ("clean", "poisoned"):
                chosen = (names == name) & (fold.test.chains["condition"] == condition)
                real = fold.test.select(chosen.to_numpy())
                n_steps = int(real.lengths[0])
                places = known[name].places(n_steps)
                asked = real.sentences["belief"].to_numpy(float)
                found = {REAL: asked, READ: fold.readout.predict(real.states)}
                moved = {SIMULATED: shifts if condition == "poisoned" else None}
                if condition == "poisoned":
                    moved[UNDISPLACED] = None
                for kind, shift in moved.items():
                    made = simulate_poisoned(fold, real, places, shift, n_steps, seed=noise[name])
                    found[kind] = fold.readout.predict(made.states)
                index = {"chain": real.sentences["chain"].to_numpy(), "t": real.sentences["t"].to_numpy()}
                for kind, belief in found.items():
                    labels = {"theme": name, "condition": condition, "kind": kind}
                    tables.append(pd.DataFrame({**labels, **index, "belief": belief}))
    return pd.concat(tables, ignore_index=True)


def final_beliefs(table: pd.DataFrame, kind: str, condition: str) -> pd.Series:
    """Final belief of each chain of one kind and condition, indexed by theme, in the order of the table."""
    own = table[(table["kind"] == kind) & (table["condition"] == condition)]
    return own[own["t"] == own["t"].max()].set_index("theme")["belief"]
