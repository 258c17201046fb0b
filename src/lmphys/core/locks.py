"""One process at a time in a folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from lmphys.core.errors import LmphysError
from lmphys.core.progress import announce

PATIENCE = 2.0  # seconds of waiting before it is said for what


@contextmanager
def alone(lock: Path, busy: str) -> Iterator[None]:
    """Hold a lock file, or say that another process has it.

    A process that dies lets go of it, so that a file which is left behind locks nobody out.

    Args:
        lock: the file; it stays.
        busy: what to say, with its mend.

    Raises:
        LmphysError: another process holds it.
    """
    held = FileLock(lock)
    try:
        held.acquire(timeout=0)
    except Timeout as error:
        raise LmphysError(busy) from error
    with _kept(held):
        yield


@contextmanager
def in_turn(lock: Path, what: str) -> Iterator[None]:
    """Hold a lock file, after whoever holds it now; a wait of more than `PATIENCE` is announced.

    Args:
        lock: the file; it stays.
        what: what the other process does, as in `builds a corpus`.
    """
    held = FileLock(lock)
    try:
        held.acquire(timeout=PATIENCE)
    except Timeout:
        announce(f"waiting for another process that {what} ({lock}); stop that one, or this one with Ctrl-C")
        held.acquire()
    with _kept(held):
        yield


@contextmanager
def _kept(held: FileLock) -> Iterator[None]:
    try:
        yield
    finally:
        held.release()
