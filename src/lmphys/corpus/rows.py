"""Rows of question files and benchmarks: question, gold answer and choices, however a data set stores them.

| as in | question | choices | gold |
|---|---|---|---|
| a plain file | `question` or `problem` | `choices` | `answer`: a choice, its letter, or its index from 0 as a number |
| GSM8K | `question` | | `answer`: a solution that ends in `#### 7` |
| MATH | `problem` | | `answer`, or the box in `solution` |
| MMLU | `question` | `choices` | `answer`: index from 0 |
| ARC, CommonsenseQA | `question` | `choices`: `text` and `label` | `answerKey` |
| OpenBookQA | `question_stem` | `choices`: `text` and `label` | `answerKey` |
| the files of these three | `question`: `stem` and `choices` | | `answerKey` |
| HellaSwag | `ctx` | `endings` | `label`: index from 0 |
| PIQA | `goal` | `sol1`, `sol2` | `label`: index from 0 |
| TruthfulQA | `question` | `mc1_targets`: `choices` and `labels` | the label that is 1 |
| StrategyQA, BoolQ | `question`, perhaps `passage` | | `answer`: true or false |
| MMLU as a table | `question` | `A`, `B`, `C`, `D` | `answer`: the letter |
| MMLU-Pro | `question` | `options` | `answer`: the letter, `answer_index` |
| SVAMP, ASDiv | `body` and `question` | | `answer` |

Names of fields may be written with capitals. A text in `passage`, `context`, `body` or `premise` stands before the
question. Where several fields say what is right, they must agree.
"""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from lmphys.corpus.answers import final_answer
from lmphys.corpus.choices import letter_of, same_choice

_LONGEST = 200  # characters of a gold answer that a chain can be held to
_CONTEXTS = ("passage", "context", "body", "premise")
_KNOWN = (
    "question", "problem", "question_stem", "ctx", "goal", *_CONTEXTS, "choices", "endings", "options", "mc1_targets",
    "sol1", "sol2", "answer", "answerKey", "answer_index", "label", "solution",
)  # fmt: skip
_LABELLED = re.compile(r"[(\[]?(?P<label>[A-Z]{1,2})[)\].:][)\].:]?\s*(?P<text>.*)", re.DOTALL)
_FORMS = "answer, answerKey (with choices) or label (the index of a choice, from 0)"


class RowError(ValueError):
    """Why a row is no question with one right answer, and what would make it one."""


def half_character(text: str) -> str | None:
    """The first surrogate in a text that stands alone, as it is written in JSON: no tokenizer can read it."""
    return next((f"\\u{ord(letter):04x}" for letter in text if "\ud800" <= letter <= "\udfff"), None)


def read_row(row: Mapping[str, Any]) -> tuple[str, str, tuple[str, ...]]:
    """Question, gold answer and choices of a row; the answer is one of the choices where there are any.

    Raises:
        RowError: a part is missing, or the gold answer cannot be read or could be meant in two ways.
    """
    row = _with_known_names(row)
    text = _question(row)
    choices, labels = _choices(row)
    answer = _chosen(row, choices, labels) if choices else _written(row)
    if isinstance(answer, str) and not choices:
        answer = answer.strip()
        choices = next((pair for pair in (("Yes", "No"), ("True", "False")) if answer.title() in pair), ())
        answer = answer.title() if choices else answer
    if isinstance(answer, bool):
        choices = ("True", "False") if "true" in text.lower() else ("Yes", "No")
        answer = choices[0] if answer else choices[1]
    for part in (text, answer, *choices):
        if half_character(part):
            raise RowError("holds half a character (a lone surrogate); write the character itself")
    return text, answer, choices


def _with_known_names(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with its known fields by their names, whichever letters of theirs are capitals."""
    lower = {str(name).lower(): value for name, value in row.items()}
    return {**row, **{name: lower[name.lower()] for name in _KNOWN if name not in row and name.lower() in lower}}


def _question(row: Mapping[str, Any]) -> str:
    names = ("question", "problem", "question_stem", "ctx", "goal")
    name = next((name for name in names if row.get(name) is not None), "question")
    text = row.get(name)
    if isinstance(text, Mapping):
        text = text.get("stem")
    if isinstance(text, Mapping | list | bool) or text is None or not str(text).strip():
        raise RowError("has no question; give it as a text in question")
    text = str(text)
    if name == "ctx":
        return f"{text} ... How does it go on?"
    if name == "goal":
        return f"{text} What is the better way?"
    before = next((name for name in _CONTEXTS if row.get(name)), None)
    if before is None:
        return text
    if not isinstance(row[before], str):
        raise RowError(f"has a {before} that is no text; write what the model is to read into question")
    asked = f"{text.capitalize().rstrip('?')}?" if before == "passage" else text
    return f"{row[before]}\n\n{asked}"


def _choices(row: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The choices, and the labels that the row gives them; both are empty where it has none."""
    found = next((row[name] for name in ("choices", "endings", "options") if row.get(name) is not None), None)
    if isinstance(row.get("mc1_targets"), Mapping):
        found = sorted(row["mc1_targets"]["choices"])  # the right one stands first in the data
    elif "sol1" in row and "sol2" in row:
        found = [row["sol1"], row["sol2"]]
    elif isinstance(row.get("question"), Mapping):
        found = row["question"].get("choices")
    columns = [letter for letter in "ABCDEFGHIJ" if row.get(letter) is not None]
    if found is None and columns[:2] == ["A", "B"]:
        found = [row[letter] for letter in columns]
    labels: Sequence[Any] = ()
    if isinstance(found, Mapping) and "text" in found:
        found, labels = found["text"], found.get("label") or ()
    elif isinstance(found, Mapping):
        found, labels = list(found.values()), list(found)
    elif isinstance(found, list) and found and all(isinstance(item, Mapping) and "text" in item for item in found):
        found, labels = [item["text"] for item in found], [item.get("label") for item in found]
    if found is None or found == []:
        return (), ()
    if not isinstance(found, list | tuple) or any(isinstance(item, Mapping | list | None) for item in found):
        raise RowError("has choices that are no list of texts; write them as a list")
    choices = _without_labels(tuple(str(item).strip() for item in found))
    if len(choices) < 2 or not all(choices):
        raise RowError("has an empty choice, or only one; give at least two")
    if labels and len(labels) != len(choices):
        raise RowError(f"has {len(choices)} choices with {len(labels)} labels; give each choice one label")
    return choices, tuple(str(label).strip() for label in labels)


def _without_labels(choices: tuple[str, ...]) -> tuple[str, ...]:
    """Choices without the letters that they carry themselves, as in "A) 21": they are written out by us."""
    parts = [_LABELLED.fullmatch(choice) for choice in choices]
    if all(part and part["text"] and part["label"] == letter_of(i) for i, part in enumerate(parts)):
        return tuple(part["text"] for part in parts if part)
    return choices


def _chosen(row: Mapping[str, Any], choices: tuple[str, ...], labels: tuple[str, ...]) -> str:
    """The choice that is right."""
    meant = _meant(row, choices, labels)
    if len(meant) > 1:
        raise RowError(
            f"has an ambiguous answer: {row.get('answer')!r} may mean {' or '.join(repr(choices[i]) for i in meant)}; "
            "name the letter in answerKey, or the index from 0 in label"
        )
    _check_agreement(row, choices, labels, meant[0])
    right = choices[meant[0]]
    twins = [choice for i, choice in enumerate(choices) if i != meant[0] and same_choice(choice, right)]
    if twins:
        raise RowError(f"has the right choice {right!r} a second time as {twins[0]!r}; keep one of them")
    return right


def _check_agreement(row: Mapping[str, Any], choices: tuple[str, ...], labels: tuple[str, ...], right: int) -> None:
    """Refuse a row in which another field says that another choice is right."""
    names = ("answer", "answerKey", "label", "answer_index")
    given = [name for name in names if row.get(name) is not None and str(row[name]).strip()]
    for name in given if len(given) > 1 and "mc1_targets" not in row else []:
        alone = {key: value for key, value in row.items() if key not in names or key == name}
        if right not in _meant({**alone, "label": alone.pop("answer_index", alone.get("label"))}, choices, labels):
            raise RowError(f"says two things: {', '.join(f'{key} {row[key]!r}' for key in given)}; keep the right one")


def _meant(row: Mapping[str, Any], choices: tuple[str, ...], labels: tuple[str, ...]) -> list[int]:
    """Indices of the choices that the row may mean; at least one."""
    letters = [letter_of(i) for i in range(len(choices))]
    if isinstance(row.get("mc1_targets"), Mapping):
        marks = list(row["mc1_targets"]["labels"])
        if marks.count(1) != 1:
            raise RowError("marks not exactly one choice as right; mark one with 1")
        return [choices.index(str(row["mc1_targets"]["choices"][marks.index(1)]).strip())]
    key = row.get("answerKey")
    if key is not None and str(key).strip():
        known = list(labels) or letters
        named = [i for i, name in enumerate(known) if name == str(key).strip()]
        named = named or [i for i, name in enumerate(known) if name.lower() == str(key).strip().lower()]
        if len(named) != 1:
            raise RowError(f"has the answerKey {key!r}, which is none of its labels {known}; name one of them")
        return named
    answer, label = row.get("answer"), row.get("label", row.get("answer_index"))
    if answer is None and label is not None and str(label).strip():
        if not str(label).strip().isdigit() or int(label) >= len(choices):
            raise RowError(f"has the label {label!r}; give the index of the right choice, 0 to {len(choices) - 1}")
        return [int(label)]
    if answer is None or not str(answer).strip():
        raise RowError(f"has no answer; give it in {_FORMS}")
    if isinstance(answer, list | Mapping):
        raise RowError(f"has {answer!r} as answer; give one choice, by its text, letter or index")
    said = "Yes" if answer is True else "No" if answer is False else str(answer).strip()
    said = str(answer) if isinstance(answer, bool) and "yes" not in map(str.lower, choices) else said
    meant = {i for i, choice in enumerate(choices) if choice == said}
    meant = meant or {i for i, choice in enumerate(choices) if same_choice(choice, said)}
    meant = {min(meant)} if meant and all(choices[i] == said for i in meant) else meant  # a twin is told apart later
    if isinstance(answer, str):
        meant |= {i for i, name in enumerate(labels or letters) if name == said}
        part = None if meant else _LABELLED.fullmatch(said)  # "B) dog" and "(B)"
        if part and part["label"] in (names := list(labels) or letters):
            index = names.index(part["label"])
            meant |= {index} if not part["text"] or same_choice(part["text"], choices[index]) else set()
    elif isinstance(answer, int) and not isinstance(answer, bool) and 0 <= answer < len(choices):
        meant.add(answer)
    if not meant:
        raise RowError(f"has the answer {answer!r}, which is none of the choices {list(choices)}; give one of them")
    return sorted(meant)


def _written(row: Mapping[str, Any]) -> str | bool:
    """The right answer of a question without choices."""
    answer = row.get("answer")
    if answer is None and isinstance(row.get("solution"), str):
        answer = row["solution"]
        if final_answer(answer) == answer.strip():
            raise RowError("has a solution without a final answer; box it, write it after ####, or give answer")
    if answer is None or not str(answer).strip():
        raise RowError(f"has no answer; give it in {_FORMS}")
    if isinstance(answer, bool):
        return answer
    if isinstance(answer, list | Mapping):
        raise RowError(f"has {answer!r} as answer; give one number or text")
    if isinstance(answer, float) and not math.isfinite(answer):
        raise RowError(f"has {answer!r} as answer, which is no number; give one that is finite")
    gold = final_answer(str(answer))
    if not gold:
        raise RowError("has nothing after #### in its answer; write the final answer there")
    if "\n" in gold or len(gold) > _LONGEST:
        raise RowError("has a whole text as answer; give the final answer alone, or after ####")
    return gold
