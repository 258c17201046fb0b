import numpy as np
import pytest

from lmphys.core.errors import LmphysError
from lmphys.problems.documents import BEGIN
from lmphys.problems.prose import Prose, text_of, tokens_of, whole_text


def test_a_window_stands_in_one_topic_of_its_split():
    for split in ("train", "test"):
        source = Prose(0, split, length=40)
        texts = [text_of(topic) for topic in source.topics]
        for index in range(50):
            tokens, mask = source.document(index)
            assert tokens[0] == BEGIN and len(tokens) == 41 and mask.tolist() == [False] + 40 * [True]
            assert any(text_of(tokens) in text for text in texts)


def test_topics_are_held_out_whole_and_all_of_the_text_is_used():
    train, test = (Prose(0, split).topics for split in ("train", "test"))
    assert (len(train), len(test)) == (71, 8)
    assert not {text_of(topic) for topic in train} & {text_of(topic) for topic in test}
    assert sum(map(len, (*train, *test))) + 2 * 78 == len(whole_text())


def test_each_window_comes_as_often():
    source = Prose(0, "test", length=8_000)
    starts = [len(topic) - 7_999 for topic in source.topics if len(topic) >= 8_000]
    counts = np.bincount(
        [
            next(i for i, t in enumerate(source.topics) if source.window(k)[:50].tobytes() in t.tobytes())
            for k in range(300)
        ],
        minlength=len(source.topics),
    )
    shares = [n for n in counts if n]
    assert len(shares) == len(starts)
    expected = 300 * np.array(starts) / sum(starts)
    assert np.abs(np.array(shares) - expected).max() < 4 * np.sqrt(expected.max())


def test_characters_come_back_and_unknown_ones_are_refused():
    text = 'if x < 3:\n    print("~")\n'
    assert text_of(tokens_of(text)) == text
    with pytest.raises(LmphysError, match="has the character '\\\\t'; write it in printable ASCII"):
        tokens_of("a\tb")


def test_windows_that_cannot_be_are_refused():
    with pytest.raises(LmphysError, match="no topic has 1000000 characters; take 1 to"):
        Prose(0, length=1_000_000)
    with pytest.raises(LmphysError, match="unknown split 'dev'"):
        Prose(0, "dev")
