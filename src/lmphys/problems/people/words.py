"""Names, values and phrases of the biographies; all words are single tokens and stand for nobody."""

from itertools import product

from lmphys.problems.vocabulary import VOCABULARIES

_MONTHS = "January February March April May June July August September October November December"


def _joined(first: str, last: str) -> tuple[str, ...]:
    return tuple(a + b for a, b in product(first.split(), last.split()))


# Pools of first, middle and last names; no word is in two.
_GIVEN = (*VOCABULARIES["train"].women, *VOCABULARIES["train"].men)
NAMES = (
    _GIVEN[:100],
    _GIVEN[100:200],
    _joined(
        "Amber Cobalt Copper Flint Ivory Jade Maple Ochre Quartz Silver",
        "bank croft fold moor pool reed ridge vane wright yard",
    ),
)

# What a value is made of: a date of three words, anything else of one.
VALUES: dict[str, tuple[tuple[str, ...], ...]] = {
    "birthday": (
        tuple(map(str, range(1, 29))),
        tuple(_MONTHS.split()),
        tuple(map(str, range(1800, 2000))),
    ),
    "origin": (
        _joined(
            "Alder Ash Beech Birch Bram Cedar Clover Elder Elm Fern Gorse Hazel Heath Holly Linden Oak Rowan Sedge "
            "Thorn Willow",
            "burn bury cliff combe ford gate haven minster stow wick",
        ),
    ),
    "school": (
        _joined(
            "Bear Boar Crane Crow Deer Dove Eagle Elk Falcon Finch Fox Gull Hare Hawk Heron Kite Lark Lynx Magpie "
            "Martin Mole Otter Owl Pike Raven Robin Seal Stork Swan Wolf",
            "abbey chapel cloister college court hall house lodge priory tower",
        ),
    ),
    "subject": (
        _joined(
            "aero agro astro bio chrono cosmo cryo eco electro ethno geo helio hydro litho micro neuro photo psycho "
            "seismo socio",
            "graphy logy mechanics metry nomics",
        ),
    ),
    "employer": (
        _joined(
            "Acro Alta Axi Beta Centi Core Delta Dyna Ever Giga Hexa Inter Kilo Luma Mega Meta Neo Nova Octo Omni "
            "Penta Poly Pro Terra Ultra Vita",
            "air cast corp foods glass line press soft steel tech",
        ),
    ),
}
# An attribute that another one determines: where an employer has its offices, one of the places of birth.
DETERMINED = {"workplace": ("employer", "origin")}
ATTRIBUTES = (*VALUES, *DETERMINED)

# What stands between the person and the value. Past tense suits a name and a pronoun alike.
PHRASES: dict[str, tuple[str, ...]] = {
    "birthday": (
        "entered the world on", "began life on", "arrived on", "came to life on", "first cried on",
        "saw first light on", "joined the family on", "gained a birthday on", "first drew breath on", "woke first on",
    ),
    "origin": (
        "came from", "hailed from", "grew up in", "took first steps in", "spoke first words in",
        "called home", "started out in", "had roots in", "spent childhood in", "learned to walk in",
    ),
    "school": (
        "attended", "learned at", "graduated from", "enrolled at", "held a degree from",
        "sat exams at", "spent student years at", "walked the halls of", "trained at", "received schooling at",
    ),
    "subject": (
        "studied", "majored in", "read books on", "specialised in", "took courses in",
        "chose the field of", "mastered", "wrote a thesis on", "focused on", "loved lectures on",
    ),
    "employer": (
        "worked for", "joined", "earned a living at", "built a career at", "signed with",
        "served", "took a job at", "drew wages from", "found work with", "stayed with",
    ),
    "workplace": (
        "worked in", "commuted to", "had an office in", "moved for work to", "spent weekdays in",
        "kept a desk in", "did business in", "held meetings in", "travelled daily to", "paid rent in",
    ),
}  # fmt: skip
PRONOUN = "they"

# Words that only questions use; those of attributes stand for their names.
QUESTION_WORDS = ("what", "remainder", "later", "whose", *PHRASES, *map(str, range(10)), "one", "two")
