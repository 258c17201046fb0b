import numpy as np
import torch

from lmphys.lm.model import LanguageModel
from lmphys.lm.tiny import TinyConfig, word_tokenizer
from lmphys.lm.tiny.reading import read_places
from lmphys.training.tiny.learner import fresh

WORDS = ("<s>", "</s>", *"abcdefgh")


def model():
    config = TinyConfig(vocab_size=len(WORDS), hidden_size=16, num_hidden_layers=2, num_attention_heads=2)
    return LanguageModel.from_parts(fresh(config, 0), word_tokenizer(WORDS, bos="<s>", eos="</s>"))


def test_places_of_texts_are_those_of_each_text_read_alone():
    one, rng = model(), np.random.default_rng(1)
    texts = [rng.integers(2, len(WORDS), n) for n in (3, 9, 5)]
    places = [np.array([2]), np.array([0, 4, 8]), np.array([1, 3])]
    found = read_places(one, texts, places)
    assert found.log_p.shape == (6, len(WORDS))
    assert [layer.shape for layer in found.states] == [(6, 16)] * 3
    row = 0
    for text, at in zip(texts, places, strict=True):
        with torch.inference_mode():
            out = one.model(input_ids=torch.from_numpy(text)[None], output_hidden_states=True)
        for place in at:
            assert np.allclose(found.log_p[row], out.logits[0, place].log_softmax(-1), atol=1e-5)
            for layer, own in zip(found.states, out.hidden_states, strict=True):
                assert np.allclose(layer[row], own[0, place], atol=1e-5)
            row += 1
