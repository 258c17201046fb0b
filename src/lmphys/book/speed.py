"""How fast this machine draws from the default model and reads with it: `python -m lmphys.book.speed` prints it."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from lmphys.book.benchmarks import Rates, load_benchmarks
from lmphys.core.files import write_atomically

# Seconds of each of the two measurements, beyond a short one to warm up.
_SECONDS = 3.5
# The first time ever the model is unpacked before it can be timed; a page would then do that.
_PATIENCE = 90.0
_TEXT, _ROWS, _NEW = 64, 32, 4


def measure_rates(seconds: float = _SECONDS) -> Rates:
    """Tokens per second with the default model on the default device, in about two times `seconds`."""
    from lmphys.core.passes import passed_tokens
    from lmphys.lm.decode import ChainDecoder, Request
    from lmphys.lm.model import LanguageModel
    from lmphys.lm.sampling import Sampling

    model = LanguageModel()
    text = model.prompt_ids("How long does it take?")
    text = (text * _TEXT)[:_TEXT]
    decoder = ChainDecoder(model, Sampling(max_tokens=_NEW), batch_size=_ROWS)
    requests = [Request(text[:1], seed) for seed in range(_ROWS)]

    def rate(kind: str, work: Callable[[], object]) -> float:
        work()
        begin, before = time.perf_counter(), passed_tokens()[kind]
        while (spent := time.perf_counter() - begin) < seconds:
            work()
        return (passed_tokens()[kind] - before) / spent

    # Prompts of one token count as drawn, and so they are: one pass of one new token for each row.
    return Rates(rate("drawn", lambda: list(decoder.run(requests))), rate("read", lambda: model.read([text] * 4)))


def rates_of(root: Path, kind: str) -> Rates | None:
    """Rates of this machine, of the given kind: as recorded, as measured here before, or measured now.

    None where they cannot be measured, as where the model is missing: the first page that needs it says why.
    """
    recorded = load_benchmarks(root).get(kind)
    if recorded is not None and recorded.rates is not None:
        return recorded.rates
    kept = root / "runs" / "rates.json"
    try:
        found = json.loads(kept.read_text(encoding="utf-8"))
        if found.pop("machine") == kind:
            return Rates(**found)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):  # none yet, or not readable: measure
        pass
    try:  # in a process of its own, so that the model does not stay in memory beside those of the pages
        done = subprocess.run(
            [sys.executable, "-m", __name__], cwd=root, capture_output=True, text=True, timeout=_PATIENCE, check=True
        )
        measured = Rates(**json.loads(done.stdout.splitlines()[-1]))
    except (OSError, subprocess.SubprocessError, ValueError, IndexError, TypeError):
        return None
    write_atomically(kept, json.dumps({"machine": kind} | asdict(measured)))
    return measured


if __name__ == "__main__":
    print(json.dumps(asdict(measure_rates())))
