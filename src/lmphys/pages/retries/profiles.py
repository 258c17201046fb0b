"""How much is read, written and trained in each profile."""

from typing import NamedTuple


class Sizes(NamedTuple):
    """Numbers of a profile.

    Attributes:
        seeds: trainings of each recipe that are asked; None: all.
        problems: for each number of operations, to be solved.
        documents: whose words are costed.
        probed: problems for each number of operations that probes are trained on.
        judged: and those that they are judged on.
        steps: updates of the training on the page.
    """

    seeds: int | None
    problems: int
    documents: int
    probed: int
    judged: int
    steps: int


_SIZES = {
    "smoke": Sizes(1, 12, 24, 30, 12, 20),
    "quick": Sizes(None, 100, 200, 150, 60, 150),
    "full": Sizes(None, 1000, 2000, 1000, 400, 2000),
}


def sizes(profile: str) -> Sizes:
    """Those of a profile."""
    return _SIZES[profile]
