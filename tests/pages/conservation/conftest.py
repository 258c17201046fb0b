"""The paths of the tests of energies serve here too."""

from tests.mechanics.conftest import at_random, by_hand

__all__ = ["at_random", "by_hand"]
