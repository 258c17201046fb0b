"""How large the languages of the page are, by profile."""

from typing import NamedTuple


class Sizes(NamedTuple):
    """Sizes of one profile.

    Attributes:
        n: words.
        d: dimension.
        probes: words whose pairs are looked at.
        sets: independent sets of contexts, and contexts in each.
        walks: walks, and words drawn along each.
        n_grid: numbers of words of the languages of `finite_size`.
        d_grid: their dimensions.
        repeats: languages of each size.
        min_expected: least expected count of a pair of tokens of real texts.
    """

    n: int
    d: int
    probes: int
    sets: tuple[int, int]
    walks: tuple[int, int]
    n_grid: tuple[int, ...] = (250, 1_000, 4_000)
    d_grid: tuple[int, ...] = (10, 20, 40, 80)
    repeats: int = 3
    min_expected: float = 5.0


SIZES = {
    "smoke": Sizes(500, 30, 100, (6, 500), (8, 4_000), (200, 800), (10, 40), repeats=1, min_expected=1.0),
    "quick": Sizes(2_000, 50, 200, (20, 800), (24, 12_000)),
    "full": Sizes(5_000, 100, 300, (30, 2_000), (48, 40_000)),
}
