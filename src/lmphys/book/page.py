"""From an executed notebook to a page: checks, tidying, links and provenance."""

import json
import re
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from lmphys.book.chapter import Chapter
from lmphys.core.errors import LmphysError
from lmphys.core.paths import home_folder

PROBE_TAG = "lmphys-probe"
FINDING_TAG = "finding"

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_PROGRESS = re.compile(r"\d+%\|.*\||\d+(\.\d+)?\s?(it|s)/(s|it)\b")
_WIDGET = "application/vnd.jupyter.widget-view+json"


def probe_cell() -> NotebookNode:
    """The last cell of a running notebook: the kernel reports its device, versions and memory."""
    cell = new_code_cell("from lmphys.core import provenance as _p; _p.print_probe()")
    cell.metadata["tags"] = [PROBE_TAG]
    return cell


def first_line(source: str) -> str:
    """First line of a cell that is no comment, to name the cell by."""
    lines = [line.strip() for line in source.splitlines() if line.strip()]
    return next((line for line in lines if not line.startswith("#")), lines[0] if lines else "")


def one_line(message: str, limit: int = 300) -> str:
    """First line of an error message without colours, cut at `limit` characters."""
    line = next((line.strip() for line in _ANSI.sub("", message).splitlines() if line.strip()), "")
    return line if len(line) <= limit else line[: limit - 1] + "…"


def take_probe(notebook: NotebookNode, where: str) -> dict[str, Any]:
    """Remove the probe cell and return what it reported.

    Raises:
        LmphysError: it reported nothing, since the chapter ended the kernel or closed its output.
    """
    cell = notebook.cells.pop()
    text = "".join(output.get("text", "") for output in cell.outputs if output.output_type == "stream")
    try:
        return dict(json.loads(text.strip().splitlines()[-1]))
    except (IndexError, ValueError) as error:
        raise LmphysError(f"chapter {where} ended before its end; remove the early exit") from error


def check(notebook: NotebookNode, where: str) -> None:
    """Check that every cell ran and that none hid a failure.

    Raises:
        LmphysError: a cell did not run, or printed a traceback to standard error.
    """
    number = 0
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        if cell.cell_type != "code" or "injected-parameters" in tags or PROBE_TAG in tags:
            continue
        number += 1
        name = f"chapter {where}, cell {number} (`{first_line(cell.source)}`)"
        if cell.source.strip() and cell.execution_count is None:
            raise LmphysError(f"{name}: did not run, since the chapter ended before it; remove the early exit")
        for output in cell.outputs:
            if output.output_type == "stream" and "Traceback (most recent call last)" in output.text:
                last = one_line(output.text.strip().splitlines()[-1])
                raise LmphysError(f"{name}: printed a traceback while going on: {last}; catch it where it arises")


def _clean(text: Any, root: Path) -> Any:
    """Replace the folder of the project and the home folder in a text."""
    if not isinstance(text, str):
        return text
    for folder, name in ((str(root), "."), (str(home_folder() or ""), "~")):
        if len(folder) > 1:
            text = text.replace(folder, name)
    return text


def _tidy_outputs(outputs: list[NotebookNode], root: Path) -> list[NotebookNode]:
    kept = []
    for output in outputs:
        if output.output_type == "stream":
            if output.name == "stderr":
                lines = re.split(r"[\r\n]+", output.text)
                output.text = "\n".join(line for line in lines if line.strip() and not _PROGRESS.search(line))
            output.text = _clean(_ANSI.sub("", output.text), root)
            if output.text.strip():
                kept.append(output)
        elif _WIDGET not in output.get("data", {}):
            for kind, value in output.get("data", {}).items():
                output.data[kind] = _clean(value, root)
            kept.append(output)
    return kept


def tidy(notebook: NotebookNode, root: Path) -> None:
    """Remove from an executed notebook what differs between equal runs, or tells where it ran."""
    notebook.metadata.pop("widgets", None)
    notebook.metadata["papermill"] = {"parameters": notebook.metadata.get("papermill", {}).get("parameters", {})}
    for cell in notebook.cells:
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs = _tidy_outputs(cell.outputs, root)
            if "injected-parameters" in cell.metadata.get("tags", []):
                cell.metadata["tags"] = [*cell.metadata["tags"], "hide-input"]


def run_command(chapter: Chapter, parameters: dict[str, Any]) -> str:
    """The command line that makes this page again."""
    words = ["lmphys run", chapter.id]
    for parameter in chapter.parameters:
        value = parameters[parameter.name]
        if value == parameter.default:
            continue
        text = json.dumps(value) if isinstance(value, list | bool) or value is None else str(value)
        quoted = text if re.fullmatch(r"[\w:./+-]+", text) else "'" + text.replace("'", "'\"'\"'") + "'"
        if parameter.name in ("model", "profile"):
            words.append(f"--{parameter.name} {quoted}")
        else:
            words.append(f"--set {parameter.name}={quoted}")
    return " ".join(words)


def _provenance_cell(chapter: Chapter, parameters: dict[str, Any], facts: dict[str, Any]) -> NotebookNode:
    def code(value: Any) -> str:
        return f"`{str(value).replace('`', chr(39))}`"

    memory = facts["peak_memory_gb"]
    lines = [
        "````{dropdown} How this page was made",
        "",
        f"Again: {code(run_command(chapter, parameters))}",
        "",
        "| | |",
        "|---|---|",
        *(f"| {name} | {code(json.dumps(value)).replace('|', chr(92) + '|')} |" for name, value in parameters.items()),
        f"| git commit | {code(facts['git'])} |",
        f"| device | {code(facts['device'])} |",
        f"| run time | {facts['seconds']:.1f} s |",
        *([f"| peak memory | {memory:.2f} GB |"] if memory is not None else []),
        f"| date | {facts['date']} |",
        *(f"| {name} | {code(version)} |" for name, version in facts["versions"].items()),
        "````",
    ]
    return new_markdown_cell("\n".join(lines))


def split_opening(prose: str) -> tuple[str, str]:
    """The first markdown cell of a chapter in two: title and first paragraph, and the rest."""
    blocks = prose.split("\n\n")
    title = next((i for i, block in enumerate(blocks) if re.search(r"^# ", block, flags=re.MULTILINE)), 0)
    return "\n\n".join(blocks[: title + 2]), "\n\n".join(blocks[title + 2 :])


def _lift_finding(notebook: NotebookNode, links: NotebookNode) -> None:
    """Put links, and what the cell tagged `finding` shows, below the first paragraph; the cell itself is hidden.

    The first paragraph says what is asked and how, so that question, way and finding stand together.
    """
    heading = next(i for i, cell in enumerate(notebook.cells) if cell.cell_type == "markdown")
    opening, rest = split_opening(notebook.cells[heading].source)
    lifted = [links]
    for cell in notebook.cells:
        if cell.cell_type == "code" and FINDING_TAG in cell.metadata.get("tags", []):
            cell.metadata["tags"] = [*cell.metadata["tags"], "remove-cell"]
            text = "\n\n".join(output.get("data", {}).get("text/markdown", "") for output in cell.outputs)
            lifted.append(
                new_markdown_cell(f":::{{admonition}} What was found\n:class: important\n{text.strip()}\n:::")
            )
    notebook.cells[heading].source = opening
    notebook.cells[heading + 1 : heading + 1] = [*lifted, *([new_markdown_cell(rest)] if rest else [])]


def finish(notebook: NotebookNode, chapter: Chapter, parameters: dict[str, Any], facts: dict[str, Any]) -> None:
    """Add download links and the finding below the first paragraph, the provenance at the end, and number the cells.

    Args:
        notebook: Tidied notebook; changed in place.
        chapter: Its source.
        parameters: Resolved parameters.
        facts: device, versions, peak_memory_gb, git, date (str) and seconds (float) of the run.
    """
    slug = chapter.slug
    links = new_markdown_cell(f"{{download}}`Notebook with results <{slug}.ipynb>` · {{download}}`Source <{slug}.py>`")
    _lift_finding(notebook, links)
    notebook.cells.append(_provenance_cell(chapter, parameters, facts))
    notebook.metadata["lmphys"] = {"parameters": parameters, **facts}
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    for number, cell in enumerate(notebook.cells):
        # Papermill and jupytext give random ids; numbered ones keep the difference of two runs readable.
        cell["id"] = f"cell-{number:03d}"
