"""Tables of chains and sentences as JSON lines."""

from io import BytesIO

import pandas as pd

# `logp` and `entropy` are sums over the tokens of the sentence, nats.
SENTENCE_COLUMNS = [
    *("chain", "t", "text", "start", "end", "token", "boundary_token", "after_token", "n_tokens", "logp", "entropy")
]
# Besides, for sentences about a problem with known steps: see `lmphys.problems.chains.Sentence`.
LABEL_COLUMNS = ["phase", "valid", "astray"]

# Texts and names that look like numbers must stay text.
_TEXT = ("chain_id", "question_id", "task", "question", "answer", "extracted", "text", "boundary_token", "after_token")

_TRUTH = ("valid", "astray")


def to_lines(table: pd.DataFrame) -> bytes:
    """A table as one JSON object a line, UTF-8."""
    return table.to_json(orient="records", lines=True, force_ascii=False).encode()


def from_lines(content: bytes, columns: list[str] | None = None) -> pd.DataFrame:
    """Inverse of `to_lines`; an empty table gets `columns`."""
    table = pd.read_json(BytesIO(content), orient="records", lines=True, dtype=dict.fromkeys(_TEXT, str))
    table = table.astype({name: "boolean" for name in _TRUTH if name in table})  # null where nothing is claimed
    return table if len(table) or columns is None else pd.DataFrame(columns=columns)
