"""Names and things that the synthetic problems speak of; those of the test problems never occur in training.

The lists are long because a small model that meets few words learns the words, and not to read them off the question.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Vocabulary:
    """Words for one split.

    Attributes:
        women, men: first names.
        things: countable things, in the plural.
        colours: what tells groups of things apart.
        subjects: what can be in one of two states.
        events: what a calendar holds.
    """

    women: tuple[str, ...]
    men: tuple[str, ...]
    things: tuple[str, ...]
    colours: tuple[str, ...]
    subjects: tuple[str, ...]
    events: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """All first names."""
        return self.women + self.men


# Two states that exclude each other; both splits use them, since their sense is to be known and not read off.
STATES = (
    ("on", "off"), ("open", "shut"), ("running", "idle"), ("loud", "silent"), ("wet", "dry"), ("hot", "cold"),
    ("locked", "unlocked"), ("busy", "quiet"), ("full", "empty"), ("late", "early"), ("bright", "dark"),
    ("asleep", "awake"), ("inside", "outside"), ("up", "down"), ("clean", "dirty"), ("old", "new"), ("big", "small"),
    ("near", "far"), ("hard", "soft"), ("safe", "unsafe"),
)  # fmt: skip


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


VOCABULARIES = {
    "train": Vocabulary(
        women=_words(
            "Alice Bella Carla Dora Emma Fiona Grace Hanna Irene Julia Karen Laura Maria Nina Olga Paula Rosa Sarah "
            "Tina Ursula Vera Wendy Zoe Amy Beth Agnes Anna Barbara Bianca Brenda Camilla Carol Celia Charlotte Chloe "
            "Cora Daisy Daphne Debra Dolly Donna Edith Eleanor Ella Elsa Erica Esther Eva Faith Flavia Freda Gina "
            "Gloria Greta Gwen Heidi Hilda Hope Ingrid Iris Isabel Ivy Jane Janet Jasmine Jenny Jill Joan Josie Joyce "
            "Juliet Kate Kathy Kim Lara Lena Lily Linda Lisa Lola Lydia Mabel Mandy Margaret Martha Mary Maya Megan "
            "Melissa Mia Mildred Molly Nadia Nancy Naomi Natalie Nelly Nicole Noreen Olive Pamela Pearl Penny Petra "
            "Phoebe Polly Rachel Rebecca Renata Rita Roberta Robin Rosemary Sabina Sally Sandra Selma Sheila Silvia "
            "Sophie Susan Sylvie Tamara Tanya Teresa Thelma Vanessa Victoria Viola Violet Yvonne Zelda"
        ),
        men=_words(
            "Adam Brian Carl David Eric Frank George Henry Ivan Jack Kevin Luke Mark Noah Oscar Peter Ralph Simon "
            "Tom Victor Walter Alan Bruno Chris Dennis Abel Albert Alec Alfred Andrew Arnold Arthur Barry Basil Ben "
            "Bernard Bill Bob Boyd Brad Cecil Cedric Charles Clark Claude Cliff Colin Conrad Craig Cyril Damian Dan "
            "Darren Dean Derek Dirk Donald Douglas Duncan Edgar Edwin Elmer Emil Ernest Evan Fergus Fred Gary Gavin "
            "Gerald Gilbert Glen Gordon Graham Greg Guy Harold Harry Hector Herbert Howard Hubert Ian Igor Isaac "
            "Jacob James Jason Jeff Jerome Jim Joe Joel John Jonas Joseph Julian Karl Keith Ken Kurt Lance Larry "
            "Lars Leonard Lewis Lionel Louis Magnus Malcolm Marcus Matthew Max Michael Miles Morris Nathan Ned Neil "
            "Nicholas Nigel Norman Oswald Otto Owen Patrick Philip Quentin Raymond Rex Richard Roger Roland Ronald "
            "Rudolf Rupert Russell Samuel Scott Sean Sidney Stanley Steven Stuart Ted Theodore Thomas Timothy Toby"
        ),
        things=_words(
            "apples pens books coins shells stamps cards marbles buttons beads stones nuts eggs cups plates boxes "
            "balls keys candles ribbons pears spoons bottles tickets bags bananas baskets bells belts blocks boats "
            "bolts bowls brushes cakes cans carrots chairs clocks coats combs cookies corks crayons cubes dolls "
            "drums envelopes feathers figs flags flowers forks glasses gloves grapes hammers hooks jars kites knives "
            "ladders lamps leaves letters magnets maps mugs nails needles onions pans papers pebbles pins pipes plums "
            "pots potatoes rings rulers sacks scarves screws seeds shirts shoes socks sticks stools straps strings "
            "tables toys trays tubes vases wheels wires"
        ),
        colours=_words(
            "red blue green yellow black white brown pink big small round square wooden heavy light clean broken shiny "
            "striped plain thick thin cheap rare local"
        ),
        subjects=_words(
            "lamp door fan bell road oven gate shop tank train kettle garden pump screen lake baby dog flag engine "
            "market window radio attic bag ball barn basket bath bed bench bike boat book bottle bowl bridge broom "
            "camera candle car carpet cart castle chair clock coat cup desk drum farm fence field flask flute fridge "
            "glass hall horse hotel jar kite ladder letter library lift machine map mill mirror mug museum office oil "
            "orchard parcel path piano pipe plane plant plate pool printer rabbit river roof room rope school ship "
            "sink sofa stable stage station stove studio sword table tent theatre tower tractor tunnel valve wagon "
            "wall watch well wheel yard"
        ),
        events=_words(
            "fair market exam concert wedding match lesson party picnic parade auction lecture race dinner festival "
            "workshop ball barbecue birthday briefing cruise dance debate delivery demonstration display election "
            "examination excursion exhibition feast flight funeral gathering holiday inspection interview journey "
            "launch lunch mass medal move opera outing pageant performance play premiere presentation procession quiz "
            "rally reading reception recital rehearsal review sale screening season service session speech talk "
            "tasting test tournament trip vote walk"
        ),
    ),
    "test": Vocabulary(
        women=_words(
            "Clara Diana Elena Flora Helen Ida Judy Lucy Mona Nora Ruth Stella Abigail Cynthia Evelyn Georgia "
            "Harriet Louise Miriam Veronica"
        ),
        men=_words(
            "Anton Boris Daniel Felix Gustav Hugo Leo Martin Oliver Paul Robert Stefan Benjamin Clement Edward Francis "
            "Gregory Lawrence Vincent William"
        ),
        things=_words(
            "oranges pencils tiles lemons photos badges medals ropes bricks hats lanterns melons napkins peaches "
            "pillows posters tomatoes towels whistles zips"
        ),
        colours=_words("grey purple orange golden silver flat long empty modern foreign"),
        subjects=_words(
            "heater chest motor phone lawn soup cellar street bucket bus pond cat curtain floor drawer cupboard boiler "
            "hut truck harbour"
        ),
        events=_words(
            "meeting show game trial opening ceremony hike banquet seminar regatta reunion tour contest hearing course "
            "breakfast"
        ),
    ),
}
