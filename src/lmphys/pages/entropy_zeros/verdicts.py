"""What is judged on the page on near-zeros of the entropy."""

from collections.abc import Mapping, Sequence

from lmphys.book import Entry
from lmphys.stats.interval import Interval


def judge_share(kl: Mapping[str, Interval], variation: Mapping[str, Interval]) -> Entry:
    """The excess share of the imitator that speaks least for the claim.

    Args:
        kl: imitator to `excess_share` of the divergence.
        variation: the same of the total variation, for the note.
    """
    least = min(kl, key=lambda name: float(kl[name].value))
    return Entry(
        "thermo.entropy_zeros.share",
        kl[least],
        note=f"least of {len(kl)} imitators: {least}; by total variation {float(variation[least].value):.2f}",
    )


def judge_slowest(falls: Mapping[str, Interval], families: Mapping[str, Sequence[str]]) -> Entry:
    """How much slower the near-zero places are learned, in the last family; the families before it are controls.

    Args:
        falls: family to `slower`.
        families: family to its members, from coarse to fine.
    """
    *others, last = falls
    return Entry(
        "thermo.entropy_zeros.slowest",
        falls[last],
        {"no difference": 0.0} | {other: float(falls[other].value) for other in others},
        f"{last}: {families[last][0]} to {families[last][-1]}",
    )
