"""Chains as paths: sentence by sentence in the plane of the two directions in which the states vary most."""

import numpy as np

from lmphys.book.explorable import Curve, Explorable, Panel, Slider
from lmphys.book.style import BLACK, BLUE, GREEN, ORANGE, PURPLE, VERMILION
from lmphys.core.trajectories import Trajectories
from lmphys.dynamics import Projection, shuffle_order

_COLOURS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE)
_GREY = "#c8c8c4"
_CLOUD = 250  # states that are drawn behind the paths
_LONGEST = 12


def draw_paths(traj: Trajectories, *, seed: int = 0) -> Explorable:
    """Paths of some chains, and of the same with their sentences in random order, under a slider for the sentence.

    Args:
        traj: chains; one of each of five questions is drawn, among those of up to twelve sentences the longest.
        seed: of the random order and of the states behind the paths.
    """
    plane = Projection(2).fit(traj)
    share = plane.variance_captured(2)
    flat = {name: plane.transform(t) for name, t in (("in order", traj), ("at random", shuffle_order(traj, seed=seed)))}
    chosen = choose(traj, len(_COLOURS))
    n = int(traj.lengths[chosen].max())
    rng = np.random.default_rng(seed)
    states = flat["in order"].states
    cloud = states[rng.choice(len(states), min(_CLOUD, len(states)), replace=False)]
    curves, steps = [], {}
    for panel, (name, t) in enumerate(flat.items()):
        curves.append(Curve(cloud[None, :, 1], cloud[:, 0], colour=_GREY, panel=panel, kind="points"))
        paths = [t[int(chain)] for chain in chosen]
        for path, colour in zip(paths, _COLOURS, strict=False):
            seen = trail(path, n)
            curves.append(Curve(seen[..., 1], seen[..., 0], colour=colour, panel=panel))
        heads = np.stack([path[np.minimum(np.arange(n), len(path) - 1)] for path in paths], axis=1)
        curves.append(Curve(heads[..., 1], heads[..., 0], colour=BLACK, panel=panel, kind="points"))
        steps[name] = float(np.sqrt((t.increments() ** 2).sum(axis=1).mean()))
    ends = tuple(1.05 * np.array([flat["in order"].states[:, 0].min(), flat["in order"].states[:, 0].max()]))
    spread = float(np.sqrt(states.var(axis=0).sum()))
    tail = (
        f" A step is {steps['in order'] / spread:.2f} spreads of the cloud long (root mean square, all chains), in "
        f"random order {steps['at random'] / spread:.2f}. The plane holds {share:.0%} of the variance."
    )
    going = [(traj.lengths[chosen] > t).sum() for t in range(1, n + 1)]
    return Explorable(
        sliders=[Slider("sentence", np.arange(1.0, n + 1), n - 1)],
        panels=[
            Panel("sentences in their order", x="first direction", y="second direction", x_range=ends),
            Panel("the same, in random order", x="first direction", x_range=ends),
        ],
        curves=curves,
        words=np.array([f"After sentence {t}: {on} of {len(chosen)} go on." + tail for t, on in enumerate(going, 1)]),
        told="Paths of some chains of thought in the plane of their first two principal directions, and of the same "
        "chains with their sentences in random order, under a slider for the sentence.",
    )


def choose(traj: Trajectories, n: int) -> np.ndarray:
    """Rows of up to n chains of as many questions: of each question the longest that fits, the longest first."""
    fits = np.where(traj.lengths <= _LONGEST, traj.lengths, 0)
    order = np.argsort(-fits, kind="stable")
    first = np.unique(traj.questions[order], return_index=True)[1]
    return order[np.sort(first)][:n]


def trail(path: np.ndarray, n: int) -> np.ndarray:
    """(n, n, 2) of a path (L, 2): row t has its first t + 1 points, and no numbers beyond."""
    trails = np.full((n, n, 2), np.nan)
    for t in range(n):
        seen = path[: t + 1]
        trails[t, : len(seen)] = seen
    return trails
