"""The undecided state of a table of tokens: until which noise does it hold, and does the covariance know it?"""

from dataclasses import dataclass

import numpy as np

from lmphys.generative import Centre, NoisyPatterns, follow_centre, principal_variances

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

    def critical(self) -> dict[str, float]:
        """Noise at which the point is lost: where the slope passes 1, or, where it stays below, is largest."""
        lost = self.followed.lost
        return {AS_IS: self.followed.steepest if np.isnan(lost) else lost, MIRRORED: self.mirrored.lost}

    def over_largest(self) -> dict[str, float]:
        """The same over the noise at which the covariance would have it."""
        return {name: noise / self.largest for name, noise in self.critical().items()}


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
