import errno
import io
import json
import shutil
import signal
import subprocess
import sys
import time
import types
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

import lmphys
from lmphys import cli
from lmphys.book import plan as plan_module
from lmphys.book import record as record_module
from lmphys.book import reference as reference_module
from lmphys.book.comparison import Comparison, Difference
from lmphys.book.doctor import FAIL, OK, check_lock
from lmphys.book.ledger import Ledger
from lmphys.book.reference import Check
from lmphys.core.errors import LmphysError
from lmphys.stats.interval import Interval
from tests.conftest import heed_ctrl_c

REPOSITORY = Path(__file__).parents[1]
CHAPTER = """# %% [markdown]
# # A toy page

# %% tags=["parameters"]
model: str = "smollm2"  # model spec
profile: str = "quick"  # smoke, quick or full
seed: int = 0  # seed

# %%
import pathlib, time
pathlib.Path("started").touch()
time.sleep(60)
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    for folder in ("book", "chapters/toy", "data"):
        (tmp_path / folder).mkdir(parents=True)
    shutil.copytree(REPOSITORY / "data" / "claims", tmp_path / "data" / "claims")
    (tmp_path / "_config.yml").write_text("title: toy\n")
    (tmp_path / "book" / "_toc.yml").write_text("format: jb-book\nroot: intro\nchapters:\n- file: chapters/toy/page\n")
    (tmp_path / "chapters" / "toy" / "page.py").write_text(CHAPTER)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LMPHYS_DEVICE", raising=False)
    return tmp_path


def invoke(*arguments):
    return CliRunner().invoke(cli.app, list(arguments))


def test_help_is_quick_and_loads_nothing_heavy():
    code = "import sys; from lmphys import cli; cli.app(['--help'], standalone_mode=False); "
    code += "heavy = {'torch', 'pandas', 'papermill', 'transformers', 'matplotlib'} & set(sys.modules); "
    code += "sys.exit(' '.join(sorted(heavy)) or 0)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for command in ("list", "run", "build", "ledger", "doctor", "corpus", "train", "texts"):
        assert f" {command} " in done.stdout


@pytest.mark.parametrize(
    "command", [["run"], ["build"], ["doctor"], ["texts"], ["corpus", "build"], ["train", "reasoner"]]
)
def test_the_help_lists_every_kind_of_model(command):
    said = " ".join(invoke(*command, "--help").stdout.replace("│", " ").split())
    for form in ("smollm2", "reasoner@STEP", "org/name@REVISION", "adapter", ".gguf", "random:SPEC#SEED"):
        assert form in said, form


def test_version():
    result = invoke("--version")
    assert (result.exit_code, result.stdout) == (0, f"lmphys {lmphys.__version__}\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "toy/pgae"], "lmphys: no chapter 'toy/pgae'; did you mean toy/page?\n"),
        (["run", "--set", "rank"], "lmphys: --set rank is not NAME=VALUE; for example --set rank=20\n"),
        (["run", "--set", "sed=1"], "lmphys: toy/page has no parameter 'sed', perhaps seed; it takes model: str"),
        (["build", "--set", "sed=1"], "lmphys: toy/page has no parameter 'sed', perhaps seed; it takes model: str"),
        (["build", "--set", "seed"], "lmphys: --set seed is not NAME=VALUE; for example --set rank=20\n"),
        (["run", "--profile", "fast"], "lmphys: toy/page: parameter profile is str: 'fast' is not one of smoke, quick"),
        (["ledger", "--format", "xml"], "lmphys: --format xml is unknown; choose table, csv or json\n"),
        (["ledger", "--model", "m"], "lmphys: no ledger rows of model 'm'"),
    ],
)
def test_a_mistake_is_one_line_and_status_1(project, arguments, message):
    result = invoke(*arguments)
    assert result.exit_code == 1
    assert result.stderr.startswith(message)
    assert result.stderr.count("\n") == 1
    assert not (project / "runs" / "toy").exists()


def test_outside_the_book_is_one_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for command in ("list", "run", "build", "ledger"):
        result = invoke(command)
        assert result.exit_code == 1
        assert "is not inside the book" in result.stderr
        assert result.stderr.count("\n") == 1


def test_a_full_disk_is_one_line(project, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device", "runs/x")

    monkeypatch.setattr(record_module, "book_record", full)
    result = invoke("list")
    assert result.exit_code == 1
    assert result.stderr == "lmphys: the disk is full (runs/x); free some space and run the same command again\n"


def run_main(monkeypatch, stdout, *arguments):
    """Status of the command with an output of its own."""
    monkeypatch.setattr(sys, "argv", ["lmphys", *arguments])
    monkeypatch.setattr(sys, "stdout", stdout)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return ended.value.code


def test_a_terminal_without_our_letters_shows_a_question_mark(project, monkeypatch):
    written = io.BytesIO()
    assert run_main(monkeypatch, io.TextIOWrapper(written, encoding="ascii"), "list") == 0
    assert written.getvalue().splitlines()[1].split() == b"toy/page A toy page not run ? ? ?".split()


def test_a_closed_or_full_output_is_no_traceback(project, monkeypatch, capsys):
    assert run_main(monkeypatch, None, "list") == 0
    assert run_main(monkeypatch, open("/dev/full", "w"), "list") == 1  # noqa: PTH123, SIM115
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("lmphys: the disk is full; free some space")


def test_paths_are_seen_from_the_folder_of_the_user(project, monkeypatch):
    """Not from that of the book, in which the chapters run; what is not there is said before anything starts."""
    chapter = project / "chapters" / "toy" / "page.py"
    more = 'tasks: list[str] = []  # tasks\nprose: str = "data/texts.txt"  # text\nseed: int'
    chapter.write_text(CHAPTER.replace("seed: int", more))
    folder = project / "mein Ordner"
    (folder / "Modell").mkdir(parents=True)
    for name in ("Modell/config.json", "fragen.jsonl"):
        (folder / name).write_text("{}")
    asked = []
    plan = types.SimpleNamespace(fresh=[], steps=[])
    monkeypatch.setattr(plan_module, "make_plan", lambda *_, overrides, **__: asked.append(overrides) or plan)
    monkeypatch.setattr(plan_module, "carry_out", lambda *_, **__: None)
    monkeypatch.chdir(folder)
    settings = ("--model", "Modell", "--set", "tasks=sums,fragen.jsonl", "--set", "prose=data/texts.txt")
    assert invoke("run", *settings).exit_code == 0
    expected = {"tasks": ["sums", str(folder / "fragen.jsonl")], "model": str(folder / "Modell")}
    assert asked == [expected | {"prose": "data/texts.txt"}]
    for name in ("run", "build"):
        result = invoke(name, "--model", "./Model")
        assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
        assert f"{folder / 'Model'} does not exist; give the path of a file or folder" in result.stderr
    assert len(asked) == 1


def test_a_page_that_meets_a_full_disk_says_so(project):
    chapter = project / "chapters" / "toy" / "page.py"
    chapter.write_text(CHAPTER.split("# %%\nimport")[0] + '# %%\nopen("/dev/full", "w").write("x" * 100_000)\n')
    result = invoke("run")
    (line,) = result.stderr.splitlines()
    assert line.startswith("lmphys: chapter toy/page, cell 2 (`open(")
    assert "): the disk is full; free some space and run the same command again; partial notebook: runs/" in line


def test_list_shows_a_page_that_was_not_run(project):
    result = invoke("list")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[1].split() == ["toy/page", "A", "toy", "page", "not", "run", "–", "–", "–"]


def test_ledger_prints_one_row_in_every_format(project):
    assert "no rows yet" in invoke("ledger").stdout
    Ledger.for_page("toy/page", model="m", profile="quick").record(
        "slds.jump.ratio", Interval(3.0, 2.0, 4.0), controls={"midway": 1.0, "random weights": 1.0}
    )
    rows = json.loads(invoke("ledger", "--format", "json").stdout)
    assert [(row["claim"], row["obtained"], row["interval"]) for row in rows] == [("slds.jump.ratio", 3.0, [2.0, 4.0])]
    lines = invoke("ledger", "--format", "csv", "--model", "m").stdout.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("claim,paper,place")
    assert "3 [2, 4]" in invoke("ledger").stdout


def test_corpus_hands_over_its_arguments_its_status_and_its_errors(monkeypatch):
    corpus = typer.Typer()

    @corpus.command()
    def info(name: str, status: int = 0):
        if name == "bad":
            raise LmphysError("no such corpus; build it")
        typer.echo(f"info of {name}")
        raise typer.Exit(status)

    @corpus.command()
    def other():
        pass

    monkeypatch.setitem(sys.modules, "lmphys.corpus.cli", types.SimpleNamespace(app=corpus))
    result = invoke("corpus", "info", "x", "--status", "3")
    assert (result.exit_code, result.stdout) == (3, "info of x\n")
    result = invoke("corpus", "info", "bad")
    assert (result.exit_code, result.stderr) == (1, "lmphys: no such corpus; build it\n")
    for arguments in (["corpus"], ["corpus", "--help"]):
        result = invoke(*arguments)
        assert result.exit_code == 0
        assert " info " in result.stdout
    assert invoke("corpus", "nothing").exit_code == 2


def test_ctrl_c_ends_with_130_and_leaves_nothing(project):
    process = subprocess.Popen(
        [sys.executable, "-m", "lmphys.cli", "run"],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=heed_ctrl_c,
    )
    deadline = time.monotonic() + 60
    while not (project / "started").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (
        130,
        "1 of 1 chapters to run: 1 of them never ran, so that nothing tells how long they take\n"
        "toy/page: running, 1 of 1\n",
        "lmphys: stopped; nothing half-written\n",
    )
    assert not (project / "book" / "chapters").exists()
    left = sorted(path for path in (project / "runs").rglob("*") if path.is_file())
    assert left == [project / "runs" / ".lock", project / "runs" / "toy" / "page" / ".lock"]


@pytest.mark.parametrize("command", ["build", "run"])
def test_a_dry_run_prints_the_plan_and_leaves_nothing(project, command):
    done = invoke(command, "--dry-run")
    assert done.exit_code == 0
    headline, page = done.stdout.splitlines()
    assert headline == "1 of 1 chapters to run: 1 of them never ran, so that nothing tells how long they take"
    assert page.split() == ["1", "toy/page", "unknown", "no", "record"]
    assert not (project / "started").exists() and not (project / "runs").exists()


@pytest.mark.parametrize(("reasons", "status"), [({}, 1), ({("a", "m", "quick", 0): "seed 1: undecided"}, 0)])
def test_a_flip_ends_a_check_with_1_unless_its_row_is_not_firm(project, monkeypatch, reasons, status):
    flip = Difference(("a", "m", "quick", 0), {"obtained": 0.5}, "undecided", "reproduced")
    check = Check(Comparison((flip,), (), ()), (), reasons)
    monkeypatch.setattr(reference_module, "check_reference", lambda root, chapters: check)
    done = invoke("reference", "--check")
    assert done.exit_code == status
    assert done.stdout.startswith("a (m, quick): obtained 5.0e-01; undecided -> reproduced")
    assert not (project / "data" / "reference").exists()


def test_lock_findings(tmp_path):
    lock = tmp_path / "requirements.lock"
    assert check_lock(lock).level == FAIL
    numpy = __import__("numpy").__version__
    lock.write_text(f"# a comment\nnumpy=={numpy}\nnvidia-cublas==1.0\nabsent-package==1 ; sys_platform == 'nowhere'\n")
    assert (check_lock(lock).level, check_lock(lock).detail) == (OK, "1 as in requirements.lock")
    lock.write_text("numpy==0.1\nabsent-package==1\n")
    finding = check_lock(lock)
    assert finding.level == FAIL
    assert f"numpy {numpy} instead of 0.1; absent-package is missing" in finding.detail


def test_doctor_fails_where_the_lock_is_not_met(project):
    (project / "requirements.lock").write_text("absent-package==1\n")
    done = invoke("doctor")
    assert done.exit_code == 1
    lines = done.stdout.splitlines()
    assert all(line.split()[0] in ("ok", "warn", "fail") for line in lines)
    assert any(line.startswith("fail packages      absent-package is missing") for line in lines)
    assert any(line.startswith("ok   torch") for line in lines)


def test_a_training_log_is_told_in_words_and_numbers(tmp_path):
    log = tmp_path / "log.csv"
    rows = [(n, 1 + n**-0.5 + 20 * rate, rate) for n in range(1, 201) for rate in [3e-3 * min(1, (201 - n) / 50)]]
    log.write_text("step,loss,lr\n" + "\n".join(f"{n},{loss},{rate}" for n, loss, rate in rows))
    told = invoke("training-log", str(log), "--figure", str(tmp_path / "heat.svg"))
    assert told.exit_code == 0 and "a decay to 0 would gain now" in told.output
    assert (tmp_path / "heat.svg").is_file()
    numbers = json.loads(invoke("training-log", str(log), "--json").output)
    assert numbers["coefficient"][0] == pytest.approx(20, rel=0.03)
    log.write_text("step,loss,lr\n" + "\n".join(f"{n},1,0.1" for n in range(100)))
    failed = invoke("training-log", str(log))
    assert failed.exit_code == 1 and "one rate cannot tell heat from progress" in failed.output
