"""The tables of a model are those that its logits come from."""

import torch

from lmphys.lm.tables import read_tables


def test_the_output_table_at_the_final_state_gives_the_logits(any_model):
    tables = read_tables(any_model)
    ids = torch.tensor([[5, 9, 2, 40]])
    with torch.inference_mode():
        out = any_model.model(input_ids=ids, output_hidden_states=True)
    state = out.hidden_states[-1][0]
    cap = getattr(any_model.model.config, "final_logit_softcapping", None)
    logits = state @ tables["output"].T
    logits = cap * torch.tanh(logits / cap) if cap else logits
    torch.testing.assert_close(logits, out.logits[0], atol=1e-4, rtol=1e-4)


def test_an_input_table_is_given_where_it_is_another(any_model):
    tables = read_tables(any_model)
    entrance, head = any_model.model.get_input_embeddings(), any_model.model.get_output_embeddings()
    assert ("input" in tables) == (entrance.weight.data_ptr() != head.weight.data_ptr())
    assert torch.equal(tables.get("input", tables["output"]), entrance.weight)
