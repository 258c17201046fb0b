"""The texts of the example: prose, Python's help and the pages of this book, beside what two models wrote."""

from collections.abc import Iterator
from pathlib import Path

from lmphys.core.boundaries import given
from lmphys.core.paths import DEFAULT_MODEL, project_root
from lmphys.corpus.text_files import Text
from lmphys.lm.sampling import Sampling
from lmphys.lm.shelf import Shelf
from lmphys.lm.sources import locate
from lmphys.lm.weights import load_tokenizer
from lmphys.problems.prose import whole_text

PROSE, HELP, BOOK = "prose", "Python's help", "this book"
DEFAULT, REASONER = "default model", "reasoner"
# Chains that come with the book: writer and how they were drawn.
_WRITERS = {DEFAULT: (DEFAULT_MODEL, Sampling()), REASONER: ("reasoner", Sampling(max_tokens=360))}
_PAGES = ("how_to_read", "run_it", "own_states", "notation", "dictionary", "references", "intro", "summary", "status")
_TOPIC = "\f\n"


def prose_texts() -> list[Text]:
    """The ten passages of `data/texts/prose.txt`."""
    path = project_root() / "data" / "texts" / "prose.txt"
    with given(path, "restore it: git checkout -- data/texts"):
        passages = path.read_text(encoding="utf-8").strip().split("\n\n")
    return [Text(number, passage.strip(), PROSE) for number, passage in enumerate(passages, start=1)]


def topic_texts() -> list[Text]:
    """The topics of Python's help."""
    return [Text(number, topic.strip(), HELP) for number, topic in enumerate(whole_text().split(_TOPIC), start=1)]


def book_texts() -> list[Text]:
    """The hand-written pages of this book, as their sources are."""
    paths: list[Path] = [project_root() / "book" / f"{name}.md" for name in _PAGES]
    return [
        Text(number, path.read_text(encoding="utf-8"), BOOK)
        for number, path in enumerate(paths, start=1)
        if path.is_file()
    ]


def _written(source: str) -> Iterator[Text]:
    """Chains of a model that come with the book; none where the book is elsewhere."""
    writer, sampling = _WRITERS[source]
    shelf = Shelf.of(writer, "float32", sampling)
    if shelf.tokens:
        tokenizer = load_tokenizer(locate(writer))
        for number, tokens in enumerate(shelf.tokens, start=1):
            yield Text(number, tokenizer.decode(tokens.tolist(), skip_special_tokens=True), source)


def example_texts(per_source: int) -> list[Text]:
    """So many texts of each of five sources, spread evenly over what there is.

    Args:
        per_source: texts of each; all where there are fewer.
    """
    everything = [prose_texts(), topic_texts(), book_texts(), list(_written(DEFAULT)), list(_written(REASONER))]
    chosen = []
    for texts in everything:
        step = max(1, len(texts) // per_source)
        chosen += texts[::step][:per_source]
    return chosen
