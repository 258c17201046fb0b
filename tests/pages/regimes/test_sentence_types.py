import pytest

from lmphys.pages.regimes.sentence_types import SENTENCE_TYPES, sentence_type

EXAMPLES = {
    "question": ["How many sisters does she have?", 'What does "so" mean?"', "3. Is 4 = 2 + 2?"],
    "conclusion": [
        "So, there are two male colleagues.",
        "Therefore, the final answer is 10.",
        "The answer is: 4",
        "Final answer: 1 * 6 = 6",
        "5. Thus 3 + 1 = 4.",
        "Step 4: Finally, we add them.",
        "**So** we stop here.",
    ],
    "equation": ["4 * 4 = 16", "We get 3 x 3 from it.", "GCD(4, 8) = 4.", "1. Add 3 + 4.", "m = 4*n", "4 > 1"],
    "list item": ["2. Add the previous step.", "a. remove the apostrophe", "- TYAO accepts red", "Step 2: Read it."],
    "statement": [
        "Solve this step-by-step.",
        "She sold some of them.",
        "Sophie has two well-known brothers.",
        "To answer this, we count.",
        "3 apples are left.",
        "",
    ],
}


def test_every_type_has_examples():
    assert tuple(EXAMPLES) == SENTENCE_TYPES


@pytest.mark.parametrize(("expected", "text"), [(kind, text) for kind, texts in EXAMPLES.items() for text in texts])
def test_sentences_are_told_apart_by_their_surface(expected, text):
    assert sentence_type(text) == expected
