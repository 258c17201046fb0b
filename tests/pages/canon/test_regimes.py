import numpy as np
import pandas as pd

from lmphys.core.trajectories import Trajectories
from lmphys.pages.canon.regimes import PARTS, find, parts
from lmphys.problems.hops import Hops

TEXT = "<s> v2 > v0 . v0 > v1 . v1 > v2 . ? k2 v0 : v2 ? k1 v2 : v0 </s>"


def test_parts_are_read_off_the_words():
    vocabulary = ("<s>", "</s>", ">", ".", "?", ":", "k1", "k2", "v0", "v1", "v2")
    words = TEXT.split()
    table = parts(np.array([vocabulary.index(word) for word in words]), vocabulary)
    assert table["token"].tolist() == [1, 3, 5, 7, 9, 11, 15, 17, 20, 22]
    assert table["part"].tolist() == ["from", "to"] * 3 + ["asked", "answer"] * 2
    assert table["hops"].tolist()[-4:] == ["k2", "k2", "k1", "k1"] and table["hops"].isna().sum() == 6


def planted(n, seed):
    """States that tell the part, in documents of the world."""
    world, rng, chains = Hops(seed, n_vertices=5, max_hops=2), np.random.default_rng(seed), []
    tables = [parts(world.document(index).tokens, world.vocabulary) for index in range(n)]
    for table in tables:
        centre = np.eye(4)[[PARTS.index(part) for part in table["part"]]]
        chains.append(6 * centre + rng.normal(size=centre.shape))
    sentences = pd.concat(
        [table.assign(chain=number, t=np.arange(len(table))) for number, table in enumerate(tables)], ignore_index=True
    )
    return Trajectories(np.concatenate(chains), np.array([len(chain) for chain in chains]), sentences=sentences)


def test_planted_parts_are_found_beyond_their_places_and_hops_are_not():
    found = find(planted(60, 0), rank=3, n_regimes=4, n_permutations=99)
    part, hops = found.table.loc["part"], found.table.loc["hops"]
    assert part["nmi"] > 0.9 > part["place_high"] and part["verdict"] == "beyond position"
    assert hops["nmi"] < 0.05 and hops["verdict"] != "beyond position"
    assert found.gain.low < found.gain.value < found.gain.high
    assert found.told > 99
