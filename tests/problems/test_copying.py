import pytest

from lmphys.core.errors import LmphysError
from lmphys.problems.copying import Copies
from lmphys.problems.documents import BEGIN, END


def test_a_copy_is_what_stood_before():
    source = Copies(0, length=9, n_words=12)
    for i in range(30):
        tokens, mask = source.document(i)
        assert tokens[0] == BEGIN and tokens[-1] == END and source.vocabulary[tokens[10]] == ":"
        assert tokens[mask].tolist() == tokens[1:10].tolist() and len(set(tokens[mask].tolist())) == 9
    assert source.document(0).tokens.tolist() != Copies(0, "test", 9, 12).document(0).tokens.tolist()


def test_lists_of_several_lengths_are_copied_and_each_length_comes_as_often():
    source = Copies(0, length=9, n_words=12, fewest=5)
    lengths = []
    for i in range(500):
        tokens, mask = source.document(i)
        lengths.append(int(mask.sum()))
        assert len(tokens) == 2 * lengths[-1] + 3
        assert tokens[mask].tolist() == tokens[1 : lengths[-1] + 1].tolist()
    counts = [lengths.count(n) for n in range(5, 10)]
    assert sum(counts) == 500 and min(counts) > 70  # 100 expected, 9 the standard deviation


def test_copies_that_cannot_be_are_refused():
    with pytest.raises(LmphysError, match="60 different words of 50 cannot be had; take 1 to 50"):
        Copies(0, length=60)
    with pytest.raises(LmphysError, match="lists of 10 to 9 words cannot be had; take 1 to 9 for the fewest"):
        Copies(0, length=9, fewest=10)
