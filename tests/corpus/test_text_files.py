import json

import pytest

from lmphys.core.errors import LmphysError
from lmphys.corpus.text_files import read_texts, scripts_of


def test_lines_that_cannot_be_used_are_told_and_the_others_kept(tmp_path):
    lines = [
        json.dumps({"text": "A plain text.", "source": "a", "author": "me", "time": 3}).encode(),
        b"",
        b'{"text": "caf\xe9"}',
        b"{not json",
        b"[1, 2]",
        json.dumps({"text": "  "}).encode(),
        json.dumps({"text": "Half of this, \u043f\u043e\u043b\u043e\u0432\u0438\u043d\u0430 of that."}).encode(),
        json.dumps({"text": "When?", "time": "soon"}).encode(),
        b'{"text": "half \\ud800"}',
        json.dumps({"text": "\u6771\u4eac\u306b\u3044\u307e\u3059", "time": "1970-01-02T00:00"}).encode(),
    ]
    path = tmp_path / "posts.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + b"\n".join(lines) + b"\n")
    found = read_texts(path)
    assert [text.line for text in found.texts] == [1, 10]
    assert (found.texts[0].source, found.texts[0].author, found.texts[0].time) == ("a", "me", 3.0)
    assert found.texts[1].source == "posts"
    assert found.texts[1].time == 86_400
    expected = ["empty", "UTF-8", "not JSON", "JSON object", "text is empty", "LATIN and CYRILLIC", "'soon'", "ud800"]
    assert len(found.left_out) == len(expected)
    for number, (said, word) in enumerate(zip(found.left_out, expected, strict=True), start=2):
        assert said.startswith(f"line {number} is left out: ")
        assert word in said
        assert "\n" not in said


def test_a_file_without_any_text_is_an_error(tmp_path):
    path = tmp_path / "nothing.jsonl"
    path.write_text("\n{}\n")
    with pytest.raises(LmphysError, match="no text that can be used; line 1 is left out: it is empty"):
        read_texts(path)
    with pytest.raises(LmphysError, match="cannot be read"):
        read_texts(tmp_path / "missing.jsonl")


def test_scripts():
    assert scripts_of("A few Greek letters, \u03b1, in an English sentence.") == ["LATIN"]
    assert scripts_of("123 !?") == []
    assert scripts_of("\u03b1\u03b2\u03b3 abc") == ["GREEK", "LATIN"]
