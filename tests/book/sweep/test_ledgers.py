import pandas as pd
import pytest

from lmphys.book.reference import ReferenceRun
from lmphys.book.sweep.ledgers import write_checksums, write_comparison
from lmphys.core.errors import LmphysError
from lmphys.corpus.store import ShardStore

ROW = {"claim": "a.b", "page": "toy/jumps", "statement": "It is so.", "value": 0.5, "interval": None, "model": "m"}


def saved(path, **row):
    run = ReferenceRun(
        "m", "quick", "2026", "c", {}, {}, "float32", {}, [ROW | {"date": "today", "not_firm": ""} | row]
    )
    run.save(path)
    return path


def test_a_row_a_claim_and_two_columns_a_ledger(tmp_path):
    one = saved(tmp_path / "one.json", obtained=0.25, verdict="contradicted")
    two = saved(tmp_path / "two.json", obtained=0.5, interval=[0.4, 0.6], verdict="reproduced")
    three = saved(tmp_path / "three.json", claim="a.c", value=None, obtained=1.0, verdict="undecided")
    write_comparison([one, two, three], tmp_path / "all.csv")
    table = pd.read_csv(tmp_path / "all.csv", dtype=str, keep_default_na=False)
    assert table["claim"].tolist() == ["a.b", "a.c"]
    assert table["paper"].tolist() == ["0.5", ""]
    assert table["one: verdict"].tolist() == ["contradicted", ""]
    assert table["two: here"][0] == "0.5 [0.4, 0.6]"
    assert table["three: verdict"].tolist() == ["", "undecided"]


def test_checksums_heed_numbers_and_shards_and_no_dates(tmp_path):
    corpus = tmp_path / "key"
    corpus.mkdir()
    store = ShardStore(corpus)
    (corpus / "shard-00000.json").write_text("{}")
    store.write_manifest({"spec": {}}, 1)
    (tmp_path / "m.txt").write_text(f"said before\n{corpus}\n")

    def sums(**row):
        write_checksums(
            [tmp_path / "m.txt"], [saved(tmp_path / "m.json", obtained=1.0, verdict="x", **row)], tmp_path / "s"
        )
        return (tmp_path / "s").read_text()

    first = sums()
    assert [line.split()[1] for line in first.splitlines()] == ["corpora/m", "ledgers/m"]
    assert sums(date="tomorrow") == sums(not_firm="seed 1: y") == first
    assert sums(note="other") != first
    (corpus / "shard-00000.json").write_text("{ }")
    store.write_manifest({"spec": {}}, 1)
    assert sums().splitlines()[0] != first.splitlines()[0]
    assert sums().splitlines()[1] == first.splitlines()[1]


@pytest.mark.parametrize("content", ["{", "[]"])
def test_a_damaged_ledger_is_named(tmp_path, content):
    (tmp_path / "bad.json").write_text(content)
    with pytest.raises(LmphysError, match=r"bad\.json"):
        write_comparison([tmp_path / "bad.json"], tmp_path / "all.csv")
