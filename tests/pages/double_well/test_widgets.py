import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from lmphys.dynamics.fokker_planck import FokkerPlanck
from lmphys.dynamics.langevin import DoubleWell
from lmphys.pages.double_well.widgets import DoubleWellWidget, script

CASES = [(1.0, 1.0, 0.1), (2.0, -1.0, 0.3), (0.5, 1.5, 0.05)]


def test_the_drawing_without_script_shows_the_curves():
    widget = DoubleWellWidget(1.0, 1.0, 0.1)
    root = ET.fromstring(widget.svg())
    paths = {e.get("class"): e.get("d") for e in root.iter("{http://www.w3.org/2000/svg}path")}
    x, U, p = widget.curves()
    for name, shift, height in (
        ("potential", 0, (3.5 - np.clip(U, -9, 9)) / 6 * 220),
        ("density", 345, (1 - p / 1.6) * 220),
    ):
        points = np.array([[float(n) for n in pair.split()] for pair in paths[name][1:].split("L")])
        assert points[:, 0] == pytest.approx((x + 3) / 6 * 300 + shift, abs=0.06)
        assert points[:, 1] == pytest.approx(height, abs=0.06)


def test_the_page_needs_no_network_and_hides_sliders_that_would_do_nothing():
    bundle = DoubleWellWidget()._repr_mimebundle_()
    assert set(bundle) == {"text/html", "image/svg+xml", "text/plain"}
    page = bundle["text/html"]
    assert '<div class="controls" hidden>' in page
    assert not re.search(r"src=|href=|import\(|fetch\(|//cdn", page)
    assert set(re.findall(r"https?://[^\"' ]+", page)) == {"http://www.w3.org/2000/svg"}
    assert "</" not in page.partition("<script>")[2].removesuffix("</script>")


def in_node(expression):
    """What the script of the page computes."""
    call = f"const w = globalThis.lmphysDoubleWell; console.log(JSON.stringify({expression}))"
    done = subprocess.run(["node", "-e", script() + call], capture_output=True, text=True, check=True, timeout=60)
    return json.loads(done.stdout)


needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="no node to run the script with")


@needs_node
@pytest.mark.parametrize(("a", "b", "D"), CASES)
def test_the_script_computes_what_the_package_computes(a, b, D):
    x, U, p = DoubleWellWidget(a, b, D).curves()
    places = "w.places(-3, 3, 301)"
    found = in_node(f"[{places}, {places}.map(x => w.potential(x, {a}, {b})), w.density({places}, {a}, {b}, {D})]")
    for ours, theirs in zip((x, U, p), found, strict=True):
        assert theirs == pytest.approx(ours, rel=1e-3, abs=1e-12)
    assert in_node(f"w.barrier({a}, {b}, {D})") == pytest.approx(DoubleWell(a, b).barrier / D)


@needs_node
@pytest.mark.parametrize("height", [0.5, 2.5, 6.0])
def test_the_times_in_words_are_the_exact_mean_and_that_of_kramers(height):
    well = DoubleWell(2.0, 1.5)
    D = well.barrier / height
    exact = FokkerPlanck(well.force, D, -5, 5, 4000).passage_time(-well.well, well.well)
    assert in_node(f"w.meanTime(1.5, {height})") == pytest.approx(exact, rel=5e-3)
    assert in_node(f"w.kramersTime(1.5, {height})") == pytest.approx(1 / well.kramers_rate(D))
    assert f"barrier is {height:.2f} D" in in_node(f"w.words(2, 1.5, {D})")
