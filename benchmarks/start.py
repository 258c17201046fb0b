"""Time from a loaded interpreter to a usable default model, with the dense weights in the cache."""

import time

from lmphys.book.benchmarks import Row
from lmphys.lm.model import LanguageModel


def run() -> list[Row]:
    LanguageModel()  # unpacks on the first use ever
    start = time.perf_counter()
    LanguageModel()
    seconds = time.perf_counter() - start
    return [Row("default model from the cache", f"{seconds:.2f} s", "3 s", seconds / 3, at_most=1.0)]
