import dataclasses

import numpy as np
import pytest
import torch
from tests.conftest import tiny_model

from lmphys.core.errors import LmphysError
from lmphys.lm.model import LanguageModel
from lmphys.pages.belief_shift import chains as module
from lmphys.pages.belief_shift.calibration import ask_statements, asked_wordings, knowledge, neutral_offset
from lmphys.pages.belief_shift.chains import build_beliefs
from lmphys.pages.belief_shift.query import ORDERS, Query, beliefs, column
from lmphys.pages.belief_shift.spec import CONDITIONS, REQUEST, BeliefSpec, belief_spec
from lmphys.pages.belief_shift.themes import Theme, load_statements, load_themes
from lmphys.stats.folds import question_folds


@pytest.fixture(scope="module")
def spec(tokenizer, tmp_path_factory):
    """Two themes for a tiny Llama that reads long texts."""
    folder = tmp_path_factory.mktemp("long-llama")
    model = tiny_model("llama", len(tokenizer))
    model.config.max_position_embeddings = 1024
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return BeliefSpec(
        str(folder), n_themes=2, n_chains=1, n_steps=4, longest=4, prompt="{question}", dtype="float32",
        wordings=("short",),
    )  # fmt: skip


def test_themes_are_whole_and_their_insertions_fit():
    themes = load_themes()
    assert len(themes) == len({theme.id for theme in themes}) == 12
    assert {"covid", "immigration", "climate", "central", "ai", "history"} <= {theme.id for theme in themes}
    for theme in themes:
        assert theme.correction and theme.claim.endswith(".")
        assert theme.places(50) == theme.steps
        for n_steps in (6, 12, 20):
            places = theme.places(n_steps)
            assert 1 <= places[0] < places[1] < n_steps - 1
        lengths = [[len(text) for text in texts] for texts in (theme.poison, theme.clean)]
        np.testing.assert_allclose(*lengths, rtol=0.35)
    with pytest.raises(LmphysError, match="cannot hold"):
        themes[0].places(2)
    with pytest.raises(LmphysError, match="13 themes"):
        load_themes(13)
    with pytest.raises(LmphysError, match="steps rising"):
        Theme("x", "", "", "", "", (3, 2), ("a", "b"), ("c", "d"))


def test_statements_come_in_pairs_that_differ_in_truth_alone():
    table = load_statements()
    counts = table.groupby("id")["kind"].agg(sorted).map(tuple)
    pairs = counts[counts.index.str.startswith("pair")]
    assert set(pairs) == {("false", "true")} and len(pairs) == 40
    words = table.set_index(["id", "kind"])["statement"].str.split().str.len()
    assert all(words[pair, "true"] == words[pair, "false"] for pair in pairs.index)
    assert len(load_statements(3)) == 6 + (table["kind"] == "neutral").sum()


def test_chains_are_written_asked_and_kept(spec, monkeypatch):
    found = build_beliefs(spec)
    states = found.trajectories({"short": 0.3})
    assert len(found.chains) == 2 * len(CONDITIONS) and states.states.shape == (16, 48)
    np.testing.assert_allclose(states.sentences["belief"], beliefs(found.sentences, {"short": 0.3}))
    for theme in load_themes(2):
        places = theme.places(4)
        for chain, texts in zip(range(2), (theme.clean, theme.poison), strict=True):
            rows = found.chains.index[found.chains["theme"] == theme.id][chain]
            own = found.sentences[found.sentences["chain"] == rows].set_index("t")
            assert tuple(own["text"][list(places)]) == texts
            assert (own["how"] == "given").sum() == 2
    first = found.sentences[found.sentences["t"] == 0]["text"].to_numpy()
    assert (first[::2] == first[1::2]).all()  # the conditions part at the first insertion
    final = found.final_beliefs({"short": 0.3})
    last = states.sentences["belief"].to_numpy()[states.offsets[1:] - 1]
    np.testing.assert_allclose(final["claim"], last)
    monkeypatch.setattr(module, "_build", lambda *args: pytest.fail("built again"))
    assert build_beliefs(spec).sentences.equals(found.sentences)


def test_the_kept_answers_are_those_of_a_fresh_pass(spec):
    found = build_beliefs(spec)
    model, theme = LanguageModel(spec.model, dtype="float32"), load_themes(2)[1]
    prompt = model.prompt_ids(REQUEST.format(question=theme.question), spec.prompt)
    chain = found.written(theme.id)[1]
    rows = found.sentences[found.sentences["chain"] == 3]
    for order in ORDERS:
        query = Query.of(model, theme.claim, "short", order)
        for t, end in enumerate(chain.ends):
            with torch.inference_mode():
                output = model.model(torch.tensor([[*prompt, *chain.tokens[: end + 1], *query.ids]]))
            assert rows[column("short", order)].iloc[t] == pytest.approx(query.log_odds(output.logits[0, -1]), abs=2e-4)


def test_random_weights_read_what_their_base_wrote(spec):
    base, other = (build_beliefs(dataclasses.replace(spec, model=m)) for m in (spec.model, f"random:{spec.model}#1"))
    assert other.chains["text"].equals(base.chains["text"])
    assert other.sentences["how"].equals(base.sentences["how"])
    assert not np.allclose(other.trajectories({"short": 0}).states, base.trajectories({"short": 0}).states)


def test_a_theme_is_never_in_two_folds(spec):
    states = build_beliefs(spec).trajectories({"short": 0.0})
    fold = question_folds(states, 2, 0)
    assert all(len(set(fold[states.chains["theme"] == theme])) == 1 for theme in states.chains["theme"])
    assert set(fold) == {0, 1}


def test_what_was_damaged_is_named(spec, monkeypatch, tmp_path):
    monkeypatch.setenv("LMPHYS_HOME", str(tmp_path))
    found = build_beliefs(dataclasses.replace(spec, n_themes=1))
    (found.folder / "shard-00000.chains.jsonl").write_text("{}")
    with pytest.raises(LmphysError, match="damaged"):
        build_beliefs(dataclasses.replace(spec, n_themes=1))


def test_statements_are_asked_once_and_alike(spec, monkeypatch):
    options = {"wordings": ("short",), "n_pairs": 3, "prompt": spec.prompt, "dtype": "float32"}
    table = ask_statements(spec.model, **options)
    monkeypatch.setattr("lmphys.pages.belief_shift.calibration._ask", lambda *args: pytest.fail("asked again"))
    assert ask_statements(spec.model, **options).equals(table)
    assert asked_wordings(table) == ["short"]
    assert np.isfinite(neutral_offset(table)["short"])
    assert len(knowledge(table, n_bootstrap=20)) == 3


def test_specs_are_checked_and_named_by_content(spec):
    assert spec.key() != dataclasses.replace(spec, n_steps=7).key()
    with pytest.raises(LmphysError, match="unknown profile"):
        belief_spec(profile="huge")
    with pytest.raises(LmphysError, match="wordings"):
        dataclasses.replace(spec, wordings=("rude",)).check()
