"""States of other language models, on the text of the source and on texts of their own."""

from collections.abc import Mapping
from typing import NamedTuple

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Trajectories
from lmphys.corpus.build import build_corpus
from lmphys.corpus.spec import CorpusSpec
from lmphys.lm.sources import random_base
from lmphys.pages.transfer.model_transfer import enough_questions


class Targets(NamedTuple):
    """What a model of the source is tested on.

    Attributes:
        states: name to states that are to be forecast, `<model>, same text` or `<model>, own text`.
        bridges: name of a target on its own text to the states of the same model on the source's text.
        left_out: name of a target that has too few questions to the reason.
    """

    states: dict[str, Trajectories]
    bridges: dict[str, Trajectories]
    left_out: dict[str, str]


def read_targets(
    states: Trajectories, spec: CorpusSpec, own: Mapping[str, CorpusSpec], *, position: str, n_questions: int
) -> Targets:
    """Let other models read the source's text, and take the chains that they wrote themselves.

    Args:
        states: of the source.
        spec: of the source's corpus.
        own: other model to the corpus of its own chains. One that writes nothing, or whose text is that which the
            source has read, is taken on the source's text alone.
        position: sentence position of the states.
        n_questions: a target needs so many questions in one task at least.
    """

    def read(spec: CorpusSpec) -> Trajectories:
        return build_corpus(spec).trajectories(position=position)

    found = Targets({f"{spec.model}, same text": states}, {}, {})
    for model in own:
        found.states[f"{model}, same text"] = read(spec.read_by(model))
    for model, theirs in own.items():
        if random_base(model) or theirs.resolved() == spec.read_by(model).resolved():
            continue
        name = f"{model}, own text"
        try:
            found.states[name] = enough_questions(read(theirs), n_questions, name)
            found.bridges[name] = found.states[f"{model}, same text"]
        except LmphysError as error:
            found.left_out[name] = str(error)
    return found
