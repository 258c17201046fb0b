"""Gold answers in the formats in which data sets keep them; what cannot be read is refused with its reason."""

import json

import pytest

from lmphys.corpus.answers import extract, is_correct
from lmphys.corpus.rows import RowError, read_row
from lmphys.corpus.tasks import choice_question

TWO = {"text": ["x", "y"], "label": ["A", "B"]}
FOUR = ["e", "f", "g", "h"]


@pytest.mark.parametrize(
    ("row", "answer", "n_choices"),
    [
        ({"question": "Q?", "answer": 7}, "7", 0),
        ({"question": "Q?", "answer": 1e-6}, "1e-06", 0),
        ({"question": "Q?", "answer": "3 + 4 = <<3+4=7>>7\n#### 7"}, "7", 0),
        ({"question": "Q?", "answer": "He earns\n#### 1,200"}, "1,200", 0),
        ({"problem": "P?", "solution": r"So \boxed{\frac{1}{2}}."}, r"\frac{1}{2}", 0),
        ({"problem": "P?", "solution": "long", "answer": "5"}, "5", 0),
        ({"question": "Q?", "answer": "f", "choices": FOUR}, "f", 4),
        ({"question": "Q?", "answer": "C", "choices": FOUR}, "g", 4),
        ({"question": "Q?", "answer": 3, "choices": FOUR}, "h", 4),
        ({"question": "Q?", "answer": 0, "choices": FOUR, "subject": "s"}, "e", 4),
        ({"question": "Q?", "answer": "2", "choices": ["1", "2", "3"]}, "2", 3),
        ({"question": "Q?", "answer": 1, "choices": ["0", "1", "2"]}, "1", 3),
        ({"question": "Q?", "answer": 9, "choices": ["7", "8", "9"]}, "9", 3),
        ({"question": "Q?", "answer": "B", "choices": ["A", "B", "C", "D"]}, "B", 4),
        ({"id": "1", "question": "Q?", "choices": TWO, "answerKey": "B"}, "y", 2),
        ({"question": "Q?", "choices": {"text": ["x", "y"], "label": ["1", "2"]}, "answerKey": "1"}, "x", 2),
        ({"question_stem": "Q?", "choices": TWO, "answerKey": "A"}, "x", 2),
        ({"question": {"stem": "Q?", "choices": [{"text": "x", "label": "A"}, {"text": "y", "label": "B"}]},
          "answerKey": "B"}, "y", 2),
        ({"question": "Q?", "choices": {"A": "x", "B": "y"}, "answer": "B"}, "y", 2),
        ({"question": "Q?", "options": ["x", "y"], "label": 1}, "y", 2),
        ({"ctx": "C", "endings": FOUR, "label": "2"}, "g", 4),
        ({"goal": "G.", "sol1": "s", "sol2": "t", "label": 1}, "t", 2),
        ({"question": "Q?", "mc1_targets": {"choices": ["z", "a", "m"], "labels": [1, 0, 0]}}, "z", 3),
        ({"question": "Q?", "answer": True}, "Yes", 2),
        ({"passage": "P.", "question": "is it so", "answer": False}, "No", 2),
        ({"question": "True or not?", "answer": False}, "False", 2),
        ({"question": "Q?", "answer": True, "choices": ["True", "False"]}, "True", 2),
        ({"question": "Q?", "answer": False, "choices": ["yes", "no"]}, "no", 2),
        ({"question": "Is it?", "answer": "yes"}, "Yes", 2),
        ({"question": "Say.", "answer": "FALSE"}, "False", 2),
        ({"question": "Q?", "A": "x", "B": "y", "C": "z", "D": "w", "answer": "B"}, "y", 4),
        ({"question": "Q?", "options": ["10", "2", "1"], "answer": "B", "answer_index": 1}, "2", 3),
        ({"question": "Q?", "options": ["A)21", "B)21.5", "C)22"], "answer": "B"}, "21.5", 3),
        ({"question": "Q?", "choices": ["A. cat", "B. dog"], "answer": "B. dog"}, "dog", 2),
        ({"question": "Q?", "choices": ["cat", "dog"], "answer": "(B)"}, "dog", 2),
        ({"question": "Q?", "choices": ["cat", "dog"], "answer": "B) dog"}, "dog", 2),
        ({"question": "Q?", "choices": ["cat", "dog"], "answerKey": "b"}, "dog", 2),
        ({"Body": "Tom has 3.", "Question": "How many?", "Answer": 3.0}, "3.0", 0),
        ({"body": "Tom has 9.", "question": "How many?", "answer": "9 (apples)"}, "9 (apples)", 0),
    ],
)  # fmt: skip
def test_rows_are_read_and_their_gold_is_judged_right(row, answer, n_choices):
    text, found, choices = read_row(json.loads(json.dumps(row)))
    assert (found, len(choices)) == (answer, n_choices)
    assert text and (not choices or found in choices)
    question = choice_question("q", "t", text, found, choices)
    assert is_correct(extract(f"The answer is {found}.", question), question)
    if question.letters:
        letter = "ABCD"[choices.index(found)]
        assert is_correct(extract(f"So the answer is **{letter}**, I think.", question), question)
        other = "ABCD"[(choices.index(found) + 1) % n_choices]
        assert not is_correct(extract(f"So the answer is {other}.", question), question)


def test_what_is_to_be_read_stands_before_the_question():
    for name in ("passage", "context", "Body", "premise"):
        assert read_row({name: "Tom has 3.", "question": "How many?", "answer": 3})[0] == "Tom has 3.\n\nHow many?"


def test_truthful_choices_do_not_betray_the_answer_by_their_order():
    _, answer, choices = read_row({"question": "Q?", "mc1_targets": {"choices": ["z", "a"], "labels": [1, 0]}})
    assert (answer, choices) == ("z", ("a", "z"))


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"answer": 3}, "has no question"),
        ({"question": " ", "answer": 3}, "has no question"),
        ({"question": "Q?"}, "has no answer"),
        ({"question": "Q?", "answer": " "}, "has no answer"),
        ({"question": "Q?", "answer": ["7", "seven"]}, "as answer; give one number or text"),
        ({"question": "Q?", "answer": {"text": "7"}}, "as answer; give one number or text"),
        ({"question": "Q?", "answer": float("nan")}, "nan as answer"),
        ({"question": "Q?", "answer": "7 or so\n#### "}, "nothing after ####"),
        ({"question": "Q?", "answer": "First this.\nThen that."}, "a whole text as answer"),
        ({"question": "Q?", "answer": "word " * 60}, "a whole text as answer"),
        ({"question": "Q?", "solution": "So it goes."}, "without a final answer"),
        ({"question": "Q?", "answer": 1, "choices": ["1", "2", "3", "4"]}, "ambiguous answer: 1 may mean '1' or '2'"),
        ({"question": "Q?", "answer": "A", "choices": ["B", "A"]}, "ambiguous answer: 'A' may mean 'B' or 'A'"),
        ({"question": "Q?", "answer": "x", "choices": ["x", "y", "X."]}, "'x' a second time as 'X.'"),
        ({"question": "Q?", "answer": "2", "choices": ["2", "3", "2.0"]}, "'2' a second time as '2.0'"),
        ({"question": "Q?", "answer": 4, "choices": FOUR}, "answer 4, which is none of the choices"),
        ({"question": "Q?", "answer": "E", "choices": ["u", "v", "w"]}, "answer 'E', which is none of the choices"),
        ({"question": "Q?", "choices": TWO, "answerKey": "C"}, r"answerKey 'C', which is none of its labels"),
        ({"ctx": "C", "endings": FOUR, "label": ""}, "has no answer"),
        ({"ctx": "C", "endings": FOUR, "label": "4"}, "label '4'; give the index of the right choice, 0 to 3"),
        ({"question": "Q?", "answer": "x", "choices": ["x"]}, "only one; give at least two"),
        ({"question": "Q?", "answer": "x", "choices": "x or y"}, "no list of texts"),
        ({"question": "Q?", "answer": "x", "choices": {"text": ["x", "y"], "label": ["A"]}}, "2 choices with 1 labels"),
        ({"question": "Q?", "mc1_targets": {"choices": ["z", "a"], "labels": [1, 1]}}, "not exactly one"),
        ({"question": "Q?", "answer": "x", "choices": ["x", "y"], "label": 1}, "two things: answer 'x', label 1"),
        ({"question": "Q?", "answer": "x", "choices": ["x", "y"], "answerKey": "B"}, "says two things"),
        ({"question": "Q?", "options": ["x", "y"], "answer": "B", "answer_index": 0}, "says two things"),
        ({"question": "Q?", "context": {"title": ["t"]}, "answer": "x"}, "context that is no text"),
        ({"question": "Q?", "answer": "C) x", "choices": ["x", "y"]}, "none of the choices"),
        ({"question": "Q?", "answer": "B) x", "choices": ["x", "y"]}, "none of the choices"),
        ({"question": "Q? \ud83d", "answer": 7}, "half a character"),
        ({"question": "Q?", "answer": "b\udc00", "choices": ["a", "b\udc00"]}, "half a character"),
    ],
)
def test_gold_that_cannot_be_read_is_refused_with_the_reason(row, reason):
    with pytest.raises(RowError, match=reason) as caught:
        read_row(row)
    assert "\n" not in str(caught.value) and ";" in str(caught.value)
