"""The texts of known temperature that come with the book: one of them is drawn anew."""

import pytest

from lmphys.lm.decode import ChainDecoder, Request
from lmphys.lm.model import LanguageModel
from lmphys.lm.sampling import Sampling
from lmphys.lm.shelf import Shelf
from lmphys.pages.gas.examples import prose_texts
from lmphys.thermo.windows import cut_windows


@pytest.mark.real_model
def test_a_shipped_text_is_drawn_again():
    model = LanguageModel("smollm2", dtype="float32", device="cpu")
    people = cut_windows(model, prose_texts()[:1], length=40, context=16, most=1)
    request, sampling = Request(people.prompts[0], 0), Sampling(temperature=0.7, top_p=1.0, max_tokens=40)
    shelf = Shelf.of("smollm2", "float32", sampling)
    place = shelf.find(request)
    assert place is not None
    (chain,) = ChainDecoder(model, sampling).run([request])
    assert chain.tokens.tolist() == shelf.tokens[place].tolist()
    shelf.check(place, chain.logp)
