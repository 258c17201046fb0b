"""What the model is compared with."""

import numpy as np

from lmphys.lm.model import LanguageModel
from lmphys.mechanics.paths import N_LEAD, read_paths
from lmphys.pages.conservation.readers import read_paragraphs, read_with_random_weights


def test_every_seed_reads_the_same_texts_with_weights_of_its_own(model_folder):
    texts = [np.arange(10, 18)]
    found = read_with_random_weights(str(model_folder), 2, [(5, 6)], texts, dtype="float32")
    first, second = found
    assert first == f"random:{model_folder}" and second != first
    again = read_paths(LanguageModel(second, dtype="float32"), [(5, 6)], texts)
    np.testing.assert_array_equal(found[second].log_pp[0], again.log_pp[0])
    assert (found[first].tokens[0] == found[second].tokens[0]).all()
    assert not np.allclose(found[first].log_pp[0][:-1], found[second].log_pp[0][:-1])


def test_paragraphs_are_read_without_a_prompt(llama, tmp_path):
    paragraphs = ["one two three four five six seven", "eight nine ten eleven twelve thirteen", "and no more of them"]
    path = tmp_path / "prose.txt"
    path.write_text("\n\n".join(paragraphs), encoding="utf-8")
    found = read_paragraphs(llama, path, 9, 2)
    assert len(found) == 2
    for paragraph, tokens in zip(paragraphs, found.tokens, strict=False):
        assert tokens.tolist() == llama.tokenizer(paragraph)["input_ids"][N_LEAD:9]
