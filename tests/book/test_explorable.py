import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from lmphys.book.explorable import Curve, Explorable, Panel, Slider, place_script
from lmphys.core.errors import LmphysError
from lmphys.core.paths import project_root

X = np.linspace(0, 1, 5)
A, B = (0.5, 1.0, 2.0), (-1.0, 3.0)


def example(**changes):
    """y = a x + b, once for both sliders and once for the second alone."""
    both = np.array([[a * X + b for b in B] for a in A])
    one = np.array([[np.full(5, b) for b in B]])
    parts = {
        "sliders": [Slider("a", A, 1, "m"), Slider("b", B)],
        "panels": [Panel("lines", "x", "y")],
        "curves": [Curve(both, X, "line"), Curve(one, X)],
        "told": "Lines & more.",
        "words": np.array([[f"slope {a}, <{b}>" for b in B] for a in A]),
    }
    return Explorable(**{**parts, **changes})


def test_each_position_holds_what_was_computed_for_it():
    figure = example()
    for i, a in enumerate(A):
        for j, b in enumerate(B):
            assert figure.curves[0].at("y", (i, j)) == pytest.approx(a * X + b)
            assert figure.curves[1].at("y", (i, j)) == pytest.approx(np.full(5, b))
            assert figure.curves[0].at("x", (i, j)) is not None
    assert [s["labels"] for s in figure.spec()["sliders"]] == [["0.5 m", "1 m", "2 m"], ["−1", "3"]]


def test_the_page_needs_no_network_and_begins_with_the_drawing():
    page = example().html()
    root = ET.fromstring(re.search(r"<svg.*?</svg>", page, re.S).group().replace("xlink:href", "href"))
    assert root.tag.endswith("svg")
    assert not re.search(r"src=|import\(|fetch\(|//cdn", page)
    spec = json.loads(re.search(r'<script type="application/json">(.*?)</script>', page, re.S).group(1))
    assert spec["curves"][0]["y"][2][1] == pytest.approx([3, 3.5, 4, 4.5, 5])
    assert 'aria-label="Lines &amp; more."' in page and "slope 1.0, &lt;-1.0&gt;</p>" in page
    assert '<div class="sliders" hidden>' in page


def test_an_ordinate_holds_all_positions_and_what_is_no_number_is_left_out():
    y = np.array([[0.0, 1.0], [np.nan, 7.0]])
    figure = Explorable([Slider("s", (0, 1))], [Panel("p")], [Curve(y, np.arange(2.0), kind="bars")], "bars")
    assert figure.spec()["panels"][0]["y_range"] == (0.0, pytest.approx(7.35))
    assert figure.spec()["curves"][0]["y"] == [[0.0, 1.0], [None, 7.0]]
    (ax,) = figure.figure().axes
    assert [patch.get_height() for patch in ax.patches] == [0.0, 1.0] and ax.get_ylim() == (0.0, pytest.approx(7.35))


def test_what_does_not_fit_the_sliders_is_refused():
    with pytest.raises(LmphysError, match=r"has the shape \(4, 2, 5\).*sliders have \(3, 2\) positions"):
        example(curves=[Curve(np.zeros((4, 2, 5)), X, "line")])
    with pytest.raises(LmphysError, match="give one value for each position and point"):
        example(curves=[Curve(np.zeros((3, 2, 4)), X, "line")])
    with pytest.raises(LmphysError, match=r"\(2, 2\) sentences and \(3, 2\) positions"):
        example(words=np.full((2, 2), ""))


def test_the_script_of_plotly_lies_beside_pages_that_need_it(tmp_path):
    (tmp_path / "_static").mkdir()
    (tmp_path / "plain.html").write_text("<p>no figure</p>")
    assert not place_script(tmp_path) and not list((tmp_path / "_static").iterdir())
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "page.html").write_text(example().html())
    assert place_script(tmp_path)
    assert (tmp_path / "_static" / "plotly.min.js").stat().st_size > 1e6


@pytest.mark.skipif(shutil.which("chromium") is None, reason="no chromium to open the page with")
def test_a_browser_draws_the_panels_and_uncovers_the_sliders(tmp_path):
    (tmp_path / "_static").mkdir()
    shutil.copy(project_root() / "book" / "_static" / "explorable.js", tmp_path / "_static")
    script = '<script src="_static/explorable.js"></script>'
    (tmp_path / "page.html").write_text(f'<html data-content_root="./"><body>{example().html()}{script}</body></html>')
    place_script(tmp_path)
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files",
               f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=5000", "--dump-dom",
               (tmp_path / "page.html").as_uri()]  # fmt: skip
    dom = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    assert dom.count('class="main-svg"') >= 1 and 'class="still replaced"' in dom
    assert '<div class="sliders">' in dom and 'aria-valuetext="1 m"' in dom
    assert ">slope 1.0, &lt;-1.0&gt;</p>" in dom
