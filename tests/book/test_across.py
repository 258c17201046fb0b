"""The ledger across models: every paper speaks, columns are ordered, and the row that counts is the right one."""

import json
from dataclasses import asdict
from io import StringIO

import pandas as pd
import pytest

from lmphys.book.across import MODEL, OWN, across_models, read_headlines
from lmphys.book.across_view import command, models_page, print_across, stacked_table
from lmphys.book.chapter import find_chapters
from lmphys.book.claims import load_claims
from lmphys.book.ledger import Ledger
from lmphys.book.reference import ReferenceRun
from lmphys.core.errors import LmphysError
from lmphys.core.paths import project_root

HEADLINES = """claim,of,label
slds.jump.ratio,model,Jump
slds.residual.norm_modes,model,Modes
amb.beta,own,Exponent
"""


def test_every_paper_has_a_headline_and_pages_that_read_no_model_have_none_of_a_model():
    root = project_root()
    claims = load_claims(root)
    headlines = read_headlines(root, claims)
    assert {headline.claim.paper for headline in headlines} == {claim.paper for claim in claims.values()}
    assert all(len(headline.label) <= 55 for headline in headlines)
    names_run = {
        chapter.id
        for chapter in find_chapters(root)
        for parameter in chapter.parameters
        if parameter.name == "model" and parameter.help.startswith("names the run")
    }
    recorded = json.loads((root / "data" / "reference" / "ledgers" / "smollm2--quick.json").read_text())["rows"]
    page = {row["claim"]: row["page"] for row in recorded}
    assert not [h.claim.id for h in headlines if h.of == MODEL and page.get(h.claim.id) in names_run]
    assert {h.of for h in headlines} == {MODEL, OWN}


@pytest.fixture
def project(tmp_path, monkeypatch, project_maker):
    root = project_maker(tmp_path / "p", {"toy/one": "x = 1\n", "toy/two": "x = 1\n"})
    (root / "book" / "headline.csv").write_text(HEADLINES)
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def record(project, monkeypatch):
    """Record rows as a run does, by page, model and profile, with a seed and perhaps a prompt."""

    def write(model, values, *, page="toy/one", profile="quick", seed=0, prompt=None, folder=None, measures=()):
        monkeypatch.setenv("LMPHYS_LEDGER_FOLDER", str(project / "staged"))
        ledger = Ledger.for_page(page, model=model, profile=profile)
        ledger.path.unlink(missing_ok=True)
        for claim, value in values.items():
            ledger.record(claim, value)
        for name, value in dict(measures).items():
            ledger.measure(name, value)
        known = {"seed": seed, "prompt": prompt}
        content = json.loads(ledger.path.read_text())
        content = {part: [row | known for row in rows] for part, rows in content.items()}
        place = (folder or project / "runs" / "ledger") / f"{len(list(project.rglob('*.json')))}-{ledger.path.name}"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(json.dumps(content))
        return content

    return write


def reference(root, model, content, size, profile="quick"):
    run = ReferenceRun(model, profile, "2026-01-02T00:00:00+00:00", "c" * 40, {"processor": "P"}, {}, "float32", {}, [])
    run = ReferenceRun(
        **asdict(run) | {"rows": content["rows"], "measures": content["measures"], "sizes": {model: size}}
    )
    return run.write(root)


def test_columns_are_by_size_then_by_step_and_random_weights_last(project, record):
    for model, size in {"b": 300, "reasoner@2": 100, "random:a": 100, "reasoner": 100, "a": 100, "c": 200}.items():
        reference(project, model, record(model, {"slds.jump.ratio": size / 100}, folder=project / "x"), size)
    found = across_models(project)
    assert [column.name for column in found.columns] == ["a", "reasoner@2", "reasoner", "c", "b", "random:a"]
    assert [column.step for column in found.columns[:3]] == [None, 2, 1350]
    assert found.columns[-1].twin and found.columns[0].head == "a (100)"
    jump = found.headlines[0]
    trend = found.trend(jump)
    assert (trend.low, trend.n) == (1.0, 3)  # a, c, b: no checkpoint, no random weights
    assert found.trend(jump, "step") is None  # two checkpoints
    assert found.columns[0].origins == ("quick, 2026-01-02, P, float32, commit cccccccc",)


def test_the_row_of_the_largest_profile_counts_then_the_readers_then_the_first_page(project, record):
    reference(project, "a", record("a", {"slds.jump.ratio": 1.0}, folder=project / "x"), 10)
    jump = read_headlines(project, load_claims(project))[0]

    def value():
        found = across_models(project)
        return found.row(jump, found.columns[0])["obtained"]

    assert value() == 1.0
    record("a", {"slds.jump.ratio": 2.0}, profile="smoke")
    assert value() == 1.0
    record("a", {"slds.jump.ratio": 3.0}, page="toy/two")
    assert value() == 3.0
    record("a", {"slds.jump.ratio": 4.0}, seed=1)
    record("a", {"slds.jump.ratio": 5.0}, prompt="Q: {question}")
    assert value() == 3.0
    record("a", {"slds.jump.ratio": 6.0})
    assert value() == 6.0
    record("a", {"slds.jump.ratio": 7.0}, seed=None)  # by hand
    assert value() == 6.0
    record("a", {"slds.jump.ratio": 8.0}, profile="full")
    assert value() == 8.0


def test_a_base_model_with_its_prompt_is_a_column_under_its_own_name(project, record, capsys):
    record("/home/me/gemma-3-270m-q4_k_m.gguf", {"slds.jump.ratio": 28.0}, prompt="Q: {question}")
    print_across(project, None, None, "table")
    told = capsys.readouterr().out
    assert "gemma-3-270m-q4_k_m.gguf" in told and "/home/me" not in told and "(prompt Q: {question})" in told
    print_across(project, None, "/home/me/gemma-3-270m-q4_k_m.gguf", "csv")
    table = pd.read_csv(StringIO(capsys.readouterr().out))
    assert table["prompt"].tolist() == ["Q: {question}"] and table["random"].tolist() == [False]


def test_claims_of_no_model_have_one_number(project, record, capsys):
    record("a", {"amb.beta": 0.5, "slds.jump.ratio": 28.0})
    record("b", {"slds.jump.ratio": 28.0}, page="toy/two")
    found = across_models(project)
    assert found.row(found.headlines[2])["obtained"] == 0.5
    assert [column.name for column in found.columns] == ["a", "b"]
    assert command(found, "m") == "lmphys run toy/one --model m"
    print_across(project, None, None, "json")
    rows = json.loads(capsys.readouterr().out)
    assert [(row["claim"], row["model"]) for row in rows] == [
        ("slds.jump.ratio", "a"),
        ("slds.jump.ratio", "b"),
        ("amb.beta", ""),
    ]


def test_a_folder_of_ledgers_is_read_and_its_faults_are_one_line(project, record, tmp_path):
    folder = tmp_path / "sweep"
    with pytest.raises(LmphysError, match="no folder"):
        across_models(project, folder)
    record("a", {"slds.jump.ratio": 1.0}, folder=folder / "deep")
    (folder / "plan.json").write_text('{"jobs": 3}')
    assert [column.name for column in across_models(project, folder).columns] == ["a"]
    assert not across_models(project).columns
    (folder / "bad.json").write_text("{")
    with pytest.raises(LmphysError, match=r"bad\.json is no ledger file"):
        across_models(project, folder)
    with pytest.raises(LmphysError, match="holds no ledger"):
        across_models(project, project / "chapters")
    with pytest.raises(LmphysError, match=r"no headline rows of model 'z'.*lmphys run --model z"):
        across_models(project, model="z")


def test_the_page_has_a_cell_a_model_and_says_where_columns_come_from(project, record):
    assert models_page(project) == "No model has been run yet.\n"
    record("a", {"slds.jump.ratio": 28.0}, page="thermo/boltzmann", measures={"heat_capacity.peak": 1.25})
    reference(project, "b", record("b", {"slds.residual.norm_modes": 1}, folder=project / "x"), 2_500_000)
    page = models_page(project)
    assert "Of 2 claims `b` has 1, `a` has 1." in page
    assert '<td data-label="b (2.5M)" class="nothing">–</td>' in page
    assert page.count("verdict-reproduced") == 1 and "- `a`: quick" in page
    assert "heat-capacity peak" in page and "1.25" in page


def test_a_cell_without_anything_is_marked_so():
    text = stacked_table(["claim", "a<b"], [["x", "–"]])
    assert '<th scope="row">x</th><td data-label="a&lt;b" class="nothing">–</td>' in text


def test_faults_of_the_list_are_named(project):
    path = project / "book" / "headline.csv"
    path.write_text(HEADLINES.replace("own", "others"))
    with pytest.raises(LmphysError, match="columns claim, of"):
        across_models(project)
    path.write_text(HEADLINES + "amb.beta,own,Again\n")
    with pytest.raises(LmphysError, match=r"amb\.beta twice"):
        across_models(project)
    path.unlink()
    with pytest.raises(LmphysError, match="missing or empty"):
        print_across(project, None, None, "table")
