"""How an energy-based transformer is trained, as a value."""

from dataclasses import dataclass

from lmphys.training.tiny.recipe import TinyRecipe


@dataclass(frozen=True)
class EnergyRecipe(TinyRecipe):
    """An energy-based transformer and the descent that it is trained through.

    Attributes:
        step_size: alpha, by which the slope of the energy is multiplied, at the beginning where it is learned.
        learned: whether alpha is learned; its logarithm takes the learning rate of the weights.
        spread: alpha is drawn anew for each place between alpha / spread and alpha * spread, evenly; 1: it is not.
        fewest: steps of descent, at least.
        most: at most; each number between is as likely.
        begin: standard deviation of the first guesses, in logits; the paper has 1.
        noise: standard deviation of what is added to a guess before each step.
        detached: whether each step has a loss of its own and no step is told of the one before; otherwise only the last
            step has a loss, which reaches the first one through all others.
        replayed: share of the texts whose guesses have already been improved by as many steps as are to come, without a
            loss. It stands in for a buffer of earlier guesses, which a training that was stopped would have to keep.
    """

    step_size: float = 50.0
    learned: bool = False
    spread: float = 2.0
    fewest: int = 2
    most: int = 3
    begin: float = 1.0
    noise: float = 0.3
    detached: bool = False
    replayed: float = 0.5

    def check(self) -> None:
        """Raise LmphysError where the recipe asks for the impossible."""
        super().check()
        self._require("step_size", self.step_size > 0, "it must be above 0")
        self._require("spread", self.spread >= 1, "it must be 1 or more")
        self._require("fewest", self.fewest >= 1, "it must be 1 or more")
        self._require("most", self.most >= self.fewest, "it must be no less than fewest")
        self._require("begin", self.begin >= 0, "it must be 0 or more")
        self._require("noise", self.noise >= 0, "it must be 0 or more")
        self._require("replayed", 0 <= self.replayed <= 1, "it is a share, from 0 to 1")
