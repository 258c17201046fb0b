"""Figures that the reader moves: one piece of HTML, SVG and script each, without a server and without the network.

A page that runs no scripts, and a printed one, show the curves at the starting values and no sliders.
"""

import html
import json
from collections.abc import Sequence

import numpy as np

from lmphys.book.style import BLACK, BLUE, VERMILION

# Expressions that Python and JavaScript read alike; `exp` and `sqrt` are the functions of either language.
POTENTIAL = "a * x * x * x * x / 4 - b * x * x / 2"
BARRIER = "b > 0 and b * b / (4 * a)"
KRAMERS = "sqrt(2) * b / (2 * pi) * exp(-b * b / (4 * a) / D)"
_SLIDERS = {"a": (0.25, 4.0, 0.05), "b": (-2.0, 3.0, 0.05), "D": (0.02, 1.0, 0.01)}
_GRID = {"low": -3.0, "high": 3.0, "n": 301}
# Panels of 300 x 220 units, 330 apart; the potential is drawn from -2.5 to 3.5 and the density from 0 to 1.6.
_PANEL = {"width": 300, "height": 220, "right": 345, "low": -2.5, "high": 3.5, "top": 1.6}


class DoubleWellWidget:
    """Potential a x^4 / 4 - b x^2 / 2 and its stationary density exp(-U / D) / Z under three sliders.

    Args:
        a: stiffness far out, where the reader starts.
        b: minus the curvature at 0.
        D: noise.
    """

    def __init__(self, a: float = 1.0, b: float = 1.0, D: float = 0.1) -> None:
        self.values = {"a": a, "b": b, "D": D}

    def curves(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Places x (n,), potential and density at the starting values, as the script computes them."""
        x = np.linspace(_GRID["low"], _GRID["high"], int(_GRID["n"]))
        U = eval(POTENTIAL, {"x": x, **self.values})
        weight = np.exp((U.min() - U) / self.values["D"])
        return x, U, weight / (weight.sum() * (x[1] - x[0]))

    def svg(self) -> str:
        """The two panels at the starting values."""
        x, U, p = self.curves()
        across = (x - _GRID["low"]) / (_GRID["high"] - _GRID["low"]) * _PANEL["width"]
        span, top, height = _PANEL["high"] - _PANEL["low"], _PANEL["top"], _PANEL["height"]
        hill = _path(across, (_PANEL["high"] - np.clip(U, -9, 9)) / span * height)
        heap = _path(across + _PANEL["right"], (1 - np.minimum(p, 2 * top) / top) * height)
        ticks = "".join(
            f'<text x="{shift + (i + 3) * _PANEL["width"] / 6}" y="{height + 16}" text-anchor="middle">{i}</text>'
            for shift in (0, _PANEL["right"])
            for i in (-2, 0, 2)
        )
        panels = "".join(
            f'<rect x="{shift}" y="0" width="{_PANEL["width"]}" height="{height}" fill="none" stroke="#888888"/>'
            f'<text x="{shift}" y="-9">{title}</text>'
            f'<text x="{shift + _PANEL["width"] / 2}" y="{height + 34}" text-anchor="middle">x</text>'
            for shift, title in ((0, "potential U(x)"), (_PANEL["right"], "density p(x) = exp(−U/D) / Z"))
        )
        return (
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="-12 -28 670 288" role="img" '
            'aria-label="Potential with wells, and stationary density" '
            'style="width:100%;max-width:46rem;height:auto;font:13px sans-serif">'
            '<rect x="-12" y="-28" width="670" height="288" fill="#fbfbf9"/>'
            '<defs><clipPath id="lmphys-well-clip"><rect x="0" y="0" width="300" height="220"/>'
            '<rect x="345" y="0" width="300" height="220"/></clipPath></defs>'
            f'<g fill="#222222">{panels}{ticks}</g>'
            '<g clip-path="url(#lmphys-well-clip)" fill="none" stroke-width="2.2">'
            f'<path class="potential" d="{hill}" stroke="{BLUE}"/>'
            f'<path class="density" d="{heap}" stroke="{VERMILION}"/></g></svg>'
        )

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        """The page takes the HTML; print, which has none, the drawing."""
        return {"text/html": self.html(), "image/svg+xml": self.svg(), "text/plain": repr(self)}

    def __repr__(self) -> str:
        return f"DoubleWellWidget({', '.join(f'{name}={value:g}' for name, value in self.values.items())})"

    def html(self) -> str:
        """The drawing, the sliders, which the script uncovers, and the script."""
        sliders = "".join(
            f'<label style="flex:1 1 11rem"><i>{name}</i> = <output>{self.values[name]:.2f}</output>'
            f'<input type="range" name="{name}" min="{low}" max="{high}" step="{step}" value="{self.values[name]}" '
            f'aria-label="{html.escape(name)}" style="width:100%"></label>'
            for name, (low, high, step) in _SLIDERS.items()
        )
        return (
            '<div class="lmphys-double-well" '
            'style="color:#222222;background:#fbfbf9;padding:.6rem;border-radius:.6rem">'
            f'{self.svg()}<div class="controls" hidden>'
            f'<div style="display:flex;gap:1.2rem;flex-wrap:wrap">{sliders}</div>'
            f'<p class="words" aria-live="polite" style="margin:.4rem 0 0;color:{BLACK}"></p></div></div>'
            f"<script>{self.script()}</script>"
        )

    def script(self) -> str:
        """JavaScript that redraws the paths of every such figure of the page; pure functions first."""
        constants = json.dumps({"grid": _GRID, "panel": _PANEL})
        return _SCRIPT % {
            "constants": constants,
            "potential": POTENTIAL,
            "barrier": BARRIER.replace(" and ", " && "),
            "kramers": KRAMERS,
        }


def _path(x: Sequence[float] | np.ndarray, y: Sequence[float] | np.ndarray) -> str:
    """Path of an SVG through points."""
    return "M" + "L".join(f"{i:.1f} {j:.1f}" for i, j in zip(x, y, strict=True))


_SCRIPT = """(function () {
  const {grid, panel} = %(constants)s;
  const {exp, sqrt, PI: pi} = Math;
  const potential = (x, a, b) => %(potential)s;
  const barrier = (a, b) => Number(%(barrier)s);
  const kramers = (a, b, D) => %(kramers)s;
  const places = Array.from({length: grid.n}, (_, i) => grid.low + (grid.high - grid.low) * i / (grid.n - 1));
  function curves(a, b, D) {
    const U = places.map(x => potential(x, a, b));
    const least = U.reduce((m, u) => u < m ? u : m);
    const weight = U.map(u => exp((least - u) / D));
    const total = weight.reduce((s, w) => s + w, 0) * (places[1] - places[0]);
    return {x: places, U, p: weight.map(w => w / total)};
  }
  function words(a, b, D) {
    if (b <= 0) return "One well, one mode. The restoring rate at its bottom is " + (-b).toFixed(2) +
      (b === 0 ? ": the critical point." : ".");
    const ratio = barrier(a, b) / D, rate = kramers(a, b, D);
    return "Two modes. The barrier is " + ratio.toFixed(2) + " D high, so the valley holds " +
      exp(-ratio).toPrecision(2) + " of the density of a peak. " + (ratio > 3 ?
      "One escape takes about " + (1 / rate).toPrecision(2) + " units of time (Kramers)." :
      "So low a barrier is hardly waited at: Kramers' rate is rough here, or means nothing.");
  }
  const path = (x, y) => "M" + x.map((v, i) => v.toFixed(1) + " " + y[i].toFixed(1)).join("L");
  if (typeof document === "undefined") { globalThis.lmphysDoubleWell = {curves, barrier, kramers}; return; }
  document.querySelectorAll(".lmphys-double-well").forEach(box => {
    if (box.dataset.ready) return;
    box.dataset.ready = "yes";
    const inputs = Array.from(box.querySelectorAll("input"));
    const clamp = (v, low, high) => v < low ? low : v > high ? high : v;
    function draw() {
      const v = {};
      inputs.forEach(input => {
        v[input.name] = Number(input.value);
        input.parentNode.querySelector("output").textContent = v[input.name].toFixed(2);
      });
      const {x, U, p} = curves(v.a, v.b, v.D);
      const across = x.map(u => (u - grid.low) / (grid.high - grid.low) * panel.width);
      const span = panel.high - panel.low;
      box.querySelector(".potential").setAttribute("d",
        path(across, U.map(u => (panel.high - clamp(u, -9, 9)) / span * panel.height)));
      box.querySelector(".density").setAttribute("d", path(across.map(u => u + panel.right),
        p.map(u => (1 - clamp(u, 0, 2 * panel.top) / panel.top) * panel.height)));
      box.querySelector(".words").textContent = words(v.a, v.b, v.D);
    }
    inputs.forEach(input => input.addEventListener("input", draw));
    box.querySelector(".controls").hidden = false;
    draw();
  });
})();"""
