"""What every chapter of the book owes its reader, read off its cells: each rule returns its complaints, one a line."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import jupytext
from markdown_it import MarkdownIt
from nbformat import NotebookNode

DIRECTIVE = re.compile(r"\{(exercise(?:-start)?|solution(?:-start|-end)?)\}\s*(.*)")


@dataclass
class Solution:
    """An answer to an exercise: in words, or with the cells between its two gates."""

    of: str
    gated: bool
    folded: bool
    n_cells: int = 0
    untagged: list[str] = field(default_factory=list)
    has_code_block: bool = False


@dataclass
class Exercises:
    """Exercises and solutions of a page, and what stands in the wrong place."""

    labels: list[str]
    solutions: list[Solution]
    stray: list[str]


def cells_of(source: str) -> list[NotebookNode]:
    """Cells of a chapter in jupytext's percent format."""
    return jupytext.reads(source, fmt="py:percent").cells


def tags(cell: NotebookNode) -> list[str]:
    return cell.metadata.get("tags", [])


def _first_line(cell: NotebookNode) -> str:
    return cell.source.strip().split("\n")[0]


def _options(body: str) -> dict[str, str]:
    return dict(re.findall(r"^:([\w-]+):[ \t]*(.*)$", body, re.MULTILINE))


def _has_code_block(text: str) -> bool:
    return any(token.type == "code_block" for token in MarkdownIt().parse(text))


def _blocks(text: str) -> Iterator[tuple[str, str, str]]:
    """Name, argument and body of the directives that matter here; any other block is (its type, "", "")."""
    for token in MarkdownIt().parse(text):
        found = DIRECTIVE.fullmatch(token.info.strip()) if token.type == "fence" else None
        yield (found[1], found[2].strip(), token.content) if found else (token.type, "", "")


def exercises_of(cells: list[NotebookNode]) -> Exercises:
    """Walk through the cells from gate to gate."""
    found = Exercises([], [], [])
    gate: Solution | None = None  # the solution that we are in
    for cell in cells:
        if cell.cell_type == "code":
            if gate is not None:
                gate.n_cells += 1
                if "solution" not in tags(cell):
                    gate.untagged.append(_first_line(cell))
            elif "solution" in tags(cell):
                found.stray.append(f"a cell tagged solution stands in none: {_first_line(cell)}")
            continue
        for kind, argument, body in _blocks(cell.source):
            options = _options(body)
            if kind in ("exercise", "exercise-start"):
                found.labels.append(options.get("label", ""))
            elif kind in ("solution", "solution-start"):
                solution = Solution(argument, kind == "solution-start", "dropdown" in options.get("class", ""))
                solution.has_code_block = _has_code_block(body)
                found.solutions.append(solution)
                if gate is not None:
                    found.stray.append(f"solution-start {gate.of} is not ended before the next solution")
                gate = solution if solution.gated else None
            elif kind == "solution-end":
                if gate is None:
                    found.stray.append("solution-end without a solution-start")
                gate = None
            elif kind == "code_block" and gate is not None:
                gate.has_code_block = True
    if gate is not None:
        found.stray.append(f"solution-start {gate.of} is not ended")
    return found


def exercise_complaints(cells: list[NotebookNode], slug: str) -> list[str]:
    """At least three exercises, two of them with folded solutions whose code is run."""
    found = exercises_of(cells)
    complaints = list(found.stray)
    if len(found.labels) < 3:
        complaints.append(f"{len(found.labels)} exercises, not 3 or more")
    if len(set(found.labels)) < len(found.labels):
        complaints.append("two exercises have one label")
    for label in found.labels:
        if not re.fullmatch(rf"{slug.replace('_', '[-_]')}-[\w-]+", label):
            complaints.append(f"the label {label!r} is not {slug}-something")
    if len({solution.of for solution in found.solutions}) < 2:
        complaints.append(f"{len(found.solutions)} solutions, not 2 or more")
    for solution in found.solutions:
        if solution.of not in found.labels:
            complaints.append(f"a solution is of {solution.of!r}, which is no exercise of the page")
        if not solution.folded:
            complaints.append(f"the solution of {solution.of} is not folded")
        if solution.has_code_block:
            complaints.append(f"the solution of {solution.of} has a block of code that is not run")
        if solution.gated and not solution.n_cells:
            complaints.append(f"no cell between the gates of {solution.of}")
        complaints += [f"a cell in the solution of {solution.of} has no tag: {line}" for line in solution.untagged]
    if any("{admonition} Exercise" in cell.source or "{dropdown} Solution" in cell.source for cell in cells):
        complaints.append("an exercise or a solution is an admonition or a dropdown")
    return complaints


def _code(cells: list[NotebookNode]) -> list[NotebookNode]:
    return [cell for cell in cells if cell.cell_type == "code" and "solution" not in tags(cell)]


def function_complaints(cells: list[NotebookNode]) -> list[str]:
    """A page calls what the package defines; a solution may define what it needs."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    nodes = [node for cell in _code(cells) for node in ast.walk(ast.parse(cell.source))]
    return [f"{node.name} is defined on the page" for node in nodes if isinstance(node, kinds)]


def finding_complaints(cells: list[NotebookNode]) -> list[str]:
    """One cell says what was found, in words that the ledger fills."""
    tagged = [cell for cell in cells if "finding" in tags(cell)]
    if len(tagged) != 1:
        return [f"{len(tagged)} cells are tagged finding, not 1"]
    good = tagged[0].cell_type == "code" and ".finding(" in tagged[0].source
    return [] if good else ["the cell tagged finding does not ask the ledger for it"]


def verdict_complaints(cells: list[NotebookNode]) -> list[str]:
    """The cell that shows the verdicts is short: another cell of the page is longer."""

    def length(cell: NotebookNode) -> int:
        return sum(bool(line.strip()) for line in cell.source.splitlines())

    shown = [cell for cell in _code(cells) if re.search(r"\bledger\.show\(", cell.source)]
    if len(shown) != 1:
        return [f"{len(shown)} cells show the ledger, not 1"]
    rest = max((length(cell) for cell in _code(cells) if cell is not shown[0]), default=0)
    return [] if length(shown[0]) < rest else ["the cell of the verdicts is the largest of the page"]


def setting_complaints(cells: list[NotebookNode]) -> list[str]:
    """A page that has chains drawn takes the prompt and the longest chain, and the layer where it takes their states.

    What it takes it uses. `max_tokens: int` is a length of its own: of what it reads of each chain.
    """
    (declared,) = [cell.source for cell in cells if "parameters" in tags(cell)]
    kinds = {
        node.target.id: ast.unparse(node.annotation)
        for node in ast.parse(declared).body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code" and "parameters" not in tags(cell))
    nodes = list(ast.walk(ast.parse(code)))
    calls = [node for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    drawn = [call for call in calls if call.func.attr in ("default_spec", "pool_spec")]
    wanted = {"prompt", "max_tokens"} if drawn else set()
    # The states that the output layer sees are those after the last norm, and no others.
    if drawn and any(call.func.attr == "trajectories" and not _names_a_site(call) for call in calls):
        wanted.add("layer")
    complaints = [f"it takes no {name}" for name in sorted(wanted - set(kinds))]
    loaded = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    complaints += [f"it takes {name} and does not use it" for name in kinds if name not in loaded]
    for call in drawn:
        if isinstance(call.args[0], ast.Constant) or any(keyword.arg is None for keyword in call.keywords):
            continue  # another's usual questions are looked up; or the settings stand in one dictionary
        passed = {keyword.arg for keyword in call.keywords}
        own = {"max_tokens"} if kinds.get("max_tokens") == "int" else set()
        for name in sorted(wanted & set(kinds) - own - passed):
            complaints.append(f"line `{ast.unparse(call)[:60]}` leaves out {name}")
    return complaints


def _names_a_site(call: ast.Call) -> bool:
    return bool(call.args) or any(keyword.arg == "site" for keyword in call.keywords)
