import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from lmphys.pages.belief_shift.calibration import knowledge, neutral_offset
from lmphys.pages.belief_shift.query import ORDERS, WORDINGS, Query, beliefs, column, counterbalanced
from lmphys.pages.belief_shift.verdicts import verdict_on_beliefs


def asked(**odds):
    """A table of one wording: name of the order -> log odds."""
    return pd.DataFrame({column("short", order.replace("_", "-")): values for order, values in odds.items()})


def test_a_model_that_takes_the_first_option_believes_one_half():
    table = asked(true_first=[3.0, 0.7], false_first=[-3.0, -0.7])
    np.testing.assert_allclose(beliefs(table, {"short": 0.0}), 0.5)


def test_belief_is_the_share_of_true_among_the_two_answers():
    p_true, p_false = 0.06, 0.02
    odds = np.log(p_true / p_false)
    table = asked(true_first=[odds], false_first=[odds])
    assert beliefs(table, {"short": 0.0})[0] == pytest.approx(p_true / (p_true + p_false))


def test_wordings_are_averaged_in_log_odds_each_with_its_own_offset():
    table = pd.DataFrame({column(w, o): [l] for w, l in (("short", 2.0), ("long", -1.0)) for o in ORDERS})
    assert beliefs(table, {"short": 0.5, "long": -2.5})[0] == pytest.approx(expit((1.5 + 1.5) / 2))


def statements(true, false, neutral):
    rows = [(f"p{i}", kind, l) for kind, part in (("true", true), ("false", false)) for i, l in enumerate(part)]
    rows += [(f"n{i}", "neutral", l) for i, l in enumerate(neutral)]
    table = pd.DataFrame(rows, columns=["id", "kind", "odds"])
    return table.assign(
        **{column("short", "true-first"): table["odds"] + 1, column("short", "false-first"): table["odds"] - 1}
    )


def test_neutral_statements_are_given_one_half_and_the_area_is_a_share_of_pairs():
    table = statements([2.0, 0.5, -1.0], [0.0, -2.0, -3.0], [0.4, 0.8])
    offset = neutral_offset(table)
    assert offset == {"short": pytest.approx(0.6)}
    neutral = beliefs(table[table["kind"] == "neutral"], offset)
    assert logit(neutral).mean() == pytest.approx(0, abs=1e-12)
    found = knowledge(table, n_bootstrap=50)
    assert found.loc[("short", "both"), "auroc"] == pytest.approx(8 / 9)  # -1 < 0 is the one pair in the wrong order
    assert found.loc[("short", "both"), "neutral"] == pytest.approx(expit(0.6))
    assert found.loc[("short", "true-first"), "says_true"] == pytest.approx(5 / 8)  # 2, .5, 0, .4, .8 of eight


def test_a_constant_bias_changes_no_calibrated_belief():
    table = statements([1.0, 2.0], [0.0, -1.0], [0.5])
    biased = statements([5.0, 6.0], [4.0, 3.0], [4.5])
    np.testing.assert_allclose(beliefs(table, neutral_offset(table)), beliefs(biased, neutral_offset(biased)))


def test_the_sentence_about_knowledge_follows_the_numbers():
    def row(auroc, low, high):
        return pd.Series({"auroc": auroc, "low": low, "high": high})

    chance = row(0.5, 0.4, 0.6)
    assert "do not tell" in verdict_on_beliefs(row(0.55, 0.45, 0.65), chance)
    assert "do not tell" in verdict_on_beliefs(row(0.7, 0.6, 0.8), row(0.65, 0.5, 0.8))
    assert "poorly" in verdict_on_beliefs(row(0.65, 0.58, 0.7), chance)
    assert "about a belief" in verdict_on_beliefs(row(0.95, 0.9, 1.0), chance)


@pytest.mark.parametrize("wording", WORDINGS)
def test_the_answers_are_the_first_tokens_that_differ(llama, wording):
    query = Query.of(llama, "Ice is frozen water.", wording, "false-first")
    decode = llama.tokenizer.decode
    text = WORDINGS[wording].format(first="False", second="True", statement="Ice is frozen water.")
    for token, option in ((query.true, "True"), (query.false, "False")):
        assert f"{text} {option}".startswith(decode([*query.ids, token]))
    assert query.true != query.false
    logits = np.zeros(len(llama.tokenizer))
    logits[query.true], logits[query.false] = 1.5, -0.5
    import torch

    assert query.log_odds(torch.from_numpy(logits)) == pytest.approx(2.0)


def test_counterbalancing_is_the_mean_over_orders():
    np.testing.assert_allclose(counterbalanced(asked(true_first=[1.0], false_first=[4.0]), "short"), 2.5)
