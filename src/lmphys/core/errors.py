"""The one exception whose message is written for the person at the terminal."""


class LmphysError(Exception):
    """A cause and its mend in one line.

    The command line prints the message without a traceback and exits with status 1. Raise it where the user can
    do something about the cause; leave programming mistakes to Python's own exceptions.
    """
