"""Answers of k-hop lookups and orders of ancestors, read off the documents' own edges."""

import re

import numpy as np
import pytest

from lmphys.core.errors import LmphysError
from lmphys.problems.documents import BEGIN, END
from lmphys.problems.hops import Ancestors, Hops


def words(source, tokens):
    return " ".join(source.vocabulary[token] for token in tokens)


@pytest.mark.parametrize("name_length", [1, 2])
def test_answers_are_read_off_the_edges(name_length):
    source = Hops(0, n_names=30, name_length=name_length)
    for index in range(40):
        tokens, mask = source.document(index)
        said = words(source, tokens)
        following = dict(re.findall(r"(v[\dv ]*) > (v[\dv ]*) \.", said))
        assert len(set(following.values())) == len(following)
        answers = []
        for hops, vertex, answer in re.findall(r"\? k(\d+) ([v\d ]+) : ([v\d ]+)(?= \?| </s>)", said):
            place = vertex
            for _ in range(int(hops)):
                place = following[place]
            assert place == answer != vertex
            answers += answer.split()
        assert words(source, tokens[mask]).split() == answers and len(answers) == 10 * name_length
        assert tokens[0] == BEGIN and tokens[-1] == END
        place, length = vertex, 0
        while length == 0 or place != vertex:
            place, length = following[place], length + 1
        assert length == len(following)


def test_sizes_come_with_their_weights():
    source = Hops(1, n_vertices=8)
    sizes = np.bincount([len(source.cycle(i)[0]) for i in range(1500)], minlength=9)[3:]
    weights = 1 / (np.sqrt(8) + np.arange(3, 9))
    expected = 1500 * weights / weights.sum()
    assert (np.abs(sizes - expected) < 4.5 * np.sqrt(expected)).all()
    exact = Hops(1, "test", n_vertices=8, exact=True, hops=3)
    assert {(len(exact.cycle(i)[0]), k) for i in range(20) for k, _ in exact.cycle(i)[1]} == {(8, 3)}


def test_no_cycle_and_no_graph_is_in_both_splits():
    cycles, graphs = [], []
    for split in ("train", "test"):
        source = Hops(0, split, n_vertices=3, n_names=6)
        cycles.append({tuple(source.cycle(i)[0]) for i in range(400)})
        source = Ancestors(0, split, n_vertices=3, n_names=4)
        drawn = [source.graph(i) for i in range(400)]
        graphs.append({(q, *((c, *sorted(p)) for c, p in sorted(g.items()))) for g, q in drawn})
    assert not cycles[0] & cycles[1] and len(cycles[0] | cycles[1]) > 36  # of 40
    assert all(cycle[0] == min(cycle) for cycle in cycles[0])
    assert not graphs[0] & graphs[1] and min(map(len, graphs)) > 3


def test_ancestors_stand_after_theirs_and_none_is_left_out():
    source = Ancestors(0, n_vertices=12)
    for index in range(60):
        tokens, mask = source.document(index)
        said = words(source, tokens)
        edges = re.findall(r"(v\d+) > (v\d+) \.", said)
        query = re.search(r"\? (v\d+) :", said)[1]
        answer = words(source, tokens[mask]).split()[:-1]
        left, found = [query], set()
        while left:
            above = [a for a, b in edges if b == left[0]]
            left = left[1:] + [a for a in above if a not in found]
            found |= set(above)
        assert sorted(answer) == sorted(found) and answer
        assert all(answer.index(a) < answer.index(b) for a, b in edges if b in answer)
        assert max(sum(b == v for _, b in edges) for v in found) <= 4
        given = tokens[mask][:-1]
        assert source.is_right(index, given)
        assert not source.is_right(index, given[:-1]) and not source.is_right(index, [*given, given[-1]])
        if tuple(answer[-2:]) in edges:
            assert not source.is_right(index, [*given[:-2], given[-1], given[-2]])


def test_walks_that_cannot_be_are_refused():
    with pytest.raises(LmphysError, match="a cycle of 60 does not fit 50 names"):
        Hops(0, n_vertices=60)
    with pytest.raises(LmphysError, match="take 5 vertices or more"):
        Hops(0, n_vertices=4, hops=4)
    with pytest.raises(LmphysError, match="9 steps are none of the 1 to 4"):
        Hops(0, hops=9)
    with pytest.raises(LmphysError, match="none of 1000 cycles belongs to"):
        [Hops(0, split, n_vertices=3, n_names=3, exact=True).document(i) for split in ("train", "test") for i in (0, 1)]
    with pytest.raises(LmphysError, match="2 vertices do not fit 50 names"):
        Ancestors(0, n_vertices=2)
