"""Learning: problems of known steps, labelled chains, the reasoner trained on them, and probes of its states.

Import from the modules. `lmphys.corpus` reads the generator and the parser (`chains`, `parser`), and other modules here
read `lmphys.corpus`; names gathered in this file would tie both into a knot.
"""
