from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

from lmphys.pages.phases.decoding import agreement, densities, fit_decoders, followed


@pytest.fixture(scope="module")
def halves(labelled):
    traj, y, _ = labelled
    number = np.arange(len(traj))
    chains = traj.chains.assign(question_id=number // 2, task=np.where(number % 4 < 2, "story", "tally"))
    sentences = traj.sentences.assign(label=y, boundary_token=".")
    return replace(traj, chains=chains, sentences=sentences).split(0.7, seed=0)


@pytest.fixture(scope="module")
def decoders(halves):
    return fit_decoders(halves[0], 2)


def test_decoders_differ_in_what_they_were_told(decoders):
    assert {name: len(model.parameters_.pi) for name, model in decoders.items()} == {
        "never told": 2,
        "never told, as many": 3,
        "started from phases": 3,
        "told": 3,
    }


def test_agreement_is_that_of_the_regime_with_the_label_of_the_sentence_to_come(decoders, halves):
    test = halves[1]
    table = agreement(decoders, test)
    y = test.sentences["label"].to_numpy()[test.sources() + 1]
    z = decoders["told"].viterbi(test)
    assert table.loc[("told", "nmi"), "value"] == pytest.approx(normalized_mutual_info_score(y, z))
    assert table.loc[("told", "ari"), "value"] == pytest.approx(adjusted_rand_score(y, z))
    assert table.loc[("told", "nmi"), "verdict"] == "beyond position"


def test_em_that_starts_from_labels_is_likelier_where_it_was_fitted(decoders, halves):
    table = densities(decoders, *halves)
    assert table.loc["started from phases", "training"] > table.loc["told", "training"]
    assert table.loc["told", "held out"] == pytest.approx(decoders["told"].score(halves[1]))


def test_regimes_follow_the_phase_and_neither_family_nor_token(decoders, halves):
    table = followed(decoders["told"], halves[1])
    assert table.index.tolist() == ["phase", "boundary token", "family", "place"]
    assert table.loc["phase", "verdict"] == "beyond position"
    assert table.loc["family", "nmi"] < 0.02
    assert np.isnan(table.loc["boundary token", "nmi"])
