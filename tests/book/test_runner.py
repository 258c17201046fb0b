import ast
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import jupytext
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from lmphys.book import page as pages
from lmphys.book.chapter import Chapter, find_chapter, find_chapters
from lmphys.book.ledger import read_ledger
from lmphys.book.record import book_record, run_key
from lmphys.book.runner import lock_for, project_lock, run_chapter
from lmphys.core.errors import LmphysError
from lmphys.core.files import file_digest
from lmphys.core.provenance import PACKAGE, git_state, machine, peak_memory, versions

GOOD = """import hashlib, os, pathlib, sys
interpreter = hashlib.sha256(sys.executable.encode()).hexdigest()
print([interpreter, os.getcwd(), str(pathlib.Path.home()), os.environ["MPLBACKEND"]])
sys.stderr.write("\\r 50%|#####     | 1/2 [00:00<00:00, 3.0it/s]\\nkept\\n");

# %% tags=["hide-input"]
from lmphys.book.ledger import Ledger
ledger = Ledger.for_page("toy/page", model=model, profile=profile)
ledger.record("slds.jump.ratio", 28.0 * rank / 40, controls={"shuffled": 1.0})
from lmphys.core.progress import remark
remark("half of it is missing"), remark("half of it is missing")
print(rank)
"""
BAD = """x = 1

# %%
# the failing one
y = 1 / 0
"""
KILLED = f"import os; os.kill(os.getpid(), {int(signal.SIGKILL)})\n"


def silent(line):
    pass


def rewrite(root, code, name="toy/page"):
    path = root / "chapters" / f"{name}.py"
    path.write_text(path.read_text().split("\n# %%\n")[0] + f"\n# %%\n{code}")
    return Chapter.read(path)


def read(path):
    return nbformat.read(path, as_version=4)


@pytest.fixture(scope="module")
def project(tmp_path_factory, project_maker):
    """A project with one good run, made beside another interpreter's kernelspec and another drawing backend."""
    root = project_maker(tmp_path_factory.mktemp("p"), {"toy/page": GOOD})
    spec = root / "jupyter" / "kernels" / "python3"
    spec.mkdir(parents=True)
    argv = ["/bin/false", "-f", "{connection_file}"]
    (spec / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "other", "language": "python"}))
    before = {name: os.environ.get(name) for name in ("JUPYTER_PATH", "MPLBACKEND", "LMPHYS_DEVICE")}
    os.environ |= {"JUPYTER_PATH": str(root / "jupyter"), "MPLBACKEND": "agg"}
    os.environ.pop("LMPHYS_DEVICE", None)
    run_chapter(find_chapters(root)[0], echo=silent)
    yield root
    for name, value in before.items():
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value


@pytest.fixture(scope="module")
def page(project):
    return read(project / "book" / "chapters" / "toy" / "page.ipynb")


def test_the_kernel_is_the_running_interpreter_in_the_project_folder(project, page):
    interpreter, folder, home, backend = ast.literal_eval(page.cells[3].outputs[0].text)
    assert interpreter == hashlib.sha256(sys.executable.encode()).hexdigest()  # a path would be shortened
    assert (folder, home) == (".", "~")  # the page does not tell where it was made
    assert "inline" in backend


def test_the_page_is_tidy(project, page):
    assert [cell.id for cell in page.cells] == [f"cell-{i:03d}" for i in range(len(page.cells))]
    text = (project / "book" / "chapters" / "toy" / "page.ipynb").read_text()
    assert str(project) not in text
    assert [output.text for output in page.cells[3].outputs[1:]] == ["kept"]  # the progress bar is gone
    assert not any(pages.PROBE_TAG in cell.metadata.get("tags", []) for cell in page.cells)
    assert set(page.metadata["papermill"]) == {"parameters"}
    nbformat.validate(page)


def test_the_page_links_to_files_beside_it_and_tells_how_it_was_made(project, page):
    assert page.cells[1].source.count("{download}") == 2
    folder = project / "book" / "chapters" / "toy"
    assert (folder / "page.py").read_text() == (project / "chapters" / "toy" / "page.py").read_text()
    last = page.cells[-1].source
    assert last.startswith("````{dropdown} How this page was made")
    for name, version in versions().items():
        assert f"| {name} | `{version}` |" in last
    assert "`lmphys run toy/page`" in last
    assert '| model | `"smollm2"` |' in last
    assert "| device | `cpu` |" in last
    record, current = book_record(find_chapters(project)[0])
    assert current
    assert record is not None
    assert record.seconds > 0.3
    assert record.git == git_state(project)
    assert record.checksum == file_digest(folder / "page.ipynb")
    assert record.rows == {"slds.jump.ratio": "reproduced"}
    assert 0.02 < (record.peak_memory_gb or 0) < 2


FOUND = """# %% [markdown]
# (toy)=
# # A title
#
# What is asked, and how.
#
# $$ x = 1 $$ (eq-toy)

# %% tags=["parameters"]
model: str = "m"  # model

# %% tags=["finding"]
show()
"""


def test_the_finding_stands_below_the_first_paragraph():
    notebook = jupytext.reads(FOUND, fmt="py:percent")
    notebook.cells[-1].outputs = [new_output("execute_result", {"text/markdown": "It is **3**."})]
    facts = {"device": "cpu", "versions": {}, "peak_memory_gb": None, "git": "x", "date": "today", "seconds": 1.0}
    chapter = Chapter("toy/page", Path("page.py"), "A title", (), FOUND)
    pages.finish(notebook, chapter, {}, facts)
    kinds = [cell.source.split("\n")[0] for cell in notebook.cells[:5]]
    assert kinds[0] == "(toy)=" and notebook.cells[0].source.endswith("What is asked, and how.")
    assert kinds[1].startswith("{download}") and kinds[2] == ":::{admonition} What was found"
    assert "It is **3**." in notebook.cells[2].source
    assert kinds[3] == "$$ x = 1 $$ (eq-toy)"
    assert "remove-cell" in notebook.cells[5].metadata["tags"]


def test_an_unchanged_page_is_not_run_again(project):
    result = run_chapter(find_chapters(project)[0], echo=silent)
    assert result.cached


def test_the_key_covers_text_parameters_device_and_lock(project, monkeypatch):
    chapter = find_chapters(project)[0]
    keys = {run_key(chapter, chapter.resolve({})), run_key(chapter, chapter.resolve({"seed": 1}))}
    keys.add(run_key(rewrite(project, GOOD + "\n"), chapter.resolve({})))
    rewrite(project, GOOD)
    lock = project / "requirements.lock"
    before = lock.read_text()
    lock.write_text("changed")
    keys.add(run_key(chapter, chapter.resolve({})))
    lock.write_text(before)
    monkeypatch.setenv("LMPHYS_DEVICE", "cuda")
    keys.add(run_key(chapter, chapter.resolve({})))
    assert len(keys) == 5
    monkeypatch.delenv("LMPHYS_DEVICE")
    assert book_record(chapter)[1]  # and back again


def test_a_page_depends_on_the_data_that_it_read_and_on_no_other(project):
    chapter = find_chapters(project)[0]
    record, _ = book_record(chapter)
    read = {name for name in record.inputs if name.startswith("data/")}
    assert read == {path.relative_to(project).as_posix() for path in (project / "data" / "claims").glob("*.csv")}
    for name, matters in (("benchmarks.json", False), ("claims/README.md", False), ("claims/carson2025.csv", True)):
        path = project / "data" / name
        before = path.read_text() if path.exists() else None
        path.write_text((before or "") + "\n")
        assert book_record(chapter)[1] != matters
        path.unlink() if before is None else path.write_text(before)
    assert book_record(chapter)[1]


PROBLEM = """from lmphys.corpus import CorpusSpec
print(CorpusSpec(tasks=("story",), dtype="float32").key())
"""


def test_a_page_depends_on_the_modules_that_it_used_and_on_no_other(tmp_path, project_maker):
    root = project_maker(tmp_path / "p", {"toy/plain": "from lmphys.stats import Interval\n", "toy/story": PROBLEM})
    package = root / "src" / "lmphys"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__", "*.safetensors"))
    environment = {**os.environ, "PYTHONPATH": str(root / "src")}

    def lmphys(*arguments):
        command = [sys.executable, "-m", "lmphys", *arguments]
        return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=True).stdout

    def outdated():
        lines = [line.split() for line in lmphys("list").splitlines()]
        return {line[0] for line in lines if "outdated" in line}

    lmphys("run")
    assert outdated() == set()
    for name, pages_ in (
        ("cli.py", set()),
        ("problems/families/kin.py", set()),
        ("problems/families/story.py", {"toy/story"}),
        ("lm/sampling.py", {"toy/story"}),
        ("stats/interval.py", {"toy/plain"}),
        ("core/errors.py", {"toy/plain", "toy/story"}),
    ):
        path = package / name
        before = path.read_text()
        path.write_text(before + "# edited\n")
        assert outdated() == pages_, name
        path.write_text(before)


def test_a_page_that_was_edited_by_hand_or_lost_its_ledger_is_not_up_to_date(project):
    chapter = find_chapters(project)[0]
    for path in (project / "book" / "chapters" / "toy" / "page.ipynb", next((project / "runs" / "ledger").iterdir())):
        text = path.read_text()
        path.unlink()
        assert not book_record(chapter)[1]
        path.write_text(text)
        assert book_record(chapter)[1]


def test_a_run_with_other_parameters_stays_beside_the_book(project):
    page = project / "book" / "chapters" / "toy" / "page.ipynb"
    before = page.read_text()
    lines = []
    overrides = {"model": "org/other", "rank": "20"}
    result = run_chapter(find_chapters(project)[0], overrides=overrides, echo=lines.append)
    assert page.read_text() == before
    assert result.page.is_relative_to(project / "runs" / "toy")
    assert str(result.page.relative_to(project)) in lines[0]
    assert [line for line in lines if "half" in line] == ["toy/page: half of it is missing"]  # told after the page
    assert "half of it" not in "".join(str(c.get("outputs")) for c in read(result.page).cells)
    notebook = read(result.page)
    injected = [cell for cell in notebook.cells if "injected-parameters" in cell.metadata.get("tags", [])]
    assert "hide-input" in injected[0].metadata["tags"]
    assert 'model = "org/other"' in injected[0].source
    assert "seed" not in injected[0].source
    assert notebook.cells[-2].outputs[-1].text.strip() == "20"
    assert "lmphys run toy/page --model org/other --set rank=20" in notebook.cells[-1].source
    assert result.record.rows == {"slds.jump.ratio": "same direction"}
    # rank is not part of a row's name, so this row must not stand for the model in the ledger
    rows = read_ledger(project)
    assert list(zip(rows["model"], rows["profile"], rows["seed"], strict=True)) == [("smollm2", "quick", 0)]


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        (BAD, "chapter toy/page, cell 3 (`y = 1 / 0`): ZeroDivisionError: division by zero; "),
        (KILLED, f"chapter toy/page, cell 2 (`{KILLED.strip()}`): the kernel was killed, often for want of memory"),
    ],
    ids=["exception", "killed"],
)
def test_a_failure_names_the_cell_and_leaves_the_last_good_page(project, code, cause):
    page = project / "book" / "chapters" / "toy" / "page.ipynb"
    before = page.read_text(), (project / "runs" / "toy" / "page" / "run.json").read_text()
    chapter = rewrite(project, code)
    try:
        with pytest.raises(LmphysError) as error:
            run_chapter(chapter, echo=silent)
    finally:
        rewrite(project, GOOD)
    message = str(error.value)
    assert message.startswith(cause)
    assert message.endswith("partial notebook: runs/toy/page/failed.ipynb")
    assert "\n" not in message
    assert read(project / "runs" / "toy" / "page" / "failed.ipynb").cells
    assert (page.read_text(), (project / "runs" / "toy" / "page" / "run.json").read_text()) == before
    left = {path.name for path in (project / "runs" / "toy" / "page").iterdir()}
    assert left == {".lock", "run.json", "failed.ipynb"}
    assert book_record(find_chapters(project)[0])[1]


def executed(*outputs, count=1):
    cell = new_code_cell("f()", execution_count=count, outputs=list(outputs))
    return new_notebook(cells=[cell])


def test_a_traceback_on_stderr_and_a_cell_that_did_not_run_are_failures():
    pages.check(executed(new_output("stream", name="stderr", text="a warning")), "toy/page")
    text = "Traceback (most recent call last):\n  File x\nValueError: in a thread\n"
    with pytest.raises(LmphysError, match=r"cell 1 \(`f\(\)`\): printed a traceback .*ValueError: in a thread"):
        pages.check(executed(new_output("stream", name="stderr", text=text)), "toy/page")
    with pytest.raises(LmphysError, match="did not run"):
        pages.check(executed(count=None), "toy/page")
    notebook = executed()
    notebook.cells.append(pages.probe_cell())
    pages.check(notebook, "toy/page")
    with pytest.raises(LmphysError, match="chapter toy/page ended before its end"):
        pages.take_probe(notebook, "toy/page")


def test_widgets_are_dropped_and_paths_shortened_in_all_texts(tmp_path):
    widget = new_output("display_data", {"application/vnd.jupyter.widget-view+json": {}, "text/plain": "bar"})
    html = new_output("display_data", {"text/html": f"<b>{tmp_path}/runs</b>", "image/png": "abc"})
    notebook = executed(widget, html)
    pages.tidy(notebook, tmp_path)
    assert [output.data for output in notebook.cells[0].outputs] == [{"text/html": "<b>./runs</b>", "image/png": "abc"}]


def test_chapters_follow_the_contents_and_names_are_forgiving(tmp_path, project_maker):
    root = project_maker(tmp_path / "p", {"b/zeta": "1", "a/alpha": "1"})
    chapters = find_chapters(root)
    assert [chapter.id for chapter in chapters] == ["b/zeta", "a/alpha"]
    assert chapters[0].title == "A toy page"
    for name in ("a/alpha", "alpha", "chapters/a/alpha.py"):
        assert find_chapter(chapters, name).id == "a/alpha"
    with pytest.raises(LmphysError, match=r"no chapter 'a/alhpa'; did you mean a/alpha\?"):
        find_chapter(chapters, "a/alhpa")
    (root / "chapters" / "b" / "zeta.py").unlink()
    with pytest.raises(LmphysError, match=r"book/_toc\.yml lists chapters/b/zeta\.py, which is missing"):
        find_chapters(root)


@pytest.mark.parametrize(
    ("source", "cause"),
    [
        ("# %% [markdown]\n# text\n", "has no title"),
        ("# %% [markdown]\n# # T\n", "0 parameter cells"),
        ('# %% [markdown]\n# # T\n\n# %% tags=["parameters"]\nx = 1\n', "write `name: type = default"),
    ],
)
def test_a_malformed_chapter_is_named(tmp_path, source, cause):
    path = tmp_path / "chapters" / "a" / "b.py"
    path.parent.mkdir(parents=True)
    path.write_text(source)
    with pytest.raises(LmphysError, match=f"a/b.*{cause}"):
        Chapter.read(path)


def test_git_state_without_git_without_commit_and_with_changes(tmp_path):
    assert git_state(tmp_path) == "not a git checkout"
    git = ["git", "-C", str(tmp_path), "-c", "user.name=n", "-c", "user.email=e@x"]
    subprocess.run([*git, "init", "-q"], check=True)
    assert git_state(tmp_path) == "no commit yet"
    (tmp_path / "file").write_text("1")
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-qm", "first"], check=True)
    clean = git_state(tmp_path)
    assert len(clean) == 40
    (tmp_path / "file").write_text("2")
    assert git_state(tmp_path) == f"{clean}, with local changes"


def test_the_machine_is_described():
    assert int(machine()["cores"]) >= 1
    assert 0.01 < peak_memory() < 100


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="getrusage of other systems begins at zero anyway")
def test_peak_memory_leaves_out_the_process_that_started_this_one():
    code = "from lmphys.core.provenance import peak_memory; print(peak_memory())"
    ballast = b"x" * 600_000_000
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert peak_memory() > len(ballast) / 1e9
    assert float(done.stdout) < 0.4


def test_two_processes_do_not_run_one_project(project):
    with project_lock(project), pytest.raises(LmphysError, match="another lmphys"), project_lock(project):
        pass


def test_pages_aside_leave_the_lock_of_the_project_alone(project):
    chapters = find_chapters(project)
    busy = pytest.raises(LmphysError, match="another lmphys")
    with project_lock(project):
        with lock_for(project, chapters, overrides={"rank": 3}, into_book=False):
            pass
        # A setting that is given to all pages is none of those that have no such parameter.
        with lock_for(project, chapters, overrides={"rank": 3, "unknown": 1}, into_book=False):
            pass
        with busy, lock_for(project, chapters, overrides={"rank": 3}, into_book=True):
            pass
        with busy, lock_for(project, chapters, overrides={}, into_book=False):
            pass
