"""A file system that fails on demand: the n-th call below a folder raises an error of the system."""

import errno
import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

# What a call may meet, by what it does.
WRITING = (errno.EACCES, errno.EROFS, errno.ENOSPC, errno.ENOTDIR, errno.EDQUOT, errno.ENAMETOOLONG, errno.EIO)
READING = (errno.EACCES, errno.EIO, errno.EMFILE, errno.ESTALE)
ASKING = (errno.EACCES, errno.EIO, errno.ESTALE)
LOCKING = (errno.ENOLCK, errno.EIO)
_EVENTS = ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.symlink", "os.chmod", "os.truncate")


class Faults:
    """Counts the calls below a folder, and lets one of them fail.

    Args:
        below: the folder.
        n: number of the call that fails, from 0; None only counts.
        turn: which of the errors that such a call may meet.
    """

    def __init__(self, below: Path, n: int | None = None, turn: int = 0) -> None:
        self.below, self.n, self.turn = str(below), n, turn
        self.count = 0
        self.failed = ""

    def meet(self, call: str, path: object, codes: tuple[int, ...]) -> None:
        """Count a call; raise where it is its turn."""
        name = os.fsdecode(path) if isinstance(path, str | bytes | os.PathLike) else None
        if name is not None and not str(Path.cwd() / name).startswith(self.below):
            return
        self.count += 1
        if self.count - 1 == self.n:
            code = codes[self.turn % len(codes)]
            self.failed = f"{call} {name}: {errno.errorcode[code]}"
            raise OSError(code, os.strerror(code), name)


_active: Faults | None = None
_hooked = False


def _audit(event: str, arguments: tuple) -> None:
    if _active is None:
        return
    if event == "open":
        path, _, flags = arguments
        if isinstance(path, str | bytes):
            _active.meet(event, path, WRITING if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) else READING)
    elif event in ("os.listdir", "os.scandir"):
        _active.meet(event, arguments[0], READING)
    elif event in _EVENTS:
        _active.meet(event, arguments[0], WRITING)


@contextmanager
def failing(below: Path, n: int | None = None, turn: int = 0) -> Iterator[Faults]:
    """Let the n-th call below a folder fail inside; None for n only counts them.

    Calls are whatever Python audits (opening, making, renaming, removing, listing, in libraries as well), and besides
    `os.stat`, `os.fsync` and `fcntl.flock`. The latter two know no path: they count while one is worked on.
    """
    global _active, _hooked
    if not _hooked:  # a hook stays for good
        sys.addaudithook(_audit)
        _hooked = True
    faults = Faults(below, n, turn)
    stat, sync, lock = os.stat, os.fsync, fcntl.flock

    def stat_(path, *arguments, **options):
        if not isinstance(path, int):
            faults.meet("os.stat", path, ASKING)
        return stat(path, *arguments, **options)

    def sync_(descriptor):
        faults.meet("os.fsync", None, (errno.ENOSPC, errno.EIO, errno.EDQUOT))
        return sync(descriptor)

    def lock_(descriptor, operation):
        if operation & fcntl.LOCK_EX:
            faults.meet("fcntl.flock", None, LOCKING)
        return lock(descriptor, operation)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "stat", stat_)
        patch.setattr(os, "fsync", sync_)
        patch.setattr(fcntl, "flock", lock_)
        _active = faults
        try:
            yield faults
        finally:
            _active = None
