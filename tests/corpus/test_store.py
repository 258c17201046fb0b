from lmphys.corpus.store import ShardStore


def test_what_a_killed_process_left_half_written_is_removed_by_the_next(tmp_path):
    folder = tmp_path / "corpora" / "key"
    folder.mkdir(parents=True)
    half, whole = folder / ".shard-00000.json.4711.part", folder / "shard-00000.json"
    for path in (half, whole):
        path.write_text("{}")
    with ShardStore(folder).locked():
        assert list(folder.iterdir()) == [whole]
