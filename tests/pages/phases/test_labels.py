import numpy as np
import pandas as pd

from lmphys.core.trajectories import Trajectories
from lmphys.pages.phases import labels


def test_rare_labels_are_put_together_by_questions_and_not_by_count():
    names, questions = list("aaabbbcc"), [1, 1, 1, 1, 2, 3, 2, 3]
    assert labels.merge_rare(names, questions, 2).tolist() == ["rare"] * 3 + list("bbbcc")
    assert labels.merge_rare(names, questions, 3, name="x").tolist() == list("xxxbbbxx")


def test_common_labels_are_kept():
    assert labels.merge_uncommon(list("aaabbc"), 2).tolist() == ["a"] * 3 + ["other"] * 3
    assert labels.merge_uncommon(list("aaabbc"), 9).tolist() == list("aaabbc")


def test_sentences_have_the_family_of_their_chain_and_few_kinds_of_tokens():
    chains = pd.DataFrame({"question_id": np.arange(12), "task": ["story", "tally"] * 6})
    sentences = pd.DataFrame({"chain": np.repeat(np.arange(12), 2), "t": [0, 1] * 12})
    sentences["phase"] = ["restate", "answer"] * 11 + ["restate", "check"]
    sentences["boundary_token"] = [".", "!"] * 11 + [".", "?"]
    traj = Trajectories(np.zeros((24, 1)), np.full(12, 2), chains, sentences)
    found = labels.sentence_labels(traj, n_tokens=3)
    assert found["phase"].tolist() == ["restate", "answer"] * 11 + ["restate", "rare"]
    assert set(found["boundary token"]) == {".", "!", "other"}
    assert found["family"][:4].tolist() == ["story", "story", "tally", "tally"]
