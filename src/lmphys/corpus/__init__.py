"""From a question to states on disk.

>>> corpus = build_corpus(default_spec("smollm2", "quick"))
>>> states = corpus.trajectories(site="final_norm", position="boundary")
"""

from lmphys.corpus.answers import Question, extract, is_correct
from lmphys.corpus.build import build_corpus
from lmphys.corpus.decode import ChainDecoder, DecodedChain, Request
from lmphys.corpus.model import LanguageModel
from lmphys.corpus.read import read_chains
from lmphys.corpus.sampling import Sampling
from lmphys.corpus.sentences import Sentence, split_sentences
from lmphys.corpus.source import random_base
from lmphys.corpus.spec import CorpusSpec, company_of, control_of, default_spec
from lmphys.corpus.store import Corpus
from lmphys.corpus.tasks import load_questions
from lmphys.corpus.trajectories import Trajectories

__all__ = [
    "ChainDecoder",
    "Corpus",
    "CorpusSpec",
    "DecodedChain",
    "LanguageModel",
    "Question",
    "Request",
    "Sampling",
    "Sentence",
    "Trajectories",
    "build_corpus",
    "company_of",
    "control_of",
    "default_spec",
    "extract",
    "is_correct",
    "load_questions",
    "random_base",
    "read_chains",
    "split_sentences",
]
