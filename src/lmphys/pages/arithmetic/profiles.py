"""How much is read, written and trained in each profile."""

from typing import NamedTuple


class Sizes(NamedTuple):
    """Numbers of a profile.

    Attributes:
        seeds: trainings of the book that are asked; None: all.
        problems: for each number of operations, to be solved.
        documents: whose words are costed.
        probed: problems for each number of operations that probes are trained on.
        judged: and those that they are judged on.
        paths: documents whose states are followed word by word.
        steps: updates of the training on the page.
    """

    seeds: int | None
    problems: int
    documents: int
    probed: int
    judged: int
    paths: int
    steps: int


_SIZES = {
    "smoke": Sizes(1, 12, 24, 30, 12, 16, 20),
    "quick": Sizes(None, 120, 250, 150, 60, 60, 220),
    "full": Sizes(None, 1000, 2000, 1000, 400, 300, 2000),
}


def sizes(profile: str) -> Sizes:
    """Those of a profile."""
    return _SIZES[profile]
