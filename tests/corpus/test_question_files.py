import json

import pytest

from lmphys.core.errors import LmphysError
from lmphys.corpus.question_files import is_file_of_questions, names_of, read_rows
from lmphys.corpus.tasks import load_questions, questions_of

ROWS = [{"question": f"What is {i} + 4?", "answer": str(i + 4)} for i in range(3)]
LINES = "\n".join(map(json.dumps, ROWS))


@pytest.mark.parametrize(
    "content",
    [
        LINES.encode(),
        b"\xef\xbb\xbf" + LINES.encode(),
        LINES.replace("\n", "\r\n").encode() + b"\r\n\r\n",
        json.dumps(ROWS).encode(),
        b"\xef\xbb\xbf \n" + json.dumps(ROWS, indent=2).encode(),
        json.dumps(ROWS, indent=0).encode(),
    ],
    ids=["lines", "mark", "windows", "array", "mark and array", "array by lines"],
)  # fmt: skip
@pytest.mark.parametrize("name", ["mine.jsonl", "MINE.JSONL", "mine.json", "Mine.Json"])
def test_lines_and_arrays_with_and_without_a_mark_are_the_same_questions(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    assert is_file_of_questions(str(path))
    assert [row for _, _, row in read_rows(path)] == ROWS
    assert [q.answer for q in load_questions(str(path), 5, seed=0)] == ["4", "5", "6"]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (
            b'{"question": "What? \\ud83d", "answer": "7"}',
            "line 1 has half a character in it (\\ud83d); write it whole",
        ),
        (
            b'{"question": "What?", "answer": 7, "choices": [7, "\\udc00"]}',
            "line 1 has half a character in it (\\udc00)",
        ),
        (b'{"question": "What?", "answer": ["7", "seven"]}', "line 1 has"),
        (b'[{"question": "x", "answer": 1},\n 3]', "entry 2 is not a JSON object with question and answer; write it"),
        (b'[{"question": "x"}]', "entry 1 has no answer"),
        (b"[]", "line 1 is not a JSON object"),
        (b'[{"question": "x", "answer": 1}', "line 1 is not JSON"),
        (b"\xff\xfe{\x00}\x00", "is not UTF-8 (byte 0); save it as UTF-8"),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
            "is a pointer of Git LFS, not the file",
        ),
        (b"[" * 100_000, "line 1 is not JSON"),
    ],
)
def test_what_no_question_can_be_read_from_is_named(tmp_path, content, line):
    path = tmp_path / "mine.jsonl"
    path.write_bytes(content)
    with pytest.raises(LmphysError) as caught:
        load_questions(str(path), 5, seed=0)
    text = str(caught.value)
    assert text.startswith(str(path)) and line in text
    assert "\n" not in text and len(text) < 600


def test_a_whole_character_of_two_halves_is_read(tmp_path):
    path = tmp_path / "mine.jsonl"
    path.write_text('{"question": "What? \\ud83d\\ude00", "answer": "7"}')
    assert load_questions(str(path), 1, seed=0)[0].text == "What? 😀"


def test_files_of_one_name_are_told_apart_by_as_many_folders_as_it_takes(tmp_path):
    paths = [
        str(tmp_path / name)
        for name in ("a/test.jsonl", "b/test.jsonl", "x/b/test.jsonl", "x/b/mine.jsonl", "a/test.json")
    ]
    root = tmp_path.name
    expected = ["a/test.jsonl", f"{root}/b/test", "x/b/test", "mine", "a/test.json"]
    assert list(names_of(paths).values()) == expected
    assert names_of(paths[:1]) == {paths[0]: "test"}
    for name, answers in (("a", ["1"]), ("b", ["2", "3"])):
        (tmp_path / name).mkdir()
        rows = [{"question": f"Say {answer}.", "answer": answer} for answer in answers]
        (tmp_path / name / "test.jsonl").write_text("\n".join(map(json.dumps, rows)))
    questions = questions_of([*paths[:2], "story:3"], 2, seed=0)
    assert [q.id for q in questions] == ["a/test/1", "b/test/1", "b/test/2", "story:3/0-0", "story:3/0-1"]
    assert [q.task for q in questions] == ["a/test", "b/test", "b/test", "story:3", "story:3"]
    assert [q.id for q in questions_of(paths[:1], 2, seed=0)] == ["test/1"]
