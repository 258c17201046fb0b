"""Six families of problems whose every step is known."""

from lmphys.learning.families.calendar import Calendar
from lmphys.learning.families.contest import Contest
from lmphys.learning.families.family import Claim, Family, walk
from lmphys.learning.families.kin import Kin
from lmphys.learning.families.rules import Rules
from lmphys.learning.families.story import Story
from lmphys.learning.families.tally import Tally

__all__ = ["FAMILIES", "Claim", "Family", "walk"]

FAMILIES: dict[str, Family] = {
    family.name: family for family in (Story(), Tally(), Contest(), Kin(), Rules(), Calendar())
}
