"""What a sentence does, guessed from its surface by a rule that anyone can check."""

import re

SENTENCE_TYPES = ("question", "conclusion", "equation", "list item", "statement")

# Markdown of headings and bold type; a single asterisk is a bullet.
_MARKS = re.compile(r"^(?:\*\*|[#>_`\s])+")
_QUESTION = re.compile(r"\?[\"'”’)\]*_`]*\s*$")
_LABEL = re.compile(
    r"(?:[-*•+]\s|\(?\d{1,3}[.)]\s|\(?[A-Za-z][.):]\s|\W*(?:step|case|option|part)\s*\d+\b)", re.IGNORECASE
)
_CONCLUSION = re.compile(
    r"\b(?:so|therefore|thus|hence|consequently|accordingly|in conclusion|to conclude|finally)\b|"
    r"(?:in summary|we (?:can )?conclude|it follows)\b",
    re.IGNORECASE,
)
_ANSWER = re.compile(r"\banswer\b[^.?!]*?(?:\bis\b|:|=)", re.IGNORECASE)
# A sign of operation between two terms ("4 * 3", "x = 2"); a dash alone may be a hyphen, so it needs digits about it.
_EQUATION = re.compile(r"=|\d\s*[-−+*/×÷^<>⨯]\s*\(?-?\d|\d\s+x\s+\d|\b[a-z]\s*[+*/×÷^<>]\s*\w", re.IGNORECASE)


def sentence_type(text: str) -> str:
    """Type of a sentence, one of `SENTENCE_TYPES`: the first of these that fits.

    - question: ends with a question mark;
    - conclusion: opens, after a list label, with a word that concludes (so, therefore, finally, ...) or states an
      answer ("the answer is", "answer:");
    - equation: has an equals sign, or an arithmetical sign between two terms;
    - list item: opens with a number, a letter or a bullet of a list, or with "Step 2";
    - statement: anything else.

    The rule knows English words only, and no meaning: "So far so good." counts as a conclusion.
    """
    text = _MARKS.sub("", text.strip())
    label = _LABEL.match(text)
    body = text[label.end() :].lstrip(" :.)*_") if label else text
    if _QUESTION.search(text):
        return "question"
    if _CONCLUSION.match(body) or _ANSWER.search(body):
        return "conclusion"
    if _EQUATION.search(body):
        return "equation"
    return "list item" if label else "statement"
