import json

import pytest

from lmphys.core.errors import LmphysError
from lmphys.corpus.answers import extract, is_correct
from lmphys.corpus.spec import CorpusSpec
from lmphys.corpus.tasks import EMBEDDED, choice_question, load_questions, questions_of, task_identity


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


def test_choices_are_offered_as_letters():
    question = choice_question("q", "t", "Which?", "a cat", ("an ant", "a cat"))
    assert question.text == "Which?\nA) an ant\nB) a cat" and question.letters
    plain = choice_question("q", "t", "Is it?", "No", ("Yes", "No"))
    assert plain.text == "Is it?" and not plain.letters
    listed = choice_question("q", "t", "Which of A to C?", "B", ("A", "B", "C"))
    assert listed.text == "Which of A to C?" and listed.letters
    many = choice_question("q", "t", "Which?", "x3", tuple(f"x{i}" for i in range(30)))
    assert many.text.endswith("\nZ) x25\nAA) x26\nAB) x27\nAC) x28\nAD) x29")


def test_a_file_of_questions(tmp_path):
    file = tmp_path / "mine.jsonl"
    rows = [{"question": f"{i} + 1?", "answer": i + 1} for i in range(5)]
    rows.append({"question": "Which?", "answer": "b", "choices": ["a", "b"]})
    file.write_text("\n".join(map(json.dumps, rows)) + "\n\n")
    questions = load_questions(str(file), 10, seed=0)
    assert [q.answer for q in questions] == ["1", "2", "3", "4", "5", "b"]
    assert questions[-1].text == "Which?\nA) a\nB) b"
    assert [q.id.split("/")[1] for q in questions] == ["1", "2", "3", "4", "5", "6"]
    assert {q.task for q in questions} == {"mine"}
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
        (
            b'{"question": "x", "answer": 1}\n{"question": "x", "answer": ["7", "seven"]}',
            "line 2 has .*seven.* as answer",
        ),
        (b'{"question": "x \\ud83d", "answer": 1}', "line 1 has half a character"),
        (b'{"question": "x", "answer": NaN}', "line 1 has nan as answer"),
        (
            b'{"question": "x", "answer": 1, "choices": ["1", "2", "3"]}',
            "line 1 has an ambiguous answer: 1 may mean '1' or '2'",
        ),
    ],
)
def test_bad_files_are_refused_in_one_line(tmp_path, content, message):
    file = tmp_path / "bad.jsonl"
    file.write_bytes(content)
    with pytest.raises(LmphysError, match=message) as caught:
        load_questions(str(file), 3, seed=0)
    assert "\n" not in str(caught.value)


def test_a_byte_order_mark_and_carriage_returns_are_no_fault(tmp_path):
    file = tmp_path / "BOM.JSONL"
    file.write_bytes(b"\xef\xbb\xbf" + b'{"question": "3 + 4?", "answer": "7"}\r\n{"question": "2?", "answer": 2}\r\n')
    assert [(q.text, q.answer) for q in load_questions(str(file), 9, seed=0)] == [("3 + 4?", "7"), ("2?", "2")]


def test_two_files_of_one_name_do_not_meet(tmp_path):
    files = []
    for folder, answer in (("a", 7), ("b", 8)):
        (tmp_path / folder).mkdir()
        files.append(tmp_path / folder / "test.jsonl")
        files[-1].write_text("\n".join(json.dumps({"question": f"{i} + 1?", "answer": answer + i}) for i in range(3)))
    questions = questions_of([str(file) for file in files], 9, 0)
    assert len({q.id for q in questions}) == 6 and len({q.task for q in questions}) == 2
    with pytest.raises(LmphysError, match="name each task once"):
        questions_of(["sums", "sums"], 2, 0)


def test_unknown_tasks_and_missing_files_are_named(tmp_path):
    with pytest.raises(LmphysError, match="embedded: sums"):
        load_questions("sms", 3, seed=0)
    with pytest.raises(LmphysError, match="cannot be read"):
        load_questions(str(tmp_path / "none.jsonl"), 3, seed=0)


def test_a_seed_is_not_negative():
    with pytest.raises(LmphysError, match="seed is -1; give a whole number of at least 0"):
        CorpusSpec(tasks=("sums",), seed=-1).check()
