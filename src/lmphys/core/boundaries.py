"""Two boundaries: around the file system, and around what a user gave.

Inside them everything may raise what it likes. What comes out is an `LmphysError`, one line with cause and mend, so
that no place has to list in how many ways a disk or a damaged file can fail.
"""

import builtins
import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lmphys.core.errors import LmphysError
from lmphys.core.intact import fault_of, folder_fault
from lmphys.core.paths import cache_home

_PYTHON = re.compile(r"\[Errno (?P<errno>\d+)\] (?P<cause>.*?)(?:: (?P<quote>['\"])(?P<file>.*?)(?P=quote).*)?", re.S)
_RUST = re.compile(r"(?P<cause>[^:]*) \(os error (?P<errno>\d+)\)")  # safetensors and tokenizers say it so
_AGAIN = "run the same command again"

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FORBIDDEN = {errno.EROFS, errno.EACCES, errno.EPERM}
_IN_THE_WAY = {errno.ENOTDIR, errno.EEXIST, errno.ENOTEMPTY, errno.EISDIR}
_MENDS = {
    errno.ENAMETOOLONG: "take a shorter name, or a folder with a shorter one",
    errno.ELOOP: "the link leads to itself; remove it",
    errno.ENOENT: f"it was moved or removed; put it back, or {_AGAIN}",
    errno.EMFILE: f"raise the number of open files (ulimit -n 4096), and {_AGAIN}",
    errno.ENFILE: f"end other programs, and {_AGAIN}",
    errno.ENOMEM: "take a smaller model, or end other programs",
}


def said(error: BaseException, limit: int = 200) -> str:
    """What an error says, on one line of at most `limit` characters; its kind where it says nothing."""
    text = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, KeyError | IndexError | StopIteration | AssertionError):  # a bare name tells nothing
        text = f"{type(error).__name__}: {text}"
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def system_error(kind: str, text: str) -> OSError | None:
    """The error of the system that an exception stands for, whichever library raised it; None for any other.

    Args:
        kind: name of the exception's type.
        text: what it says, as in `[Errno 28] No space left on device: 'x'` or `... (os error 28)`.
    """
    if match := _RUST.search(text):
        return OSError(int(match["errno"]), os.strerror(int(match["errno"])))
    python = getattr(builtins, kind, None)
    if isinstance(python, type) and issubclass(python, OSError) and (match := _PYTHON.fullmatch(text)):
        return OSError(int(match["errno"]), match["cause"], match["file"])
    return None


def explained(error: OSError) -> LmphysError:
    """Cause and mend of an error of the file system, by its number and by where the file lies."""
    place = f"{error.filename}" if error.filename is not None else "a file"
    cause = error.strerror or said(error)
    if error.errno in _FULL:
        where = f" ({error.filename})" if error.filename is not None else ""
        full = "the disk is full" if error.errno == errno.ENOSPC else f"a file cannot grow any further, {cause}"
        return LmphysError(f"{full}{where}; free some space{_elsewhere(error, ' or ')} and {_AGAIN}")
    if error.errno in _FORBIDDEN:
        mend = _elsewhere(error) or "choose a place where you may read and write, or change its permissions (chmod)"
    elif error.errno in _IN_THE_WAY:
        mend = _elsewhere(error) or f"something else stands in the way; move it, and {_AGAIN}"
    else:
        mend = _MENDS.get(error.errno or 0, f"make sure that it can be read and written, and {_AGAIN}")
    return LmphysError(f"{place} cannot be used ({cause}); {mend}")


def _elsewhere(error: OSError, before: str = "") -> str:
    """How to choose another place for a file of the cache; empty for others."""
    if error.filename is None or not Path(os.fsdecode(error.filename)).absolute().is_relative_to(cache_home()):
        return ""
    return f"{before}set LMPHYS_HOME to another folder of yours"


@contextmanager
def file_system() -> Iterator[None]:
    """Boundary around the file system: whatever it refuses inside is one line.

    Raises:
        LmphysError: for every error of the system, from Python or from a library.
    """
    try:
        yield
    except LmphysError:
        raise
    except BrokenPipeError:  # whoever read our output has read enough: no fault
        raise
    except OSError as error:
        raise explained(error) from error
    except Exception as error:
        found = system_error(type(error).__name__, str(error))
        if found is None:  # a mistake of ours, which needs its traceback
            raise
        raise explained(found) from error


@contextmanager
def given(what: str | Path, mend: str, broken: str = "cannot be read") -> Iterator[None]:
    """Boundary around what a user gave: whatever its reading raises is said of it, in one line.

    Keep inside what reads the input, nothing else: mistakes of our own would be taken for faults of the input.

    Args:
        what: the input; where it is a file, the file itself is looked at for the cause.
        mend: what to do about it.
        broken: what is wrong with it, in general.

    Raises:
        LmphysError: for every exception.
    """
    try:
        yield
    except LmphysError:
        raise
    except MemoryError as error:
        raise LmphysError(f"{what} needs more memory than there is; take a smaller one") from error
    except Exception as error:
        system = error if isinstance(error, OSError) else system_error(type(error).__name__, str(error))
        if system is not None and system.errno in (_FULL | _FORBIDDEN):
            raise explained(system) from error
        if isinstance(what, Path):
            folder = what.is_dir()
            if fault := folder_fault(what, whole=True) if folder else fault_of(what):
                which = fault.path.name if folder else "it"
                raise LmphysError(f"{what} {broken}: {which} {fault.cause}; {fault.mend or mend}") from error
        cause = system.strerror if system is not None and system.strerror else said(error)
        raise LmphysError(f"{what} {broken} ({cause}); {mend}") from error
