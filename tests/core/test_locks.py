import subprocess
import sys

import pytest

from lmphys.core import locks
from lmphys.core.errors import LmphysError
from lmphys.core.locks import alone, in_turn

HOLD = """
import filelock, sys, time
held = filelock.FileLock(sys.argv[1])
held.acquire()
print("held", flush=True)
time.sleep(600)
"""


@pytest.fixture
def other(tmp_path):
    """Another process that holds the lock, until it is killed."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path / "lock")], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()


def test_a_lock_is_refused_while_another_holds_it_and_free_when_that_one_is_dead(tmp_path, other):
    with pytest.raises(LmphysError, match=r"^busy; wait$"), alone(tmp_path / "lock", "busy; wait"):
        pass
    other.kill()
    other.wait()
    assert (tmp_path / "lock").exists()  # what it left behind locks nobody out
    with alone(tmp_path / "lock", "busy; wait"), pytest.raises(LmphysError), alone(tmp_path / "lock", "busy; wait"):
        pass


def test_whoever_waits_says_for_what(tmp_path, other, monkeypatch, capsys):
    monkeypatch.setattr(locks, "PATIENCE", 0.01)
    monkeypatch.setattr(locks, "announce", lambda text: (print(text), other.kill()))
    with in_turn(tmp_path / "lock", "builds a corpus"):
        pass
    assert capsys.readouterr().out.startswith(
        f"waiting for another process that builds a corpus ({tmp_path / 'lock'}); stop"
    )
