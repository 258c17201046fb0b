"""The dictionary is the spine of the book: every notion has two sides, a mark, and a page that computes it."""

import functools
import importlib
import pkgutil
import re
from collections import Counter

import pytest
import yaml

import lmphys
from lmphys.core.paths import project_root

BOOK = project_root() / "book"
TEXT = (BOOK / "dictionary.md").read_text()
CHAPTERS = {
    entry["file"]
    for part in yaml.safe_load((BOOK / "_toc.yml").read_text())["parts"]
    for entry in part["chapters"]
    if entry["file"].startswith("chapters/")
}
SPINE, NOTIONS = TEXT.split("(spine)=")[1].split("(words)=")[0].split("````{glossary}", 1)


def entries(text):
    """Terms of each entry of the glossaries in a text, and its body."""
    found = []
    terms, body = [], []
    for line in re.sub(r"^(````.*|## .*)$", "", text, flags=re.M).splitlines():
        if line and not line.startswith(" "):
            if body:
                found.append((terms, "\n".join(body)))
                terms, body = [], []
            terms.append(line)
        elif line:
            body.append(line)
    return [*found, (terms, "\n".join(body))]


ENTRIES = entries(NOTIONS)


def test_no_term_is_explained_twice():
    terms = Counter(term for group, _ in entries(NOTIONS) + entries(TEXT.split("(words)=")[1]) for term in group)
    assert {term for term, n in terms.items() if n > 1} == set()
    assert len(ENTRIES) > 40


@pytest.mark.parametrize(("terms", "body"), ENTRIES, ids=[group[0] for group, _ in ENTRIES])
def test_every_notion_has_two_sides_a_mark_and_its_page(terms, body):
    assert body.count("*Physics.*") == body.count("*Language model.*") == body.count("*Computed:*") == 1, terms
    marks = re.findall(r"\{bdg-(\w+)-line\}`(\w+)`", body)
    assert marks in ([("primary", "exact")], [("warning", "analogy")])
    computed = body.split("*Computed:*")[1]
    pages = set(re.findall(r"\{doc\}`(\S+?)`", computed))
    assert pages
    assert pages <= CHAPTERS
    for name in re.findall(r"(?<!\})`([A-Za-z_][\w.]*)", computed):
        assert public(name), f"{terms}: the package has no {name}"


@functools.cache
def modules():
    """Every module of the package but the program itself."""
    names = [m.name for m in pkgutil.walk_packages(lmphys.__path__, "lmphys.") if not m.name.endswith("__main__")]
    return [importlib.import_module(name) for name in names]


def public(name):
    """Whether a room of the package, or a module in it, offers a name, or it is one of the modules."""
    if name.startswith("lmphys"):
        return importlib.import_module(name) is not None
    first, *rest = name.split(".")
    for module in modules():
        thing = getattr(module, first, None)
        fields = getattr(thing, "__annotations__", {})
        if thing is not None and all(hasattr(thing, part) or part in fields for part in rest):
            return True
    return False


def test_the_path_leads_to_every_chapter():
    assert set(re.findall(r"\{doc\}`(\S+?)`", SPINE)) >= CHAPTERS
