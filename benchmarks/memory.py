"""Peak memory of a corpus build with 64 and with 512 chains, each in a fresh process."""

import subprocess
import sys
import tempfile
from pathlib import Path

from lmphys.book.benchmarks import Row
from lmphys.core.paths import cache_home

_BUILD = """
import os, sys
os.environ["LMPHYS_HOME"] = sys.argv[2]
from lmphys.corpus import Sampling, build_corpus, default_spec
from lmphys.corpus import build
build.CHAINS_PER_SHARD = 64
spec = default_spec(tasks=("sums",), n_questions=int(sys.argv[1]) // 8, n_chains=8, sampling=Sampling(max_tokens=48))
build_corpus(spec, batch_size=32, progress=False)
from lmphys.core.provenance import peak_memory
print(peak_memory())
"""


def peak_mb(n_chains: int) -> float:
    """Largest resident memory of a build, MB; the dense weights are linked into an otherwise empty cache."""
    with tempfile.TemporaryDirectory() as home:
        (Path(home) / "models").symlink_to(cache_home() / "models")
        done = subprocess.run(
            [sys.executable, "-c", _BUILD, str(n_chains), home], capture_output=True, text=True, check=True
        )
    return 1e3 * float(done.stdout.split()[-1])


def run() -> list[Row]:
    few, many = peak_mb(64), peak_mb(512)
    return [Row("peak memory, 512 chains against 64", f"{many:.0f} MB", f"{few:.0f} MB", many / few, at_most=1.1)]
