import numpy as np
import pandas as pd
import pytest
import torch

from lmphys.lm.model import LanguageModel
from lmphys.lm.tiny import word_tokenizer
from lmphys.pages.canon.answers import accuracy_by_document, answers
from lmphys.pages.canon.scores import cycles, lists
from lmphys.problems.documents import Document
from lmphys.training.documents import packed
from lmphys.training.loss import surprisals
from lmphys.training.recipes import RECIPES
from lmphys.training.tiny.learner import fresh


@pytest.fixture(scope="module")
def model():
    recipe = RECIPES["copying-rotary-canon"]
    vocabulary = recipe.source().vocabulary
    weights = fresh(recipe.shape.config(len(vocabulary), recipe.context), 0)
    return LanguageModel.from_parts(weights, word_tokenizer(vocabulary, bos="<s>", eos="</s>"))


def test_answers_are_those_of_each_document_alone(model):
    documents = lists({"length": 9, "n_words": 50, "fewest": 4}, 150, 0)
    table = answers(model, documents)
    assert len(table) == sum(int(mask.sum()) for _, mask in documents)
    for number in (0, 77, 149):
        rows = table[table["document"] == number]
        alone = surprisals(model, packed([documents[number]], 51)).detach().numpy()
        assert rows["nats"].to_numpy() == pytest.approx(alone, abs=1e-4)
        assert rows["place"].tolist() == list(range(len(alone)))
        logits = model.model(input_ids=torch.from_numpy(documents[number].tokens)[None]).logits[0]
        wanted = np.flatnonzero(documents[number].mask)
        best = logits[wanted - 1].argmax(-1).numpy()
        assert rows["right"].tolist() == (best == documents[number].tokens[wanted]).tolist()


def test_a_document_changes_nothing_after_its_targets(model):
    (document,) = lists({"length": 9, "n_words": 50}, 1, 3)
    longer = Document(np.append(document.tokens, [5, 6]), np.append(document.mask, [False, False]))
    assert answers(model, [document, longer]).groupby("document")["nats"].sum().diff()[1] == pytest.approx(0, abs=1e-4)


def test_accuracy_is_a_share_of_the_targets_of_each_document():
    table = pd.DataFrame({"document": [0, 0, 1, 1], "right": [True, False, True, True]})
    assert accuracy_by_document(table).tolist() == [50, 100]


def test_cycles_ask_once_for_one_number_of_steps():
    options = RECIPES["hops-none"].options
    vocabulary = RECIPES["hops-none"].source().vocabulary
    for tokens, mask in cycles(options, 2, 50, 1):
        words = [vocabulary[token] for token in tokens]
        assert words.count("?") == 1 and words.count(">") == 5 and "k2" in words and "k1" not in words
        follows = {words[i - 1]: words[i + 1] for i, word in enumerate(words) if word == ">"}
        asked, answer = words[words.index("k2") + 1], words[int(np.flatnonzero(mask)[0])]
        assert mask.sum() == 1 and follows[follows[asked]] == answer
