"""`python -m lmphys`: the same as the command `lmphys`."""

from lmphys.cli import main

main()
