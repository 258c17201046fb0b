"""Write the table of README.md from the reference ledger, so that no number in it is typed.

    python tools/readme.py          # rewrite the table
    python tools/readme.py --check  # end with status 1 where it is not what the ledger says

`lmphys reference` writes that ledger from the pages of the book.
"""

import sys
from pathlib import Path

from lmphys.book.chapter import toc_files
from lmphys.book.claims import load_claims
from lmphys.book.reference import read_references
from lmphys.book.summary import brief, in_order_of_pages, paper_text

ROOT = Path(__file__).resolve().parent.parent
BEGIN, END = "<!-- made by tools/readme.py -->", "<!-- end -->"
SHOWN = (
    *("slds.jump.orders_of_magnitude", "slds.rank40.variance", "slds.global_linear.r2", "slds.slds.gain"),
    *("slds.slds.r2_table", "slds.ablation.no_regime_drop", "slds.regimes.phases", "slds.simulation.cost"),
    *("slds.transfer.beats_linear", "slds.belief.poison_raises", "slds.warning.derailment"),
    *("slds.langevin.switching", "thermo.entropy_zeros.share", "gibbs.energy.right_lower", "gibbs.gain.majority"),
    *("gibbs.basin.return", "mechanics.conservation.tradeoff", "mechanics.steering.energy"),
)


def table() -> str:
    """The selected rows as Markdown."""
    claims = load_claims(ROOT)
    (run,) = [run for run in read_references(ROOT) if (run.model, run.profile) == ("smollm2", "quick")]
    rows = in_order_of_pages(run.table(), toc_files(ROOT)).drop_duplicates("claim").set_index("claim")
    lines = ["| claim | paper | here | controls | verdict |", "|---|---|---|---|---|"]
    for name in SHOWN:
        row = rows.loc[name]
        controls = "; ".join(f"{control}: {brief(value)}" for control, value in row["controls"].items())
        here = brief(row["obtained"], row["interval"])
        cells = (row["statement"], paper_text(claims[name]), here, controls or "–", f"**{row['verdict']}**")
        lines.append("| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)


def main() -> int:
    """Rewrite or check the table."""
    path = ROOT / "README.md"
    text = path.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    new = f"{before}{BEGIN}\n{table()}\n{END}{rest.split(END)[1]}"
    if "--check" in sys.argv:
        return int(new != text)
    path.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
