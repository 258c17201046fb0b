"""Estimates before the work, against counts by hand."""

import dataclasses

import pytest

from lmphys.book.benchmarks import Benchmarks, Rates, Row
from lmphys.book.chapter import find_chapters
from lmphys.book.effort import COMMON, effort_line, effort_lines, effort_of, effort_table
from lmphys.corpus.spec import default_spec
from lmphys.lm.size import DEFAULT_SIZE, Size

TINY = Size(1000, 8, 2, 16, 50)


def test_memory_disk_and_time_are_those_of_the_arithmetic():
    spec = default_spec(tasks=("sums",), n_questions=3, n_chains=2, max_tokens=130)
    effort = effort_of(TINY, spec, "bfloat16", drawn=100.0)
    assert (effort.chains, effort.tokens) == (6, 780)
    # Weights, the cache of six chains with their questions in two blocks, and two copies of their logits.
    assert effort.memory == 1000 * 2 + 6 * (200 + 130) * 2 * 16 * 2 + 2 * 6 * 50 * 4
    # Sixty sentences with four states of 8 numbers, and 28 bytes a token.
    assert effort.disk == 60 * 4 * 8 * 2 + 780 * 28
    assert effort.seconds == pytest.approx(7.8 * 1000 / DEFAULT_SIZE.parameters)
    assert effort_of(TINY, spec, "bfloat16").seconds is None
    wide = effort_of(dataclasses.replace(TINY, width=16), spec, "float32")
    assert wide.disk - 780 * 28 == 4 * (effort.disk - 780 * 28)


def test_what_the_default_corpus_takes_is_an_upper_end_of_what_it_took():
    effort = effort_of(DEFAULT_SIZE, default_spec(), "float32", 287.0)
    assert effort.chains == 320
    assert 27_063 <= effort.tokens == 64_000
    assert 1.25e9 < effort.memory < 2 * 1.25e9  # as the benchmark of memory measured it
    assert 15.2e6 < effort.disk < 15.2e6 * 64_000 / 27_063 * 1.5  # the corpus in the cache
    assert effort.seconds == pytest.approx(64_000 / 287)


def test_a_line_says_what_is_known():
    assert effort_line("org/7b", COMMON["7B"], default_spec(), "bfloat16", 287.0) == (
        "org/7b: 7.6 billion weights, about 16.8 GB of memory in bfloat16; 320 chains, at most 64,000 tokens and 143 "
        "MB on disk; at most about 4 hours to draw them here"
    )
    assert effort_line("x", None, default_spec(), "float32", None).startswith("x: its configuration tells no size")


PAGE = """# %% [markdown]
# # A page

# %% tags=["parameters"]
model: str = "smollm2"  # model
profile: str = "quick"  # profile
seed: int = 0  # seed
{}
"""


def test_pages_that_have_chains_drawn_are_counted_once_a_model_and_corpus(tmp_path):
    lines = {
        "shares": 'prompt: str = "chat"  # p\nmax_tokens: int | None = None  # longest\ntasks: list[str] = []  # t',
        "reads": 'prompt: str = "chat"  # p\nmax_tokens: int = 60  # of each',
        "votes": 'prompt: str = "chat"  # p\nn_questions: int = 16  # q\nn_chains: int = 3  # c\n'
        "temperature: float = 1.0  # t",
        "none": "rank: int = 4  # k",
    }
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "_toc.yml").write_text("format: jb-book\nroot: intro\n")
    (tmp_path / "chapters" / "a").mkdir(parents=True)
    for name, text in lines.items():
        (tmp_path / "chapters" / "a" / f"{name}.py").write_text(PAGE.format(text))
    chapters = find_chapters(tmp_path)

    def said(**overrides):
        asked = []

        def rates():
            asked.append(1)
            return Rates(drawn=10.0, read=100.0)

        pages = [(chapter, chapter.resolve(chapter.taken(overrides))) for chapter in chapters]
        return effort_lines(
            pages, rates, {"smollm2": DEFAULT_SIZE, "random:smollm2": DEFAULT_SIZE, "mine": TINY}.get
        ), len(asked)

    own, asked = said()
    assert asked == 0  # the default model's chains come with the book
    assert [line.split("; ")[1].split(" and")[0] for line in own] == [
        "320 chains, at most 64,000 tokens",
        "48 chains, at most 9,600 tokens",
    ]
    assert said(model="random:smollm2")[1] == 0  # random weights draw none
    mine, asked = said(model="mine", max_tokens=400)
    assert asked
    assert [line.split("; ")[1].split(" and")[0] for line in mine] == [
        "320 chains, at most 64,000 tokens",
        "320 chains, at most 128,000 tokens",
        "48 chains, at most 9,600 tokens",
    ]
    assert all(line.startswith("mine: 0 million weights") and "to draw them here" in line for line in mine)


def test_the_table_is_computed_from_the_recorded_speed():
    rows = (Row("chains with states", "100 tokens/s"),)
    table = effort_table({"slow": Benchmarks(), "two cores": Benchmarks(rows=rows)})
    lines = table.splitlines()
    assert [line.split(" | ")[0] for line in lines[2:10]] == [f"| {name}" for name in COMMON]
    assert lines[2].split(" | ")[4] == "11 minutes"  # 64,000 tokens at 100 a second
    assert "on two cores, from its 100 tokens/s" in table
    assert "–" in effort_table({}) and "Time:" not in effort_table({})
