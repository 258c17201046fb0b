"""A small corpus of a tiny model, whole and in shards, for the tests of building, parting and reading it."""

import json
from pathlib import Path

import pytest

from lmphys.corpus import build as build_module
from lmphys.corpus.build import build_corpus
from lmphys.corpus.spec import CorpusSpec
from lmphys.lm.sampling import Sampling


@pytest.fixture(scope="session")
def questions(tmp_path_factory) -> Path:
    file = tmp_path_factory.mktemp("tasks") / "mine.jsonl"
    file.write_text("\n".join(json.dumps({"question": f"Add {i} and 2.", "answer": i + 2}) for i in range(6)))
    return file


@pytest.fixture(scope="session")
def spec(model_folder, questions) -> CorpusSpec:
    """Twenty-four short chains of a tiny model: six shards of four when the shard is small."""
    sampling = Sampling(temperature=1.0, top_p=1.0, max_tokens=40)
    tasks = (str(questions),)
    return CorpusSpec(str(model_folder), tasks=tasks, n_questions=6, n_chains=4, sampling=sampling, dtype="float32")


@pytest.fixture
def small_shards(monkeypatch):
    monkeypatch.setattr(build_module, "CHAINS_PER_SHARD", 4)


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    """An empty cache."""
    monkeypatch.setenv("LMPHYS_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def built_once(spec, folder: Path, per_shard: int | None = None) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LMPHYS_HOME", str(folder))
        if per_shard is not None:
            patch.setattr(build_module, "CHAINS_PER_SHARD", per_shard)
        return build_corpus(spec).folder


@pytest.fixture(scope="session")
def corpus_folder(spec, tmp_path_factory) -> Path:
    return built_once(spec, tmp_path_factory.mktemp("whole"))


@pytest.fixture(scope="session")
def sharded_folder(spec, tmp_path_factory) -> Path:
    return built_once(spec, tmp_path_factory.mktemp("sharded"), per_shard=4)
