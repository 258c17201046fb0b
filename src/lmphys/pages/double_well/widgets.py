"""A double well that the reader moves: one piece of HTML, SVG and script, without a server and without the network.

A page that runs no scripts, and a printed one, show the curves at the starting values and no sliders.
"""

import json
from dataclasses import dataclass
from importlib.resources import files

import numpy as np

from lmphys.book.style import BLUE, VERMILION
from lmphys.dynamics.langevin import DoubleWell

_SLIDERS = {"a": (0.25, 4.0, 0.05), "b": (-2.0, 3.0, 0.05), "D": (0.02, 1.0, 0.01)}
# Two panels of 300 x 220 units, the second 345 further right; the range of x, of the potential and of the density.
_SCALE = {"low": -3, "high": 3, "n": 301, "width": 300, "height": 220, "right": 345, "bottom": -2.5, "top": 3.5,
          "peak": 1.6}  # fmt: skip
_SVG = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="-12 -28 670 288" role="img" \
aria-label="Potential with wells, and stationary density" \
style="width:100%;max-width:46rem;height:auto;font:13px sans-serif"><rect x="-12" y="-28" width="670" height="288" \
fill="#fbfbf9"/><defs><clipPath id="lmphys-well-clip"><rect width="300" height="220"/><rect x="345" width="300" \
height="220"/></clipPath></defs>"""
_TITLES = {0: "potential U(x)", _SCALE["right"]: "density p(x) = exp(−U/D) / Z"}


@dataclass(frozen=True)
class DoubleWellWidget:
    """Potential a x^4 / 4 - b x^2 / 2 and its stationary density exp(-U / D) / Z under three sliders.

    Attributes:
        a: stiffness far out, where the reader starts.
        b: minus the curvature at 0.
        D: noise.
    """

    a: float = 1.0
    b: float = 1.0
    D: float = 0.1

    def curves(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Places x (n,), potential and density at the starting values."""
        well, x = DoubleWell(self.a, self.b), np.linspace(_SCALE["low"], _SCALE["high"], int(_SCALE["n"]))
        return x, well.potential(x), well.density(x, self.D)

    def svg(self) -> str:
        """The two panels at the starting values."""
        x, U, p = self.curves()
        across = (x - _SCALE["low"]) / (_SCALE["high"] - _SCALE["low"]) * _SCALE["width"]
        hill = (_SCALE["top"] - np.clip(U, -9, 9)) / (_SCALE["top"] - _SCALE["bottom"]) * _SCALE["height"]
        heap = (1 - np.minimum(p, 2 * _SCALE["peak"]) / _SCALE["peak"]) * _SCALE["height"]
        panels = "".join(
            f'<rect x="{shift}" width="300" height="220" fill="none" stroke="#888888"/><text x="{shift}" y="-9">{title}'
            f'</text><text x="{shift + 150}" y="254" text-anchor="middle">x</text>'
            + "".join(f'<text x="{shift + 150 + 50 * i}" y="236" text-anchor="middle">{i}</text>' for i in (-2, 0, 2))
            for shift, title in _TITLES.items()
        )
        return (
            f'{_SVG}<g fill="#222222">{panels}</g><g clip-path="url(#lmphys-well-clip)" fill="none" stroke-width="2.2">'
            f'<path class="potential" d="{_path(across, hill)}" stroke="{BLUE}"/>'
            f'<path class="density" d="{_path(across + _SCALE["right"], heap)}" stroke="{VERMILION}"/></g></svg>'
        )

    def html(self) -> str:
        """The drawing, the sliders, which the script uncovers, and the script."""
        sliders = "".join(
            f'<label style="flex:1 1 11rem"><i>{name}</i> = <output></output><input type="range" min="{low}" '
            f'max="{high}" step="{step}" value="{getattr(self, name)}" aria-label="{name}" style="width:100%"></label>'
            for name, (low, high, step) in _SLIDERS.items()
        )
        return (
            f"<div class=\"lmphys-double-well\" data-scale='{json.dumps(_SCALE)}' "
            'style="color:#222222;background:#fbfbf9;padding:.6rem;border-radius:.6rem">'
            f'{self.svg()}<div class="controls" hidden>'
            f'<div style="display:flex;gap:1.2rem;flex-wrap:wrap">{sliders}</div>'
            f'<p class="words" aria-live="polite" style="margin:.4rem 0 0"></p></div></div><script>{script()}</script>'
        )

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        """The page takes the HTML; print, which has none, the drawing."""
        return {"text/html": self.html(), "image/svg+xml": self.svg(), "text/plain": repr(self)}


def script() -> str:
    """The JavaScript that redraws every such figure of the page."""
    return files(__package__).joinpath("double_well.js").read_text(encoding="utf-8")


def _path(x: np.ndarray, y: np.ndarray) -> str:
    """Path of an SVG through points."""
    return "M" + "L".join(f"{i:.1f} {j:.1f}" for i, j in zip(x, y, strict=True))
