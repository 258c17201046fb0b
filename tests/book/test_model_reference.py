"""Ledgers of models that were run beside the book: under their names, with what suited them."""

import json

import pytest

from lmphys.book.chapter import find_chapters
from lmphys.book.model_reference import reference_of_model
from lmphys.book.runner import run_chapter
from lmphys.core.errors import LmphysError

CODE = """
from lmphys import book
from lmphys.stats import Interval
ledger = book.Ledger.for_page("toy/page", model=model, profile=profile)
ledger.record("slds.jump.ratio", Interval(28.0, 26, 30), controls={"shuffled": 1})
ledger.record("slds.residual.norm_modes", 1)
book.Ledger.for_page("toy/page", model="another", profile=profile).record("slds.jump.stride_cv", 0.09)
ledger.measure("heat_capacity.peak", Interval(1.5, 1.4, 1.6), note=model)
"""


def test_runs_of_a_model_are_kept_under_its_name_with_its_prompt_and_measures(tmp_path, project_maker):
    root = project_maker(tmp_path / "p", {"toy/page": CODE})
    path = root / "chapters" / "toy" / "page.py"
    path.write_text(
        path.read_text().replace("seed: int = 0", 'prompt: str = "chat"  # of the questions\nseed: int = 0')
    )
    chapters = find_chapters(root)
    with pytest.raises(
        LmphysError, match="no page was run with a-model in the profile smoke; run some: lmphys run toy"
    ):
        reference_of_model(root, chapters, "a-model", "smoke")
    spec = str(root / "my-model-q4_k_m.gguf")
    given = {"model": spec, "profile": "smoke"}
    run_chapter(chapters[0], overrides={**given, "prompt": "Q: {question}"})
    (written,) = (root / "runs" / "ledger").glob("*my-model*")
    assert written.name.startswith("toy-page--my-model-q4_k_m.gguf-")  # whole, and no path
    kept = reference_of_model(root, chapters, spec, "smoke")
    assert kept.name == "my-model-q4_k_m.gguf--smoke"
    assert [row["model"] for row in kept.rows] == ["my-model-q4_k_m.gguf"] * 2  # not the other model of the page
    assert {(row["prompt"], row["layer"], row["seed"]) for row in kept.rows} == {("Q: {question}", None, 0)}
    (measure,) = kept.measures
    assert (measure["obtained"], measure["interval"]) == (1.5, [1.4, 1.6])
    assert measure["model"] == measure["note"] == "my-model-q4_k_m.gguf"
    assert str(root) not in json.dumps(kept.rows) and kept.sizes == {}
    run_chapter(chapters[0], overrides={**given, "rank": "3"})  # another experiment
    assert reference_of_model(root, chapters, spec, "smoke").rows == kept.rows
    path.write_text(path.read_text() + "\n")
    with pytest.raises(LmphysError, match="not up to date: toy/page; run them again"):
        reference_of_model(root, find_chapters(root), spec, "smoke")
