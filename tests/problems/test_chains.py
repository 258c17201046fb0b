"""Problems, chains and labels: right by recomputation that shares no code with the families."""

import re
from collections import Counter
from datetime import date, timedelta

import numpy as np
import pytest

from lmphys.core.errors import LmphysError
from lmphys.corpus.answers import Question, extract, is_correct
from lmphys.corpus.sentences import split_sentences
from lmphys.corpus.tasks import load_questions, task_identity
from lmphys.problems.chains import ErrorRates, make_problem, parse_task, problem_of, training_example, write_chain
from lmphys.problems.families import FAMILIES
from lmphys.problems.families.family import walk
from lmphys.problems.parser import label_sentences
from lmphys.problems.problem import DIFFICULTIES
from lmphys.problems.sentences import PHASES
from lmphys.problems.vocabulary import STATES, VOCABULARIES

WILD = ErrorRates(slip=0.2, derail=0.08, check=2.0)
FLAWLESS = ErrorRates(slip=0.0, derail=0.0)


def problems(n, split="test", families=tuple(FAMILIES)):
    return [make_problem(f, DIFFICULTIES[i % 9], split, (7, i)) for f in families for i in range(n)]


def chains(n, habits=WILD, split="test"):
    return [write_chain(p, habits, np.random.default_rng([1, i])) for i, p in enumerate(problems(n, split))]


def test_a_story_is_right_by_its_words():
    for problem in problems(60, families=("story",)):
        value = None
        for sentence in re.split(r"(?<=[.?]) ", problem.text)[:-1]:
            n = [int(x) for x in re.findall(r"\d+", sentence)]
            if value is None:
                (value,) = n
            elif re.search(r"buys|finds|gives .* more|arrive", sentence):
                value += n[0]
            elif re.search(r"loses|sells|given away|break", sentence):
                value -= n[0]
            elif "doubles" in sentence:
                value *= 2
            else:
                assert re.search(r"Half|half", sentence)
                value //= 2
        assert problem.answer == str(value)


def test_a_tally_is_right_by_its_words():
    for problem in problems(60, families=("tally",)):
        wanted = problem.words["wanted"]
        groups = re.findall(r"(\d+) (\w+) \w+(?=[,.])", problem.text)
        assert len(groups) == problem.difficulty
        assert problem.answer == str(sum(int(n) for n, colour in groups if colour == wanted))


def test_a_contest_is_right_by_its_words():
    for problem in problems(60, families=("contest",)):
        said = re.findall(r"([A-Z][a-z]+) (?:measures|is|weighs|lives) (\d+)", problem.text)
        assert len(said) == problem.difficulty + 1
        best = max if problem.words["top"] in ("tallest", "oldest", "heaviest", "farthest") else min
        assert problem.answer == best(said, key=lambda pair: int(pair[1]))[0]


def test_a_way_through_kin_is_right_by_its_words():
    for problem in problems(60, families=("kin",)):
        following = dict(re.findall(r"The \w+ of (\w+) is (\w+)\.", problem.text))
        following |= {a: b for b, a in re.findall(r"(\w+) is the \w+ of (\w+)\.", problem.text)}
        person = problem.start
        for _ in range(problem.difficulty):
            person = following[person]
        assert problem.answer == person


def test_rules_are_right_by_their_words():
    for problem in problems(60, families=("rules",)):
        pairs = re.findall(
            r"(the [a-z]+) (is [a-z]+) (?:exactly when|if and only if) (the [a-z]+) (is [a-z]+)\.", problem.text.lower()
        )
        assert len(pairs) == problem.difficulty
        other = {f"is {a}": f"is {b}" for pair in STATES for a, b in (pair, pair[::-1])}
        known = dict([re.fullmatch(r"(the [a-z]+) (is [a-z]+)", problem.start).groups()])
        for _ in pairs:
            for target, state, source, given in pairs:
                if source in known and target not in known:
                    known[target] = state if known[source] == given else other[state]
        subject, state = re.fullmatch(r"(the [a-z]+) (is [a-z]+)", problem.words["asked"]).groups()
        assert problem.answer == ("Yes" if known[subject] == state else "No")


def test_a_calendar_is_right_by_the_calendar_of_this_world():
    for problem in problems(60, families=("calendar",)):
        monday = date(2026, 11, 23)
        names = [(monday + timedelta(i)).strftime("%A") for i in range(7)]
        day = {"today": monday + timedelta(names.index(problem.start))}
        body = problem.text
        found = re.findall(r"[Tt]he (\w+) is (\d+) days (after|before) (?:the )?(\w+)", body)
        found += [
            (e, n, w, p) for n, w, p, e in re.findall(r"(\d+) days (after|before) (?:the )?(\w+) is the (\w+)", body)
        ]
        assert len(found) == problem.difficulty
        while len(day) <= problem.difficulty:
            for event, n, word, previous in found:
                if previous in day:
                    day[event] = day[previous] + timedelta(int(n) * (1 if word == "after" else -1))
        assert problem.answer == day[problem.words["last"]].strftime("%A")


def test_the_parser_gives_the_labels_that_the_writer_gave():
    agree = Counter()
    total = 0
    for chain in chains(300):
        for written, read in zip(
            chain.sentences, label_sentences(chain.problem, [s.text for s in chain.sentences]), strict=True
        ):
            total += 1
            agree.update(
                phase=written.phase == read.phase,
                valid=written.valid == read.valid,
                astray=written.astray == read.astray,
            )
    assert total > 15_000
    assert min(agree.values()) / total > 0.99, {name: n / total for name, n in agree.items()}


def test_flawless_chains_are_labelled_flawless():
    for chain in chains(60, FLAWLESS):
        for label in label_sentences(chain.problem, [s.text for s in chain.sentences]):
            assert (label.valid, label.astray) == (True, False), label


def test_a_changed_digit_is_seen():
    """One number of one computing sentence of a flawless chain is changed: that sentence alone is wrong until then."""
    seen = 0
    for chain in [c for c in chains(40, FLAWLESS) if c.problem.family in ("story", "tally")]:
        texts = [s.text for s in chain.sentences]
        place = next(i for i, s in enumerate(chain.sentences) if s.phase == "compute")
        texts[place] = re.sub(r"(\d+)(?=\D*$)", lambda m: str(int(m[1]) + 1), texts[place])
        labels = label_sentences(chain.problem, texts)
        assert [label.valid for label in labels[: place + 1]] == [True] * place + [False], texts[place]
        seen += labels[place].astray
    assert seen >= 60


def test_the_splitter_finds_the_sentences_of_the_writer():
    for chain in chains(60):
        found = [chain.text[s.start : s.end] for s in split_sentences(chain.text)]
        assert found == [s.text for s in chain.sentences]


def test_answers_are_read_as_they_were_written():
    for chain in chains(60):
        p = chain.problem
        question = Question("x", "x", p.text, p.answer, p.choices)
        last = chain.sentences[-1]
        assert is_correct(extract(chain.text, question), question) == (not last.astray), last


def test_habits_set_the_rates():
    written = chains(200, ErrorRates(slip=0.1, noticed=0.5, derail=0.0), split="train")
    steps = [s for chain in written for s in chain.sentences if s.phase == "compute"]
    slips = sum(s.valid is False for s in steps)
    corrections = sum(s.phase == "correct" for chain in written for s in chain.sentences)
    assert slips / len(steps) == pytest.approx(0.1, abs=0.02)
    assert corrections / slips == pytest.approx(0.5, abs=0.08)
    assert not any(s.phase == "stray" for chain in written for s in chain.sentences)
    wrong = np.mean([chain.sentences[-1].astray for chain in written])
    assert 0.1 < wrong < 0.35


def test_all_phases_occur_in_every_family_and_lengths_suit():
    by_family = {name: Counter() for name in FAMILIES}
    lengths = []
    for chain in chains(200, ErrorRates()):
        by_family[chain.problem.family].update(s.phase for s in chain.sentences)
        lengths.append(len(chain.sentences))
    assert all(set(counts) == set(PHASES) for counts in by_family.values())
    assert np.quantile(lengths, 0.05) >= 6 and np.quantile(lengths, 0.95) <= 18


def test_no_test_item_occurs_in_training():
    """Neither the question, nor a name, nor the numbers in their order."""

    def numbers(problem):
        return (
            problem.family,
            problem.start if problem.start.isdigit() else "",
            tuple((s.kind, s.fields.get("n"), s.fields.get("value")) for s in problem.steps),
        )

    seen = {numbers(p) for i in range(3000) for p in [make_problem("story", DIFFICULTIES[i % 9], "train", (0, i))]}
    assert not any(
        numbers(p) in seen for p in (make_problem("story", DIFFICULTIES[i % 9], "test", (0, i)) for i in range(1500))
    )
    train, test = VOCABULARIES["train"], VOCABULARIES["test"]
    assert not {*train.names, *train.things, *train.events} & {*test.names, *test.things, *test.events}
    assert not {*train.subjects, *train.colours} & {*test.subjects, *test.colours}
    words = {*test.names, *test.things, *test.events, *test.subjects}
    for i in range(600):
        question, chain = training_example(i, 0, (2, 5, 10), WILD)
        assert not words & set(re.findall(r"\w+", question + chain))


def test_a_training_example_is_a_function_of_seed_and_number():
    assert training_example(5, 0, (2, 3), WILD) == training_example(5, 0, (2, 3), WILD)
    assert training_example(5, 1, (2, 3), WILD) != training_example(5, 0, (2, 3), WILD)


def test_a_question_is_found_by_its_name():
    questions = load_questions("story:4", 5, seed=3)
    for question in questions:
        problem = problem_of(question.id)
        assert (problem.text, problem.answer, problem.difficulty) == (question.text, question.answer, 4)
    assert [problem_of(q.id).difficulty for q in load_questions("kin", 11, seed=0)] == [
        2,
        3,
        4,
        5,
        6,
        7,
        8,
        9,
        10,
        2,
        3,
    ]
    assert task_identity("story:4") != "story:4"
    assert problem_of("sums/0-1") is None and problem_of("story/7") is None and parse_task("my.jsonl") is None


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: make_problem("poem", 3, "test", (0,)), "unknown family 'poem'; there are story, tally"),
        (lambda: make_problem("story", 11, "test", (0,)), "difficulty 11 is not in 2 to 10"),
        (lambda: load_questions("story:1", 2, 0), "story:1: a difficulty is a number of steps from 2 to 10"),
        (lambda: load_questions("storys", 2, 0), "unknown task 'storys'"),
    ],
)
def test_bad_input_is_told_in_one_line(call, words):
    with pytest.raises(LmphysError, match=words) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_every_value_of_a_walk_belongs_to_the_question():
    for problem in problems(30):
        values = walk(FAMILIES[problem.family], problem)
        assert len(values) == problem.difficulty + 1 and "?" not in values
