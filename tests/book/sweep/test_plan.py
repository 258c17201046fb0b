import json
import math

import pytest
from tests.book.conftest import REPOSITORY
from tests.sweeps import PAGE, make_sweep, tiny_models

from lmphys.book.chapter import find_chapters
from lmphys.book.sweep.config import SweepConfig
from lmphys.book.sweep.plan import n_parts, plan_sweep, takes_corpus
from lmphys.book.sweep.rates import read_devices
from lmphys.core.errors import LmphysError
from lmphys.lm.size import DEFAULT_SIZE, Size, size_of


@pytest.fixture
def models(tmp_path, tokenizer):
    return tiny_models(tmp_path / "models", tokenizer)


def planned(root, local=True):
    return plan_sweep(root, SweepConfig.read(root / "config" / "sweep.yaml"), find_chapters(root), local=local)


def test_jobs_of_two_models_and_two_seeds(tmp_path, models):
    root = make_sweep(tmp_path / "project", models, seeds=[0, 1])
    plan = planned(root)
    assert [(c.chains, c.tokens, c.shards, c.parts, c.after) for c in plan.corpora] == [(320, 32_000, 2, 2, [])] * 4
    assert [c.options[-4:] for c in plan.corpora[::2]] == [["--seed", s, "--batch-size", "64"] for s in "01"]
    names = [c.name for c in plan.corpora]
    assert len(set(names)) == 4
    assert [name.endswith("--quick--seed1") for name in names] == [False, False, True, True]
    assert [page.after for page in plan.pages] == [[name] for name in names]
    assert [(ledger.name, ledger.after) for ledger in plan.ledgers] == [(n, [f"{n}--pages1"]) for n in names]
    assert plan.pages[3].arguments[0] == "toy/jumps" and plan.pages[3].arguments[-2:] == ["--set", "seed=1"]
    assert len(plan.files()) == 4 * 2 + 4 + 4 + 4 + 1
    assert plan.environment() == {"LMPHYS_DTYPE": "float32", "LMPHYS_DEVICE": "cpu"}
    tokens = 4 * 32_000
    for device in read_devices(root):
        drawing = tokens / device.rate(size_of(str(models[0])), "float32")
        assert plan.hours[device.name] == pytest.approx((drawing + 4 * 60) / 3600, rel=0.3)  # 60 s for an unknown page


def test_random_weights_wait_for_the_text_that_they_read(tmp_path, models):
    root = make_sweep(tmp_path / "project", [f"random:{models[0]}"])
    plan = planned(root)
    written, read = plan.corpora
    assert (written.after, read.after) == ([], [written.name])
    assert [ledger.name for ledger in plan.ledgers] == [read.name]
    assert plan.pages[0].after == [read.name]


def test_pages_that_take_no_corpus_wait_for_none(tmp_path, models):
    root = make_sweep(tmp_path / "project", models[:1])
    page = root / "chapters" / "toy" / "jumps.py"
    page.write_text(page.read_text().replace(PAGE, "1 + 1"))
    plan = planned(root)
    assert plan.corpora == [] and plan.pages[0].after == []


def test_pages_of_the_book_that_take_a_corpus():
    takers = {chapter.id for chapter in find_chapters(REPOSITORY) if takes_corpus(chapter)}
    assert {"reasoning/trajectories", "reasoning/slds", "reasoning/early_warning", "thermo/boltzmann"} <= takers
    assert not {page for page in takers if page.startswith(("synthetic/", "generative/"))}


def test_pages_share_a_job_until_it_has_work_enough(tmp_path, models):
    root = make_sweep(tmp_path / "project", models[:1], job_minutes=2.5, pages=["toy/jumps", "toy/b", "toy/c"])
    for name in "bc":
        (root / "chapters" / "toy" / f"{name}.py").write_text((root / "chapters" / "toy" / "jumps.py").read_text())
    first, second = planned(root).pages  # pages that nobody has timed are taken for 60 s
    assert [first.arguments[:2], second.arguments[:1]] == [["toy/jumps", "toy/b"], ["toy/c"]]
    assert (first.seconds, first.resources.runtime) == (120, 16)
    (root / "config" / "sweep.yaml").write_text((root / "config" / "sweep.yaml").read_text() + "profile: full\n")
    assert [page.seconds for page in planned(root).pages] == [60 * 9792 / 320] * 3  # as many times the chains


def test_a_gpu_for_a_small_model_and_several_for_a_large_one(tmp_path, models):
    root = make_sweep(tmp_path / "project", models[:1], device="cuda", gpu_memory_gb=0.004)
    plan = planned(root, local=False)
    need = plan.corpora[0].resources.gpus
    assert need > 1 and plan.pages[0].resources.gpus == need
    found = json.loads(plan.write(root).read_text())
    assert found["on_gpu"] and found["environment"]["LMPHYS_DEVICE"] == "cuda"
    assert found["corpora"][plan.corpora[0].name]["resources"]["gpus"] == need


def test_parts_have_minutes_of_work_and_never_less_than_a_shard():
    assert [n_parts(s, 62, 10, DEFAULT_SIZE, "float32") for s in (1, 600, 601, 6000, 1e6)] == [1, 1, 2, 10, 62]
    # 70 billion weights of 2 bytes take 140 s to load; a job is to take five times as long.
    assert n_parts(7000, 62, 1, Size(70_000_000_000, 8192, 80, 2048), "bfloat16") == math.ceil(7000 / 700)


def test_what_is_unknown_is_refused_before_anything_runs(tmp_path, models):
    root = make_sweep(tmp_path / "project", [*models[:1], "nonsense"])
    with pytest.raises(LmphysError, match="unknown model 'nonsense'"):
        planned(root)
    root = make_sweep(tmp_path / "second", models, pages=["toy/jmups"])
    with pytest.raises(LmphysError, match="no chapter 'toy/jmups'; did you mean toy/jumps"):
        planned(root)
    root = make_sweep(tmp_path / "third", models, device="auto")
    with pytest.raises(LmphysError, match="set device: cpu or cuda"):
        planned(root, local=False)


def test_the_plan_in_words(tmp_path, models):
    root = make_sweep(tmp_path / "project", models)
    plan = planned(root)
    (root / plan.files()[0]).parent.mkdir(parents=True)
    (root / plan.files()[0]).write_text("stands")
    lines = plan.lines(root)
    assert lines[0] == "sweep two: 2 models × 1 page × 1 seed, profile quick, float32 on cpu"
    assert "320 chains, about 32,000 tokens, 2 shards in 2 jobs of 3 GB and at most 11 minutes each" in lines[1]
    assert lines[5].startswith("11 jobs, 1 of them done: 4 parts and 2 merges of corpora, 2 of pages, 2 ledgers")
    assert lines[6].startswith("to a factor of two: 3 minutes with 2 cores, AVX2 alone, ") and len(lines) == 7
    assert lines[6].endswith(" with H100 alone")
