"""The figure of a log that was split into its slow part and heat."""

from io import BytesIO
from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from lmphys.book.style import BLACK, BLUE, VERMILION, use_style
from lmphys.core.errors import LmphysError
from lmphys.core.files import write_atomically
from lmphys.training.thermal.heat import Heat


def heat(found: Heat) -> Figure:
    """Loss of a training with its fit, the slow part below it, and the learning rate.

    Args:
        found: of `lmphys.training.thermal.heat.fit_heat`.
    """
    figure, (top, bottom) = plt.subplots(
        2, 1, sharex=True, figsize=(5, 3.8), height_ratios=(3, 1), layout="constrained"
    )
    fitted = found.slow + found.coefficient.value * found.rate
    top.plot(found.step, found.loss, ".", ms=2.5, color=BLACK, alpha=0.4, label="loss")
    top.plot(found.step, fitted, color=VERMILION, label="slow part and heat")
    top.plot(found.step, found.slow, "--", color=BLUE, label="slow part")
    top.fill_between(found.step, found.slow, fitted, color=VERMILION, alpha=0.15, lw=0)
    top.set_ylabel("loss")
    top.legend()
    bottom.plot(found.step, found.rate, color=BLACK)
    bottom.set(xlabel="updates", ylabel="rate", ylim=(0, None))
    return figure


def draw(found: Heat, file: Path) -> None:
    """Write the figure of `heat`.

    Args:
        found: of `lmphys.training.thermal.heat.fit_heat`.
        file: .png, .svg or .pdf.

    Raises:
        LmphysError: another kind of file.
    """
    kind = file.suffix.removeprefix(".").lower()
    if kind not in ("png", "svg", "pdf"):
        raise LmphysError(f"a figure cannot be drawn into {file.name}; end its name in .png, .svg or .pdf")
    use_style()
    figure, drawn = heat(found), BytesIO()
    figure.savefig(drawn, format=kind)
    plt.close(figure)
    write_atomically(file, drawn.getvalue())
