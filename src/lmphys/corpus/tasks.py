"""Where questions come from: eight embedded tasks, the paper's benchmarks on the hub, or a file of one's own."""

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lmphys.core.errors import LmphysError
from lmphys.core.extras import needed
from lmphys.core.paths import expanded
from lmphys.corpus.answers import Question
from lmphys.corpus.choices import letter_of
from lmphys.corpus.question_files import is_file_of_questions, names_of, read_rows
from lmphys.corpus.rows import RowError, read_row
from lmphys.problems.chains import CHAINS_VERSION, parse_task, problem_of
from lmphys.problems.families import FAMILIES

# Remarks in the generated questions that forbid the model to think aloud.
_ONLY = re.compile(r"\s*(?:Give|Reply|Provide)\b[^.\n]*\b(?:only|just|final answer|one word)\b[^.\n]*\.?")


@dataclass(frozen=True)
class EmbeddedTask:
    """A procedural task of `reasoning-gym`.

    Attributes:
        generator: its name there.
        kind: what it asks of a reasoner.
        settings: its difficulty.
        choices: how the possible answers are read off an item; none for numbers.
    """

    generator: str
    kind: str
    settings: dict[str, Any]
    choices: Callable[[dict[str, Any]], tuple[str, ...]] = lambda item: ()


_RELATIONS = (
    "mother", "father", "sister", "brother", "daughter", "son", "wife", "husband", "grandmother", "grandfather",
    "aunt", "uncle", "niece", "nephew", "cousin", "mother-in-law", "father-in-law", "daughter-in-law", "son-in-law",
    "sister-in-law", "brother-in-law", "granddaughter", "grandson",
)  # fmt: skip


def _yes_or_no(item: dict[str, Any]) -> tuple[str, ...]:
    return ("Yes", "No")


def _names(item: dict[str, Any]) -> tuple[str, ...]:
    statements = item["question"].split("\n")[0]
    return tuple(dict.fromkeys(sentence.split()[0] for sentence in statements.split(". ") if sentence.strip()))


_ONE_DIGIT = {"min_terms": 2, "min_digits": 1, "max_digits": 1}

# Difficulties at which a model of 135M parameters is right now and then; the page on trajectories shows how often.
EMBEDDED = {
    "sums": EmbeddedTask("chain_sum", "arithmetic", {**_ONE_DIGIT, "max_terms": 3}),
    "products": EmbeddedTask("products", "arithmetic", {**_ONE_DIGIT, "max_terms": 2}),
    "divisors": EmbeddedTask(
        "gcd", "arithmetic", {"min_numbers": 2, "max_numbers": 2, "min_value": 2, "max_value": 12}
    ),
    "letters": EmbeddedTask("letter_counting", "counting", {"min_words": 1, "max_words": 2}),
    "siblings": EmbeddedTask("aiw", "word problem", {"max_entities": 3}),
    "syllogisms": EmbeddedTask("syllogism", "logic", {}, _yes_or_no),
    "needle": EmbeddedTask("needle_haystack", "relations", {"min_num_statements": 3, "max_num_statements": 5}, _names),
    "family": EmbeddedTask(
        "family_relationships", "relations", {"min_family_size": 3, "max_family_size": 3}, lambda item: _RELATIONS
    ),
}


def embedded_questions(name: str, n: int, seed: int) -> list[Question]:
    """The first n questions of an embedded task at a seed."""
    import reasoning_gym  # its many generators take a second to import

    task = EMBEDDED[name]
    data = reasoning_gym.create_dataset(task.generator, size=n, seed=seed, **task.settings)
    questions = []
    for number in range(n):
        item = data[number]
        text = _ONLY.sub("", item["question"]).strip()
        questions.append(Question(f"{name}/{seed}-{number}", name, text, str(item["answer"]), task.choices(item)))
    return questions


def labelled_questions(task: str, n: int, seed: int) -> list[Question]:
    """The first n test questions of a family with known steps, such as `story:4`, at a seed."""
    questions = []
    for number in range(n):
        id_ = f"{task}/{seed}-{number}"
        problem = problem_of(id_)
        assert problem is not None
        questions.append(Question(id_, task, problem.text, problem.answer, problem.choices))
    return questions


@dataclass(frozen=True)
class Benchmark:
    """A benchmark on the hub, read through `datasets` (extra `hub`).

    Attributes:
        path: name of the data set.
        config: its configuration, or None.
        split: the split with public answers.
    """

    path: str
    config: str | None
    split: str


BENCHMARKS = {
    "strategyqa": Benchmark("ChilleD/StrategyQA", None, "test"),
    "gsm8k": Benchmark("openai/gsm8k", "main", "test"),
    "truthfulqa": Benchmark("truthfulqa/truthful_qa", "multiple_choice", "validation"),
    "boolq": Benchmark("google/boolq", None, "validation"),
    "openbookqa": Benchmark("allenai/openbookqa", "main", "test"),
    "hellaswag": Benchmark("Rowan/hellaswag", None, "validation"),
    "piqa": Benchmark("ybisk/piqa", None, "validation"),
    "commonsenseqa": Benchmark("tau/commonsense_qa", None, "validation"),
}


def benchmark_questions(name: str, n: int, seed: int) -> list[Question]:
    """N questions of a benchmark, drawn without replacement at a seed."""
    with needed(f"task {name}, which comes from the hub,"):
        import datasets
    benchmark = BENCHMARKS[name]
    try:
        rows = datasets.load_dataset(benchmark.path, benchmark.config, split=benchmark.split)
    except Exception as error:  # the hub's client has no common exception
        raise LmphysError(
            f"task {name} could not be fetched from the hub: {' '.join(str(error).split())[:160]}"
        ) from error
    rows = rows.shuffle(seed=seed).select(range(min(n, len(rows))))
    return [
        choice_question(f"{name}/{seed}-{i}", name, *_read(row, f"row {i} of {name}")) for i, row in enumerate(rows)
    ]


def choice_question(id_: str, task: str, text: str, answer: str, choices: tuple[str, ...]) -> Question:
    """A question whose choices, where there are any but yes and no, are written out as A), B), ...

    Choices that are the letters themselves stand in the question already.
    """
    letters = bool(choices) and {choice.lower() for choice in choices} != {"yes", "no"}
    names = [letter_of(i) for i in range(len(choices))]
    if letters and list(choices) != names:
        text += "\n" + "\n".join(f"{name}) {choice}" for name, choice in zip(names, choices, strict=True))
    return Question(id_, task, text, answer, choices, letters)


def file_questions(path: Path, n: int, seed: int, name: str = "") -> list[Question]:
    """Questions of a file, in any of the forms of `lmphys.corpus.rows`.

    All are taken in order where `n` allows; otherwise n of them, drawn at the seed. They are named by their lines in
    `name`, or in the file without its ending.

    Raises:
        LmphysError: the file is missing, empty, not UTF-8, or a line has no question with one right answer.
    """
    rows = list(_rows(path))
    if len(rows) > n:
        import numpy as np

        rows = [rows[i] for i in sorted(np.random.default_rng(seed).permutation(len(rows))[:n])]
    name = name or path.stem
    return [choice_question(f"{name}/{line}", name, text, answer, choices) for line, text, answer, choices in rows]


def _rows(path: Path) -> Iterator[tuple[int, str, str, tuple[str, ...]]]:
    """Number of the entry, question, answer and choices of each."""
    for number, where, row in read_rows(path):
        yield number, *_read(row, where)


def _read(row: dict[str, Any], where: str) -> tuple[str, str, tuple[str, ...]]:
    try:
        return read_row(row)
    except RowError as error:
        raise LmphysError(f"{where} {error}") from error


def questions_of(tasks: Sequence[str], n: int, seed: int) -> list[Question]:
    """N questions of each task, one after the other; files of one name are told apart by their folders.

    Raises:
        LmphysError: a task cannot be read, or two of them ask the same questions.
    """
    names = names_of([task for task in tasks if is_file_of_questions(task)])
    found = [question for task in tasks for question in load_questions(task, n, seed, names.get(task, ""))]
    ids = [question.id for question in found]
    if len(set(ids)) < len(ids):
        twice = next(name for name in ids if ids.count(name) > 1)
        raise LmphysError(f"two tasks ask the question {twice}; name each task once")
    return found


def load_questions(task: str, n: int, seed: int, name: str = "") -> list[Question]:
    """N questions of a task: embedded, of a family with known steps, of a benchmark, or of a file, named `name`.

    Raises:
        LmphysError: no such task, or it cannot be read.
    """
    if task in EMBEDDED:
        return embedded_questions(task, n, seed)
    if parse_task(task):
        return labelled_questions(task, n, seed)
    if task in BENCHMARKS:
        return benchmark_questions(task, n, seed)
    if is_file_of_questions(task):
        return file_questions(expanded(task), n, seed, name)
    raise LmphysError(
        f"unknown task {task!r}; embedded: {', '.join(EMBEDDED)}; with known steps: {', '.join(FAMILIES)}, each also "
        f"with a difficulty, as in {next(iter(FAMILIES))}:4; on the hub: {', '.join(BENCHMARKS)}; "
        "or a .jsonl file with question and answer"
    )


def task_identity(task: str) -> str:
    """What tells a task from others of its name: content of a file, version of our generator, or the name alone."""
    labelled = parse_task(task)
    if labelled:
        # Loaded even where the chains lie on disk already, so that a page that reads them is known to depend on it.
        return f"{FAMILIES[labelled[0]].name}{task[len(labelled[0]) :]} {CHAINS_VERSION}"
    path = expanded(task)
    if task in EMBEDDED or task in BENCHMARKS or not path.is_file():
        return task
    return f"{task} {hashlib.sha256(path.read_bytes()).hexdigest()[:16]}"
