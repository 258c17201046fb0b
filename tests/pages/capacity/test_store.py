import math

import pytest

from lmphys.core.errors import LmphysError
from lmphys.pages.capacity.store import LookupTable
from lmphys.problems.people.records import Records


def test_a_table_has_an_entry_for_each_word_and_knows_everything():
    table = LookupTable(Records(1800))
    bits = math.log2(64**3 / 1800) + 4 * 6
    assert table.row == 7
    assert table.learned == pytest.approx(bits / 7)
    assert table.efficiency == pytest.approx(bits / 56)
    assert LookupTable(Records(1800), bits=6).efficiency == pytest.approx(bits / 42)
    assert [table.holds(n) for n in (6, 7, 28_832)] == [0, 1, 4118]


def test_entries_must_tell_the_words_apart():
    with pytest.raises(LmphysError, match="5 bits do not tell 64 words apart; take 6"):
        LookupTable(Records(10), bits=5)
