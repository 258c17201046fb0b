import json

import pytest

from lmphys.core.errors import LmphysError
from lmphys.corpus.answers import Question, extract, is_correct
from lmphys.corpus.tasks import BENCHMARKS, EMBEDDED, choice_question, load_questions, task_identity

NUMBER = Question("q", "t", "How many?", "14")
YES = Question("q", "t", "Is it?", "Yes", ("Yes", "No"))
LETTERED = choice_question("q", "t", "Which?", "a blue whale", ("an ant", "a blue whale", "a cat"))
FREE = Question("q", "t", "What?", "grand canyon")


@pytest.mark.parametrize(
    ("text", "question", "expected"),
    [
        ("First 3 + 4 = 7. Then 14. The answer is 14.", NUMBER, "14"),
        ("The answer is 12. Wait, no. The answer is: 14", NUMBER, "14"),
        ("The answer is 7 + 7 = 14.", NUMBER, "14"),
        (r"So we get \boxed{14}", NUMBER, "14"),
        ("steps\n#### 14", NUMBER, "14"),
        ("We have 3 and then 14", NUMBER, "14"),
        ("The total is $1,014.50 in all.", Question("q", "t", "?", "1014.5"), "$1,014.50"),
        ("I do not know.", NUMBER, None),
        ("So the answer is no, since yes would be wrong.", YES, "No"),
        ("Yes. On reflection, no", YES, "No"),
        ("Nobody knows.", YES, None),
        ("The answer is B) a blue whale.", LETTERED, "a blue whale"),
        ("The answer is (C).", LETTERED, "a cat"),
        ("An ant? No. It is a blue whale", LETTERED, "a blue whale"),
        ("The answer is the Grand Canyon.", FREE, "the Grand Canyon"),
        ("Grand canyon, I think", FREE, None),
    ],
)
def test_final_answers_are_found(text, question, expected):
    assert extract(text, question) == expected


@pytest.mark.parametrize(
    ("given", "answer", "right"),
    [
        ("14", "14.0", True),
        ("1,000", "1000", True),
        ("1/2", "0.5", True),
        ("−3", "-3", True),
        ("15", "14", False),
        ("yes", "Yes", True),
        ("Grand-Canyon", "grand canyon", True),
        (None, "14", False),
    ],
)
def test_answers_are_compared_by_value(given, answer, right):
    assert is_correct(given, Question("q", "t", "?", answer)) == right


@pytest.mark.parametrize("name", EMBEDDED)
def test_embedded_tasks_are_reproducible_and_answerable(name):
    questions = load_questions(name, 12, seed=3)
    assert [q.text for q in questions] == [q.text for q in load_questions(name, 12, seed=3)]
    assert [q.text for q in questions] != [q.text for q in load_questions(name, 12, seed=4)]
    assert len({q.id for q in questions}) == 12
    for question in questions:
        assert len(question.text) > 10
        assert is_correct(extract(f"Let me think. The answer is {question.answer}.", question), question)
        # Words that forbid thinking aloud would contradict the request for steps.
        assert not any(word in question.text.lower() for word in ("reply only", "give only", "in one word"))
        if question.choices:
            assert question.answer.lower() in {choice.lower() for choice in question.choices}


def test_benchmark_rows_are_read():
    rows = {
        "strategyqa": ({"question": "Q?", "answer": True}, "Yes", 2),
        "gsm8k": ({"question": "Q?", "answer": "3 + 4 = 7\n#### 7"}, "7", 0),
        "truthfulqa": ({"question": "Q?", "mc1_targets": {"choices": ["z", "a", "m"], "labels": [1, 0, 0]}}, "z", 3),
        "boolq": ({"passage": "P.", "question": "is it so", "answer": False}, "No", 2),
        "openbookqa": (
            {"question_stem": "Q?", "choices": {"text": ["x", "y"], "label": ["A", "B"]}, "answerKey": "B"}, "y", 2),
        "hellaswag": ({"ctx": "C", "endings": ["e", "f", "g", "h"], "label": "2"}, "g", 4),
        "piqa": ({"goal": "G.", "sol1": "s", "sol2": "t", "label": 1}, "t", 2),
        "commonsenseqa": (
            {"question": "Q?", "choices": {"text": ["x", "y"], "label": ["A", "B"]}, "answerKey": "A"}, "x", 2),
    }  # fmt: skip
    assert set(rows) == set(BENCHMARKS)
    for name, (row, answer, n_choices) in rows.items():
        text, found, choices = BENCHMARKS[name].read(row)
        assert (found, len(choices)) == (answer, n_choices)
        question = choice_question("q", name, text, found, choices)
        assert is_correct(extract(f"The answer is {found}.", question), question)


def test_truthful_choices_do_not_betray_the_answer_by_their_order():
    _, answer, choices = BENCHMARKS["truthfulqa"].read(
        {"question": "Q?", "mc1_targets": {"choices": ["z", "a"], "labels": [1, 0]}}
    )
    assert (answer, choices) == ("z", ("a", "z"))


def test_a_file_of_questions(tmp_path):
    file = tmp_path / "mine.jsonl"
    rows = [{"question": f"{i} + 1?", "answer": i + 1} for i in range(5)]
    rows.append({"question": "Which?", "answer": "b", "choices": ["a", "b"]})
    file.write_text("\n".join(map(json.dumps, rows)) + "\n\n")
    questions = load_questions(str(file), 10, seed=0)
    assert [q.answer for q in questions] == ["1", "2", "3", "4", "5", "b"]
    assert questions[-1].text == "Which?\nA) a\nB) b"
    assert [q.id for q in questions][:2] == ["mine/1", "mine/2"]
    assert len(load_questions(str(file), 3, seed=0)) == 3
    before = task_identity(str(file))
    file.write_text(json.dumps(rows[0]))
    assert task_identity(str(file)) != before


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        ('{"question": "é"}'.encode("latin-1"), "not UTF-8"),
        (b'{"question": "x"}', "line 1 has no answer"),
        (b'{"answer": 3}', "line 1 has no question"),
        (b'{"question": "x", "answer": 1}\nnot json', "line 2 is not JSON"),
        (b"[1]", "line 1 is not a JSON object"),
        (b'{"question": "x", "answer": "c", "choices": ["a", "b"]}', "none of the choices"),
    ],
)
def test_bad_files_are_refused_in_one_line(tmp_path, content, message):
    file = tmp_path / "bad.jsonl"
    file.write_bytes(content)
    with pytest.raises(LmphysError, match=message) as caught:
        load_questions(str(file), 3, seed=0)
    assert "\n" not in str(caught.value)


def test_unknown_tasks_and_missing_files_are_named(tmp_path):
    with pytest.raises(LmphysError, match="embedded: sums"):
        load_questions("sms", 3, seed=0)
    with pytest.raises(LmphysError, match="cannot be read"):
        load_questions(str(tmp_path / "none.jsonl"), 3, seed=0)
