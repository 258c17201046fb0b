"""A chapter: one text file of cells, with a title and typed parameters."""

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from lmphys.book.parameters import Parameter, parse_parameters, resolve_parameters
from lmphys.core.boundaries import given
from lmphys.core.errors import LmphysError

if TYPE_CHECKING:
    from nbformat import NotebookNode


@dataclass(frozen=True)
class Chapter:
    """A page of the book before it is run.

    Attributes:
        id: `<part>/<slug>`.
        path: `<root>/chapters/<part>/<slug>.py`, cells in jupytext's percent format.
        title: The heading of its first markdown cell.
        parameters: What its parameter cell declares.
        source: Its text.
    """

    id: str
    path: Path
    title: str
    parameters: tuple[Parameter, ...]
    source: str

    @classmethod
    def read(cls, path: Path) -> "Chapter":
        """Read a chapter.

        Raises:
            LmphysError: it has no title, or not exactly one cell tagged `parameters`.
        """
        where = f"{path.parent.name}/{path.stem}"
        with given(path, "restore it: git checkout chapters"):
            source = path.read_text(encoding="utf-8")
        cells = _cells(source)
        prose = next((text for head, text in cells if "[markdown]" in head), "")
        titles = [line[4:].strip() for line in prose.splitlines() if line.startswith("# # ")]
        if not titles:
            raise LmphysError(f"{where} has no title; begin its first markdown cell with `# Title`")
        tagged = [text for head, text in cells if '"parameters"' in head]
        if len(tagged) != 1:
            raise LmphysError(
                f'{where} has {len(tagged)} parameter cells; tag exactly one with `# %% tags=["parameters"]`'
            )
        return cls(where, path, titles[0], parse_parameters(tagged[0], where), source)

    @property
    def root(self) -> Path:
        """Folder of the project."""
        return self.path.parents[2]

    @property
    def slug(self) -> str:
        """Name of the file without its ending."""
        return self.path.stem

    @property
    def prose(self) -> str:
        """Its first markdown cell, without the comment signs."""
        text = next(text for head, text in _cells(self.source) if "[markdown]" in head)
        return "\n".join(line.removeprefix("#").removeprefix(" ") for line in text.splitlines())

    def notebook(self) -> "NotebookNode":
        """Cells as a notebook of the Python kernel."""
        import jupytext  # takes a second, and a list of chapters does without

        notebook = jupytext.reads(self.source, fmt="py:percent")
        # Without a kernel and a language papermill refuses the notebook; jupytext keeps neither in a percent file.
        notebook.metadata["kernelspec"] = {"name": "python3", "language": "python", "display_name": "Python 3"}
        return notebook

    def resolve(self, overrides: Mapping[str, Any]) -> dict[str, Any]:
        """Value of every parameter, see `resolve_parameters`."""
        return resolve_parameters(self.parameters, overrides, self.id)

    def taken(self, overrides: Mapping[str, Any]) -> dict[str, Any]:
        """Those of some overrides that this chapter has a parameter for."""
        names = {parameter.name for parameter in self.parameters}
        return {name: value for name, value in overrides.items() if name in names}


def _cells(source: str) -> list[tuple[str, str]]:
    """Heads (`# %% ...`) and texts of the cells of a percent file."""
    parts = re.split(r"^(# %%.*)$", source, flags=re.MULTILINE)[1:]
    return [(head, text.strip("\n")) for head, text in zip(parts[::2], parts[1::2], strict=True)]


def check_settings(chapters: Sequence[Chapter], overrides: Mapping[str, Any], echo: Callable[[str], None]) -> None:
    """Look at settings for many chapters before the first one runs: each chapter takes those that it knows.

    Args:
        chapters: That will run.
        overrides: Name to value.
        echo: Receives a line for each setting that not all of them take.

    Raises:
        LmphysError: no chapter has a parameter of this name, or a value is not of its type.
    """
    for name, value in overrides.items():
        taking = [chapter for chapter in chapters if chapter.taken({name: value})]
        if not taking and chapters:
            chapters[0].resolve({name: value})  # says what there is instead
        for chapter in taking:
            chapter.resolve({name: value})
        if len(taking) < len(chapters):
            echo(f"{name}: {len(taking)} of {len(chapters)} chapters take it, the others run as they stand")


def toc_files(root: Path) -> list[str]:
    """Every page of `book/_toc.yml` in reading order, without file endings, relative to `book/`.

    Raises:
        LmphysError: the file is missing or is no table of contents.
    """
    path = root / "book" / "_toc.yml"
    with given(path, "it lists the pages of the book; restore it: git checkout book"):
        toc = yaml.safe_load(path.read_text(encoding="utf-8"))

    def walk(node: Any) -> list[str]:
        if isinstance(node, list):
            return [file for item in node for file in walk(item)]
        if not isinstance(node, dict):
            return []
        own = [str(node[key]) for key in ("root", "file") if key in node]
        return own + [
            file for key in ("parts", "chapters", "sections", "entries", "subtrees") for file in walk(node.get(key))
        ]

    return [file.removesuffix(".md").removesuffix(".ipynb") for file in walk(toc)]


def find_chapters(root: Path) -> list[Chapter]:
    """Every chapter: those of the table of contents in its order, then those that it does not list yet.

    Raises:
        LmphysError: the table of contents names a chapter whose source is missing, or a chapter is malformed.
    """
    folder = root / "chapters"
    listed = [folder.parent / f"{file}.py" for file in toc_files(root) if file.startswith("chapters/")]
    for path in listed:
        if not path.is_file():
            raise LmphysError(f"book/_toc.yml lists {path.relative_to(root)}, which is missing; write it or unlist it")
    return [Chapter.read(path) for path in (*listed, *sorted(set(folder.glob("*/*.py")) - set(listed)))]


def find_chapter(chapters: list[Chapter], name: str) -> Chapter:
    """The chapter with id `name`; a path to its source or its slug alone serve as well.

    Raises:
        LmphysError: there is none; suggests the nearest ids.
    """
    wanted = name.removeprefix("chapters/").removesuffix(".py")
    found = [c for c in chapters if wanted in (c.id, c.slug)]
    if len(found) == 1:
        return found[0]
    names = {c.id: c.id for c in chapters} | {c.slug: c.id for c in chapters}
    close = list(dict.fromkeys(names[n] for n in difflib.get_close_matches(wanted, names, 3, 0.5)))
    guess = f"did you mean {' or '.join(close)}?" if close else "`lmphys list` shows all"
    raise LmphysError(f"no chapter {name!r}; {guess}")
