import json
import math
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from lmphys.dynamics.langevin import DoubleWell
from lmphys.pages.double_well.widgets import DoubleWellWidget

CASES = [(1.0, 1.0, 0.1), (2.0, -1.0, 0.3), (0.5, 1.5, 0.05)]


def in_the_script(name, script):
    """The expression of an arrow function, as Python reads it."""
    return re.search(rf"const {name} = \([^)]*\) => (.*);", script)[1].replace("&&", "and").replace("Number", "float")


@pytest.mark.parametrize(("a", "b", "D"), CASES)
def test_formulas_of_the_script_are_those_of_the_package(a, b, D):
    script, well = DoubleWellWidget().script(), DoubleWell(a, b)
    names = {"a": a, "b": b, "D": D, "exp": math.exp, "sqrt": math.sqrt, "pi": math.pi}
    for x in (-1.7, 0.0, 0.3):
        assert eval(in_the_script("potential", script), {**names, "x": x}) == pytest.approx(well.potential(x))
    assert eval(in_the_script("barrier", script), names) == pytest.approx(well.barrier)
    if b > 0:
        assert eval(in_the_script("kramers", script), names) == pytest.approx(well.kramers_rate(D))


@pytest.mark.parametrize(("a", "b", "D"), CASES)
def test_density_is_the_closed_form(a, b, D):
    x, _, p = DoubleWellWidget(a, b, D).curves()
    assert p == pytest.approx(DoubleWell(a, b).density(x, D), rel=1e-3, abs=1e-12)


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


@pytest.mark.skipif(shutil.which("node") is None, reason="no node to run the script with")
@pytest.mark.parametrize(("a", "b", "D"), CASES)
def test_the_script_itself_computes_the_same_numbers(a, b, D):
    asked = f"[w.curves({a}, {b}, {D}), w.barrier({a}, {b})]"
    call = f"const w = globalThis.lmphysDoubleWell; console.log(JSON.stringify({asked}))"
    done = subprocess.run(
        ["node", "-e", DoubleWellWidget().script() + call], capture_output=True, text=True, check=True, timeout=60
    )
    curves, barrier = json.loads(done.stdout)
    x, U, p = DoubleWellWidget(a, b, D).curves()
    assert curves["x"] == pytest.approx(x) and curves["U"] == pytest.approx(U)
    assert curves["p"] == pytest.approx(p, rel=1e-9)
    assert barrier == pytest.approx(DoubleWell(a, b).barrier)
