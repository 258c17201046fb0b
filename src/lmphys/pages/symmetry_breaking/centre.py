"""The undecided state of a table of tokens: until which noise does it hold, and does the covariance know it?"""

from dataclasses import dataclass

import numpy as np

from lmphys.generative import Centre, NoisyPatterns, follow_centre, principal_variances
from lmphys.stats.interval import Interval

AS_IS, MIRRORED = "table as it is", "with its mirror image"


@dataclass(frozen=True, eq=False)
class Undecided:
    """The central fixed point of a table, in two versions of the table.

    Attributes:
        largest: largest eigenvalue λ₁ of the covariance of the table.
        followed: the fixed point of the table as it is, which moves with the noise.
        mirrored: that of the table with its mirror image, where the symmetry is exact and the point stays.
    """

    largest: float
    followed: Centre
    mirrored: Centre

    def critical(self) -> dict[str, Interval]:
        """Noise at which the point is lost: where the slope passes 1, or, where it stays below, is largest."""
        return {AS_IS: _critical(self.followed), MIRRORED: _critical(self.mirrored)}

    def over_largest(self) -> dict[str, Interval]:
        """The same over the noise at which the covariance would have it."""
        return {name: noise.map(lambda s: s / self.largest) for name, noise in self.critical().items()}


def _critical(centre: Centre) -> Interval:
    """Between the two noises that were looked at on either side."""
    last = len(centre.noises) - 1
    if np.isnan(centre.lost):
        top = int(centre.slope.argmax())
        return Interval(
            centre.steepest, float(centre.noises[min(top + 1, last)]), float(centre.noises[max(top - 1, 0)])
        )
    passed = int((centre.slope >= 1).argmax())
    return Interval(centre.lost, float(centre.noises[passed]), float(centre.noises[max(passed - 1, 0)]))


def undecided(table: np.ndarray, *, lowest: float, n_noises: int) -> Undecided:
    """Follow the central fixed point from a little above the largest eigenvalue of the covariance down.

    Args:
        table: (N, d), standardised.
        lowest: last noise, as a share of that eigenvalue.
        n_noises: in equal steps of the logarithm.
    """
    largest = float(principal_variances(table)[0])
    noises = largest * np.geomspace(1.15, lowest, n_noises)
    data = NoisyPatterns(table)
    return Undecided(largest, follow_centre(data, noises), follow_centre(data, noises, mirrored=True))
