"""What each word of a document of arithmetic is for."""

from lmphys.problems.arithmetic.checker import kind_of_word
from lmphys.problems.arithmetic.solution import Solution
from lmphys.problems.arithmetic.words import ArithmeticWords

# Of the words of a solution; marks are =, ; and the full stop.
PARTS = ("name", "formula", "copied", "sum", "mark", "back")


def parts_of_solution(solution: Solution, words: ArithmeticWords) -> list[str]:
    """What each word of a solution is for, one of `PARTS`.

    `name` says which quantity comes next. Of the words after it those of the `formula` stand in the problem, numbers
    that are `copied` stand in the solution already, and a `sum` has to be worked out.
    """
    found: list[str] = []
    for sentence in solution.sentences:
        if sentence.mistaken:
            found += ["name", "back"]
            continue
        formula = solution.problem.formulas[sentence.quantity]
        found += ["name", "mark"]
        for number, step in enumerate(words.step(solution.problem, sentence.quantity)):
            found += ["mark"] * (number > 0)
            for i, part in enumerate(step):
                last = i == len(step) - 1
                found += ["mark"] * (i > 0)
                found += [kind_of_word(formula, number, i, k, last=last) for k in range(len(part))]
        found.append("mark")
    return found


def parts_of_document(solution: Solution, words: ArithmeticWords, n_prompt: int) -> list[str]:
    """What each token of a document with its question last is for, the mark of the beginning left out.

    Marks count to what stands before them; the end is a mark of its own.

    Args:
        solution: of the document.
        words: of its world.
        n_prompt: tokens up to the colon, the mark of the beginning among them.
    """
    found = ["statement"] * (n_prompt - 4) + ["question"] * 3  # a question mark, a name, a colon
    for part in parts_of_solution(solution, words):
        found.append(found[-1] if part == "mark" else part)
    return [*found, "end"]
