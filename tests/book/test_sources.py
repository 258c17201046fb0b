"""Every name of the package that the book prints leads to the line where it is defined."""

import html
import re

import pytest

from lmphys.book.sources import SourceIndex, link_sources, source_page

CODE = '<code class="docutils literal notranslate"><span class="pre">{}</span></code>'


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("LinearDrift.residuals(...)", ("lmphys.dynamics.linear", "LinearDrift")),
        ("one_step_scores", ("lmphys.dynamics.evaluate.one_step", "one_step_scores")),
        ("lmphys.stats.bootstrap", ("lmphys.stats.bootstrap", "")),
        ("lmphys.stats.interval.Interval", ("lmphys.stats.interval", "Interval")),
        ("thermodynamics(...)", ("lmphys.thermo.ensemble", "thermodynamics")),
        ("walk", None),  # a word
        ("np.mean(x)", None),
        ("$ make", None),
    ],
)
def test_a_name_leads_to_its_module(code, found):
    assert SourceIndex().find(code) == found


def test_a_page_prefers_its_own_package():
    index = SourceIndex()
    assert index.find("entries(...)") is None  # several pages have one
    assert index.find("entries(...)", "basins") == ("lmphys.pages.basins.verdicts", "entries")


def test_links_lead_to_lines_that_exist_and_are_set_once(tmp_path):
    page = tmp_path / "chapters" / "part" / "page.html"
    page.parent.mkdir(parents=True)
    page.write_text(f"<p>{CODE.format('Projection')} and {CODE.format('walk')}</p>")
    assert link_sources(tmp_path) == 1
    (target,) = re.findall(r'href="([^"#]+)#Projection"', page.read_text())
    assert target == "../../_static/code/lmphys.dynamics.projection.html"
    source = (page.parent / target).resolve().read_text()
    assert 'id="Projection"' in source
    assert link_sources(tmp_path) == 0


def test_a_page_of_source_keeps_the_text():
    text = '"""A module."""\n\nX = 1 < 2\n\n\ndef f() -> None:\n    pass\n'
    shown = source_page("lmphys.toy", text)
    lines = re.findall(r'<span class="n"> *\d+</span>  (.*)</span>', shown)
    assert html.unescape("".join(re.sub("<[^>]+>", "", line) + "\n" for line in lines)) == text
    assert 'id="f"' in shown and 'id="X"' in shown
