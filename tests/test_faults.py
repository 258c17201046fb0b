"""Every call to the file system that a command makes may fail: one line, nothing half-written, and it goes on later."""

import functools
import json
import shlex
import shutil
import subprocess
import types
from pathlib import Path

import nbformat
import papermill
import pytest
from nbformat.v4 import new_output
from typer.testing import CliRunner

from lmphys import cli
from lmphys.book import page as pages
from lmphys.book import render as render_module
from lmphys.book import runner
from lmphys.book.ledger import Ledger
from tests.book.conftest import make_project
from tests.faults import failing

SUMMARY = "section,question,claim\nJumps,Are they longer?,slds.jump.ratio\n"
ROW = """from lmphys.book.ledger import Ledger
ledger = Ledger.for_page("toy/page", model=model, profile=profile)
ledger.record("slds.jump.ratio", 28.0)
"""
BOOK = ("list", "ledger", "ledger --format json", "summary", "run --profile smoke", "build --profile smoke")
BUILD = "corpus build --model model --task mine.jsonl --questions 2 --chains 2 --max-tokens 8"
CORPUS = ("corpus info", "corpus verify", "corpus export '' out", BUILD)
TRAIN = "train reasoner --base model --profile smoke --steps 2 --into adapter"


class World:
    """A project, a cache and a model in one folder, as they stood before the command, and the command in it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.kept = folder, folder.with_name(f"{folder.name}-kept")

    def keep(self) -> None:
        shutil.rmtree(self.kept, ignore_errors=True)
        shutil.copytree(self.folder, self.kept)

    def restore(self) -> None:
        for path in self.folder.iterdir():  # the folder itself is the working folder
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        shutil.copytree(self.kept, self.folder, dirs_exist_ok=True)

    def run(self, command: str):
        return CliRunner().invoke(cli.app, shlex.split(command))

    def make(self, command: str) -> None:
        result = self.run(command)
        assert result.exit_code == 0, (command, result.output, result.exception)

    def files(self) -> dict[str, bytes]:
        """Contents of all files but locks; the seconds and memory of a training are never the same."""
        found = (path for path in self.folder.rglob("*") if path.is_file() and not path.name.endswith(".lock"))
        names = {path.relative_to(self.folder).as_posix(): path for path in found}
        timed = ("training.json", "loss.csv", "state.safetensors")
        return {name: b"" if path.name in timed else path.read_bytes() for name, path in names.items()}


def _execute(source, target, **_):
    """A kernel that has run everything, at once: the calls of a kernel are another process's."""
    notebook = nbformat.read(source, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.execution_count, cell.outputs = 1, []
            if pages.PROBE_TAG in cell.metadata.get("tags", []):
                facts = {"device": "cpu", "versions": {}, "peak_memory_gb": None, "inputs": [], "cold": False}
                facts |= {"tokens_drawn": 0, "tokens_read": 0}
                cell.outputs = [new_output("stream", text=json.dumps(facts))]
    staged = Path(source).parent / "ledger.new"
    staged.mkdir()
    row = json.loads(Path("row.json").read_text())
    (staged / "toy-page--smollm2--smoke.json").write_text(json.dumps({"rows": [row]}))
    nbformat.write(notebook, target)
    return notebook


def _render(command, **options):
    """A renderer that makes empty pages."""
    if "jupyter_book" not in " ".join(map(str, command)):
        return types.SimpleNamespace(returncode=1, stdout="", stderr="")
    for name in ("intro", "chapters/toy/page"):
        page = Path(options["cwd"], "_build", "html", f"{name}.html")
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text("page")
    return types.SimpleNamespace(returncode=0)


def quietly(patch: pytest.MonkeyPatch, world: World) -> None:
    """Stand in the world, at one moment, with a kernel and a renderer that do nothing."""
    patch.chdir(world.folder)
    patch.setenv("LMPHYS_HOME", str(world.folder / "cache"))
    for name in ("LMPHYS_DEVICE", "LMPHYS_DTYPE"):
        patch.delenv(name, raising=False)
    frozen = types.SimpleNamespace(now=lambda zone: types.SimpleNamespace(isoformat=lambda **_: "today"))
    patch.setattr(runner, "datetime", frozen)
    patch.setattr(runner, "time", types.SimpleNamespace(monotonic=lambda: 0.0))
    patch.setattr(papermill, "execute_notebook", _execute)
    patch.setattr(render_module, "subprocess", types.SimpleNamespace(run=_render, STDOUT=subprocess.STDOUT))
    patch.setattr(render_module, "link_sources", lambda site: 0)
    patch.setattr(render_module, "PACKAGE", world.folder / "src")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project whose page was run and rendered."""
    root = tmp_path_factory.mktemp("world") / "Größe und Maß"
    make_project(root, {"toy/page": ROW})
    (root / "book" / "summary.csv").write_text(SUMMARY)
    world = World(root)
    with pytest.MonkeyPatch.context() as patch:
        quietly(patch, world)
        ledger = Ledger.for_page("toy/page", model="smollm2", profile="smoke")
        ledger.record("slds.jump.ratio", 28.0)
        (row,) = json.loads(ledger.path.read_text())["rows"]
        ledger.path.unlink()
        (root / "row.json").write_text(json.dumps(row | {"date": "today"}))
        world.make("run")
        world.keep()
    return world


@pytest.fixture(scope="module")
def corpora(tmp_path_factory, model_folder):
    """A model, questions, and a corpus of theirs."""
    root = tmp_path_factory.mktemp("world") / "Größe und Maß"
    make_project(root, {"toy/page": ROW})
    questions = [{"question": f"Add {i} and 2.", "answer": i + 2} for i in range(2)]
    (root / "mine.jsonl").write_text("\n".join(map(json.dumps, questions)))
    shutil.copytree(model_folder, root / "model")
    world = World(root)
    with pytest.MonkeyPatch.context() as patch:
        quietly(patch, world)
        world.make(f"{BUILD} --chains 8 --max-tokens 60 --temperature 1 --top-p 1")
        world.keep()
    return world


@pytest.fixture
def read_once(monkeypatch):
    """Weights are read once: each reading is hundreds of calls, and a test of its own."""
    from lmphys.lm import model, weights

    kept = functools.cache(weights.load_weights)
    monkeypatch.setattr(model, "load_weights", kept)


def walk(world: World, command: str, every: int = 1, turns: int = 0) -> None:
    """Let one call after the other fail, each with several errors.

    Args:
        world: where.
        command: as it is typed.
        every: walk every so many calls.
        turns: errors that a call meets, one after the other; 0 for one a call, in turn.
    """
    world.restore()
    before = world.files()
    world.run(command)  # once for whatever is loaded once
    world.restore()
    with failing(world.folder) as counted:
        good = world.run(command)
    assert good.exit_code == 0, (good.output, good.exception)
    after = world.files()
    assert counted.count > 2
    for n in range(0, counted.count, every):
        for turn in range(turns) if turns else (n,):
            world.restore()
            with failing(world.folder, n, turn) as faults:
                result = world.run(command)
            if not faults.failed:  # fewer calls than at first: something is remembered
                continue
            where = f"{command}, call {n}, {faults.failed}: {result.output}"
            if result.exit_code == 0:  # what is no more than a courtesy, or is made anew
                assert result.stdout == good.stdout, where
                assert not differing(world.files(), after), where
                continue
            assert isinstance(result.exception, SystemExit), f"{where} {result.exception!r}"
            *_, line = result.stderr.splitlines()  # remarks on what was read may stand above
            assert line.startswith("lmphys: ") and "; " in line and "Errno" not in line, where
            for name, content in settled(world.files()).items():
                hidden = any(part.startswith(".") for part in Path(name).parts)
                assert hidden or content in (before.get(name), after.get(name)), f"{where} {name}"
            again = world.run(command)
            assert again.exit_code == 0, f"{where}; again: {again.output} {again.exception!r}"
            assert not differing(world.files(), after), f"{where}; again"


SCRATCH = ("input.ipynb", "running.ipynb", "failed.ipynb", "watch.py", "jupyter-book.log", "recipe.json")


def settled(files: dict[str, bytes]) -> dict[str, bytes]:
    """Files without those of a run that goes on or has failed: of the kernel, of the renderer, of an open training."""
    paths = {name: Path(name) for name in files}
    return {n: files[n] for n, path in paths.items() if path.name not in SCRATCH and "ledger.new" not in path.parts}


def differing(one: dict[str, bytes], other: dict[str, bytes]) -> list[str]:
    """Names of the files that are in one alone, or differ."""
    a, b = settled(one), settled(other)
    return sorted(name for name in a.keys() | b.keys() if a.get(name) != b.get(name))


@pytest.mark.parametrize("command", BOOK)
def test_a_call_of_the_book_that_fails(project, monkeypatch, command):
    quietly(monkeypatch, project)
    walk(project, command, every=5)


@pytest.mark.parametrize("command", CORPUS)
def test_a_call_of_a_corpus_that_fails(corpora, monkeypatch, read_once, command):
    quietly(monkeypatch, corpora)
    walk(corpora, command, every=7)


@pytest.mark.exhaustive
@pytest.mark.parametrize("command", BOOK)
def test_every_call_of_the_book_fails_in_every_way(project, monkeypatch, command):
    quietly(monkeypatch, project)
    walk(project, command, turns=7)


@pytest.mark.exhaustive
@pytest.mark.parametrize("command", [*CORPUS, TRAIN])
def test_every_call_of_a_corpus_or_a_training_fails(corpora, monkeypatch, read_once, command):
    quietly(monkeypatch, corpora)
    walk(corpora, command)
