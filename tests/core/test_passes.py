import torch

from lmphys.core.passes import passed_tokens
from lmphys.lm.model import LanguageModel


def passed(work):
    before = passed_tokens()
    work()
    return {kind: n - before[kind] for kind, n in passed_tokens().items()}


def test_every_way_through_a_model_counts_rows_times_new_tokens(llama):
    model = llama
    assert model.head is not None  # looked for once, by passes of one token
    ids = torch.ones(3, 5, dtype=torch.long)
    mask, positions = torch.ones(3, 5, dtype=torch.bool), torch.arange(5).expand(3, 5)
    assert passed(lambda: model.logits(ids, mask, positions)) == {"drawn": 0, "read": 15}
    assert passed(lambda: model.read([[1, 2], [1, 2, 3, 4]])) == {"drawn": 0, "read": 8}  # padding is computed, too
    assert passed(lambda: model.logits(ids[:, :1], mask[:, :1], positions[:, :1])) == {"drawn": 3, "read": 0}
    # A page that calls the model itself, by ids or by embeddings, cannot get past the count.
    assert passed(lambda: model.model(input_ids=ids)) == {"drawn": 0, "read": 15}
    assert passed(lambda: model.model(inputs_embeds=torch.zeros(2, 4, model.width))) == {"drawn": 0, "read": 8}


def test_a_model_that_is_wrapped_twice_counts_once(llama):
    again = LanguageModel.from_parts(llama.model, llama.tokenizer)
    assert again.head is not None
    assert passed(lambda: again.read([[1, 2, 3]])) == {"drawn": 0, "read": 3}
