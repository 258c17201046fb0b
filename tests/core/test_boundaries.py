import errno
import json
import os
import struct
import subprocess
import sys

import numpy as np
import pytest
from safetensors import SafetensorError
from safetensors.numpy import save

from lmphys.core.boundaries import explained, file_system, given, said, system_error
from lmphys.core.errors import LmphysError
from lmphys.core.files import write_atomically
from lmphys.core.intact import fault_of, folder_fault


def refusal(boundary, raised) -> str:
    """What a boundary makes of an error that is raised inside."""
    with pytest.raises(LmphysError) as caught, boundary:
        raise raised
    text = str(caught.value)
    assert "\n" not in text and "; " in text
    assert caught.value.__cause__ is raised or caught.value is raised
    return text


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/x/y"), "the disk is full (/x/y); free some space and run"),
        (OSError(errno.ENOSPC, "No space left on device"), "the disk is full; free some space and run"),
        (OSError(errno.EROFS, "Read-only file system", "/x/y"), "/x/y cannot be used (Read-only file system); choose"),
        (OSError(errno.ENAMETOOLONG, "File name too long", "/x"), "/x cannot be used (File name too long); take a"),
        (OSError(errno.ENOTDIR, "Not a directory", b"/x"), "something else stands in the way"),
        (OSError(errno.ENOLCK, "No locks available"), "a file cannot be used (No locks available); make sure"),
        (SafetensorError("I/O error: No space left on device (os error 28)"), "the disk is full; free some space"),
        (Exception("Permission denied (os error 13)"), "a file cannot be used (Permission denied); choose a place"),
    ],
)  # fmt: skip
def test_what_the_system_refuses_is_one_line_whoever_raises_it(error, line):
    assert line in refusal(file_system(), error)


def test_every_number_of_the_system_has_a_cause_and_a_mend():
    for number in errno.errorcode:
        cause, _, mend = str(explained(OSError(number, os.strerror(number), "f"))).partition("; ")
        assert "f" in cause and len(mend) > 20


def test_a_file_of_the_cache_may_lie_elsewhere(tmp_path, monkeypatch):
    monkeypatch.setenv("LMPHYS_HOME", str(tmp_path))
    for number in (errno.EROFS, errno.ENOSPC):
        error = OSError(number, os.strerror(number), str(tmp_path / "corpora" / "x"))
        assert "set LMPHYS_HOME to another folder of yours" in refusal(file_system(), error)


def test_mistakes_of_ours_and_readers_that_leave_pass_the_boundary():
    for error in (KeyError("x"), BrokenPipeError(errno.EPIPE, "Broken pipe"), KeyboardInterrupt()):
        with pytest.raises(type(error)), file_system():
            raise error


def test_an_error_is_known_again_from_its_text():
    """A page runs in another process, which hands down names and texts."""
    for error in (OSError(errno.EIO, "Input/output error", "/a b/c"), PermissionError(errno.EACCES, "no", "it's")):
        found = system_error(type(error).__name__, str(error))
        assert found is not None
        assert (found.errno, found.strerror, found.filename) == (error.errno, error.strerror, error.filename)
    assert system_error("FileNotFoundError", "[Errno 2] No such file or directory: 'a' -> 'b'").filename == "a"
    for kind, text in (
        ("ValueError", "[Errno 2] no"),
        ("OSError", "something"),
        ("Exit", "0"),
        ("NoSuchError", "[Errno 2] x"),
    ):
        assert system_error(kind, text) is None


def test_whatever_reading_an_input_raises_is_said_of_the_input(tmp_path):
    for error, cause in (
        (struct.error("unpack requires 8 bytes"), "unpack requires 8 bytes"),
        (KeyError("rows"), "KeyError: 'rows'"),
        (ValueError("two\nlines"), "two lines"),
        (ZeroDivisionError(), "ZeroDivisionError"),
        (FileNotFoundError(errno.ENOENT, "No such file or directory", "x"), "No such file or directory"),
    ):
        assert refusal(given("the input", "mend it"), error) == f"the input cannot be read ({cause}); mend it"
    own = LmphysError("already said; so")
    assert refusal(given("the input", "mend it"), own) == "already said; so"
    assert "the disk is full" in refusal(given("x", "y"), OSError(errno.ENOSPC, "No space left on device", "z"))
    assert "needs more memory" in refusal(given("x", "y"), MemoryError())
    file = tmp_path / "rows.json"
    file.write_text("")
    assert refusal(given(file, "run it again"), KeyError("rows")) == f"{file} cannot be read: it is empty; run it again"


def test_long_errors_are_cut():
    assert len(said(ValueError("x" * 500))) == 200


POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"
WHOLE = save({"a": np.zeros(9, dtype=np.float32)})


@pytest.mark.parametrize(
    ("name", "content", "cause"),
    [
        ("model.safetensors", WHOLE, None),
        ("model.safetensors", WHOLE[:-1], f"is cut off, {len(WHOLE) - 1} of {len(WHOLE)} bytes"),
        ("model.safetensors", WHOLE[:20], "is cut off"),
        ("model.safetensors", WHOLE[:5], "is cut off"),
        ("model.safetensors", b"\x00" * 99, "is no safetensors file"),
        ("MODEL.SAFETENSORS", b"PK\x03\x04" + b"x" * 99, "is no safetensors file"),
        ("model.gguf", b"GGUF\x03\x00\x00\x00", None),
        ("model.gguf", b"GGML\x03\x00\x00\x00", "is no GGUF file"),
        ("pytorch_model.bin", b"PK\x03\x04" + b"x" * 99, "is cut off"),
        ("pytorch_model.bin", b"not a pickle", "is no file of PyTorch"),
        ("config.json", b"{}", None),
        ("config.json", b'{"a": 1', "is not JSON (Expecting"),
        ("config.json", b"\xff{}", "is not JSON ("),
        ("config.json", b"", "is empty"),
        ("chat_template.jinja", b"\n<!DOCTYPE html><html>", "is a web page, not the file itself; download"),
        ("vocab.txt", POINTER, "is a pointer of Git LFS, not the file itself; fetch the file itself: git lfs pull"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_file(tmp_path, name, content, cause):
    path = tmp_path / name
    path.write_bytes(content)
    fault = fault_of(path)
    assert (fault is None) == (cause is None)
    assert cause is None or str(fault).startswith(f"{path} {cause}")
    (tmp_path / ".hidden").write_bytes(b"")
    (tmp_path / "a_picture.png").write_bytes(b"")
    assert folder_fault(tmp_path, whole=True) == fault


def test_a_file_that_grows_beyond_its_bound_leaves_the_old_one(tmp_path):
    """A bound on the size of files refuses a write in the middle, as a full disk does, in Python and in Rust."""
    path = tmp_path / "file"
    write_atomically(path, "old")
    code = f"""
import resource, signal
import numpy as np
from pathlib import Path
from safetensors.numpy import save_file
from lmphys.core.boundaries import file_system
from lmphys.core.errors import LmphysError
from lmphys.core.files import write_atomically
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
ways = (lambda: write_atomically(Path({str(path)!r}), "new" * 1000),
        lambda: save_file({{"a": np.zeros(1000)}}, {str(tmp_path / "states")!r}))
for way in ways:
    try:
        with file_system():
            way()
    except LmphysError as error:
        print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert len(lines) == 2
    assert all(line.startswith("a file cannot grow any further, File too large") and "; free" in line for line in lines)
    assert str(path) in lines[0]
    assert path.read_text() == "old"
    assert not list(tmp_path.glob(".*"))


def test_a_damaged_head_is_found_before_it_is_read(tmp_path):
    """What it says of its length must not take the memory of a machine."""
    path = tmp_path / "x.safetensors"
    path.write_bytes(struct.pack("<Q", 2**62) + b"{" + b" " * 100)
    assert "is no safetensors file" in str(fault_of(path))
    head = json.dumps({"a": {"dtype": "F32"}}).encode()
    path.write_bytes(struct.pack("<Q", len(head)) + head)
    assert "is damaged in its head" in str(fault_of(path))
