"""Words that tell whether a dot ends a sentence, in lower case but for the last list."""

# The dot belongs to the word.
ABBREVIATIONS = frozenset({
    "a.m", "al", "approx", "art", "bzw", "ca", "cf", "co", "dept", "dll", "dr", "dra", "e.g", "eg", "eq", "eqs",
    "est", "etc", "evtl", "fig", "ft", "ggf", "hr", "hrs", "i.e", "ie", "in", "inc", "inkl", "jr", "lb", "lbs",
    "ltd", "max", "min", "mlle", "mme", "mr", "mrs", "ms", "no", "nos", "nr", "núm", "oz", "p.m", "ph.d", "pp",
    "prof", "pág", "sec", "sr", "sra", "srta", "st", "u.k", "u.s", "ud", "uds", "usw", "vgl", "vol", "vs", "гг",
    "руб", "डॉ", "श्री",
})  # fmt: skip
# Those that are also common words, or units that close sentences: only before a digit or lower case.
AMBIGUOUS = frozenset({
    "a.m", "al", "art", "co", "dll", "est", "etc", "ft", "hr", "hrs", "in", "inc", "lb", "lbs", "ltd", "max", "min",
    "no", "oz", "p.m", "ph.d", "sec", "st", "u.k", "u.s", "usw", "гг", "руб",
})  # fmt: skip
# Words that open a sentence and are no name: before them a capital with a dot ("with A. So") is no initial.
OPENERS = frozenset({
    "Again", "All", "Also", "And", "As", "Because", "Both", "But", "Finally", "First", "For", "He", "Hence", "Here",
    "How", "However", "If", "In", "It", "Its", "Let", "Next", "No", "Not", "Now", "On", "Or", "She", "Since", "So",
    "That", "The", "Then", "There", "Therefore", "These", "They", "This", "Thus", "To", "We", "What", "When",
    "Which", "While", "Who", "You",
})  # fmt: skip
