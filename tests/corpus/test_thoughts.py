"""Models that think aloud: their thoughts are part of the chain, and the answer is read after them."""

import copy

import pytest

from lmphys.corpus.answers import Question, extract
from lmphys.corpus.sentences import split_sentences

QUESTION = Question("q/0", "q", "How many?", "14")
THOUGHT = "<think>\nAdd 3 and 4. So the answer is 7.\n</think>\n\nDouble it. The answer is 14."


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (THOUGHT, "14"),
        (THOUGHT.removeprefix("<think>\n"), "14"),  # the template opened the thoughts in the prompt
        (THOUGHT.partition("</think>")[0], None),  # cut off while it thought
        ("<think>\n\n</think>\n\nThe answer is 14.", "14"),  # told not to think
    ],
    ids=["closed", "opened by the template", "cut", "empty"],
)
def test_an_answer_is_read_after_the_thoughts(text, answer):
    assert extract(text, QUESTION, ended=answer is not None) == answer


def test_thoughts_are_sentences_of_the_chain_with_their_marks_as_tokens(tokenizer):
    thinking = copy.deepcopy(tokenizer)
    thinking.add_tokens(["<think>", "</think>"])  # as published models hold them: added, not special
    ids = thinking(THOUGHT, add_special_tokens=False)["input_ids"]
    text = thinking.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
    assert text == THOUGHT
    said = [text[s.start : s.end] for s in split_sentences(text)]
    assert said == ["Add 3 and 4.", "So the answer is 7.", "Double it.", "The answer is 14."]
