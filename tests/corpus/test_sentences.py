import json
from pathlib import Path

import pytest

from lmphys.corpus.sentences import is_finished, split_sentences, token_ends

DATA = Path(__file__).parents[1] / "data"
# Chains as a model wrote them, and texts that were written for their marks: mathematics, code, tables, other scripts.
LABELLED, MARKS = (
    [json.loads(line) for line in (DATA / name).open(encoding="utf-8")]
    for name in ("sentences.jsonl", "sentences_marks.jsonl")
)


def pieces(text):
    return [text[s.start : s.end] for s in split_sentences(text)]


def boundary_f1(ends_of, rows=LABELLED):
    """F1 of sentence ends over labelled texts, an end being right when it is the exact character."""
    hits = misses = extra = 0
    for row in rows:
        labelled, found = set(row["ends"]), set(ends_of(row["text"]))
        hits += len(labelled & found)
        misses += len(labelled - found)
        extra += len(found - labelled)
    return 2 * hits / (2 * hits + misses + extra)


def library_ends(segment):
    """Ends of the sentences that a library returns as strings, looked up in the text."""

    def ends(text):
        found, position = [], 0
        for piece in filter(str.strip, segment(text)):
            position = text.index(piece.strip(), position) + len(piece.strip())
            found.append(position)
        return found

    return ends


def test_boundaries_of_hand_labelled_chains(record_property):
    """The rules against the labels, beside two libraries, each given the text line by line as it likes best."""
    import pysbd
    import sentencex

    assert sum(len(row["ends"]) for row in LABELLED) >= 150
    english = pysbd.Segmenter(language="en", clean=False)
    ours = boundary_f1(lambda text: [s.end for s in split_sentences(text)])
    peers = {
        "pysbd": boundary_f1(library_ends(english.segment)),
        "pysbd, by line": boundary_f1(
            library_ends(lambda t: [s for line in t.splitlines() for s in english.segment(line)])
        ),
        "sentencex": boundary_f1(library_ends(lambda t: list(sentencex.segment("en", t)))),
    }
    print(f"boundary F1: rules {ours:.3f}; " + ", ".join(f"{name} {f1:.3f}" for name, f1 in peers.items()))
    assert ours >= 0.97
    assert ours >= max(peers.values())


def test_boundaries_of_texts_with_hard_marks():
    assert sum(len(row["ends"]) for row in MARKS) >= 200
    missed = [row["id"] for row in MARKS if row["ends"] != [s.end for s in split_sentences(row["text"])]]
    f1 = boundary_f1(lambda text: [s.end for s in split_sentences(text)], MARKS)
    print(f"boundary F1 {f1:.3f}; not as labelled: {', '.join(missed)}")
    assert f1 >= 0.97
    assert not [name for name in missed if name.startswith("brought/")]


@pytest.mark.parametrize("row", MARKS, ids=lambda row: row["id"])
def test_labels_are_ends_of_words_and_marks(row):
    text, ends = row["text"], row["ends"]
    assert ends == sorted(set(ends)) and ends[0] > 0 and ends[-1] <= len(text)
    assert not any(text[end - 1].isspace() for end in ends)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Pi is 3.14. Next.", ["Pi is 3.14.", "Next."]),
        ("Use cats, e.g. a tiger. Or dogs, i.e. Wolves.", ["Use cats, e.g. a tiger.", "Or dogs, i.e. Wolves."]),
        ("Mr. Smith met Dr. Lee. They talked.", ["Mr. Smith met Dr. Lee.", "They talked."]),
        ("J. Smith left. I saw it.", ["J. Smith left.", "I saw it."]),
        ("The answer is B. Next.", ["The answer is B.", "Next."]),
        ("1. Add them.\n2) Halve it.", ["1. Add them.", "2) Halve it."]),
        ("Step 1. Add 2 and 3. Step 2: halve.", ["Step 1. Add 2 and 3.", "Step 2: halve."]),
        ("Step 1:\nAdd them.\n\nStep 2:\nHalve it.", ["Step 1:\nAdd them.", "Step 2:\nHalve it."]),
        ("- one item\n- another item", ["- one item", "- another item"]),
        ("**Result:** 5. **Done.**", ["**Result:** 5.", "**Done.**"]),
        ("So far:\n\n3 + 4 = 7\n\nGood.", ["So far:", "3 + 4 = 7", "Good."]),
        ("Well... maybe. Hm... Yes.", ["Well... maybe.", "Hm...", "Yes."]),
        ('He said "Stop!" and left. "Why?" she asked.', ['He said "Stop!" and left.', '"Why?" she asked.']),
        ("Really?! Yes!", ["Really?!", "Yes!"]),
        ("Total: 5\n---\n```\nDone", ["Total: 5", "Done"]),
        ("\\[\n3 + 4 = 7\n\\]\nSo 7.", ["3 + 4 = 7", "So 7."]),
        ("It costs $3.50. That is No. 5 in the list.", ["It costs $3.50.", "That is No. 5 in the list."]),
        ("Is it true? No. It is not.", ["Is it true?", "No.", "It is not."]),
        ("It takes 5 min. Then wait.", ["It takes 5 min.", "Then wait."]),
        ("The sum is 12. Then 5 more.", ["The sum is 12.", "Then 5 more."]),
        ("We have 5! = 120. So 3! + 2! = 8.", ["We have 5! = 120.", "So 3! + 2! = 8."]),
        ("It is 5! Great.", ["It is 5!", "Great."]),
        ("So $x = 3.$ Then we add 2.", ["So $x = 3.$", "Then we add 2."]),
        ("It costs $3. She pays $5. Good.", ["It costs $3.", "She pays $5.", "Good."]),
        ("<think>\nAdd. Stop.\n</think>\nDone.", ["Add.", "Stop.", "Done."]),
        ("It is 7</think>The answer is 7.", ["It is 7", "The answer is 7."]),
        ("```python\nx = 1. # a. b\n```\nSo 1.", ["x = 1. # a. b", "So 1."]),
        ("| a. b | c |\n|---|---|\nEnd.", ["| a. b | c |", "End."]),
        ("\\begin{align}\nx &= 3.\n\\end{align}\nEnd.", ["x &= 3.", "End."]),
        ("他有3个。又买了4个！对吗？", ["他有3个。", "又买了4个！", "对吗？"]),
        ("彼は「はい。」と言う。終わり。", ["彼は「はい。」と言う。", "終わり。"]),
        ("यह 3 है। ठीक है।", ["यह 3 है।", "ठीक है।"]),
        ("كم؟ سبعة.", ["كم؟", "سبعة."]),
        ("He has 3.Then he left. See a.b.C now.", ["He has 3.", "Then he left.", "See a.b.C now."]),
        ("It begins with A. So it is B.", ["It begins with A.", "So it is B."]),
        ("Das ist z. B. rot. Ja.", ["Das ist z. B. rot.", "Ja."]),
        ("Answer: 7. Done.", ["Answer: 7.", "Done."]),
        ("", []),
        ("\n \n", []),
        ("...", []),
    ],
)
def test_marks_that_end_a_sentence_and_marks_that_do_not(text, expected):
    assert pieces(text) == expected


def test_a_last_sentence_is_finished_when_the_chain_ended_or_something_follows():
    cut = "One. Two is not yet"
    first, last = split_sentences(cut)
    assert is_finished(cut, first, ended=False)
    assert not is_finished(cut, last, ended=False)
    assert is_finished(cut, last, ended=True)
    assert is_finished("3 + 4 = 7\n", split_sentences("3 + 4 = 7\n")[0], ended=False)


def test_token_ends_count_the_characters_of_each_prefix(tokenizer):
    for text in ("Add 3 and 4. Ünïcode → 数学!", "plain", ""):
        ids = tokenizer(text)["input_ids"] + [0]  # the end token makes no character
        ends = token_ends(tokenizer, ids)
        for i, end in enumerate(ends):
            prefix = tokenizer.decode(ids[: i + 1], skip_special_tokens=True, clean_up_tokenization_spaces=False)
            assert end == len(prefix.rstrip("\ufffd"))
        assert not ends or ends[-1] == len(text)
