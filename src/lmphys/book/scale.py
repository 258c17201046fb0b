"""What a run lacks to be compared with the paper: the numbers from which on some claims are judged."""

# Transitions of the paper, and from how many on a number that depends on them is compared with its own.
PAPER_TRANSITIONS, ENOUGH_TRANSITIONS = 40_000, 20_000
# AUROC of plain truths against plain falsehoods from which on a belief is one.
ENOUGH_KNOWLEDGE = 0.8


def lacking_transitions(n: int) -> str:
    """That there are too few transitions, in words; empty where there are enough.

    Args:
        n: transitions of this run.
    """
    return "" if n >= ENOUGH_TRANSITIONS else f"{n:,} transitions, where the paper has {PAPER_TRANSITIONS:,}"


def lacking_knowledge(auroc: float, low: float) -> str:
    """That a model hardly knows plain facts, in words; empty where it does.

    Args:
        auroc: of plain truths against plain falsehoods.
        low: lower end of its interval.
    """
    if low >= ENOUGH_KNOWLEDGE:
        return ""
    return f"plain facts are told with an AUROC of {auroc:.2f}, lower end {low:.2f}, where {ENOUGH_KNOWLEDGE} is needed"
