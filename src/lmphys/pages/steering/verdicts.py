"""What the page has judged: the cost of the gradient, the energy of a steered step, and the texts."""

from collections.abc import Mapping

import pandas as pd

from lmphys.book.ledger import Entry
from lmphys.pages.steering.ways import Paired
from lmphys.stats.interval import Interval


def minimal_entry(paired: Paired, layer: int) -> Entry:
    """KL divergence of the gradient minus that of the contrast, in the same layer at equal gain.

    Args:
        paired: of the gradient and the contrast.
        layer: block whose states were moved.
    """
    shown = ("logit bias", "last state", "gradient", "contrast")
    means = ", ".join(f"{name} {paired.means[name]:.3g}" for name in shown)
    note = f"layer {layer}; the gradient {paired}; mean KL there: {means}"
    return Entry("mechanics.steering.minimal", paired.difference, {"contrast": 0.0}, note)


def energy_entry(changes: pd.DataFrame, gain: float) -> Entry:
    """Change of C1 in the step to the target, in units of the natural difference.

    Args:
        changes: of `changes_by_way`.
        gain: nats.
    """
    out = changes.xs(("C1", "out"), level=("energy", "step"))
    ratio = out["ratio"].to_dict()
    controls = {"natural difference": 1.0, "logit bias": ratio["logit bias"]}
    others = ", ".join(f"{name} {ratio[name]:.3g}" for name in ("last state", "contrast", "random"))
    obtained = Interval.of_row(out.loc["gradient"], "ratio")
    return Entry("mechanics.steering.energy", obtained, controls, f"gain {gain:g} nats; {others}")


def constancy_entry(found: Mapping[str, Interval], along: pd.DataFrame) -> Entry:
    """How constant the energy is along steered texts, beside natural ones.

    Args:
        found: start to `constancy_gain`: `gradient`, and others to be shown.
        along: of `energies_along`.
    """
    variations = ", ".join(f"{name} {value:.3g}" for name, value in along["variation"].items())
    shown = {f"{name} (no state moved)": found[name] for name in found if name == "forced"}
    return Entry("mechanics.steering.along", found["gradient"], shown, f"coefficients of variation: {variations}")


def quality_entry(gains: pd.DataFrame, scores: pd.DataFrame, n_written: int) -> Entry:
    """Relevance of the steered continuations minus that of the natural ones.

    Args:
        gains: of `relevance_gains` over the natural texts; without a row `gradient`, if it never reached the gain.
        scores: of `text_scores`.
        n_written: tokens asked of each continuation.
    """
    ways = gains.reindex(["gradient", "forced", "random"])
    gradient, mean = ways.loc["gradient"], ways["mean"].to_dict()
    relevance = scores["later"].unstack("way").reindex(columns=["gradient", "natural"])
    later = (relevance["gradient"] - relevance["natural"]).mean()
    note = (
        f"{n_written} tokens; better at {gradient['better']:.0f} of {gradient['contexts']:.0f} places, "
        f"median {gradient['median']:.3g}, pooled {gradient['pooled']:.3g}, without the first token {later:.3g}; "
        f"random {mean['random']:.3g}"
    )
    controls = {"natural": 0.0, "forced word": mean["forced"]}
    return Entry("mechanics.steering.quality", Interval.of_row(gradient, "mean"), controls, note)
