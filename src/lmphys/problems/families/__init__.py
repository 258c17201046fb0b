"""Six families of problems whose every step is known."""

from lmphys.problems.families.calendar import Calendar
from lmphys.problems.families.contest import Contest
from lmphys.problems.families.family import Claim, Family, walk
from lmphys.problems.families.kin import Kin
from lmphys.problems.families.rules import Rules
from lmphys.problems.families.story import Story
from lmphys.problems.families.tally import Tally

__all__ = ["FAMILIES", "Claim", "Family", "walk"]

FAMILIES: dict[str, Family] = {
    family.name: family for family in (Story(), Tally(), Contest(), Kin(), Rules(), Calendar())
}
