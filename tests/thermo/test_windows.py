import numpy as np
import pandas as pd
import pytest
import torch

from lmphys.core.errors import LmphysError
from lmphys.corpus.text_files import Text
from lmphys.thermo.sources import fluctuation_ratio, functions_of_state, source_table, text_table
from lmphys.thermo.thermometer import effective_temperature
from lmphys.thermo.windows import cut_windows, read_windows

LONG = " ".join(f"number {i} and so on, step by step." for i in range(12))


@pytest.fixture
def texts():
    return [Text(1, LONG, "a"), Text(2, LONG[40:], "b", time=3.0), Text(3, "so", "a"), Text(5, LONG[80:], "b")]


def test_windows_tile_a_text_with_context_before_each(texts, model_of):
    model = model_of("llama")
    cut = cut_windows(model, texts, length=10, context=4)
    ids = model.tokenizer(LONG)["input_ids"]
    mine = np.flatnonzero(cut.table["text"] == 0)
    for number, row in enumerate(mine):
        start = number * 14
        assert list(cut.prompts[row]) == ids[start : start + 4]
        assert list(cut.tokens[row]) == ids[start + 4 : start + 14]
    assert cut.table["place"].iloc[mine].tolist() == list(range(len(mine)))
    assert cut.table["full"].tolist() == [len(tokens) == 10 for tokens in cut.tokens]
    assert len(cut.left_out) == 1
    assert cut.left_out[0].startswith("line 3 is left out: ")
    assert len(cut_windows(model, texts, length=10, context=4, most=1)) == 3
    with pytest.raises(LmphysError, match="no text is long enough"):
        cut_windows(model, [Text(1, "so", "a")])
    with pytest.raises(LmphysError, match="exceeds"):
        cut_windows(model, texts, length=300)


def test_a_window_is_read_as_it_is_by_itself(texts, any_model):
    read = read_windows(any_model, cut_windows(any_model, texts, length=10, context=4, most=2))
    for window in (0, 3):
        whole = [*read.prompts[window], *read.tokens[window].tolist()]
        with torch.inference_mode():
            logits = any_model.model(torch.tensor([whole])).logits[0, 3:-1].float()
        own = read.select(np.array([window]))
        exact = effective_temperature(logits, torch.tensor(read.tokens[window]))
        found = own.laws.summed(np.zeros(len(own.laws), int), 1)
        expected = -logits.log_softmax(-1).gather(-1, torch.tensor(read.tokens[window])[:, None]).mean()
        assert found.surprisal[0] == pytest.approx(float(expected), abs=1e-3)
        if 0.5 < exact.T < 2.5:
            assert found.temperature()[0] == pytest.approx(exact.T, rel=1e-3)
    assert read.states.shape == (len(read), any_model.width)


def test_tables_of_texts_and_sources(texts, model_of):
    model = model_of("llama")
    read = read_windows(model, cut_windows(model, texts, length=10, context=4))
    table = text_table(read)
    assert table["line"].tolist() == [1, 2, 5]
    assert (table["T_low"] <= table["T"]).all()
    assert (table["T"] <= table["T_high"]).all()
    by = source_table(read)
    assert by.loc["a", "texts"] == 1
    assert np.isnan(by.loc["a", "T_low"])
    assert by.loc["b", "T_low"] <= by.loc["b", "T"] <= by.loc["b", "T_high"]
    assert by["tokens"].sum() == read.n_tokens
    whole = text_table(read).query("source == 'a'")
    assert by.loc["a", "surprisal"] == pytest.approx(float(whole["surprisal"].iloc[0]))
    with pytest.raises(LmphysError, match="not read"):
        text_table(cut_windows(model, texts))


def test_functions_of_state_obey_their_identities(model_of):
    model = model_of("llama")
    read = read_windows(model, cut_windows(model, [Text(1, LONG, "a")], length=20, context=4))
    generator = torch.Generator().manual_seed(0)
    # Tokens that the model would draw, so that there is a temperature.
    laws = read.laws
    drawn = type(laws)(laws.mean[:, 6].copy(), laws.log_Z, laws.mean, laws.variance, laws.n_tokens)
    sums = drawn.summed(np.zeros(len(drawn), int), 1)
    found = functions_of_state(sums)
    assert found["T"][0] == pytest.approx(1, abs=1e-9)
    assert found["free_energy"][0] == pytest.approx(0, abs=1e-6)  # in the information gauge
    T, U, S, F = (found[name][0] for name in ("T", "surprisal", "cross_entropy", "free_energy"))
    assert pytest.approx(U - T * S, abs=1e-6) == F
    noise = torch.randn(len(laws), generator=generator).double().numpy() * np.sqrt(laws.variance[:, 6])
    shaken = type(laws)(laws.mean[:, 6] + noise, laws.log_Z, laws.mean, laws.variance, laws.n_tokens)
    other = type(read)(pd.DataFrame(read.table), read.prompts, read.tokens, read.length, (), shaken, read.states)
    squares = fluctuation_ratio(other, np.zeros(len(laws), int), 1, np.ones(1))
    assert squares[0, 0] / squares[0, 1] == pytest.approx(1, abs=0.35)
