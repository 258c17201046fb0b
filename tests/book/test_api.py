import pytest

from lmphys.book.api import public_modules, write_api
from lmphys.core.errors import LmphysError


def test_every_room_is_described_and_what_a_page_alone_needs_is_not():
    modules = public_modules()
    rooms = {module.split(".")[1] for module in modules}
    assert {"core", "stats", "problems", "lm", "corpus", "dynamics", "training", "thermo", "book"} <= rooms
    assert "lmphys.dynamics.fokker_planck" in modules
    assert not [module for module in modules if ".pages" in module or module.endswith((".cli", ".__main__"))]


@pytest.mark.slow
def test_a_page_has_names_signatures_and_docstrings(tmp_path):
    folder = write_api(tmp_path, tmp_path / "log", ["lmphys.stats", "lmphys.stats.interval"])
    text = (folder / "lmphys" / "stats" / "interval.html").read_text(encoding="utf-8")
    assert 'id="Interval"' in text and "low" in text
    assert not (folder / "lmphys" / "pages.html").exists()
    assert "http" not in "".join(part for part in text.split('"') if part.endswith((".js", ".css")))


@pytest.mark.slow
def test_a_module_that_is_none_is_told_in_one_line(tmp_path):
    with pytest.raises(LmphysError, match=r"the reference lacks lmphys\.no_such; see .*log, and mend"):
        write_api(tmp_path, tmp_path / "log", ["lmphys.no_such"])
