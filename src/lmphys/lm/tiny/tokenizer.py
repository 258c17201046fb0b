"""Tokenizers of small worlds: a word is a token, or a character is."""

from collections.abc import Sequence
from typing import Any

from lmphys.core.errors import LmphysError

# The words of a world are all that can be said to its model: a chat is the bare message.
_CHAT = "{% for message in messages %}{{ message['content'] }}{% endfor %}"


def word_tokenizer(vocabulary: Sequence[str], *, bos: str | None = None, eos: str | None = None) -> Any:
    """A fast tokenizer of `transformers` that takes words between spaces as tokens, and knows no others.

    Args:
        vocabulary: the words, by token id.
        bos: the word that begins every text, set before a prompt; None where texts begin with none.
        eos: the word that ends a text.

    Raises:
        LmphysError: the words cannot be told apart, or `bos` or `eos` is none of them.
    """
    from tokenizers import pre_tokenizers

    words = list(vocabulary)
    odd = sorted({word for word in words if word.split() != [word] or words.count(word) > 1})
    if odd or not words:
        raise LmphysError(f"words of a vocabulary must differ and hold no space, unlike {odd[:3]}; rename them")
    # An unknown word is an error, and not a word by the usual name of unknown ones that the world may have.
    return _tokenizer(words, bos, eos, pre_tokenizers.WhitespaceSplit(), unknown="\n", between=" ")


def character_tokenizer(vocabulary: Sequence[str], *, bos: str, eos: str) -> Any:
    """A fast tokenizer of `transformers` that takes each character as a token, spaces and line ends as well.

    Args:
        vocabulary: by token id: the marks `bos` and `eos`, and single characters.
        bos: the mark that begins every text, set before a prompt.
        eos: the mark that ends a text.

    Raises:
        LmphysError: a word but the marks is no single character, or a mark is missing.
    """
    from tokenizers import Regex, decoders, pre_tokenizers

    words = list(vocabulary)
    odd = sorted({word for word in words if (len(word) != 1 and word not in (bos, eos)) or words.count(word) > 1})
    if odd:
        raise LmphysError(f"characters of a vocabulary must differ and be single, unlike {odd[:3]}; rename them")
    each = pre_tokenizers.Split(Regex("[\\s\\S]"), "isolated")
    tokenizer = _tokenizer(words, bos, eos, each, unknown="<unknown>", between="")
    tokenizer.backend_tokenizer.decoder = decoders.Fuse()
    return tokenizer


def _tokenizer(words: list[str], bos: str | None, eos: str | None, split: Any, *, unknown: str, between: str) -> Any:
    from tokenizers import Tokenizer, models, processors
    from transformers import PreTrainedTokenizerFast

    missing = [word for word in (bos, eos) if word is not None and word not in words]
    if missing:
        raise LmphysError(f"the vocabulary lacks {', '.join(missing)}; add it")
    inner = Tokenizer(models.WordLevel({word: i for i, word in enumerate(words)}, unk_token=unknown))
    inner.pre_tokenizer = split
    if bos is not None:
        begin = [(bos, words.index(bos))]
        inner.post_processor = processors.TemplateProcessing(single=f"{bos} $A", special_tokens=begin)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=inner, bos_token=bos, eos_token=eos)
    tokenizer.chat_template = (f"{bos}{between}" if bos is not None else "") + _CHAT
    return tokenizer
