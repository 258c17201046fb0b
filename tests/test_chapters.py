"""What every chapter of the book owes its reader, read off its source; the rules themselves on a page made up."""

import re
from pathlib import Path

import pytest

from lmphys.book.chapter import find_chapters
from lmphys.book.claims import load_claims
from tests.chapter_rules import (
    cells_of,
    exercise_complaints,
    exercises_of,
    finding_complaints,
    function_complaints,
    setting_complaints,
    verdict_complaints,
)

ROOT = Path(__file__).parents[1]
CHAPTERS = {chapter.id: chapter for chapter in find_chapters(ROOT)}


@pytest.fixture(params=CHAPTERS)
def chapter(request):
    return CHAPTERS[request.param]


def test_it_has_the_standard_parameters_with_help(chapter):
    parameters = {p.name: p for p in chapter.parameters}
    assert {"model", "profile", "seed"} <= set(parameters)
    assert parameters["model"].default in ("smollm2", "reasoner")  # what comes with the package
    assert parameters["profile"].default == "quick"
    assert all(p.help for p in chapter.parameters)


def test_it_has_exercises_with_folded_solutions_that_run(chapter):
    assert exercise_complaints(cells_of(chapter.source), chapter.slug) == []


def test_it_defines_no_function(chapter):
    assert function_complaints(cells_of(chapter.source)) == []


def test_it_says_once_what_was_found(chapter):
    assert finding_complaints(cells_of(chapter.source)) == []


def test_its_verdicts_are_not_its_largest_cell(chapter):
    assert verdict_complaints(cells_of(chapter.source)) == []


def test_it_takes_prompt_length_and_layer_where_they_matter(chapter):
    assert setting_complaints(cells_of(chapter.source)) == []


def test_it_imports_the_package_of_no_other_page(chapter):
    used = set(re.findall(r"lmphys\.pages(?: import |\.)(\w+)", chapter.source))
    assert used <= {chapter.slug}


def test_its_verdicts_are_of_known_claims(chapter):
    claims = load_claims(ROOT)
    subjects = "|".join(sorted({claim.split(".")[0] for claim in claims}))
    named = re.findall(rf"[\"{{]((?:{subjects})\.[\w.]+)[\":}}]", chapter.source)
    assert named
    assert set(named) <= set(claims)
    assert "Ledger.for_page" in chapter.source
    assert f'for_page("{chapter.id}"' in re.sub(r"\(\s+", "(", chapter.source)


def test_its_figures_have_captions_and_names_of_their_own(chapter):
    figures = re.findall(r'mystnb=\{"figure": \{"name": "(fig-[\w-]+)", "caption": "([^"]+)"', chapter.source)
    assert figures
    names = re.findall(r'"name": "(fig-[\w-]+)"', "".join(c.source for c in CHAPTERS.values()))
    assert len(names) == len(set(names))


def test_labels_of_exercises_are_distinct_in_the_book():
    labels = [label for chapter in CHAPTERS.values() for label in exercises_of(cells_of(chapter.source)).labels]
    assert len(labels) == len(set(labels))


# The rules, on a page that keeps them and on pages that break one each.

PAGE = """# %% [markdown]
# # A toy page

# %% tags=["parameters"]
seed: int = 0  # seed

# %%
first = 1
second = 2
third = 3

# %%
ledger.record("a.b", first)
ledger.show()

# %% tags=["finding"]
ledger.finding("It is {a.b}.")

# %% [markdown]
# ```{exercise} One
# :label: toy_page-one
# Do it.
# ```
#
# ```{solution-start} toy_page-one
# :class: dropdown
# ```
# Words:
#
# - a list
#
#     of two paragraphs

# %% tags=["solution"]
def doubled(x):
    return 2 * x

# %% [markdown]
# More words.

# %% tags=["solution"]
doubled(first)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} Two
# :label: toy-page-two
# Do more.
# ```
#
# ```{solution} toy-page-two
# :class: dropdown
# Words alone.
# ```

# %% [markdown]
# ```{exercise}
# :label: toy_page-three
# Find out.
# ```
"""
START = "# ```{solution-start} toy_page-one"
END = "# ```{solution-end}\n# ```\n"


def complaints(source):
    cells = cells_of(source)
    return [
        *exercise_complaints(cells, "toy_page"),
        *function_complaints(cells),
        *finding_complaints(cells),
        *verdict_complaints(cells),
    ]


def test_a_page_that_keeps_the_rules_passes():
    assert complaints(PAGE) == []
    found = exercises_of(cells_of(PAGE))
    assert found.labels == ["toy_page-one", "toy-page-two", "toy_page-three"]
    assert [(s.of, s.gated, s.n_cells) for s in found.solutions] == [
        ("toy_page-one", True, 2),
        ("toy-page-two", False, 0),
    ]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("```{exercise}\n", "```{note}\n", ["2 exercises, not 3 or more"]),
        ("toy_page-three", "other-three", ["the label 'other-three' is not toy_page-something"]),
        ("# :label: toy_page-three\n", "", ["the label '' is not toy_page-something"]),
        (":label: toy_page-three", ":label: toy_page-one", ["two exercises have one label"]),
        ("```{solution} toy-page-two", "```{note}", ["1 solutions, not 2 or more"]),
        (
            "```{solution} toy-page-two",
            "```{solution} toy-page-tow",
            ["a solution is of 'toy-page-tow', which is no exercise of the page"],
        ),
        ("toy-page-two\n# :class: dropdown", "toy-page-two", ["the solution of toy-page-two is not folded"]),
        (
            "# Words alone.",
            "# Words.\n#\n#     f(x)",
            ["the solution of toy-page-two has a block of code that is not run"],
        ),
        (
            "# More words.",
            "# More.\n#\n#     f(x)",
            ["the solution of toy_page-one has a block of code that is not run"],
        ),
        (
            '# %% tags=["solution"]\ndoubled(first)',
            "# %%\ndoubled(first)",
            ["a cell in the solution of toy_page-one has no tag: doubled(first)"],
        ),
        (END, "", ["solution-start toy_page-one is not ended before the next solution"]),
        (
            START,
            "# ```{note}",
            [
                "a cell tagged solution stands in none: def doubled(x):",
                "a cell tagged solution stands in none: doubled(first)",
                "solution-end without a solution-start",
                "1 solutions, not 2 or more",
            ],
        ),
        (
            "# # A toy page",
            "# # A toy page\n# ```{dropdown} Solution\n# ```",
            ["an exercise or a solution is an admonition or a dropdown"],
        ),
        ("third = 3", "def third():\n    return 3", ["third is defined on the page"]),
        ("third = 3", "class Third:\n    n = 3", ["Third is defined on the page"]),
        (' tags=["finding"]', "", ["0 cells are tagged finding, not 1"]),
        ("# %%\nfirst", '# %% tags=["finding"]\nfirst', ["2 cells are tagged finding, not 1"]),
        ("ledger.finding(", "print(", ["the cell tagged finding does not ask the ledger for it"]),
        ("third = 3\n", "", ["the cell of the verdicts is the largest of the page"]),
        ("ledger.show()", "ledger", ["0 cells show the ledger, not 1"]),
    ],
)
def test_a_page_that_breaks_a_rule_is_told(old, new, said):
    assert PAGE.count(old) == 1
    assert complaints(PAGE.replace(old, new)) == said


DRAWN = """# %% [markdown]
# # A page that has chains drawn

# %% tags=["parameters"]
model: str = "smollm2"  # model
prompt: str = "chat"  # how it is asked
max_tokens: int | None = None  # longest chain
layer: int = -1  # block

# %%
spec = corpus.default_spec(model, prompt=prompt, max_tokens=max_tokens, layer=layer)
usual = corpus.default_spec("reasoner").tasks
states = corpus.build_corpus(spec).trajectories()
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("", "", []),
        ("trajectories()", 'trajectories("final_norm")', []),
        ('prompt: str = "chat"  # how it is asked\n', "", ["it takes no prompt"]),
        ("layer: int", "depth: int", ["it takes no layer", "it takes depth and does not use it"]),
        ("model, prompt=prompt,", "model,", [
            "it takes prompt and does not use it",
            "line `corpus.default_spec(model, max_tokens=max_tokens, layer=laye` leaves out prompt",
        ]),
        ("max_tokens: int | None = None", "max_tokens: int = 60", []),
    ],
)  # fmt: skip
def test_a_page_that_cannot_be_asked_otherwise_is_told(old, new, said):
    assert setting_complaints(cells_of(DRAWN.replace(old, new))) == said


def test_gates_without_a_cell_and_without_an_end_are_told():
    empty = END + "#\n# ```{solution-start} toy_page-three\n# :class: dropdown\n# ```\n#\n"
    assert complaints(PAGE.replace(END, empty + END)) == ["no cell between the gates of toy_page-three"]
    opened = PAGE + "#\n# ```{solution-start} toy_page-three\n# :class: dropdown\n# ```\n\n"
    opened += '# %% tags=["solution"]\nfirst\n'
    assert complaints(opened) == ["solution-start toy_page-three is not ended"]
