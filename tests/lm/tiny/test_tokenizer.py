import pytest

from lmphys.core.errors import LmphysError
from lmphys.lm.tiny import character_tokenizer, word_tokenizer

WORDS = ["<bos>", "<eos>", "a", "bb", "+", "7"]


def test_words_are_tokens_and_come_back(tmp_path):
    tokenizer = word_tokenizer(WORDS, bos="<bos>", eos="<eos>")
    tokenizer.save_pretrained(tmp_path)
    from transformers import AutoTokenizer

    for one in (tokenizer, AutoTokenizer.from_pretrained(tmp_path)):
        assert one("bb + 7 a <eos>")["input_ids"] == [0, 3, 4, 5, 2, 1]
        assert one("bb", add_special_tokens=False)["input_ids"] == [3]
        assert one.decode([0, 3, 4, 5, 2, 1]) == "<bos> bb + 7 a <eos>"
        assert (one.bos_token_id, one.eos_token_id, len(one)) == (0, 1, 6)
        messages = [{"role": "user", "content": "a + 7"}]
        prompt = one.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        assert one(prompt, add_special_tokens=False)["input_ids"] == [0, 2, 4, 5]


def test_a_world_without_beginning_and_end():
    tokenizer = word_tokenizer(["x", "y"])
    assert tokenizer("y x")["input_ids"] == [1, 0]
    assert tokenizer.eos_token_id is None


@pytest.mark.parametrize("words", [["a", "b", "a"], ["a b"], [""], []])
def test_words_that_cannot_be_told_apart_are_named(words):
    with pytest.raises(LmphysError, match="must differ and hold no space"):
        word_tokenizer(words)


def test_a_missing_end_is_named():
    with pytest.raises(LmphysError, match="the vocabulary lacks <eos>; add it"):
        word_tokenizer(["a"], eos="<eos>")


def test_characters_are_tokens_and_come_back(tmp_path):
    from transformers import AutoTokenizer

    tokenizer = character_tokenizer(["<s>", "</s>", "\n", " ", "a", "<", "s"], bos="<s>", eos="</s>")
    tokenizer.save_pretrained(tmp_path)
    for one in (tokenizer, AutoTokenizer.from_pretrained(tmp_path)):
        assert one("a  <s\n")["input_ids"] == [0, 4, 3, 3, 5, 6, 2]
        assert one.decode([4, 3, 3, 5, 6, 2]) == "a  <s\n"
        prompt = one.apply_chat_template([{"role": "user", "content": "a a"}], tokenize=False)
        assert one(prompt, add_special_tokens=False)["input_ids"] == [0, 4, 3, 4]


def test_a_word_among_characters_is_named():
    with pytest.raises(LmphysError, match="must differ and be single"):
        character_tokenizer(["<s>", "</s>", "ab"], bos="<s>", eos="</s>")
