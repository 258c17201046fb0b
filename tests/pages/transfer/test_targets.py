from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from lmphys.core.trajectories import Trajectories
from lmphys.corpus.spec import CorpusSpec
from lmphys.pages.transfer import targets
from lmphys.pages.transfer.targets import read_targets


def states_of(n_questions):
    rows = pd.DataFrame({"task": "a", "question_id": [f"a/{q}" for q in range(n_questions)]})
    return Trajectories(np.zeros((2 * n_questions, 2)), [2] * n_questions, rows)


@pytest.fixture
def built(monkeypatch):
    """Corpora are not built; the chains of a writer have as many questions as its name ends in."""
    asked = []

    def build(spec):
        asked.append((spec.model, spec.writer))
        return SimpleNamespace(trajectories=lambda position, site=None: states_of(int((spec.writer or spec.model)[-1])))

    monkeypatch.setattr(targets, "build_corpus", build)
    monkeypatch.setattr(CorpusSpec, "resolved", lambda self: self)
    return asked


def test_others_read_the_source_s_text_and_their_own(built):
    spec = CorpusSpec(model="org/source5")
    own = {
        "random:org/source5": CorpusSpec(model="random:org/source5", writer="org/source5"),
        "org/other4": CorpusSpec(model="org/other4"),
        "org/few2": CorpusSpec(model="org/few2"),
    }
    source = states_of(5)
    found = read_targets(source, spec, own, position="boundary", n_questions=3)
    assert found.states["org/source5, same text"] is source
    same = [f"{name}, same text" for name in ("org/source5", *own)]
    assert list(found.states) == [*same, "org/other4, own text"]
    assert found.bridges == {"org/other4, own text": found.states["org/other4, same text"]}
    assert len(found.states["org/other4, own text"]) == 4
    assert list(found.left_out) == ["org/few2, own text"]
    assert "no task of org/few2, own text has 3 questions" in found.left_out["org/few2, own text"]
    # Random weights have no text of their own.
    assert built == [*((name, "org/source5") for name in own), ("org/other4", None), ("org/few2", None)]


def test_a_model_that_wrote_what_the_source_has_read_counts_once(built):
    spec = CorpusSpec(model="random:org/base3", writer="org/base3", layer=-1)
    # As random weights are the source, the base has read its own chains already.
    own = {"org/base3": spec.read_by("org/base3")}
    found = read_targets(states_of(3), spec, own, position="boundary", n_questions=3)
    assert list(found.states) == ["random:org/base3, same text", "org/base3, same text"]
    assert found.bridges == {} and found.left_out == {}
